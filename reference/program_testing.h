// For tests of programs as processes: a child with captured output, and addresses to dial.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

namespace sockspec::testing_support {

inline std::string ReadToEnd(int descriptor) {
  std::string text;
  char buffer[4096];
  ssize_t count;
  while ((count = read(descriptor, buffer, sizeof buffer)) > 0) text.append(buffer, count);
  return count == 0 ? text : text + "<error>";
}

// A child with standard output and error in pipes; killed and reaped with the object.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments) {
    EXPECT_EQ(pipe2(out_, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err_, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err_[1], 2);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out_[1]);
    close(err_[1]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) {
      Kill(SIGKILL);
      Wait();
    }
    close(out_[0]);
    close(err_[0]);
  }

  void Kill(int signal) const { kill(pid_, signal); }
  // Stops the child and returns when it has stopped.
  void Stop() const {
    Kill(SIGSTOP);
    siginfo_t info = {};
    waitid(P_PID, pid_, &info, WSTOPPED | WNOWAIT);
  }
  bool Ended() const {
    siginfo_t info = {};
    return waitid(P_PID, pid_, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
  }
  // The exit status, or 128 + the signal.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string Output() const { return ReadToEnd(out_[0]); }
  std::string Errors() const { return ReadToEnd(err_[0]); }

 private:
  pid_t pid_ = -1;
  int out_[2];
  int err_[2];
};

struct Address {
  sockaddr_storage storage = {};
  socklen_t length = 0;
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
};

inline Address Loopback(int family, int port) {
  Address address;
  address.storage.ss_family = family;
  if (family == AF_INET) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4->sin_port = htons(port);
    address.length = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6->sin6_addr = in6addr_loopback;
    v6->sin6_port = htons(port);
    address.length = sizeof *v6;
  }
  return address;
}

inline Address UnixAddress(const std::string& path) {
  Address address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  name->sun_family = AF_UNIX;
  std::strncpy(name->sun_path, path.c_str(), sizeof name->sun_path - 1);
  address.length = sizeof *name;
  return address;
}

inline int Listener(Address address, bool listening = true) {
  const int listener = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(bind(listener, address.generic(), address.length), 0) << std::strerror(errno);
  if (listening) {
    EXPECT_EQ(listen(listener, 8), 0);
  }
  return listener;
}

inline int FreePort() {
  const int probe = Listener(Loopback(AF_INET, 0), false);
  sockaddr_in bound = {};
  socklen_t length = sizeof bound;
  getsockname(probe, reinterpret_cast<sockaddr*>(&bound), &length);
  close(probe);
  return ntohs(bound.sin_port);
}

}  // namespace sockspec::testing_support

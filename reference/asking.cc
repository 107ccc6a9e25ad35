// read, or send and read.
#include "reference/asking.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <string>

#include "reference/failure.h"

namespace sockspec::reference {
namespace {

// A record or a datagram that is longer would lose its rest.
constexpr std::size_t kBufferSize = std::size_t{256} << 10;

std::unique_ptr<char[]> MakeBuffer() { return std::make_unique_for_overwrite<char[]>(kBufferSize); }

// read() that no signal disturbs. Throws Failure.
std::size_t Read(int descriptor, const char* what, char* buffer) {
  ssize_t count;
  while ((count = read(descriptor, buffer, kBufferSize)) < 0) {
    if (errno != EINTR) throw Failure("read", what, errno);
  }
  return static_cast<std::size_t>(count);
}

void Poll(pollfd* waits, nfds_t count) {
  while (poll(waits, count, -1) < 0) {
    if (errno != EINTR) throw Failure("poll", "connection", errno);
  }
}

// False if it took longer than that.
bool WaitForAnswer(int socket, int milliseconds) {
  pollfd wait = {socket, POLLIN, 0};
  int count;
  while ((count = poll(&wait, 1, milliseconds)) < 0) {
    if (errno != EINTR) throw Failure("poll", "answer", errno);
  }
  return count > 0;
}

}  // namespace

void ReadReply(int connection, Reply& reply) {
  const std::unique_ptr<char[]> buffer = MakeBuffer();
  while (const std::size_t count = Read(connection, "reply", buffer.get())) {
    reply.Take({buffer.get(), count});
  }
  if (reply.empty()) throw Failure("read", "reply", "the server closed without sending anything");
}

void ExchangeInput(int connection, Reply& reply) {
  const std::unique_ptr<char[]> buffer = MakeBuffer();
  std::string unsent;
  bool input_ended = false;
  while (true) {
    const bool wants_input = unsent.empty() && !input_ended;
    const short events = unsent.empty() ? POLLIN : POLLIN | POLLOUT;
    pollfd waits[] = {{connection, events, 0}, {wants_input ? STDIN_FILENO : -1, POLLIN, 0}};
    Poll(waits, 2);

    if ((waits[0].revents & ~POLLOUT) != 0) {
      const std::size_t count = Read(connection, "reply", buffer.get());
      if (count == 0) break;
      reply.Take({buffer.get(), count});
    }
    if (waits[1].revents != 0) {
      unsent.assign(buffer.get(), Read(STDIN_FILENO, "standard input", buffer.get()));
      input_ended = unsent.empty();
      if (input_ended) shutdown(connection, SHUT_WR);
    }
    if (!unsent.empty()) {
      const ssize_t count =
          send(connection, unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count >= 0) {
        unsent.erase(0, static_cast<std::size_t>(count));
      } else if (errno != EINTR && errno != EAGAIN) {
        throw Failure("send", "standard input", errno);
      }
    }
  }
  if (!input_ended) throw Failure("send", "standard input", "the server closed before its end");
}

void AskByDatagram(int socket, std::string_view request, int timeout, Reply& reply) {
  constexpr int kFirstWait = 1000;
  const std::unique_ptr<char[]> buffer = MakeBuffer();
  int left = timeout == 0 ? std::numeric_limits<int>::max() : timeout * 1000;
  for (int wait = kFirstWait; left > 0; wait = std::min(2 * wait, 60 * kFirstWait)) {
    SendDatagram(socket, request);
    const int part = std::min(wait, left);
    if (WaitForAnswer(socket, part)) {
      reply.Take({buffer.get(), Read(socket, "answer", buffer.get())});
      return;
    }
    if (timeout != 0) left -= part;
  }
  throw Failure("read", "answer", ETIMEDOUT);
}

void SendDatagram(int socket, std::string_view request) {
  while (send(socket, request.data(), request.size(), 0) < 0) {
    if (errno != EINTR) throw Failure("send", "request", errno == EAGAIN ? ETIMEDOUT : errno);
  }
}

std::string ReadInput() {
  const std::unique_ptr<char[]> buffer = MakeBuffer();
  std::string text;
  while (const std::size_t count = Read(STDIN_FILENO, "standard input", buffer.get())) {
    text.append(buffer.get(), count);
    if (text.size() > kBufferSize) throw Failure("send", "standard input", EMSGSIZE);
  }
  return text;
}

}  // namespace sockspec::reference

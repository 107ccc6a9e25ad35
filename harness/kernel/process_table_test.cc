// Tests of what /proc says, on children that this test forked.
#include "harness/kernel/process_table.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "harness/kernel/loopback_sockets.h"
#include "harness/kernel/proc_file.h"

namespace sockspec {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A child that runs `body` and then sleeps in read() on a pipe until it is killed.
class Child {
 public:
  explicit Child(const std::function<void()>& body = [] {}) {
    int down[2], up[2];
    CheckCall(pipe2(down, O_CLOEXEC), "pipe2");
    CheckCall(pipe2(up, O_CLOEXEC), "pipe2");
    pid_ = CheckCall(fork(), "fork");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      body();
      char byte = 'r';
      static_cast<void>(!write(up[1], &byte, 1));
      static_cast<void>(!read(down[0], &byte, 1));
      _exit(0);
    }
    sleeps_on_ = down[0];
    down_read_ = OwnedFd(down[0]);
    down_write_ = OwnedFd(down[1]);
    const OwnedFd up_read(up[0]), up_write(up[1]);
    char byte = 0;
    CheckCall(read(up[0], &byte, 1), "read");
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  int sleeps_on() const { return sleeps_on_; }

 private:
  pid_t pid_ = -1;
  int sleeps_on_ = -1;
  OwnedFd down_read_, down_write_;
};

class ProcessTable : public testing::Test {
 protected:
  // The child wrote its byte before it went to sleep: look until it does.
  BlockedCall UntilBlocked(pid_t pid, pid_t tid) {
    while (true) {
      const auto call = ReadBlockedCall(proc_.get(), pid, tid);
      EXPECT_TRUE(call);
      if (!call || call->number == SYS_read) return call.value_or(BlockedCall{});
    }
  }
  const OwnedFd proc_ = OpenProc();
  const int proc_fd_ = proc_.get();
};

TEST_F(ProcessTable, ASleepingThreadAndItsCall) {
  const Child child;
  const BlockedCall call = UntilBlocked(child.pid(), child.pid());
  EXPECT_EQ(call.in, BlockedCall::In::kCall);
  EXPECT_EQ(call.arguments[0], child.sleeps_on());
  EXPECT_EQ(call.arguments[2], 1);
  EXPECT_NE(call.stack_pointer, 0);
  EXPECT_NE(call.program_counter, 0);
  EXPECT_EQ(ReadThreadState(proc_fd_, child.pid(), child.pid()), 'S');
}

TEST_F(ProcessTable, ARunningThreadIsInNoCall) {
  // This thread runs while it asks about itself; its call is then that of reading the file.
  EXPECT_EQ(ReadThreadState(proc_fd_, getpid(), gettid()), 'R');
  volatile bool stop = false;
  pid_t tid = 0;
  std::thread spinner([&] {
    __atomic_store_n(&tid, gettid(), __ATOMIC_RELEASE);
    while (!stop) {
    }
  });
  while (__atomic_load_n(&tid, __ATOMIC_ACQUIRE) == 0) {
  }
  const auto call = ReadBlockedCall(proc_fd_, getpid(), tid);
  EXPECT_EQ(ReadThreadState(proc_fd_, getpid(), tid), 'R');
  EXPECT_THAT(ThreadsOf(proc_fd_, getpid()), ElementsAre(getpid(), tid));
  EXPECT_EQ(ReadProcessStat(proc_fd_, getpid())->threads, 2);
  stop = true;
  spinner.join();
  ASSERT_TRUE(call);
  EXPECT_EQ(call->in, BlockedCall::In::kNothing);
}

TEST_F(ProcessTable, AStoppedProcess) {
  const Child child;
  kill(child.pid(), SIGSTOP);
  waitpid(child.pid(), nullptr, WUNTRACED);
  EXPECT_EQ(ReadProcessStat(proc_fd_, child.pid())->state, 'T');
}

TEST_F(ProcessTable, ANameCannotForgeTheState) {
  const Child child([] { prctl(PR_SET_NAME, ") R 1 (\n"); });
  UntilBlocked(child.pid(), child.pid());
  const auto stat = ReadProcessStat(proc_fd_, child.pid());
  ASSERT_TRUE(stat);
  EXPECT_THAT(stat->state, 'S');
  EXPECT_EQ(stat->parent, getpid());
  EXPECT_EQ(stat->threads, 1);
}

TEST_F(ProcessTable, DescriptorsAndTheirSockets) {
  const OwnedFd socket = OpenListener(Transport::kTcp4, "127.0.0.1");
  struct stat status {};
  ASSERT_EQ(fstat(socket.get(), &status), 0);
  const Child child([&] { dup2(socket.get(), 500); });
  const auto descriptors = DescriptorsOf(proc_fd_, child.pid());
  ASSERT_FALSE(descriptors.empty());
  EXPECT_EQ(descriptors.back().fd, 500);
  EXPECT_EQ(descriptors.back().socket_inode, status.st_ino);
  EXPECT_EQ(std::count_if(descriptors.begin(), descriptors.end(),
                          [&](const Descriptor& d) { return d.socket_inode == status.st_ino; }),
            2);
  EXPECT_THAT(descriptors, Contains(testing::Field(&Descriptor::fd, child.sleeps_on())));
  for (const Descriptor& descriptor : descriptors) {
    if (descriptor.fd == child.sleeps_on()) {
      EXPECT_EQ(descriptor.socket_inode, 0);
    }
  }
}

TEST_F(ProcessTable, MemorySignalsAndTime) {
  constexpr std::size_t kBytes = 8 << 20;
  const Child child([] {
    void* memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (std::size_t i = 0; i < kBytes; i += 4096) static_cast<volatile char*>(memory)[i] = 1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, [](int) {});
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    while (clock() < CLOCKS_PER_SEC / 20) {
    }
  });
  const auto status = ReadProcessStatus(proc_fd_, child.pid());
  ASSERT_TRUE(status);
  EXPECT_GE(status->anonymous_memory, static_cast<std::int64_t>(kBytes));
  EXPECT_LT(status->anonymous_memory, 20 * static_cast<std::int64_t>(kBytes));
  EXPECT_TRUE(status->Ignores(SIGPIPE));
  EXPECT_FALSE(status->Catches(SIGPIPE));
  EXPECT_TRUE(status->Catches(SIGCHLD));
  EXPECT_FALSE(status->Ignores(SIGCHLD));
  EXPECT_EQ(status->blocked_signals, 1U << (SIGUSR1 - 1));
  EXPECT_GE(ReadProcessStat(proc_fd_, child.pid())->cpu_ticks, 3);
}

TEST_F(ProcessTable, DescendantsZombiesIncluded) {
  pid_t* pids = static_cast<pid_t*>(
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  const Child child([pids] {
    pids[0] = fork();
    if (pids[0] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const pid_t self = getpid();
      const pid_t grandchild = fork();
      if (grandchild == 0) _exit(0);
      siginfo_t info;
      waitid(P_PID, static_cast<id_t>(grandchild), &info, WEXITED | WNOWAIT);
      pids[1] = grandchild;
      pids[0] = self;
      while (true) pause();
    }
    while (__atomic_load_n(&pids[1], __ATOMIC_ACQUIRE) == 0) {
    }
  });
  EXPECT_THAT(DescendantsOf(proc_fd_, child.pid()), ElementsAre(pids[0], pids[1]));
  EXPECT_EQ(ReadProcessStat(proc_fd_, pids[1])->state, 'Z');
  EXPECT_EQ(ReadProcessStatus(proc_fd_, pids[1])->anonymous_memory, -1);
  EXPECT_THAT(DescriptorsOf(proc_fd_, pids[1]), IsEmpty());
  const auto call = ReadBlockedCall(proc_fd_, pids[1], pids[1]);
  EXPECT_TRUE(!call || call->in == BlockedCall::In::kNothing);
  EXPECT_THAT(DescendantsOf(proc_fd_, getpid()), Contains(pids[1]));
  munmap(pids, 4096);
}

TEST_F(ProcessTable, DescriptorsOfAProcessWhoseFirstThreadHasEnded) {
  int pipe_fds[2];
  ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
  const pid_t pid = fork();
  ASSERT_NE(pid, -1);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::thread([] {
      while (true) pause();
    }).detach();
    syscall(SYS_exit, 0);
  }
  while (ReadProcessStat(proc_fd_, pid)->state != 'Z') {
  }
  EXPECT_THAT(DescriptorsOf(proc_fd_, pid), Contains(testing::Field(&Descriptor::fd, pipe_fds[0])));
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST_F(ProcessTable, AProcessThatIsNoMore) {
  pid_t gone = 0;
  {
    const Child child;
    gone = child.pid();
  }
  EXPECT_FALSE(ReadProcessStat(proc_fd_, gone));
  EXPECT_FALSE(ReadProcessStatus(proc_fd_, gone));
  EXPECT_FALSE(ReadThreadState(proc_fd_, gone, gone));
  EXPECT_FALSE(ReadBlockedCall(proc_fd_, gone, gone));
  EXPECT_THAT(ThreadsOf(proc_fd_, gone), IsEmpty());
  EXPECT_THAT(DescriptorsOf(proc_fd_, gone), IsEmpty());
  EXPECT_THAT(DescendantsOf(proc_fd_, gone), IsEmpty());
}

TEST(ProcFile, FieldsAndLines) {
  std::string_view rest = "  a\tb  \nc\n\nlast";
  std::string_view line = NextLine(rest);
  EXPECT_EQ(NextField(line), "a");
  EXPECT_EQ(NextField(line), "b");
  EXPECT_EQ(NextField(line), "");
  EXPECT_EQ(NextLine(rest), "c");
  EXPECT_EQ(NextLine(rest), "");
  EXPECT_EQ(NextLine(rest), "last");
  EXPECT_EQ(rest, "");
}

TEST(ProcFile, AStartIsCutAndAWholeFileIsNot) {
  const OwnedFd proc = OpenProc();
  char buffer[5];
  EXPECT_EQ(ReadStart(proc.get(), "thread-self/status", buffer), "Name:");
  EXPECT_GT(ReadAll(proc.get(), "thread-self/status")->size(), 500);
  EXPECT_FALSE(ReadAll(proc.get(), "no-such-file"));
  EXPECT_FALSE(ReadStart(proc.get(), "no-such-file", buffer));
  EXPECT_THROW(ReadAll(proc.get(), "self/fd"), std::system_error);  // a directory
}

}  // namespace
}  // namespace sockspec

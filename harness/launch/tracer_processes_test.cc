// The tracer on processes and descriptors: how they come into being, are copied, handed on and end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "harness/launch/traced_run.h"

namespace sockspec {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> TextsOf(TracedRun& run, EventKind kind) {
  std::vector<std::string> texts;
  for (int i : run.timeline().OfKind(kind)) {
    texts.push_back(run.timeline()[static_cast<std::size_t>(i)].text);
  }
  return texts;
}

// The calls named so, on a listener.
std::vector<const Call*> OnListener(TracedRun& run, const std::string& name) {
  std::vector<const Call*> calls;
  for (int i : run.timeline().Calls(name)) {
    if (run.At(i).role == SocketRole::kListener) calls.push_back(&run.At(i));
  }
  return calls;
}

TEST(Processes, ASpawnedProgramIsFollowed) {
  TracedRun run("spawn");
  EXPECT_EQ(run.Finish(), 7);
  EXPECT_THAT(TextsOf(run, EventKind::kProcessStarted), ElementsAre("launch", "vfork"));
  EXPECT_EQ(run.timeline().OfKind(EventKind::kExecuted).size(), 1u);
  EXPECT_EQ(run.timeline().Calls("socket").size(), 2u);  // one in each program
}

TEST(Processes, AVforkedChildHasDescriptorsOfItsOwn) {
  TracedRun run("vfork");
  EXPECT_EQ(run.Finish(), 7);
  const std::vector<const Call*> closes = OnListener(run, "close");
  ASSERT_EQ(closes.size(), 1u);
  EXPECT_EQ(OnListener(run, "listen").size(), 2u);  // the parent's is still one after it
}

TEST(Processes, ADaemonIsReadyAfterItsParentsHaveEnded) {
  TracedRun run("double-fork");
  run.UntilReady();
  run.Until([&] { return run.tracer().LivingProcesses().size() == 1; });
  EXPECT_FALSE(run.tracer().LaunchedAlive(0));
  EXPECT_EQ(run.timeline().Calls("setsid").size(), 1u);
  EXPECT_EQ(run.tracer().StateOfRest().what, "accept(listener)");
}

TEST(Processes, AThreadMayExecute) {
  TracedRun run("exec-from-thread");
  EXPECT_EQ(run.Finish(), 7);
  EXPECT_THAT(TextsOf(run, EventKind::kProcessStarted), ElementsAre("launch", "thread"));
  EXPECT_EQ(run.timeline().OfKind(EventKind::kExecuted).size(), 1u);
}

// It may be stopped before it has run; then SIGCONT throws its first stop away.
TEST(Processes, AStopDuringTheBirthOfAThreadTakesNoLaterOne) {
  TracedRun run("thread-after-thread");
  bool stops = false;
  run.OnEvent([&](const Event& event) {
    if (event.kind != EventKind::kProcessStarted || event.text != "thread" || stops) return;
    stops = true;
    run.tracer().Signal(run.tracer().LaunchedPid(0), SIGSTOP);
  });
  run.Until([&] {
    if (run.tracer().AllStopped()) {
      stops = false;
      run.tracer().Signal(run.tracer().LaunchedPid(0), SIGCONT);
      return false;
    }
    return run.Settled();
  });
  EXPECT_FALSE(stops) << "it goes on as if there had been no SIGSTOP";
}

// The event of the fork is lost then, in one of some launches.
TEST(Processes, NoChildIsLeftOfAForkInWhichTheParentIsKilled) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  constexpr int kLaunches = 40;
  for (int i = 0; i < kLaunches; ++i) {
    TracedRun run("fork-after-fork");
    run.Until([&] { return run.tracer().LivingProcesses().size() > 3; });
    for (const pid_t pid : run.tracer().LivingProcesses()) run.tracer().Signal(pid, SIGKILL);
    run.Until([&] { return !run.tracer().AnyLiving(); });
    run.tracer().EndStrays(getpid());
    pid_t ended = 0;
    do {  // as a reaper does
      ended = waitpid(-1, nullptr, WNOHANG);
    } while (ended > 0);
    ASSERT_TRUE(ended == -1 && errno == ECHILD) << "a child is left after launch " << i;
  }
}

TEST(Processes, APipelineOfTheShellIsFollowed) {
  TracedRun run("pipeline");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_THAT(TextsOf(run, EventKind::kExecuted), Contains("cat").Times(2));
}

TEST(Descriptors, AnInheritedListenerIsKnown) {
  const OwnedFd listener(CheckCall(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket()"));
  CheckCall(listen(listener.get(), 1), "listen()");
  TracedRun run("inherited", {}, false, listener.get());
  run.UntilReady();
  EXPECT_EQ(run.tracer().StateOfRest().what, "accept(listener)");
}

TEST(Descriptors, AnInheritedConnectionIsKnown) {
  const OwnedFd listener(CheckCall(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket()"));
  CheckCall(listen(listener.get(), 1), "listen()");
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CheckCall(getsockname(listener.get(), generic, &length), "getsockname()");
  const OwnedFd client(CheckCall(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket()"));
  CheckCall(connect(client.get(), generic, length), "connect()");
  const OwnedFd server(
      CheckCall(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4()"));
  TracedRun run("inherited", {}, false, server.get());
  EXPECT_EQ(run.Finish(), EINVAL);
  EXPECT_EQ(run.First("accept").role, SocketRole::kConnection);
  EXPECT_TRUE(run.tracer().TrafficOf(0).known);
}

TEST(Descriptors, AListenerPassedInAMessageStaysTheSame) {
  TracedRun run("pass-listener");
  run.UntilReady();
  run.Until([&] { return run.tracer().LivingProcesses().size() == 1; });
  EXPECT_EQ(run.First("sendmsg").descriptors.size(), 1u);
  EXPECT_EQ(run.First("recvmsg").descriptors.size(), 1u);
  EXPECT_EQ(run.tracer().StateOfRest().what, "accept(listener)");
}

TEST(Descriptors, AListenerFetchedFromAnotherProcessIsTheSame) {
  TracedRun run("take-listener");
  run.UntilReady();
  EXPECT_EQ(run.tracer().ServerReadiness(), Tracer::Readiness::kReady);
  ASSERT_EQ(run.timeline().Calls("pidfd_getfd").size(), 1u);
  EXPECT_EQ(run.First("pidfd_getfd").socket, run.First("listen").socket);
}

TEST(Descriptors, EveryKindOfCopyIsTheSameSocket) {
  TracedRun run("copies");
  EXPECT_EQ(run.Finish(), 0);
  const std::vector<const Call*> listens = OnListener(run, "listen");
  ASSERT_EQ(listens.size(), 6u);
  for (const Call* call : listens) EXPECT_EQ(call->on_socket, listens[0]->on_socket);
  EXPECT_EQ(run.At(run.timeline().Calls("listen").back()).error, EBADF);
}

TEST(Descriptors, OnlyCopiesThatStayOpenSurviveExec) {
  TracedRun run("copies-at-exec");
  EXPECT_EQ(run.Finish(), 7);
  const std::vector<int> executed = run.timeline().OfKind(EventKind::kExecuted);
  ASSERT_EQ(executed.size(), 1u);
  EXPECT_EQ(run.timeline()[static_cast<std::size_t>(executed[0])].number, 1);
}

TEST(Transfers, ManyMessagesCountAsBytes) {
  TracedRun run("messages");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.First("sendmmsg").result, 2);
  EXPECT_EQ(run.First("sendmmsg").bytes, 10);
  EXPECT_EQ(run.First("sendmmsg").role, SocketRole::kConnection);
  EXPECT_EQ(run.First("recvmmsg").bytes, 10);
}

TEST(Transfers, SplicesCountOnTheSideOfTheSocket) {
  TracedRun run("splices");
  EXPECT_EQ(run.Finish(), 0);
  const std::vector<int> splices = run.timeline().Calls("splice");
  ASSERT_EQ(splices.size(), 2u);
  EXPECT_EQ(run.At(splices[0]).role, SocketRole::kConnection);
  EXPECT_EQ(run.At(splices[1]).role, SocketRole::kClient);
  EXPECT_EQ(run.First("sendfile").role, SocketRole::kConnection);
  EXPECT_EQ(run.First("preadv2").role, SocketRole::kClient);
}

TEST(Transfers, OptionsThatAreAskedHaveTheirAnswer) {
  TracedRun run("options");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_EQ(run.First("getsockopt").option, "SO_ACCEPTCONN");
  EXPECT_THAT(run.First("getsockopt").option_value, ElementsAre(1));
}

TEST(Epoll, ASetThatChangesWhileItIsWaitedForIsReadExactly) {
  TracedRun run("epoll-later");
  run.UntilReady();
  EXPECT_EQ(run.tracer().ServerReadiness(), Tracer::Readiness::kReady);
}

TEST(IoUring, IsNotThere) {
  TracedRun run("io-uring");
  EXPECT_EQ(run.Finish(), 0);
  EXPECT_THAT(run.CallNames(), IsEmpty());
}

}  // namespace
}  // namespace sockspec

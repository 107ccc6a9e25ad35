// Questions on evidence that several areas of the server suites ask.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/testbed/check.h"
#include "harness/testbed/matchers.h"
#include "harness/testbed/scenario.h"

namespace sockspec {

// --- for scenarios ------------------------------------------------------------------------------
// The ordinary launch, with a longer queue for clients where the command takes a backlog.
LaunchOptions WithQueue(const LaunchSpec& launch);
// `wanted` connections, or fewer where the program declares a limit (rule F8).
int Bounded(const LaunchSpec& launch, int wanted);

// Two ordinary clients come before what a server is to survive: one that cannot serve even them,
// one after the other, shows nothing of its own about the rest (Check::OrdinaryReply).
inline constexpr int kOrdinary = 2;

// More sends or closes than these no conforming server makes for one client, one for each byte
// included: the steps of a sweep over them.
inline constexpr int kMostSends = 64;
// A reply without end is sent by a loop: what holds for its first sends holds for all.
inline constexpr int kEnoughSends = 3;
inline constexpr const char* kNoSend = "no send to that client was seen";

// The n-th send to a client fails.
inline Fault SendFault(int nth, int error) {
  return {.call = CallClass::kSend, .role = SocketRole::kConnection, .first = nth, .error = error};
}

// Bytes of noise that the first client of UnexpectedInput sends.
inline constexpr int kNoise = 1 << 20;

// --- calls --------------------------------------------------------------------------------------
bool IsSend(const Call& call);
bool IsReceive(const Call& call);
bool IsAccept(const Call& call);
// Indices of the calls that satisfy `wanted`.
std::vector<int> SelectCalls(const Timeline& timeline,
                             const std::function<bool(const Call&)>& wanted);
// The numbers of the sockets on which listen() has succeeded.
std::set<int> ListeningSockets(const Timeline& timeline);
// Indices of bind() on the server's endpoint: what listens, or the datagram sockets where clients
// send those; where nothing ever listened, on any socket of the IP or UNIX families (resolvers bind
// netlink sockets).
std::vector<int> EndpointBinds(const Timeline& timeline, Transport transport);
// The socket() call that made this socket; empty for one that was inherited.
std::optional<Call> MadeBy(const Timeline& timeline, int socket);
// Any process (a thread too, where asked) was started after the server had become ready.
enum class Tasks { kProcesses, kProcessesAndThreads };
std::vector<int> TasksStarted(const Timeline& timeline, Tasks tasks);
// The harness's fault reached a call before this conversation began.
std::vector<int> FaultsBefore(const Timeline& timeline, const Conversation& conversation);

// --- parts --------------------------------------------------------------------------------------
// Some scenarios do the same several times, with another fault each time. A part begins by the step
// PartStep(name), and ends where the next one begins.
std::string PartStep(std::string_view name);
struct Part {
  std::vector<int> faults;                  // injected calls
  std::vector<Conversation> conversations;  // that began in it
};
// Empty where the scenario did not come so far, where its fault hit no call, or where fewer clients
// than that came.
std::optional<Part> FaultedPart(const Timeline& timeline, std::string_view name,
                                std::size_t clients);

// --- kernel -------------------------------------------------------------------------------------
// The program's endpoints: sockets that listen, or datagram sockets with a name.
std::vector<SocketRow> OwnListeners(const Snapshot& snapshot);
// Sockets of connections that a process of the program still holds.
std::vector<SocketRow> OwnConnections(const Snapshot& snapshot);
std::string Listing(const std::vector<SocketRow>& rows);
// The number after the last colon of a printed address; -1 without one.
int PortOf(std::string_view address);
// The part before it.
std::string_view HostOf(std::string_view address);
// What becomes of a port without htons() or ntohs() on a little-endian machine.
inline int SwappedBytes(int port) { return ((port & 0xff) << 8) | ((port >> 8) & 0xff); }

// --- launches -----------------------------------------------------------------------------------
// How a launch that should not serve (or may fail) went.
struct StartUp {
  bool served = false;
  ProgramEnd end;
  std::vector<SocketRow> listeners;  // of the program's, afterwards
};
// "exits with status 0 ...": what is wrong with it under rule F6 (an exit status other than 0, or
// service); empty where nothing is. A death by signal counts as a refusal: what it says of the
// program's soundness belongs to DIA-04.
std::string WrongStart(const StartUp& start, std::string_view cause);
// The same where serving is wrong too.
std::string WrongRefusal(const StartUp& start, std::string_view cause);
// What became of a launch, in the words of the evidence: the wait's end, the exit, the last calls,
// standard error.
std::string WhatItDidLast(const Timeline& timeline, int run, const ProgramEnd& end,
                          const std::string& error_output);

// --- conversations ------------------------------------------------------------------------------
// The first of them whose reply is not whole, compared with `model`.
const Conversation* FirstWithoutReply(const std::vector<Conversation>& conversations,
                                      const ReplyModel& model);
// The program closed it, by FIN or by RST.
bool ProgramEnded(const Conversation& conversation);
// It could not connect because the queue of the listener was full.
bool HadNoRoom(const Conversation& conversation);
// An empty close after more than 40 successes: a limit of rate may be at work (rule F8).
bool LooksRateLimited(const Conversation& last, std::size_t successes);
std::string InWords(const Conversation& conversation);
// Without what came after the stop signal; CLS-12 judges that.
std::vector<Conversation> BeforeStop(const Timeline& timeline, std::vector<Conversation> all);
// UTC in seconds at an event, by the wall clock at the timeline's beginning; 0 where that is
// missing.
double WallClockAt(const Timeline& timeline, int index);

}  // namespace sockspec

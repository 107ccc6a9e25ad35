// Questions on evidence that several areas of the server suites ask.
#include "suites/server/server_evidence.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <sstream>

#include "harness/base/error.h"
#include "harness/base/text.h"

namespace sockspec {
namespace {

constexpr int kQueue = 16;  // the backlog that WithQueue() asks for

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

LaunchOptions WithQueue(const LaunchSpec& launch) {
  LaunchOptions options;
  if (launch.Mentions("backlog")) options.backlog = std::to_string(kQueue);
  return options;
}

int Bounded(const LaunchSpec& launch, int wanted) {
  // A few are left for the clients that judge the rest.
  constexpr int kSpare = 5;
  for (const std::optional<int>& limit : {launch.limit_per_minute, launch.limit_connections}) {
    if (limit.has_value()) wanted = std::min(wanted, std::max(1, *limit - kSpare));
  }
  return wanted;
}

bool IsSend(const Call& call) {
  return IsOneOf(call.name, {"write", "writev", "send", "sendto", "sendmsg", "sendmmsg", "sendfile",
                             "splice"});
}

bool IsReceive(const Call& call) {
  return IsOneOf(call.name, {"read", "readv", "recv", "recvfrom", "recvmsg", "recvmmsg"});
}

bool IsAccept(const Call& call) { return IsOneOf(call.name, {"accept", "accept4"}); }

std::vector<int> SelectCalls(const Timeline& timeline,
                             const std::function<bool(const Call&)>& wanted) {
  if (!timeline.Has(Plane::kTrace)) throw PlaneMissing(Plane::kTrace);
  return timeline.Find([&](const Event& event) {
    return event.kind == EventKind::kCall && event.call.has_value() && wanted(*event.call);
  });
}

std::set<int> ListeningSockets(const Timeline& timeline) {
  std::set<int> sockets;
  for (const int index : timeline.Calls("listen")) {
    const Call& call = *timeline[index].call;
    if (call.error == 0) sockets.insert(call.on_socket);
  }
  return sockets;
}

std::vector<int> EndpointBinds(const Timeline& timeline, Transport transport) {
  const bool datagrams = SocketType(transport) == SOCK_DGRAM;
  const std::set<int> listening = datagrams ? std::set<int>() : ListeningSockets(timeline);
  return SelectCalls(timeline, [&](const Call& call) {
    if (call.name != "bind") return false;
    if (datagrams && call.role == SocketRole::kListener) return false;
    if (!listening.empty()) return listening.contains(call.on_socket);
    const std::optional<Call> made = MadeBy(timeline, call.on_socket);
    return made.has_value() &&
           (made->family == AF_INET || made->family == AF_INET6 || made->family == AF_UNIX);
  });
}

std::optional<Call> MadeBy(const Timeline& timeline, int socket) {
  for (const int index : timeline.Calls("socket")) {
    const Call& call = *timeline[index].call;
    if (call.error == 0 && call.socket == socket) return call;
  }
  return std::nullopt;
}

std::vector<int> TasksStarted(const Timeline& timeline, Tasks tasks) {
  const std::vector<int> ready = timeline.OfKind(EventKind::kReady);
  if (ready.empty()) return {};
  std::vector<int> started;
  for (const int index : timeline.OfKind(EventKind::kProcessStarted)) {
    const std::string& how = timeline[index].text;
    const bool counts = how == "fork" || how == "vfork" ||
                        (how == "thread" && tasks == Tasks::kProcessesAndThreads);
    if (index > ready.front() && counts) started.push_back(index);
  }
  return started;
}

std::vector<int> FaultsBefore(const Timeline& timeline, const Conversation& conversation) {
  if (conversation.events.empty()) return {};
  const int begin = conversation.events.front();
  std::vector<int> calls;
  for (const int index : SelectCalls(timeline, [](const Call& call) { return call.injected; })) {
    if (index < begin) calls.push_back(index);
  }
  return calls;
}

std::string PartStep(std::string_view name) { return fmt::format("part: {}", name); }

std::optional<Part> FaultedPart(const Timeline& timeline, std::string_view name,
                                std::size_t clients) {
  int begin = -1, end = static_cast<int>(timeline.size());
  for (const int index : timeline.OfKind(EventKind::kStep)) {
    const std::string& text = timeline[static_cast<std::size_t>(index)].text;
    if (begin >= 0 && text.starts_with(PartStep(""))) {
      end = index;
      break;
    }
    if (text == PartStep(name)) begin = index;
  }
  if (begin < 0) return std::nullopt;
  Part part;
  for (const int index : SelectCalls(timeline, [](const Call& call) { return call.injected; })) {
    if (index > begin && index < end) part.faults.push_back(index);
  }
  for (const Conversation& conversation : timeline.Conversations()) {
    const int first = conversation.events.front();
    if (first > begin && first < end) part.conversations.push_back(conversation);
  }
  if (part.faults.empty() || part.conversations.size() < clients) return std::nullopt;
  return part;
}

std::vector<SocketRow> OwnListeners(const Snapshot& snapshot) {
  std::vector<SocketRow> rows;
  for (const SocketRow& row : snapshot.sockets) {
    if (row.owned && row.IsEndpoint()) rows.push_back(row);
  }
  return rows;
}

std::vector<SocketRow> OwnConnections(const Snapshot& snapshot) {
  std::vector<SocketRow> rows;
  for (const SocketRow& row : snapshot.sockets) {
    // Without a name it is half of a socket pair, between the program's own processes.
    if (row.owned && !row.IsEndpoint() && !row.local.empty()) rows.push_back(row);
  }
  return rows;
}

std::string Listing(const std::vector<SocketRow>& rows) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> parts;
  for (const SocketRow& row : rows) {
    if (parts.size() == kMost) {
      parts.push_back(fmt::format("{} more", rows.size() - kMost));
      break;
    }
    parts.push_back(row.remote.empty() || row.state == "LISTEN"
                        ? fmt::format("{} {}", row.state, row.local)
                        : fmt::format("{} {} - {}", row.state, row.local, row.remote));
  }
  return Join(parts, ", ");
}

int PortOf(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == address.size()) return -1;
  int port = 0;
  for (const char digit : address.substr(colon + 1)) {
    if (digit < '0' || digit > '9') return -1;
    port = port * 10 + (digit - '0');
  }
  return port;
}

std::string_view HostOf(std::string_view address) { return address.substr(0, address.rfind(':')); }

std::string WrongStart(const StartUp& start, std::string_view cause) {
  if (start.served) return "";
  if (!start.end.exited) return fmt::format("goes on without serving, idle for ever, {}", cause);
  if (start.end.signal == 0 && start.end.status == 0) {
    return fmt::format("exits with status 0 {}", cause);
  }
  return "";
}

std::string WrongRefusal(const StartUp& start, std::string_view cause) {
  if (start.served || !start.listeners.empty()) {
    return fmt::format("serves {}{}{}", cause, start.listeners.empty() ? "" : ": ",
                       Listing(start.listeners));
  }
  return WrongStart(start, cause);
}

std::string WhatItDidLast(const Timeline& timeline, int run, const ProgramEnd& end,
                          const std::string& error_output) {
  std::vector<std::string> facts;
  for (const int index : timeline.OfKind(EventKind::kNotReady)) {
    if (timeline[index].run == run) facts.push_back(timeline[index].text);
  }
  std::ostringstream how;
  how << end;
  if (end.exited) facts.push_back(how.str());
  if (timeline.Has(Plane::kTrace)) {
    std::string last_call;
    for (const int index : timeline.OfKind(EventKind::kCall)) {
      if (timeline[index].run != run || timeline[index].call->name == "rt_sigaction") continue;
      last_call = Describe(timeline[index]);
    }
    facts.push_back(last_call.empty() ? "no socket call was seen" : "last call: " + last_call);
  }
  facts.push_back(error_output.empty() ? "nothing on standard error"
                                       : "standard error: " + Quote(error_output, 200));
  return Join(facts, "; ");
}

const Conversation* FirstWithoutReply(const std::vector<Conversation>& conversations,
                                      const ReplyModel& model) {
  for (const Conversation& conversation : conversations) {
    if (!model.Fits(conversation)) return &conversation;
  }
  return nullptr;
}

bool ProgramEnded(const Conversation& conversation) {
  return conversation.ending == Ending::kFin || conversation.ending == Ending::kReset;
}

bool HadNoRoom(const Conversation& conversation) {
  return !conversation.connected && (conversation.error == 0 || conversation.error == EAGAIN);
}

bool LooksRateLimited(const Conversation& last, std::size_t successes) {
  constexpr std::size_t kFew = 40;
  return successes > kFew && last.connected && last.received.empty() &&
         (last.ending == Ending::kFin || last.ending == Ending::kReset);
}

std::vector<Conversation> BeforeStop(const Timeline& timeline, std::vector<Conversation> all) {
  const std::vector<int> stops = timeline.Find([](const Event& event) {
    return event.kind == EventKind::kSnapshot && event.snapshot->label == "after stop";
  });
  if (stops.empty()) return all;
  std::erase_if(all, [&](const Conversation& conversation) {
    return conversation.events.front() > stops.front();
  });
  return all;
}

double WallClockAt(const Timeline& timeline, int index) {
  if (timeline.size() == 0 || timeline[0].number == 0) return 0;
  constexpr double kNanoseconds = 1e9;
  return (static_cast<double>(timeline[0].number) +
          static_cast<double>(timeline[index].at - timeline[0].at)) /
         kNanoseconds;
}

std::string InWords(const Conversation& conversation) {
  std::ostringstream words;
  words << conversation;
  return words.str();
}

}  // namespace sockspec

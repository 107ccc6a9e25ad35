// One line for people about an event: what the report's ladder and --trace-log show.
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <iterator>

#include "harness/base/error.h"
#include "harness/base/raw_packet.h"
#include "harness/base/text.h"
#include "harness/evidence/event.h"

namespace sockspec {
namespace {

struct Flag {
  int bit;
  std::string_view name;
};

constexpr Flag kSocketFlags[] = {{SOCK_CLOEXEC, "SOCK_CLOEXEC"}, {SOCK_NONBLOCK, "SOCK_NONBLOCK"}};
constexpr Flag kMessageFlags[] = {{MSG_OOB, "MSG_OOB"},
                                  {MSG_PEEK, "MSG_PEEK"},
                                  {MSG_DONTROUTE, "MSG_DONTROUTE"},
                                  {MSG_TRUNC, "MSG_TRUNC"},
                                  {MSG_DONTWAIT, "MSG_DONTWAIT"},
                                  {MSG_EOR, "MSG_EOR"},
                                  {MSG_WAITALL, "MSG_WAITALL"},
                                  {MSG_CONFIRM, "MSG_CONFIRM"},
                                  {MSG_NOSIGNAL, "MSG_NOSIGNAL"},
                                  {MSG_MORE, "MSG_MORE"},
                                  {MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC"},
                                  {MSG_ERRQUEUE, "MSG_ERRQUEUE"},
                                  {MSG_FASTOPEN, "MSG_FASTOPEN"}};
constexpr Flag kStatusFlags[] = {{O_NONBLOCK, "O_NONBLOCK"}, {O_APPEND, "O_APPEND"}};
constexpr Flag kActionFlags[] = {{SA_RESTART, "SA_RESTART"},
                                 {SA_NOCLDSTOP, "SA_NOCLDSTOP"},
                                 {SA_NOCLDWAIT, "SA_NOCLDWAIT"},
                                 {SA_SIGINFO, "SA_SIGINFO"},
                                 {SA_ONSTACK, "SA_ONSTACK"},
                                 {SA_NODEFER, "SA_NODEFER"},
                                 {static_cast<int>(SA_RESETHAND), "SA_RESETHAND"}};

constexpr Flag kFamilies[] = {{AF_UNSPEC, "AF_UNSPEC"},   {AF_UNIX, "AF_UNIX"},
                              {AF_INET, "AF_INET"},       {AF_INET6, "AF_INET6"},
                              {AF_NETLINK, "AF_NETLINK"}, {AF_PACKET, "AF_PACKET"}};
constexpr Flag kTypes[] = {{SOCK_STREAM, "SOCK_STREAM"},
                           {SOCK_DGRAM, "SOCK_DGRAM"},
                           {SOCK_SEQPACKET, "SOCK_SEQPACKET"},
                           {SOCK_RAW, "SOCK_RAW"}};
constexpr Flag kProtocols[] = {
    {IPPROTO_ICMP, "IPPROTO_ICMP"},     {IPPROTO_IGMP, "IPPROTO_IGMP"},
    {IPPROTO_TCP, "IPPROTO_TCP"},       {IPPROTO_UDP, "IPPROTO_UDP"},
    {IPPROTO_ICMPV6, "IPPROTO_ICMPV6"}, {IPPROTO_MPTCP, "IPPROTO_MPTCP"}};
constexpr Flag kHows[] = {{SHUT_RD, "SHUT_RD"}, {SHUT_WR, "SHUT_WR"}, {SHUT_RDWR, "SHUT_RDWR"}};
constexpr Flag kFileCommands[] = {{F_DUPFD, "F_DUPFD"},
                                  {F_GETFD, "F_GETFD"},
                                  {F_SETFD, "F_SETFD"},
                                  {F_GETFL, "F_GETFL"},
                                  {F_SETFL, "F_SETFL"},
                                  {F_SETOWN, "F_SETOWN"},
                                  {F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"}};

// The set bits by name, joined by |; unknown ones as one number.
template <std::size_t N>
std::string Bits(int flags, const Flag (&table)[N]) {
  std::string out;
  for (const Flag& flag : table) {
    if ((flags & flag.bit) == 0) continue;
    if (!out.empty()) out += '|';
    out += flag.name;
    flags &= ~flag.bit;
  }
  if (flags != 0)
    out += fmt::format("{}{:#x}", out.empty() ? "" : "|", static_cast<unsigned>(flags));
  return out;
}

template <std::size_t N>
std::string Value(int value, const Flag (&table)[N]) {
  for (const Flag& entry : table) {
    if (entry.bit == value) return std::string(entry.name);
  }
  return std::to_string(value);
}

// Text that a program may have chosen, made safe for a terminal: control bytes and whatever is not
// ASCII are escaped.
std::string Safe(std::string_view text) {
  const std::string quoted = Quote(text, 4096);
  return quoted.size() == text.size() + 2 ? std::string(text) : quoted;
}

std::string Count(std::int64_t count, std::string_view noun, std::string_view plural) {
  return fmt::format("{} {}", count, count == 1 ? noun : plural);
}
std::string ByteCount(std::int64_t count) { return Count(count, "byte", "bytes"); }
std::string BytesOf(const std::string& bytes) {
  return bytes.empty() ? "0 bytes" : fmt::format("{} {}", ByteCount(bytes.size()), Quote(bytes));
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
bool IsAccept(std::string_view name) { return StartsWith(name, "accept"); }

// The socket called upon: by the number of the harness's connection where there is one.
std::string Subject(const Call& call) {
  if (call.connection >= 0 && !IsAccept(call.name)) {
    return fmt::format("connection {}", call.connection);
  }
  const int number = call.on_socket >= 0 ? call.on_socket : call.socket;
  if (number < 0) return call.fd >= 0 ? fmt::format("fd {}", call.fd) : "";
  switch (call.role) {
    case SocketRole::kListener:
      return fmt::format("listener {}", number);
    case SocketRole::kClient:
      return fmt::format("client socket {}", number);
    case SocketRole::kDatagram:
      return fmt::format("datagram socket {}", number);
    default:
      return fmt::format("socket {}", number);
  }
}

std::string AddressOf(const Call& call) {
  if (call.address_null) return "NULL";
  std::string text = Safe(call.address);
  if (call.scope_id != 0 && text.find('%') == std::string::npos) {
    text += fmt::format(" scope {}", call.scope_id);
  }
  if (call.flow_info != 0) text += fmt::format(" flow {:#x}", call.flow_info);
  return text;
}

// The arguments after the socket, each one that the call has.
std::vector<std::string> Arguments(const Call& call) {
  std::vector<std::string> arguments;
  const std::string_view name = call.name;
  if (name == "socket" || name == "socketpair") {
    arguments.push_back(Value(call.family, kFamilies));
    std::string type = Value(call.type, kTypes);
    if (call.flags != 0) type += "|" + Bits(call.flags, kSocketFlags);
    arguments.push_back(std::move(type));
    arguments.push_back(call.protocol > 0 ? Value(call.protocol, kProtocols) : "0");
    return arguments;
  }
  if (name == "kill" || name == "tkill" || name == "tgkill") {
    return {std::to_string(call.target), SignalName(call.number)};
  }
  if (StartsWith(name, "open")) return {Quote(call.address)};
  if (name == "rt_sigaction" || name == "signal") {
    arguments.push_back(SignalName(call.number));
    if (!call.option.empty()) arguments.push_back(Safe(call.option));
    if (call.flags != 0) arguments.push_back(Bits(call.flags, kActionFlags));
    return arguments;
  }
  if (std::string subject = Subject(call); !subject.empty())
    arguments.push_back(std::move(subject));
  if (IsAccept(name)) {
    arguments.push_back(call.address_null ? "NULL" : "…");
    if (call.length_null) arguments.push_back("length NULL");
    if (call.flags != 0) arguments.push_back(Bits(call.flags, kSocketFlags));
    return arguments;
  }
  if (name == "shutdown") {
    arguments.push_back(Value(call.number, kHows));
    return arguments;
  }
  if (StartsWith(name, "fcntl")) {
    arguments.push_back(Value(call.number, kFileCommands));
    if (call.number == F_SETFL) {
      arguments.push_back(call.flags != 0 ? Bits(call.flags, kStatusFlags) : "0");
    }
    return arguments;
  }
  if (!call.option.empty()) {
    arguments.push_back(Safe(call.option));
    if (call.option_value.size() == 1) arguments.push_back(std::to_string(call.option_value[0]));
    if (call.option_value.size() > 1) {
      arguments.push_back(fmt::format("{{{}}}", fmt::join(call.option_value, ", ")));
    }
  }
  if (call.number >= 0 || name == "listen") arguments.push_back(std::to_string(call.number));
  if (call.length >= 0) arguments.push_back(ByteCount(call.length));
  if (call.flags != 0) arguments.push_back(Bits(call.flags, kMessageFlags));
  if (!call.address.empty() || call.address_null) {
    arguments.push_back(AddressOf(call));
    if (call.address_length >= 0) arguments.push_back(std::to_string(call.address_length));
  }
  return arguments;
}

std::string ResultOf(const Call& call) {
  if (call.error != 0) return "-1 " + ErrnoName(call.error);
  if (IsAccept(call.name)) {
    std::string result = call.connection >= 0 ? fmt::format("connection {}", call.connection)
                                              : fmt::format("socket {}", call.socket);
    result += fmt::format(" (fd {})", call.result);
    if (!call.address.empty()) result += " from " + AddressOf(call);
    return result;
  }
  if (call.name == "socket" && call.socket >= 0) {
    return fmt::format("socket {} (fd {})", call.socket, call.result);
  }
  return std::to_string(call.result);
}

std::string DescribeCall(const Event& event) {
  if (!event.call) return "call";
  const Call& call = *event.call;
  std::string line =
      fmt::format("{}({}) = {}", Safe(call.name), fmt::join(Arguments(call), ", "), ResultOf(call));
  if (!event.bytes.empty()) line += " " + Quote(event.bytes, 40);
  if (call.blocked && call.error != 0) line += " (had blocked)";
  if (call.injected) line += " (injected)";
  return line;
}

std::string DescribeRow(const SocketRow& row) {
  std::string line = fmt::format("{} {}", row.state, Safe(row.local));
  if (row.state == "LISTEN") {
    if (row.send_queue >= 0) line += fmt::format(" backlog {}", row.send_queue);
    if (row.receive_queue > 0) line += fmt::format(", {} waiting", row.receive_queue);
  } else {
    if (!row.remote.empty()) line += " - " + Safe(row.remote);
    if (row.receive_queue > 0) line += fmt::format(", {} unread", ByteCount(row.receive_queue));
    if (row.send_queue > 0) line += fmt::format(", {} unsent", ByteCount(row.send_queue));
  }
  if (row.v6_only) line += *row.v6_only ? ", v6 only" : ", dual";
  if (row.reuse_address.value_or(false)) line += ", SO_REUSEADDR";
  if (row.reuse_port.value_or(false)) line += ", SO_REUSEPORT";
  if (row.non_blocking.value_or(false)) line += ", O_NONBLOCK";
  if (row.linger.value_or(-1) >= 0) line += fmt::format(", SO_LINGER {} s", *row.linger);
  if (!row.owned) line += ", not the program's";
  return line;
}

std::string DescribeSnapshot(const Event& event) {
  if (!event.snapshot) return "snapshot";
  const Snapshot& snapshot = *event.snapshot;
  std::vector<std::string> parts;
  for (const SocketRow& row : snapshot.sockets) parts.push_back(DescribeRow(row));
  if (parts.empty()) parts.emplace_back("no sockets");
  const auto count = [&parts](std::int64_t value, std::string_view noun, std::string_view plural) {
    if (value >= 0) parts.push_back(Count(value, noun, plural));
  };
  count(snapshot.descriptors, "descriptor", "descriptors");
  count(snapshot.processes, "process", "processes");
  if (snapshot.threads > snapshot.processes) count(snapshot.threads, "thread", "threads");
  if (snapshot.zombies > 0) count(snapshot.zombies, "zombie", "zombies");
  if (snapshot.anonymous_memory >= 0) {
    parts.push_back(fmt::format("{} KiB of memory", snapshot.anonymous_memory / 1024));
  }
  if (snapshot.cpu_ticks > 0) count(snapshot.cpu_ticks, "tick of CPU", "ticks of CPU");
  if (!snapshot.path_kind.empty()) {
    std::string path = "path: " + Safe(snapshot.path_kind);
    if (snapshot.path_mode >= 0) path += fmt::format(" {:04o}", snapshot.path_mode);
    parts.push_back(std::move(path));
  }
  const auto counter = [&parts](std::int64_t value, std::string_view name) {
    if (value > 0) parts.push_back(fmt::format("{} {}", name, value));
  };
  counter(snapshot.abort_on_close, "TCPAbortOnClose");
  counter(snapshot.abort_on_data, "TCPAbortOnData");
  counter(snapshot.listen_overflows, "ListenOverflows");
  std::string line = fmt::format("{}", fmt::join(parts, "; "));
  return snapshot.label.empty() ? line : fmt::format("{}: {}", Safe(snapshot.label), line);
}

std::string WithText(std::string_view word, const std::string& text) {
  return text.empty() ? std::string(word) : fmt::format("{}: {}", word, text);
}

std::string DescribeWire(const Event& event) {
  const std::string address = Safe(event.address);
  switch (event.kind) {
    case EventKind::kConnecting:
      return "connect " + address;
    case EventKind::kConnected:
      return event.local_address.empty()
                 ? "connected to " + address
                 : fmt::format("connected {} -> {}", Safe(event.local_address), address);
    case EventKind::kConnectFailed:
      return fmt::format("connect {}: {}", address, ErrnoName(event.error));
    case EventKind::kAccepted:
      return "accepted from " + address;
    case EventKind::kSent:
      return "-> " + BytesOf(event.bytes);
    case EventKind::kSendFailed:
      return fmt::format("-> {}failed: {}",
                         address.empty() ? "" : fmt::format("datagram to {} ", address),
                         ErrnoName(event.error));
    case EventKind::kReceived:
      return "<- " + BytesOf(event.bytes);
    case EventKind::kHalfClosed:
      return "-> FIN (shutdown)";
    case EventKind::kGotFin:
      return "<- FIN";
    case EventKind::kGotReset:
      return event.error == EPIPE ? "<- RST (seen as EPIPE)" : "<- RST";
    case EventKind::kClosed:
      return "-> close";
    case EventKind::kAborted:
      return "-> RST (close with SO_LINGER 0)";
    case EventKind::kDatagramSent:
      return fmt::format("-> datagram of {}{}{}", BytesOf(event.bytes),
                         address.empty() ? "" : " to ", address);
    case EventKind::kDatagramReceived:
      return fmt::format("<- datagram of {}{}{}", BytesOf(event.bytes),
                         address.empty() ? "" : " from ", address);
    case EventKind::kDatagramError:
      return fmt::format("<- {} for a datagram{}{}", ErrnoName(event.error),
                         address.empty() ? "" : " to ", address);
    case EventKind::kPacketSent:
      return "-> " + (event.text.empty() ? "" : event.text + ": ") + DescribePacket(event.bytes);
    case EventKind::kPacketReceived:
      return "<- " + DescribePacket(event.bytes);
    default:
      return std::string(Name(event.kind));
  }
}

std::string DescribeEnd(const Event& event) {
  return event.signal != 0 ? "killed by " + SignalName(event.signal)
                           : fmt::format("exit {}", event.number);
}

}  // namespace

std::string Describe(const Event& event) {
  switch (event.kind) {
    case EventKind::kStep:
    case EventKind::kFault:
      return event.text;
    case EventKind::kReady:
      return "ready";
    case EventKind::kNotReady:
      return WithText("never ready", event.text);
    case EventKind::kSettled:
      return "settled";
    case EventKind::kAsleep:
      return "asleep, perhaps for a limited time";
    case EventKind::kNotSettled:
      return WithText("not settled", event.text);
    case EventKind::kDeadline:
      return WithText("deadline", event.text);
    case EventKind::kSnapshot:
      return DescribeSnapshot(event);
    case EventKind::kCall:
      return DescribeCall(event);
    case EventKind::kProcessStarted:
      return event.text == "thread"
                 ? fmt::format("thread {} of process {} started", event.thread, event.process)
                 : fmt::format("process {} started ({})", event.process, Safe(event.text));
    case EventKind::kExecuted:
      return "exec " + Safe(event.text);
    case EventKind::kSignal:
      return fmt::format("{} delivered{}{}", SignalName(static_cast<int>(event.number)),
                         event.text.empty() ? "" : " from ", Safe(event.text));
    case EventKind::kLaunched:
      return "launch " + Safe(event.text);
    case EventKind::kOutput:
      return fmt::format("{} {}", event.number == 2 ? "stderr" : "stdout", Quote(event.bytes));
    case EventKind::kExited:
      return DescribeEnd(event);
    case EventKind::kProcessEnded:
      return fmt::format("process {}: {}", event.process, DescribeEnd(event));
    default:
      break;
  }
  // A scenario with one connection reads better without its number.
  const std::string line = DescribeWire(event);
  return event.connection > 0 ? fmt::format("connection {}: {}", event.connection, line) : line;
}

}  // namespace sockspec

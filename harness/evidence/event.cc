// Names and planes of events.
#include "harness/evidence/event.h"

#include <iterator>

namespace sockspec {
namespace {

struct KindEntry {
  EventKind kind;
  std::string_view name;
  Plane plane;
};

constexpr KindEntry kKinds[] = {
    {EventKind::kStep, "step", Plane::kHarness},
    {EventKind::kReady, "ready", Plane::kHarness},
    {EventKind::kNotReady, "not-ready", Plane::kHarness},
    {EventKind::kSettled, "settled", Plane::kHarness},
    {EventKind::kAsleep, "asleep", Plane::kHarness},
    {EventKind::kNotSettled, "not-settled", Plane::kHarness},
    {EventKind::kDeadline, "deadline", Plane::kHarness},
    {EventKind::kConnecting, "connecting", Plane::kWire},
    {EventKind::kConnected, "connected", Plane::kWire},
    {EventKind::kConnectFailed, "connect-failed", Plane::kWire},
    {EventKind::kAccepted, "accepted", Plane::kWire},
    {EventKind::kSent, "sent", Plane::kWire},
    {EventKind::kSendFailed, "send-failed", Plane::kWire},
    {EventKind::kReceived, "received", Plane::kWire},
    {EventKind::kHalfClosed, "half-closed", Plane::kWire},
    {EventKind::kGotFin, "got-fin", Plane::kWire},
    {EventKind::kGotReset, "got-reset", Plane::kWire},
    {EventKind::kClosed, "closed", Plane::kWire},
    {EventKind::kAborted, "aborted", Plane::kWire},
    {EventKind::kDatagramSent, "datagram-sent", Plane::kWire},
    {EventKind::kDatagramReceived, "datagram-received", Plane::kWire},
    {EventKind::kDatagramError, "datagram-error", Plane::kWire},
    {EventKind::kPacketSent, "packet-sent", Plane::kWire},
    {EventKind::kPacketReceived, "packet-received", Plane::kWire},
    {EventKind::kSnapshot, "snapshot", Plane::kKernel},
    {EventKind::kCall, "call", Plane::kTrace},
    {EventKind::kProcessStarted, "process-started", Plane::kTrace},
    {EventKind::kExecuted, "executed", Plane::kTrace},
    {EventKind::kSignal, "signal", Plane::kTrace},
    {EventKind::kLaunched, "launched", Plane::kProcess},
    {EventKind::kOutput, "output", Plane::kProcess},
    {EventKind::kExited, "exited", Plane::kProcess},
    {EventKind::kProcessEnded, "process-ended", Plane::kProcess},
    {EventKind::kFault, "fault", Plane::kFault},
};

constexpr bool InOrderOfTheEnum() {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
  }
  return static_cast<std::size_t>(EventKind::kFault) + 1 == std::size(kKinds);
}
static_assert(InOrderOfTheEnum(), "entries are found by index");

constexpr std::string_view kPlanes[] = {"harness", "wire", "kernel", "trace", "process", "fault"};
constexpr std::string_view kRoles[] = {"none",   "unconnected", "listener", "connection",
                                       "client", "datagram",    "pair"};

}  // namespace

Plane PlaneOf(EventKind kind) { return kKinds[static_cast<int>(kind)].plane; }
std::string_view Name(Plane plane) { return kPlanes[static_cast<int>(plane)]; }
std::string_view Name(EventKind kind) { return kKinds[static_cast<int>(kind)].name; }

std::optional<EventKind> ParseEventKind(std::string_view name) {
  for (const KindEntry& entry : kKinds) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

std::string_view Name(SocketRole role) { return kRoles[static_cast<int>(role)]; }

std::optional<SocketRole> ParseSocketRole(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kRoles); ++i) {
    if (kRoles[i] == name) return static_cast<SocketRole>(i);
  }
  return std::nullopt;
}

}  // namespace sockspec

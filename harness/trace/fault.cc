// Faults in words.
#include "harness/trace/fault.h"

#include <fmt/format.h>

#include "harness/base/error.h"

namespace sockspec {

std::string_view Name(CallClass call) {
  switch (call) {
    case CallClass::kSocket:
      return "socket";
    case CallClass::kBind:
      return "bind";
    case CallClass::kListen:
      return "listen";
    case CallClass::kAccept:
      return "accept";
    case CallClass::kConnect:
      return "connect";
    case CallClass::kSend:
      return "send";
    case CallClass::kReceive:
      return "receive";
    case CallClass::kClose:
      return "close";
    case CallClass::kWait:
      return "wait";
    case CallClass::kFork:
      return "fork";
    case CallClass::kTask:
      return "new task";
    case CallClass::kOpen:
      return "open";
  }
  return "";
}

std::string Fault::Describe() const {
  std::string what;
  switch (action) {
    case FaultAction::kErrno:
      what = fmt::format("{} instead of", ErrnoName(error));
      break;
    case FaultAction::kShorten:
      what = fmt::format("at most {} bytes in", length);
      break;
    case FaultAction::kAfter:
      what = fmt::format("{} after", ErrnoName(error));
      break;
    case FaultAction::kSignal:
      what = fmt::format("{} in", SignalName(error));
      break;
    case FaultAction::kHold:
      what = "held:";
      break;
  }
  std::string which = fmt::format("{} no. {}", Name(call), first);
  if (count < 0) which = fmt::format("every {} from no. {}", Name(call), first);
  if (count > 1) which = fmt::format("{} no. {} to {}", Name(call), first, first + count - 1);
  if (process > 0) which += fmt::format(" of process {}", process);
  if (connection >= 0) which += fmt::format(" on connection {}", connection);
  return what + " " + which;
}

}  // namespace sockspec

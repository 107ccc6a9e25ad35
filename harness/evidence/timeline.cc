// Questions one asks of a timeline.
#include "harness/evidence/timeline.h"

#include <map>

#include "harness/base/text.h"

namespace sockspec {
namespace {

void AddDatagram(Conversation& conversation, const Event& event, int index) {
  conversation.by_datagrams = conversation.connected = true;
  conversation.local_address = event.local_address;
  if (conversation.address.empty()) conversation.address = event.address;
  const bool by_harness = event.kind == EventKind::kDatagramSent;
  (by_harness ? conversation.sent : conversation.received) += event.bytes;
  conversation.datagrams.push_back({by_harness, event.bytes, event.address, index});
}

bool ProgramEnded(Ending ending) { return ending == Ending::kFin || ending == Ending::kReset; }

// Takes the next wire event of a conversation into account. Of two endings by the program the first
// counts: a reset after its FIN only answers what the harness sent later.
void Continue(Conversation& conversation, const Event& event, int index) {
  switch (event.kind) {
    case EventKind::kConnecting:
      conversation.ending = Ending::kOpen;
      conversation.address = event.address;
      break;
    case EventKind::kConnected:
    case EventKind::kAccepted:
      conversation.connected = true;
      conversation.ending = Ending::kOpen;
      if (!event.address.empty()) conversation.address = event.address;
      conversation.local_address = event.local_address;
      break;
    case EventKind::kConnectFailed:
      conversation.ending = Ending::kRefused;
      conversation.error = event.error;
      if (!event.address.empty()) conversation.address = event.address;
      break;
    case EventKind::kSent:
      conversation.sent += event.bytes;
      break;
    case EventKind::kReceived:
      conversation.received += event.bytes;
      break;
    case EventKind::kDatagramSent:
    case EventKind::kDatagramReceived:
      AddDatagram(conversation, event, index);
      break;
    case EventKind::kDatagramError:
      if (conversation.error == 0) conversation.error = event.error;
      break;
    case EventKind::kSendFailed:
      if (event.address.empty()) break;  // on a connection: its end is told by itself
      conversation.by_datagrams = true;
      conversation.address = event.address;
      if (conversation.error == 0) conversation.error = event.error;
      break;
    case EventKind::kHalfClosed:
      if (!ProgramEnded(conversation.ending)) conversation.harness_half_closed = true;
      break;
    case EventKind::kGotFin:
      if (!ProgramEnded(conversation.ending)) conversation.ending = Ending::kFin;
      break;
    case EventKind::kGotReset:
      if (!ProgramEnded(conversation.ending)) {
        conversation.ending = Ending::kReset;
        conversation.error = event.error;
      }
      break;
    case EventKind::kNotSettled:
      conversation.endless = true;
      break;
    case EventKind::kClosed:
    case EventKind::kAborted:
      // A descriptor whose connect() failed is closed too: that ends nothing. Nor does the end of
      // a datagram socket.
      if (conversation.ending == Ending::kOpen && !conversation.by_datagrams) {
        conversation.ending = Ending::kHarnessClosed;
        conversation.harness_closed_first = true;
      }
      break;
    default:
      break;
  }
  // Datagrams may be exchanged without connect().
  if (conversation.ending == Ending::kNotAttempted) conversation.ending = Ending::kOpen;
}

}  // namespace

std::string_view Name(Ending ending) {
  switch (ending) {
    case Ending::kOpen:
      return "open";
    case Ending::kRefused:
      return "refused";
    case Ending::kFin:
      return "FIN";
    case Ending::kReset:
      return "reset";
    case Ending::kHarnessClosed:
      return "closed by the harness";
    case Ending::kNotAttempted:
      return "not attempted";
  }
  return "";
}

std::vector<std::string> Conversation::DatagramsReceived() const {
  std::vector<std::string> received;
  for (const Datagram& datagram : datagrams) {
    if (!datagram.by_harness) received.push_back(datagram.bytes);
  }
  return received;
}

std::vector<int> Timeline::Find(const std::function<bool(const Event&)>& wanted) const {
  std::vector<int> found;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (wanted(events_[i])) found.push_back(static_cast<int>(i));
  }
  return found;
}

std::vector<int> Timeline::OfKind(EventKind kind) const {
  if (!Has(PlaneOf(kind))) throw PlaneMissing(PlaneOf(kind));
  return Find([kind](const Event& event) { return event.kind == kind; });
}

std::vector<int> Timeline::Calls(std::string_view name) const {
  if (!Has(Plane::kTrace)) throw PlaneMissing(Plane::kTrace);
  return Find([name](const Event& event) {
    return event.kind == EventKind::kCall && event.call && GlobMatches(name, event.call->name);
  });
}

const std::vector<Conversation>& Timeline::Conversations() const {
  if (conversations_.has_value()) return *conversations_;
  std::map<int, Conversation> by_number;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const Event& event = events_[i];
    const bool concerns =
        PlaneOf(event.kind) == Plane::kWire || event.kind == EventKind::kNotSettled;
    if (event.connection < 0 || !concerns) continue;
    const auto [entry, is_new] = by_number.try_emplace(event.connection);
    Conversation& conversation = entry->second;
    if (is_new) {
      conversation.connection = event.connection;
      conversation.run = event.run;
    }
    conversation.events.push_back(static_cast<int>(i));
    Continue(conversation, event, static_cast<int>(i));
  }
  conversations_.emplace().reserve(by_number.size());
  for (auto& [number, conversation] : by_number) {
    conversations_->push_back(std::move(conversation));
  }
  return *conversations_;
}

std::string Timeline::Output(int run, int stream) const {
  std::string output;
  for (const Event& event : events_) {
    if (event.kind == EventKind::kOutput && event.run == run && event.number == stream) {
      output += event.bytes;
    }
  }
  return output;
}

const Event* Timeline::Exit(int run) const {
  for (const Event& event : events_) {
    if (event.kind == EventKind::kExited && event.run == run) return &event;
  }
  return nullptr;
}

}  // namespace sockspec

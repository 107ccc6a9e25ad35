// The timeline: all events of one scenario, in one order, and the questions that checks ask of it.
#pragma once

#include <deque>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/evidence/event.h"

namespace sockspec {

// How the harness's connection ended. Each is an outcome of its own; none is folded into another.
enum class Ending {
  kOpen,           // nobody ended it before the scenario did
  kRefused,        // connect() failed
  kFin,            // the program closed in order
  kReset,          // RST (TCP) or ECONNRESET (UNIX)
  kHarnessClosed,  // the harness ended it first and saw nothing after
  kNotAttempted
};
std::string_view Name(Ending ending);  // "FIN", "closed by the harness": for people

// One datagram of a conversation.
struct Datagram {
  bool by_harness = false;  // sent by it; else received by it
  std::string bytes;
  std::string address;  // the other end's
  int event = -1;       // its place on the timeline
};

// One connection of the harness, or what one of its datagram sockets sent and received, put
// together from its wire events.
struct Conversation {
  int connection = -1;
  int run = 0;
  Ending ending = Ending::kNotAttempted;
  int error = 0;  // of a failed connect or a reset
  bool connected = false;
  bool harness_half_closed = false;  // before the program ended it
  bool harness_closed_first = false;
  bool endless = false;  // the program sent more than the harness reads of any conversation
  std::string sent;      // by the harness
  std::string received;  // by the harness
  std::string address, local_address;
  // Of a datagram socket, which is never ended by the program. `error` is then the first that a
  // datagram met, `address` the first other end.
  bool by_datagrams = false;
  std::vector<Datagram> datagrams;
  std::vector<std::string> DatagramsReceived() const;
  std::vector<int> events;  // indices into the timeline
};

// Thrown where evidence is asked for from a plane that was not watched: nothing there proves
// nothing.
class PlaneMissing : public std::runtime_error {
 public:
  explicit PlaneMissing(Plane missing)
      : std::runtime_error(std::string("the plane was not watched: ") + std::string(Name(missing))),
        plane(missing) {}
  Plane plane;
};

class Timeline {
 public:
  // From now on a question about that plane's events throws PlaneMissing.
  void Lack(Plane plane) { missing_.insert(plane); }
  bool Has(Plane plane) const { return !missing_.contains(plane); }

  void Append(Event event) {
    conversations_.reset();
    events_.push_back(std::move(event));
  }
  // For an act whose event has to stand before those that it brings about.
  Event& Amend(int index) {
    conversations_.reset();
    return events_[static_cast<std::size_t>(index)];
  }
  const std::deque<Event>& events() const { return events_; }
  std::size_t size() const { return events_.size(); }
  const Event& operator[](std::size_t index) const { return events_[index]; }

  // Indices of the events that satisfy `wanted`, in order. Ask Has() where absence counts.
  std::vector<int> Find(const std::function<bool(const Event&)>& wanted) const;
  std::vector<int> OfKind(EventKind kind) const;
  std::vector<int> Calls(std::string_view name) const;  // glob: "accept*"

  // In order of the connections' numbers. Valid until the next event.
  const std::vector<Conversation>& Conversations() const;
  // All bytes of standard output (1) or error (2) of a run.
  std::string Output(int run, int stream) const;
  // The exit of a run's first process, or nullptr.
  const Event* Exit(int run) const;

 private:
  std::deque<Event> events_;
  std::set<Plane> missing_;
  mutable std::optional<std::vector<Conversation>> conversations_;  // all checks ask for them
};

// JSON text of an event (one object, no line break) and back; every byte survives. The reader
// accepts unknown keys (records of later minor versions) and throws std::runtime_error on anything
// malformed.
std::string EventToJson(const Event& event);
Event EventFromJson(const nlohmann::ordered_json& json);

}  // namespace sockspec

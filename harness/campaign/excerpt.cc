// Chooses the lines of a timeline that prove a verdict.
#include "harness/campaign/excerpt.h"

#include <fmt/format.h>

#include <set>

namespace sockspec {
namespace {

// The verdict mostly rests on what came last; how it began gives the reader his bearings.
constexpr std::size_t kFirstOfMany = 4;

std::string ActorOf(const Event& event, Role role) {
  if (event.process <= 0) return "harness";
  if (event.process == 1) return std::string(Name(role));
  return fmt::format("{} {}", Name(role), event.process);
}

std::set<int> Choose(int size, const std::vector<int>& examined) {
  std::set<int> chosen;
  const std::size_t first = examined.size() > kExcerptLines ? kFirstOfMany : examined.size();
  chosen.insert(examined.begin(), examined.begin() + static_cast<std::ptrdiff_t>(first));
  for (auto last = examined.rbegin(); last != examined.rend() && chosen.size() < kExcerptLines;
       ++last) {
    chosen.insert(*last);
  }
  if (chosen.empty() && size > 0) chosen.insert(size - 1);
  const std::set<int> anchors = chosen;
  for (int distance = 1; distance < size && chosen.size() < kExcerptLines; ++distance) {
    for (auto anchor = anchors.rbegin(); anchor != anchors.rend(); ++anchor) {
      for (int neighbour : {*anchor - distance, *anchor + distance}) {
        if (neighbour >= 0 && neighbour < size && chosen.size() < kExcerptLines) {
          chosen.insert(neighbour);
        }
      }
    }
  }
  return chosen;
}

report::Flow FlowOf(EventKind kind) {
  switch (kind) {
    case EventKind::kConnecting:
    case EventKind::kSent:
    case EventKind::kHalfClosed:
    case EventKind::kClosed:
    case EventKind::kAborted:
    case EventKind::kDatagramSent:
      return report::Flow::kToProgram;
    case EventKind::kAccepted:
    case EventKind::kReceived:
    case EventKind::kGotFin:
    case EventKind::kGotReset:
    case EventKind::kDatagramReceived:
      return report::Flow::kFromProgram;
    default:
      return report::Flow::kNone;
  }
}

}  // namespace

report::ExcerptLine ExcerptLineOf(const Event& event, Role role) {
  return {.milliseconds = static_cast<double>(event.at) / 1e6,
          .plane = std::string(Name(PlaneOf(event.kind))),
          .actor = ActorOf(event, role),
          .text = Describe(event)};
}

report::CaseTimeline TimelineOf(const RecordedScenario& scenario, const RecordedProgram& program) {
  const Role role = program.program.role;
  report::CaseTimeline timeline;
  timeline.title = fmt::format("{} {} on {}: {}, {}{}{}", program.implementation, Name(role),
                               Name(scenario.transport), scenario.scenario, scenario.outcome,
                               scenario.reason.empty() ? "" : ": ", scenario.reason);
  timeline.role = Name(role);
  for (const Event& event : scenario.timeline.events()) {
    report::TimelineLine& line = timeline.lines.emplace_back();
    static_cast<report::ExcerptLine&>(line) = ExcerptLineOf(event, role);
    line.flow = FlowOf(event.kind);
  }
  return timeline;
}

std::vector<report::ExcerptLine> MakeExcerpt(const Timeline& timeline,
                                             const std::vector<int>& examined, Role role) {
  const std::set<int> marked(examined.begin(), examined.end());
  std::vector<report::ExcerptLine> lines;
  for (int index : Choose(static_cast<int>(timeline.size()), examined)) {
    lines.push_back(ExcerptLineOf(timeline[static_cast<std::size_t>(index)], role));
    lines.back().marked = marked.contains(index);
  }
  return lines;
}

}  // namespace sockspec

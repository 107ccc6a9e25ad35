// A timeline for people: one line an event with aligned columns, or lanes with arrows between them.
#include <fmt/format.h>

#include <algorithm>

#include "reports/write/terminal_page.h"
#include "reports/write/visible_text.h"
#include "reports/write/writers.h"

namespace sockspec::report {

namespace {

std::string Text(const TimelineLine& line) { return Visible(PageText(line.text)); }

Paint PaintOf(const TimelineLine& line) {
  if (line.plane == "fault") return Paint::kRed;
  if (line.plane == "wire") return Paint::kCyan;
  if (line.plane == "kernel") return Paint::kYellow;
  if (line.plane == "process") return Paint::kGreen;
  if (line.plane == "harness") return Paint::kBold;
  return Paint::kPlain;
}

// "  169.779  +0.021": since the case began, and since the line before; milliseconds.
class Times {
 public:
  std::string Of(const TimelineLine& line) {
    const double since = line.milliseconds - before_;
    before_ = line.milliseconds;
    return fmt::format("{:>9} {:>9}", Decimal(line.milliseconds), "+" + Decimal(since));
  }

 private:
  double before_ = 0;
};

void WriteColumns(const CaseTimeline& timeline, TerminalPage* page) {
  std::size_t plane = 0, actor = 0;
  for (const TimelineLine& line : timeline.lines) {
    plane = std::max(plane, Columns(Visible(line.plane)));
    actor = std::max(actor, Columns(Visible(line.actor)));
  }
  Times times;
  for (const TimelineLine& line : timeline.lines) {
    const std::string time = times.Of(line) + "  ";
    const Paint paint = PaintOf(line);
    page->Wrapped({{time, Paint::kDim},
                   {fmt::format("{:<{}}  ", Visible(line.plane), plane), paint},
                   {fmt::format("{:<{}}  ", Visible(line.actor), actor), Paint::kDim}},
                  Text(line), paint == Paint::kBold ? Paint::kPlain : paint,
                  Columns(time) + plane + actor + 4);
  }
}

// "connection 2: -> FIN": where an arrow is drawn the text needs none.
std::string WithoutArrow(std::string text) {
  constexpr std::string_view kConnection = "connection ";
  std::size_t at = 0;
  if (text.starts_with(kConnection)) {
    at = text.find_first_not_of("0123456789", kConnection.size());
    if (at == std::string::npos || text.compare(at, 2, ": ") != 0) return text;
    at += 2;
  }
  if (text.compare(at, 3, "-> ") == 0 || text.compare(at, 3, "<- ") == 0) text.erase(at, 3);
  return text;
}

// Lanes: the harness's end of the wire and the program, the client always on the left. What belongs
// to neither lane stands across both.
class Ladder {
 public:
  Ladder(const CaseTimeline& timeline, TerminalPage* page, std::size_t width)
      : timeline_(timeline), page_(*page), program_is_left_(timeline.role == "client") {
    const std::size_t room = width - std::min(width, kTimes + kArrow + 4 * kGap);
    // System calls are longer than what peers do.
    const std::size_t harness = std::clamp<std::size_t>(room * 2 / 5, kNarrowLane, 40);
    const std::size_t program = std::max(room - std::min(room, harness), kNarrowLane);
    left_ = program_is_left_ ? program : harness;
    right_ = program_is_left_ ? harness : program;
  }

  void Write() {
    const std::string harness =
        timeline_.role == "client" ? "server (sockspec)" : "client (sockspec)";
    const std::string& program = timeline_.role;
    Row("", {program_is_left_ ? program : harness}, "", {program_is_left_ ? harness : program},
        Paint::kBold);
    Times times;
    for (const TimelineLine& line : timeline_.lines) {
      const std::string time = times.Of(line);
      const Paint paint = PaintOf(line);
      if (line.plane == "wire") {
        const bool rightwards = (line.flow == Flow::kToProgram) != program_is_left_;
        const char* arrow = line.flow == Flow::kNone ? "" : rightwards ? "──▶" : "◀──";
        Cells(time, WithoutArrow(Text(line)), arrow, !program_is_left_, paint);
      } else if (line.actor != "harness") {
        // The lane says who it is, but for other processes than the first.
        const bool first = line.actor == timeline_.role;
        Cells(time, (first ? "" : Visible(line.actor) + ": ") + Text(line), "", program_is_left_,
              paint);
      } else {
        page_.Wrapped({{time, Paint::kDim},
                       {"  ", Paint::kPlain},
                       {"── " + Visible(line.plane) + ": ", paint}},
                      Text(line), paint == Paint::kBold ? Paint::kPlain : paint, kTimes + kGap + 3);
      }
    }
  }

 private:
  static constexpr std::size_t kTimes = 19, kArrow = 3, kGap = 2, kNarrowLane = 16;

  // A text in one of the lanes.
  void Cells(const std::string& time, const std::string& text, const char* arrow, bool left,
             Paint paint) {
    const std::vector<std::string> lines = Wrap(text, left ? left_ : right_);
    Row(time, left ? lines : std::vector<std::string>(), arrow,
        left ? std::vector<std::string>() : lines, paint);
  }

  void Row(const std::string& time, const std::vector<std::string>& left, std::string_view arrow,
           const std::vector<std::string>& right, Paint paint) {
    for (std::size_t i = 0; i < std::max<std::size_t>({left.size(), right.size(), 1}); ++i) {
      const auto cell = [i](const std::vector<std::string>& lines, std::size_t width) {
        const std::string text = i < lines.size() ? lines[i] : "";
        return text + std::string(width - std::min(width, Columns(text)), ' ');
      };
      const std::string_view shown = i == 0 ? arrow : "";
      page_.Cells({{i == 0 && !time.empty() ? time : std::string(kTimes, ' '), Paint::kDim},
                   {"  " + cell(left, left_), paint},
                   {"  " + std::string(shown) + std::string(kArrow - Columns(shown), ' '), paint},
                   {"  " + cell(right, right_), paint}});
    }
  }

  const CaseTimeline& timeline_;
  TerminalPage& page_;
  const bool program_is_left_;
  std::size_t left_ = 0, right_ = 0;
};

}  // namespace

std::string WriteTimeline(const CaseTimeline& timeline, TimelineForm form,
                          const TerminalOptions& options) {
  TerminalPage page(options.colour, options.width);
  page.Rule(Visible(timeline.title), Paint::kBold);
  if (form == TimelineForm::kLadder) {
    Ladder(timeline, &page, page.width()).Write();
  } else {
    WriteColumns(timeline, &page);
  }
  return page.text();
}

}  // namespace sockspec::report

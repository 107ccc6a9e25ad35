// Draws the progress line.
#include "harness/cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "harness/base/text.h"

namespace sockspec {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

bool CanDraw() {
  const char* terminal = getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::size_t Width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79u;
}

std::string Label(const std::string& scenario, Transport transport) {
  return fmt::format("{} {}", scenario, Name(transport));
}

}  // namespace

Progress::Progress(bool quiet) : shown_(!quiet && CanDraw()) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "{}", kClearLine);
}

void Progress::Planned(int total) {
  total_ = total;
  Draw();
}

void Progress::Started(const PlannedCase& planned) {
  running_.insert(Label(planned.scenario, planned.transport));
  Draw();
}

void Progress::Finished(const RecordedScenario& scenario, int done, int failures) {
  running_.erase(Label(scenario.scenario, scenario.transport));
  done_ = done;
  failures_ = failures;
  Draw();
}

void Progress::Draw() {
  if (!shown_) return;
  std::string line = fmt::format("{}/{}", done_, total_);
  if (failures_ > 0) line += fmt::format("  {} failed", failures_);
  if (!running_.empty()) line += "  " + Join({running_.begin(), running_.end()}, ", ");
  fmt::print(stderr, "{}{}", kClearLine, line.substr(0, Width()));
  std::fflush(stderr);
}

}  // namespace sockspec

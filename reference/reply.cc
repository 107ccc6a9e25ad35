// Bytes to standard output.
#include "reference/reply.h"

#include <unistd.h>

#include <cerrno>
#include <optional>

#include "reference/connection.h"
#include "reference/daytime.h"
#include "reference/failure.h"
#include "reference/time_value.h"

namespace sockspec::reference {
namespace {

void Print(std::string_view bytes) {
  if (!WriteAll(STDOUT_FILENO, bytes)) throw Failure("write", "standard output", errno);
}

}  // namespace

void Reply::Take(std::string_view bytes) {
  empty_ = empty_ && bytes.empty();
  if (output_ == Output::kUnchanged) return Print(bytes);
  date_ += bytes;
  constexpr std::size_t kSize = 4;
  if (date_.size() > kSize) throw Failure("read", "reply", "longer than the 4 bytes of a time");
}

void Reply::Finish() {
  if (output_ == Output::kUnchanged) return;
  const std::optional<std::time_t> time = ParseTimeValue(date_);
  if (!time) throw Failure("read", "reply", "shorter than the 4 bytes of a time");
  Print(DaytimeText(*time));
}

}  // namespace sockspec::reference

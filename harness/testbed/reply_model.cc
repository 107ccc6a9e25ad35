// Compares replies with the service's definition, and with an ordinary reply.
#include "harness/testbed/reply_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/base/text.h"

namespace sockspec {
namespace {

// A run of letters, of digits, or one other byte.
enum class RunKind { kLetters, kDigits, kOther };
struct Run {
  RunKind kind;
  std::string_view text;
};

RunKind KindOf(unsigned char byte) {
  if (byte >= '0' && byte <= '9') return RunKind::kDigits;
  // Bytes past ASCII are letters of some language.
  if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80) {
    return RunKind::kLetters;
  }
  return RunKind::kOther;
}

// Takes the first run off `text`, which is not empty.
Run TakeRun(std::string_view* text) {
  const RunKind kind = KindOf(static_cast<unsigned char>(text->front()));
  std::size_t length = 1;
  while (kind != RunKind::kOther && length < text->size() &&
         KindOf(static_cast<unsigned char>((*text)[length])) == kind) {
    ++length;
  }
  const Run run{kind, text->substr(0, length)};
  text->remove_prefix(length);
  return run;
}

bool IsText(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](unsigned char byte) {
    return byte >= 0x20 ? byte != 0x7f : byte == '\t' || byte == '\n' || byte == '\r';
  });
}

// Two words at one place: "Sunday" and "Monday", but not "Sunday" and "unday".
bool WordsMayDiffer(std::string_view one, std::string_view other) {
  if (one.size() == other.size()) return true;
  if (one.size() > other.size()) std::swap(one, other);
  return !other.starts_with(one) && !other.ends_with(one);
}

// Two numbers at one place: a clock without leading zeros goes from 9 to 10, and fractions of a
// second may be printed without their last zeros.
bool NumbersMayDiffer(std::string_view one, std::string_view other, bool fraction, bool last) {
  if (one.size() == other.size() || fraction) return true;
  constexpr std::size_t kClockDigits = 3;
  return !last && one.size() <= kClockDigits && other.size() <= kClockDigits;
}

// Whether the service leaves the text of some reply open.
bool LeavesTextOpen(const Service& service) {
  return std::any_of(service.rounds.begin(), service.rounds.end(),
                     [](const Round& round) { return round.reply.kind == ReplyKind::kAnything; });
}

// One is the other's beginning, and shorter.
bool IsTornPart(std::string_view one, std::string_view other) {
  return one.size() != other.size() && (one.starts_with(other) || other.starts_with(one));
}

}  // namespace

bool SameShape(std::string_view reply, std::string_view model) {
  if (reply == model) return true;
  // Binary replies hold no words; only their length stays the same from one to the next.
  if (!IsText(reply) || !IsText(model)) return reply.size() == model.size();
  std::string_view before;
  while (!reply.empty() && !model.empty()) {
    const Run run = TakeRun(&reply);
    const Run wanted = TakeRun(&model);
    if (run.kind != wanted.kind) return false;
    const bool last = reply.empty() && model.empty();
    const bool fraction = before == "." || before == ",";
    switch (run.kind) {
      case RunKind::kLetters:
        if (!WordsMayDiffer(run.text, wanted.text)) return false;
        break;
      case RunKind::kDigits:
        if (!NumbersMayDiffer(run.text, wanted.text, fraction, last)) return false;
        break;
      case RunKind::kOther:
        if (run.text != wanted.text) return false;
        break;
    }
    before = wanted.text;
  }
  return reply.empty() && model.empty();
}

ReplyModel::ReplyModel(const Service& service) : ReplyModel(service, "") {}

ReplyModel::ReplyModel(const Service& service, std::string ordinary)
    : service_(service),
      expected_(std::make_shared<const ExpectedReply>(service)),
      ordinary_(std::move(ordinary)) {}

bool ReplyModel::AnswersByDatagram(const Conversation& conversation) const {
  if (!service_.Replies()) return true;
  const std::vector<std::string> answers = conversation.DatagramsReceived();
  if (answers.empty()) return false;
  switch (service_.rounds.front().reply.kind) {
    case ReplyKind::kRequest:
      return answers.front() == conversation.sent;
    case ReplyKind::kEndless:
      return true;  // one datagram of it: RFC 864 leaves its length open
    default:
      return expected_->IsWhole(answers.front());
  }
}

bool ReplyModel::IsWhole(const std::string& received) const {
  if (received != ordinary_) return expected_->IsWhole(received);
  if (!ordinary_is_whole_.has_value()) ordinary_is_whole_ = expected_->IsWhole(received);
  return *ordinary_is_whole_;
}

bool ReplyModel::Answers(const Conversation& conversation) const {
  if (conversation.by_datagrams) return AnswersByDatagram(conversation);
  if (!conversation.connected || !IsWhole(conversation.received)) return false;
  return service_.Replies() || conversation.ending == Ending::kFin;
}

bool ReplyModel::Fits(const Conversation& conversation) const {
  if (!Answers(conversation)) return false;
  // What has no end was cut somewhere.
  if (ordinary_.empty() || conversation.endless) return true;
  if (service_.name == "daytime") return SameShape(conversation.received, ordinary_);
  return !LeavesTextOpen(service_) || !IsTornPart(conversation.received, ordinary_);
}

std::string ReplyModel::Words() const {
  if (!service_.Replies()) return "the input taken without a reply, then FIN";
  if (service_.Endless()) return "a reply that goes on";
  return ordinary_.empty() ? "a whole reply" : "a whole reply like " + Quote(ordinary_);
}

}  // namespace sockspec

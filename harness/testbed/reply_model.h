// What a whole reply of the program under test looks like: by its service's definition, and where
// that leaves the text open, by an ordinary reply of the same program.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/evidence/timeline.h"
#include "harness/manifest/expected_reply.h"
#include "harness/manifest/service.h"

namespace sockspec {

// The same text up to digits and letters: a cut or doubled reply differs, a clock that moved on
// does not.
bool SameShape(std::string_view reply, std::string_view model);

class ReplyModel {
 public:
  explicit ReplyModel(const Service& service);
  ReplyModel(const Service& service, std::string ordinary);

  // The exchange was a whole one, as far as the service's definition tells. Where no reply is due,
  // its end shows that the server took the input.
  bool Answers(const Conversation& conversation) const;
  // The same, and no part of the reply is missing or comes twice, compared with the ordinary one.
  // A text that may be another each time (a quotation) is only found torn where it is a part of
  // that one.
  bool Fits(const Conversation& conversation) const;

  const Service& service() const { return service_; }
  const std::string& ordinary() const { return ordinary_; }
  // "a whole reply like ..."
  std::string Words() const;

 private:
  bool AnswersByDatagram(const Conversation& conversation) const;
  bool IsWhole(const std::string& received) const;

  Service service_;
  std::shared_ptr<const ExpectedReply> expected_;
  std::string ordinary_;
  mutable std::optional<bool> ordinary_is_whole_;  // many replies are the same
};

}  // namespace sockspec

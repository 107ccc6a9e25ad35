// What daytime, time and qotd have in common: one message for whoever comes; input is ignored.
#pragma once

#include <ctime>
#include <string>

#include "reference/services.h"

namespace sockspec::reference {

class MessageService : public Service {
 public:
  using Message = std::string (*)(std::time_t now);
  explicit MessageService(Message message) : message_(message) {}

  // The message is made for this very request.
  std::string Speak() override {
    finished_ = true;
    return message_(std::time(nullptr));
  }
  bool Finished() const override { return finished_; }
  std::optional<std::string> Answer(std::string_view /*request*/) override {
    return message_(std::time(nullptr));
  }

 private:
  Message message_;
  bool finished_ = false;
};

}  // namespace sockspec::reference

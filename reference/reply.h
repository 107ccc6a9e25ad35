// What a client does with the bytes that it receives: print them unchanged, or as a date.
#pragma once

#include <string>
#include <string_view>

namespace sockspec::reference {

enum class Output { kUnchanged, kDate };

class Reply {
 public:
  explicit Reply(Output output) : output_(output) {}

  // Prints the bytes, or keeps them until all of the date is there. Throws Failure.
  void Take(std::string_view bytes);
  bool empty() const { return empty_; }
  // All has come: prints the date. Throws Failure where the reply is no date.
  void Finish();

 private:
  const Output output_;
  bool empty_ = true;
  std::string date_;
};

}  // namespace sockspec::reference

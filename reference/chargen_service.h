// The character generator, RFC 864: lines of 72 characters, each line one character further in the
// ring of the printable ones.
#pragma once

#include <cstddef>

#include "reference/services.h"

namespace sockspec::reference {

// The line with this number, counted from 0, and its CR LF.
std::string ChargenLine(std::size_t number);

class ChargenService : public Service {
 public:
  // Connections: line after line, as fast as the client takes them; input is ignored.
  std::string Speak() override;
  // Datagrams: a random number of characters, 512 at most.
  std::optional<std::string> Answer(std::string_view request) override;

 private:
  std::size_t next_line_ = 0;
};

}  // namespace sockspec::reference

// Reading files of /proc relative to a descriptor on it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sockspec {

// The start of a file, as far as it fits into `buffer`: one open, one read, one close, no
// allocation. nullopt: the file, or the process that it speaks of, is no more. Other errors throw
// std::system_error.
std::optional<std::string_view> ReadStart(int proc_fd, const char* path, std::span<char> buffer);

// A whole file of any length.
std::optional<std::string> ReadAll(int proc_fd, const char* path);

// Takes the next field of a line off `rest`: fields are parted by spaces and tabs; "" at its end.
std::string_view NextField(std::string_view& rest);
// Takes the next line off `rest`, without its line break.
std::string_view NextLine(std::string_view& rest);

}  // namespace sockspec

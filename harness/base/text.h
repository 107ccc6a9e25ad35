// Small text helpers: quoting of untrusted bytes, globs, suggestions, lists.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockspec {

// Bytes in double quotes for people: printable ASCII as it is, \r \n \t \0 \" \\ and \xHH for the
// rest, at most `limit` bytes and then "… (N bytes)". Safe to print on a terminal.
std::string Quote(std::string_view bytes, std::size_t limit = 80);

// Bytes <-> a valid UTF-8 string in which byte 0xNN stands as code point U+00NN, so that ASCII
// stays readable in JSON and nothing is lost.
std::string BytesToUtf8(std::string_view bytes);
std::string Utf8ToBytes(std::string_view text);

// Shell-style glob: * and ? alone, whole string, letter case counts.
bool GlobMatches(std::string_view pattern, std::string_view text);

// The candidate nearest to `word` by edit distance, or "" where none is near enough to suggest.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

// Quotes an argument vector so that a POSIX shell reads it back.
std::string ShellQuote(const std::vector<std::string>& words);
// Splits by POSIX shell quoting rules (' " \), without any expansion. Throws std::invalid_argument
// with a one-line reason for an unclosed quote.
std::vector<std::string> ShellSplit(std::string_view text);

std::string Join(const std::vector<std::string>& parts, std::string_view separator);
// At every separator; "" gives one empty part. The parts point into `text`.
std::vector<std::string_view> Split(std::string_view text, char separator);

}  // namespace sockspec

// A page of terminal text: wrapping, labelled fields, small tables side by side, optional colour.
//
// Text is measured before it is painted. Whatever comes in here must have passed Visible().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sockspec::report {

enum class Paint { kPlain, kBold, kDim, kRed, kGreen, kYellow, kCyan };

struct Cell {
  std::string text;
  Paint paint = Paint::kPlain;
};

// The first column is left-aligned, the others right-aligned.
struct Table {
  std::vector<std::vector<Cell>> rows;
};

// Words into lines of at most `width` columns. A word longer than a line is broken.
std::vector<std::string> Wrap(std::string_view text, std::size_t width);

class TerminalPage {
 public:
  TerminalPage(bool colour, int width);

  void Blank();
  void Line(std::string_view text, Paint paint = Paint::kPlain);  // as it is, never wrapped
  void Rule(std::string_view title, Paint paint);
  // Cells of one line, side by side; blanks at its end are left out.
  void Cells(std::vector<Cell> cells);

  // `head` and then `text`, wrapped so that no line but an overlong word passes the width; further
  // lines are indented by `hang`.
  void Wrapped(const std::vector<Cell>& head, std::string_view text, Paint paint, std::size_t hang);

  // A label in a column of its own and the text beside it. Nothing where the text is empty.
  void Field(std::string_view label, std::string_view text, Paint paint = Paint::kPlain);

  // As many tables in a row as fit; no row of a table may be empty.
  void Tables(std::vector<Table> tables);

  const std::string& text() const { return text_; }
  std::size_t width() const { return width_; }

  static constexpr std::size_t kFieldIndent = 14;

 private:
  std::string Painted(std::string_view text, Paint paint) const;

  bool colour_;
  std::size_t width_;
  std::string text_;
};

}  // namespace sockspec::report

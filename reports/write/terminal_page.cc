// A page of terminal text.
#include "reports/write/terminal_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/write/visible_text.h"

namespace sockspec::report {

namespace {

constexpr int kNarrowest = 50;  // below this wrapping costs more than an overlong line

std::string_view Sequence(Paint paint) {
  switch (paint) {
    case Paint::kPlain:
      return "";
    case Paint::kBold:
      return "\x1b[1m";
    case Paint::kDim:
      return "\x1b[2m";
    case Paint::kRed:
      return "\x1b[1;31m";
    case Paint::kGreen:
      return "\x1b[32m";
    case Paint::kYellow:
      return "\x1b[33m";
    case Paint::kCyan:
      return "\x1b[36m";
  }
  return "";
}

// The bytes of the first `columns` code points.
std::size_t BytesOf(std::string_view text, std::size_t columns) {
  std::size_t bytes = 0;
  while (bytes < text.size() && (columns > 0 || (text[bytes] & 0xc0) == 0x80)) {
    if ((text[bytes++] & 0xc0) != 0x80) --columns;
  }
  return bytes;
}

// Words into lines; the first line has `first` columns, the others `rest`. A word longer than a
// line is broken.
std::vector<std::string> Wrap(std::string_view text, std::size_t first, std::size_t rest) {
  std::vector<std::string> lines = {""};
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end =
        std::min({text.find(' '), text.size(), BytesOf(text, std::max<std::size_t>(rest, 1))});
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    if (text.starts_with(' ')) text.remove_prefix(1);
    const std::size_t columns = Columns(word);
    const std::size_t room = lines.size() == 1 ? first : rest;
    if (used > 0 && used + 1 + columns > room) {
      lines.emplace_back();
      used = 0;
    }
    if (used > 0) {
      lines.back() += ' ';
      ++used;
    }
    lines.back() += word;
    used += columns;
  }
  return lines;
}

std::vector<std::size_t> ColumnWidths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const auto& row : table.rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Columns(row[i].text));
    }
  }
  return widths;
}

constexpr std::size_t kColumnGap = 2, kTableGap = 4, kMargin = 2;

std::size_t TableWidth(const Table& table) {
  std::size_t width = 0;
  for (std::size_t column : ColumnWidths(table)) width += column + kColumnGap;
  return width - std::min(width, kColumnGap);
}

// Shortens the names in the first column where the table is wider than `room`.
void Fit(std::size_t room, Table* table) {
  const std::size_t width = TableWidth(*table);
  if (width <= room) return;
  const std::size_t first = ColumnWidths(*table).front();
  const std::size_t most = first - std::min(first - 1, width - room);
  for (auto& row : table->rows) {
    std::string& name = row.front().text;
    if (Columns(name) > most) name = name.substr(0, BytesOf(name, most - 1)) + "…";
  }
}

}  // namespace

std::vector<std::string> Wrap(std::string_view text, std::size_t width) {
  return Wrap(text, width, width);
}

TerminalPage::TerminalPage(bool colour, int width)
    : colour_(colour), width_(static_cast<std::size_t>(std::max(width, kNarrowest))) {}

std::string TerminalPage::Painted(std::string_view text, Paint paint) const {
  if (!colour_ || paint == Paint::kPlain || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", Sequence(paint), text);
}

void TerminalPage::Blank() { text_ += '\n'; }

void TerminalPage::Line(std::string_view text, Paint paint) {
  text_ += Painted(text, paint);
  text_ += '\n';
}

void TerminalPage::Cells(std::vector<Cell> cells) {
  while (!cells.empty() && cells.back().text.find_last_not_of(' ') == std::string::npos) {
    cells.pop_back();
  }
  if (!cells.empty()) {
    std::string& last = cells.back().text;
    last.resize(last.find_last_not_of(' ') + 1);
  }
  for (const Cell& cell : cells) text_ += Painted(cell.text, cell.paint);
  text_ += '\n';
}

void TerminalPage::Rule(std::string_view title, Paint paint) {
  std::string rule = fmt::format("── {} ", title);
  for (std::size_t column = Columns(rule); column < width_; ++column) rule += "─";
  Line(rule, paint);
}

void TerminalPage::Wrapped(const std::vector<Cell>& head, std::string_view text, Paint paint,
                           std::size_t hang) {
  constexpr std::size_t kLeastRoom = 24;
  hang = std::min(hang, width_ - kLeastRoom);
  std::size_t used = 0;
  for (const Cell& cell : head) used += Columns(cell.text);
  // A head that leaves too little room has its line to itself.
  const bool own_line = used > 0 && used + kLeastRoom > width_;
  for (std::size_t i = 0; i < head.size(); ++i) {
    std::string_view cell = head[i].text;
    if (own_line && i + 1 == head.size()) {
      cell = cell.substr(0, cell.find_last_not_of(' ') + 1);
    }
    text_ += Painted(cell, head[i].paint);
  }
  if (own_line) text_ += '\n';
  const std::size_t rest = width_ - hang;
  const auto lines = Wrap(text, own_line ? rest : width_ - used, rest);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0 || own_line) text_ += std::string(hang, ' ');
    text_ += Painted(lines[i], paint);
    text_ += '\n';
  }
}

void TerminalPage::Field(std::string_view label, std::string_view text, Paint paint) {
  if (text.empty()) return;
  const std::string head = fmt::format("  {:<{}}", label, kFieldIndent - 2);
  Wrapped({{head, Paint::kDim}}, text, paint, kFieldIndent);
}

void TerminalPage::Tables(std::vector<Table> tables) {
  for (Table& table : tables) Fit(width_ - kMargin, &table);
  for (std::size_t next = 0; next < tables.size();) {
    std::size_t end = next + 1;
    std::size_t width = kMargin + TableWidth(tables[next]);
    while (end < tables.size() && width + kTableGap + TableWidth(tables[end]) <= width_) {
      width += kTableGap + TableWidth(tables[end++]);
    }
    std::size_t height = 0;
    for (std::size_t i = next; i < end; ++i) height = std::max(height, tables[i].rows.size());
    for (std::size_t line = 0; line < height; ++line) {
      // Spaces are written only before the next cell, so that no line ends in them.
      std::size_t gap = kMargin;
      for (std::size_t i = next; i < end; ++i) {
        if (line >= tables[i].rows.size()) {
          gap += TableWidth(tables[i]) + kTableGap;
          continue;
        }
        const auto widths = ColumnWidths(tables[i]);
        const auto& row = tables[i].rows[line];
        for (std::size_t column = 0; column < widths.size(); ++column) {
          const Cell cell = column < row.size() ? row[column] : Cell();
          const std::size_t padding = widths[column] - Columns(cell.text);
          if (column > 0) gap += padding;
          if (!cell.text.empty()) {
            text_ += std::string(gap, ' ') + Painted(cell.text, cell.paint);
            gap = 0;
          }
          gap += kColumnGap + (column == 0 ? padding : 0);
        }
        gap += kTableGap - kColumnGap;
      }
      text_ += '\n';
    }
    next = end;
    if (next < tables.size()) Blank();
  }
}

}  // namespace sockspec::report

#include "cli/table.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace evloom::cli {

namespace {

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::none:
      break;
    case Colour::bold:
      return "\x1b[1m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::red:
      return "\x1b[31m";
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
  }
  return {};
}

// Characters, not bytes.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string Style::paint(Colour colour, std::string_view text) const {
  if (!colours || colour == Colour::none || text.empty()) return std::string(text);
  return std::string(code_of(colour)) + std::string(text) + "\x1b[0m";
}

Style output_style() { return {::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR")}; }

std::string Table::text(const Style& style, std::string_view indent) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i].text));
  std::string text;
  for (const auto& row : rows_) {
    std::string line(indent);
    std::size_t owed = 0;  // blanks, should anything follow
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Cell& cell = row[i];
      const std::size_t blanks = widths[i] - width_of(cell.text);
      if (columns_[i] == Align::right) owed += blanks;
      if (!cell.text.empty()) {
        line.append(owed, ' ');
        line += style.paint(cell.colour, cell.text);
        owed = 0;
      }
      if (columns_[i] == Align::left) owed += blanks;
      if (widths[i] != 0) owed += 2;
    }
    text += line + '\n';
  }
  return text;
}

}  // namespace evloom::cli

// Table and Style: lines whose columns stand below each other, in colours when a terminal shows them. The
// width of a cell is that of its text, colours do not count. Pure; any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace evloom::cli {

enum class Colour { none, bold, dim, red, green, yellow };

struct Style {
  bool colours = false;

  // `text` in a colour, or as it is.
  std::string paint(Colour colour, std::string_view text) const;
};

// Colours for what goes to standard output, when that is a terminal and NO_COLOR is not set.
Style output_style();

// Made from a text, or from one and its colour.
struct Cell {
  // NOLINTBEGIN(google-explicit-constructor): a row is a list of texts
  Cell(std::string t, Colour c = Colour::none) : text(std::move(t)), colour(c) {}
  Cell(std::string_view t, Colour c = Colour::none) : text(t), colour(c) {}
  Cell(const char* t, Colour c = Colour::none) : text(t), colour(c) {}
  // NOLINTEND(google-explicit-constructor)
  std::string text;
  Colour colour;
};

enum class Align { left, right };

class Table {
 public:
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}

  // Missing cells are empty.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  // All rows, `indent` in front of each, two blanks between columns, none at the end of a line.
  std::string text(const Style& style, std::string_view indent = "") const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace evloom::cli

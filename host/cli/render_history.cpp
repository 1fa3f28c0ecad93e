#include "cli/fields.hpp"
#include "cli/render.hpp"
#include "cli/units.hpp"

namespace evloom::cli {

namespace {

Colour colour_of_outcome(std::string_view outcome) {
  if (outcome == "serving") return Colour::green;
  if (outcome == "failed" || outcome == "refused") return Colour::red;
  if (outcome == "running") return Colour::yellow;
  return Colour::none;
}

}  // namespace

std::string render_history(const Json& history, const Style& style) {
  Table table({Align::right, Align::left, Align::left, Align::left, Align::left, Align::right, Align::right,
               Align::left});
  std::vector<Cell> heading;
  for (const char* title : {"CHANGE", "BEGAN", "WHAT", "BY", "OUTCOME", "TOOK", "EPOCH", "WHY"})
    heading.emplace_back(title, Colour::dim);
  table.add(std::move(heading));
  for (const Json& change : list_at(history, "changes")) {
    const std::string subject = line_at(change, "subject");
    const std::string outcome = line_at(change, "outcome");
    table.add({std::to_string(number_at(change, "number")), time_text(line_at(change, "began")),
               line_at(change, "kind") + (subject.empty() ? "" : " " + subject), line_at(change, "by"),
               Cell(outcome, colour_of_outcome(outcome)), duration_text(number_at(change, "took_us")),
               std::to_string(number_at(change, "epoch")), line_at(change, "error")});
  }
  return table.text(style);
}

}  // namespace evloom::cli

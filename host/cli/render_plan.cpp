#include <algorithm>

#include "cli/fields.hpp"
#include "cli/render.hpp"

namespace evloom::cli {

namespace {

Colour colour_of_sign(std::string_view sign) {
  if (sign == "+") return Colour::green;
  if (sign == "-") return Colour::red;
  return Colour::yellow;
}

}  // namespace

std::string transition_text(std::string_view before, std::string_view after) {
  if (before.empty() || after.empty()) return std::string(before) + std::string(after);
  std::size_t same = 0;  // up to the last blank before they part
  for (std::size_t i = 0; i < std::min(before.size(), after.size()) && before[i] == after[i]; ++i)
    if (before[i] == ' ') same = i + 1;
  return std::string(before) + " -> " + std::string(after.substr(same));
}

std::string render_differences(const Json& differences, const Style& style, std::string_view indent) {
  Table table({Align::left, Align::left, Align::left, Align::left});
  for (const Json& each : differences) {
    const std::string sign = line_at(each, "sign");
    const Colour colour = colour_of_sign(sign);
    table.add({{sign, colour},
               {line_at(each, "kind"), colour},
               {line_at(each, "name"), colour},
               {transition_text(line_at(each, "before"), line_at(each, "after"))}});
  }
  return table.text(style, indent);
}

std::string render_plan(const Json& plan, const Style& style) {
  const Json differences = list_at(plan, "differences");
  std::string text = differences.empty() ? "nothing would change\n" : render_differences(differences, style);
  for (const Json& warning : list_at(plan, "warnings"))
    text += style.paint(Colour::yellow, "warning:") + ' ' + text_at(Json{{"text", warning}}, "text") + '\n';
  return text;
}

}  // namespace evloom::cli

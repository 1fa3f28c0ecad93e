#include <fmt/core.h>

#include "cli/fields.hpp"
#include "cli/render.hpp"
#include "cli/units.hpp"

namespace evloom::cli {

namespace {

std::vector<Cell> heading(std::initializer_list<const char*> titles) {
  std::vector<Cell> row;
  for (const char* title : titles) row.emplace_back(title, Colour::dim);
  return row;
}

std::string number(const Json& json, const char* key) { return std::to_string(number_at(json, key)); }

Colour colour_of_state(std::string_view state) {
  if (state == "serving") return Colour::green;
  if (state == "draining") return Colour::yellow;
  return Colour::none;
}

std::string epochs(const Json& status, const Style& style) {
  Table table({Align::right, Align::left, Align::right, Align::right, Align::left});
  table.add(heading({"EPOCH", "STATE", "FOR", "REQUESTS", "INSTANCES"}));
  for (const Json& epoch : list_at(status, "epochs")) {
    const std::string state = line_at(epoch, "state");
    table.add({number(epoch, "number"), Cell(state, colour_of_state(state)),
               duration_text(number_at(epoch, "since_us")), number(epoch, "requests"),
               joined_at(epoch, "instances")});
  }
  return table.text(style);
}

std::string instances(const Json& status, const Style& style) {
  Table table({Align::left, Align::left, Align::left, Align::left, Align::left, Align::right, Align::right,
               Align::right, Align::left});
  table.add(
      heading({"INSTANCE", "KIND", "PLUGIN", "BUILD", "EPOCHS", "IN FLIGHT", "MISBEHAVED", "UP", "FILE"}));
  for (const Json& each : list_at(status, "instances")) {
    const std::int64_t misbehaved = number_at(each, "misbehaviours");
    table.add({Cell(line_at(each, "name"), Colour::bold), line_at(each, "kind"),
               line_at(each, "plugin") + ' ' + line_at(each, "version"),
               short_build(line_at(each, "build_id")), joined_at(each, "epochs", ","),
               number(each, "in_flight"),
               Cell(std::to_string(misbehaved), misbehaved ? Colour::red : Colour::none),
               duration_text(number_at(each, "uptime_us")),
               line_at(each, "file") + (flag_at(each, "swapped") ? " (swapped)" : "")});
  }
  return table.text(style);
}

}  // namespace

std::string render_status(const Json& status, const Style& style) {
  const std::int64_t loops = number_at(status, "loops");
  std::string text = style.paint(Colour::bold, "evloom " + line_at(status, "version"));
  text += fmt::format("   pid {}   up {}   {} loop{}", number_at(status, "pid"),
                      duration_text(number_at(status, "uptime_us")), loops, loops == 1 ? "" : "s");
  if (flag_at(status, "draining")) text += "   " + style.paint(Colour::yellow, "draining");
  text += fmt::format("\nconfiguration  {}\nlistens on     {}\n\n", line_at(status, "config"),
                      joined_at(status, "listeners"));
  text += epochs(status, style) + '\n' + instances(status, style);
  if (const Json change = object_at(status, "change"); !change.empty())
    text += '\n' + render_change(change, style);
  return text;
}

}  // namespace evloom::cli

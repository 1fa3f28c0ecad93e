#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "cli/fields.hpp"
#include "cli/render.hpp"
#include "cli/units.hpp"

namespace evloom::cli {

namespace {

std::string plural(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// "swap stats /opt/stats.so"
std::string deed_of(const Json& change) {
  std::string deed = line_at(change, "kind");
  if (const std::string subject = line_at(change, "subject"); !subject.empty()) deed += ' ' + subject;
  return deed;
}

std::string heading_of(const Json& change, const Style& style) {
  const std::string outcome = line_at(change, "outcome");
  const std::string took = duration_text(number_at(change, "took_us"));
  const std::int64_t epoch = number_at(change, "epoch");
  const std::int64_t before = number_at(object_at(change, "before"), "epoch");
  std::string came, where = fmt::format("epoch {} serves on", epoch);
  Colour colour = Colour::green;
  if (outcome == "serving") {
    came = "serving in " + took;
    where = before != 0 ? fmt::format("epoch {} -> {}", before, epoch) : fmt::format("epoch {}", epoch);
  } else if (outcome == "unchanged") {
    came = "nothing to change";
  } else if (outcome == "running") {
    colour = Colour::yellow;
    came = "under way for " + took;
    where = fmt::format("epoch {} serves", epoch);
  } else {
    colour = Colour::red;
    came = outcome;
    if (const std::string step = line_at(change, "failed_step"); !step.empty()) came += " at " + step;
    if (const std::string who = line_at(change, "failed_instance"); !who.empty()) came += " of " + who;
    if (outcome == "failed") came += " after " + took;
  }
  return style.paint(Colour::bold,
                     fmt::format("change {}  {}", number_at(change, "number"), deed_of(change))) +
         "   " + style.paint(colour, came) + "   " + where + '\n';
}

std::string steps_of(const Json& change, const Style& style) {
  const std::string failed = line_at(change, "failed_step");
  Table table({Align::left, Align::right, Align::left});
  for (const Json& step : list_at(change, "steps")) {
    const std::string name = line_at(step, "name");
    table.add({{name, name == failed ? Colour::red : Colour::none},
               duration_text(number_at(step, "took_us")),
               line_at(step, "text")});
  }
  return table.text(style, "  ");
}

// Which instances are new, the build before beside that which serves; and all else that changed.
std::string changes_of(const Json& change, const Style& style) {
  const Json built = list_at(change, "built");
  const bool serving = line_at(change, "outcome") == "serving";
  Json others = Json::array();
  Table table({Align::left, Align::left, Align::left});
  const Json differences = list_at(change, "differences");
  const auto built_one = [&](const Json& difference) {
    return line_at(difference, "kind") == "instance" &&
           std::any_of(built.begin(), built.end(), [&](const Json& each) {
             return line_at(each, "instance") == line_at(difference, "name");
           });
  };
  for (const Json& difference : differences)
    if (!built_one(difference)) others.push_back(difference);
  for (const Json& each : built) {
    const std::string name = line_at(each, "instance");
    std::string what = fmt::format("build {}", short_build(line_at(each, "build_id")));
    for (const Json& difference : differences) {
      const std::string before = line_at(difference, "before");
      if (built_one(difference) && line_at(difference, "name") == name && !before.empty())
        what = transition_text(before, line_at(difference, "after"));
    }
    table.add({{name, Colour::bold}, what, serving ? Cell("serving", Colour::green) : Cell("not used")});
  }
  return render_differences(others, style) + table.text(style);
}

// What became of the epoch before.
std::string before_of(const Json& change, const Style& style) {
  const Json before = object_at(change, "before");
  if (before.empty()) return {};
  const auto after = [&](const char* key, std::string_view done, std::string_view not_yet) {
    const auto found = before.find(key);
    if (found == before.end() || !found->is_number()) return std::string(not_yet);
    return fmt::format("{} after {}", done, duration_text(found->get<std::int64_t>()));
  };
  std::string text = fmt::format("epoch {}: {} pinned, {}, {}", number_at(before, "epoch"),
                                 plural(number_at(before, "pinned"), "request"),
                                 after("drained_us", "drained", "still draining"),
                                 after("retired_us", "retired", "not retired yet"));
  if (const std::int64_t cut = number_at(before, "cut_off"); cut != 0)
    text += ", " + style.paint(Colour::red, plural(cut, "request") + " answered with 503");
  text += '\n';
  for (const Json& code : list_at(before, "code")) {
    text += fmt::format("  code of {} build {} ", line_at(code, "plugin"),
                        short_build(line_at(code, "build_id")));
    text += flag_at(code, "unmapped")
                ? std::string("is unmapped")
                : style.paint(Colour::yellow, "stays mapped: " + line_at(code, "reason"));
    text += '\n';
  }
  return text;
}

}  // namespace

std::string render_change(const Json& change, const Style& style) {
  return heading_of(change, style) + steps_of(change, style) + changes_of(change, style) +
         before_of(change, style);
}

std::string render_progress(const Json& status) {
  const Json change = object_at(status, "change");
  if (change.empty()) return {};
  const Json steps = list_at(change, "steps");
  return fmt::format("change {}  {}   {}   {}", number_at(change, "number"), deed_of(change),
                     steps.empty() ? "begins" : line_at(steps.back(), "name"),
                     duration_text(number_at(change, "took_us")));
}

}  // namespace evloom::cli

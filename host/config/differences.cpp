#include "config/differences.hpp"

#include <initializer_list>
#include <string_view>

namespace evloom::config {
namespace {

bool absent(const Node& node) { return node.type() == Node::Type::none; }

std::string text_of(const Node& node) {
  if (absent(node)) return {};
  if (node.secret()) return "***";
  return node.is_scalar() ? node.text() : describe(node);
}

// Texts may differ where values do not: "1s" and "1000ms". What is no number has its text alone.
bool same_value(const Node& before, const Node& after) {
  if (before.type() != after.type() || before.kind() != after.kind()) return false;
  switch (before.kind()) {
    case Kind::integer:
    case Kind::boolean:
    case Kind::duration:
    case Kind::size:
    case Kind::mode:
      return before.integer() == after.integer();
    case Kind::number:
    case Kind::percent:
    case Kind::factor:
      return before.number() == after.number();
    default:
      return before.equal(after);
  }
}

// Either may be absent: then all that the other one holds differs.
void compare(const std::string& key, const Node& before, const Node& after,
             std::vector<SettingDifference>& out) {
  if (!before.is_map() && !after.is_map()) {
    if (!same_value(before, after)) out.push_back({key, text_of(before), text_of(after)});
    return;
  }
  for (const Entry& entry : before.entries())
    compare(key + "." + entry.key, entry.value, after.get(entry.key), out);
  for (const Entry& entry : after.entries()) {
    if (absent(before.get(entry.key))) compare(key + "." + entry.key, {}, entry.value, out);
  }
}

std::vector<SettingDifference> differences_below(std::initializer_list<std::string_view> sections,
                                                 const Config& running, const Config& wanted) {
  std::vector<SettingDifference> out;
  for (const std::string_view section : sections) {
    compare(std::string(section), running.root.get(section), wanted.root.get(section), out);
  }
  return out;
}

}  // namespace

std::vector<std::string> restart_only_differences(const Config& running, const Config& wanted) {
  std::vector<std::string> out;
  for (const SettingDifference& difference :
       differences_below({"threads", "work", "admin"}, running, wanted)) {
    const auto shown = [](const std::string& text) { return text.empty() ? std::string("none") : text; };
    out.push_back(difference.key + ": " + shown(difference.before) + " -> " + shown(difference.after));
  }
  return out;
}

std::vector<SettingDifference> setting_differences(const Config& running, const Config& wanted) {
  return differences_below({"limits", "log", "shutdown", "epochs"}, running, wanted);
}

}  // namespace evloom::config

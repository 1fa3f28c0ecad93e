#include "change/differences.hpp"

#include <algorithm>
#include <utility>

#include "base/join.hpp"
#include "config/differences.hpp"

namespace evloom::change {

namespace {

using Named = std::pair<std::string, std::string>;  // a thing and its value as text

std::vector<Named> listeners(const config::Config& config) {
  std::vector<Named> all;
  for (const config::Listener& listener : config.listen) {
    std::string value = "backlog " + std::to_string(listener.backlog);
    if (!listener.http) {
      char mode[8];
      std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(listener.mode & 07777));
      value += std::string(", mode ") + mode;
    }
    all.emplace_back(listener.http ? "http://" + listener.http->to_string() : "unix:" + listener.unix_path,
                     value);
  }
  return all;
}

std::vector<Named> plugin_path(const config::Config& config) {
  std::vector<std::string> folders;
  for (const std::filesystem::path& folder : config.plugin_path) folders.push_back(folder.string());
  return {{"plugins.path", "[" + join(folders) + "]"}};
}

// The options as "a: 1, b: x", defaults left out unless the other side has set them.
std::string options(const config::Node& node) {
  std::string text;
  for (const config::Entry& entry : node.entries()) {
    if (entry.value.is_default() || !entry.value) continue;
    std::string value = config::dump(entry.value);
    while (!value.empty() && value.back() == '\n') value.pop_back();
    std::replace(value.begin(), value.end(), '\n', ' ');
    text += (text.empty() ? "" : ", ") + entry.key + ": " + value;
  }
  return text;
}

// Options that are equal to those of `running` are told as they are told there: a default that somebody has
// written down is no change.
std::vector<Named> instances(const epoch::Plan& plan, const epoch::Plan& running) {
  std::vector<Named> all;
  for (const epoch::PlannedInstance& planned : plan.instances) {
    std::string value = std::string(config::to_string(planned.config->kind)) + ' ' + planned.facts.id + ' ' +
                        planned.facts.version + " build " + planned.facts.build_id.substr(0, 12);
    // Two builds may bear one id: the content tells.
    value += " sha256 " + planned.sha256.substr(0, 12);
    if (planned.swapped) value += " (swapped: " + planned.file.string() + ")";
    const epoch::PlannedInstance* before = running.find(planned.name());
    const bool equal = before && before->options.equal(planned.options);
    if (const std::string set = options(equal ? before->options : planned.options); !set.empty())
      value += " {" + set + "}";
    if (planned.config->kind == config::InstanceKind::store)
      value += " timeout " + std::to_string(planned.config->timeout.count() / 1'000'000) + "ms queue " +
               std::to_string(planned.config->queue);
    all.emplace_back(planned.name(), value);
  }
  return all;
}

std::vector<Named> routes(const config::Config& config) {
  std::vector<Named> all;
  for (const config::Route& route : config.routes) {
    std::string value;
    if (route.builtin != config::Builtin::none) {
      value = "builtin " + std::string(config::to_string(route.builtin));
    } else {
      value = "handler " + route.handler;
      if (!route.store.empty()) value += ", store " + route.store;
      for (const auto& [role, name] : route.stores) value += ", store " + role + ": " + name;
      value += ", formats " + join(route.formats);
    }
    // One path may have several routes, of different methods.
    all.emplace_back(route.methods.empty() ? route.path : join(route.methods) + ' ' + route.path, value);
  }
  return all;
}

void compare(const char* kind, const std::vector<Named>& running, const std::vector<Named>& wanted,
             std::vector<Difference>& into) {
  const auto find = [](const std::vector<Named>& in, const std::string& name) {
    return std::find_if(in.begin(), in.end(), [&name](const Named& one) { return one.first == name; });
  };
  for (const auto& [name, before] : running) {
    const auto after = find(wanted, name);
    if (after == wanted.end()) {
      into.push_back({'-', kind, name, before, {}});
    } else if (after->second != before) {
      into.push_back({'~', kind, name, before, after->second});
    }
  }
  for (const auto& [name, after] : wanted)
    if (find(running, name) == running.end()) into.push_back({'+', kind, name, {}, after});
}

}  // namespace

std::vector<Difference> differences(const epoch::Plan& running, const epoch::Plan& wanted) {
  std::vector<Difference> all;
  compare("listener", listeners(*running.config), listeners(*wanted.config), all);
  compare("instance", instances(running, running), instances(wanted, running), all);
  // Values that do not show (secrets, defaults that another schema brings) count as well.
  for (const epoch::PlannedInstance& planned : wanted.instances) {
    const epoch::PlannedInstance* before = running.find(planned.name());
    const bool listed = std::any_of(all.begin(), all.end(), [&](const Difference& one) {
      return one.kind == "instance" && one.name == planned.name();
    });
    if (before && !listed && !planned.same_as(*before))
      all.push_back({'~', "instance", planned.name(), "options", "other options"});
  }
  compare("setting", plugin_path(*running.config), plugin_path(*wanted.config), all);
  compare("route", routes(*running.config), routes(*wanted.config), all);
  for (config::SettingDifference& one : config::setting_differences(*running.config, *wanted.config))
    all.push_back({one.before.empty()  ? '+'
                   : one.after.empty() ? '-'
                                       : '~',
                   "setting", std::move(one.key), std::move(one.before), std::move(one.after)});
  return all;
}

}  // namespace evloom::change

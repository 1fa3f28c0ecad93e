#include "epoch/plan.hpp"

#include <algorithm>
#include <map>

#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/store.h"

#include "config/plugin_schema.hpp"
#include "config/validate.hpp"

namespace evloom::epoch {

namespace {

const char* interface_of(config::InstanceKind kind) {
  switch (kind) {
    case config::InstanceKind::store:
      return EVL_STORE;
    case config::InstanceKind::format:
      return EVL_FORMAT;
    default:
      return EVL_HANDLER;
  }
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string join(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& word : list) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Reads each plugin's note once.
class Notes {
 public:
  explicit Notes(const plugin::Catalogue& catalogue) : catalogue_(catalogue) {}

  struct Entry {
    std::filesystem::path file;
    Result<plugin::PluginFacts> facts;
  };

  const Entry& of(const std::string& id) {
    auto found = entries_.find(id);
    if (found == entries_.end()) found = entries_.emplace(id, read(id)).first;
    return found->second;
  }

 private:
  Entry read(const std::string& id) const {
    auto file = catalogue_.find(id);
    if (!file) return {{}, file.error()};
    auto facts = plugin::read_note(*file);
    if (facts && facts->id != id)
      return {*file,
              Error{file->string() + " is plugin '" + facts->id + "', not '" + id + "'; rename the file"}};
    return {*file, std::move(facts)};
  }

  const plugin::Catalogue& catalogue_;
  std::map<std::string, Entry> entries_;
};

}  // namespace

plugin::Catalogue catalogue_of(const config::Config& config, const std::filesystem::path& fallback) {
  if (config.plugin_path.empty()) return plugin::Catalogue({fallback});
  return plugin::Catalogue(config.plugin_path);
}

Plan make_plan(std::shared_ptr<const config::Config> config, const plugin::Catalogue& catalogue,
               config::Diagnostics& diagnostics) {
  Plan plan;
  plan.config = std::move(config);
  Notes notes(catalogue);
  using config::InstanceKind;
  // What others use is started before them.
  for (const InstanceKind kind : {InstanceKind::store, InstanceKind::format, InstanceKind::handler}) {
    for (const config::Instance& instance : plan.config->instances) {
      if (instance.kind != kind) continue;
      const Notes::Entry& note = notes.of(instance.plugin);
      if (!note.facts) {
        diagnostics.error(instance.position, note.facts.error().message);
        continue;
      }
      const plugin::PluginFacts& facts = *note.facts;
      if (!contains(facts.interfaces, interface_of(kind))) {
        diagnostics.error(instance.position,
                          "plugin '" + facts.id + "' is no " + std::string(to_string(kind)),
                          "it offers " + join(facts.interfaces));
        continue;
      }
      auto schema = config::parse_plugin_schema(facts.id, kind, facts.options_schema);
      if (!schema) {
        diagnostics.error(instance.position, schema.error().message);
        continue;
      }
      PlannedInstance planned{&instance, note.file, facts, {}};
      planned.options = config::validate(schema->options, instance.options, diagnostics, instance.where());
      plan.instances.push_back(std::move(planned));
    }
  }

  for (const config::Route& route : plan.config->routes) {
    if (route.builtin != config::Builtin::none || !route.store.empty()) continue;
    for (const PlannedInstance& planned : plan.instances)
      if (planned.config->name == route.handler && contains(planned.facts.needs, EVL_HOST_STORE))
        diagnostics.error(route.position, "handler '" + route.handler + "' needs a store",
                          "add `store: NAME` to the route, with a name from `stores`");
  }
  return plan;
}

}  // namespace evloom::epoch

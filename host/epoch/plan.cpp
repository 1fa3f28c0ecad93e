#include "epoch/plan.hpp"

#include <algorithm>
#include <map>

#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/store.h"

#include "base/join.hpp"
#include "config/environment.hpp"
#include "config/plugin_schema.hpp"
#include "config/validate.hpp"
#include "plugin/admit.hpp"

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

// Reads each plugin file once.
class Files {
 public:
  Files(const plugin::Catalogue& catalogue, const Swaps& swaps) : catalogue_(catalogue), swaps_(swaps) {}

  struct Entry {
    std::filesystem::path file;
    Result<plugin::PluginFacts> facts;
    std::string sha256;
    bool swapped = false;
  };

  const Entry& of(const config::Instance& instance) {
    const auto swap = swaps_.find(instance.name);
    const std::string key = swap == swaps_.end() ? instance.plugin : '@' + instance.name;
    auto found = entries_.find(key);
    if (found == entries_.end()) {
      Entry entry = swap == swaps_.end() ? search(instance.plugin) : read(swap->second, instance.plugin);
      entry.swapped = swap != swaps_.end();
      found = entries_.emplace(key, std::move(entry)).first;
    }
    return found->second;
  }

 private:
  Entry search(const std::string& id) const {
    auto file = catalogue_.find(id);
    if (!file) return {{}, file.error(), {}};
    return read(*file, id);
  }

  static Entry read(const std::filesystem::path& file, const std::string& id) {
    auto facts = plugin::read_note(file);
    if (!facts) return {file, facts.error(), {}};
    if (facts->id != id)
      return {file, Error{file.string() + " is plugin '" + facts->id + "', not '" + id + "'"}, {}};
    auto sha256 = plugin::file_sha256(file);
    if (!sha256) return {file, sha256.error(), {}};
    return {file, std::move(facts), std::move(*sha256)};
  }

  const plugin::Catalogue& catalogue_;
  const Swaps& swaps_;
  std::map<std::string, Entry> entries_;
};

// What one has for itself alone no other can have, and formats, which every handler may be using, nothing at
// all.
void check_exclusive(const Plan& plan, config::Diagnostics& diagnostics) {
  std::map<std::string, const PlannedInstance*> owners;
  for (const PlannedInstance& planned : plan.instances) {
    for (const std::string& path : planned.exclusive) {
      const auto [owner, fresh] = owners.try_emplace(path, &planned);
      if (planned.config->kind == config::InstanceKind::format)
        diagnostics.error(planned.config->position, "a format cannot have " + path + " for itself alone");
      if (!fresh)
        diagnostics.error(planned.config->position,
                          planned.config->where() + ": " + owner->second->config->where() + " has " + path +
                              " for itself alone",
                          "give it another path");
    }
  }
}

// The folders of the configuration, or `fallback` when it names none.
plugin::Catalogue catalogue_of(const config::Config& config, const std::filesystem::path& fallback) {
  if (config.plugin_path.empty()) return plugin::Catalogue({fallback});
  return plugin::Catalogue(config.plugin_path);
}

}  // namespace

bool PlannedInstance::offers(std::string_view interface) const {
  return contains(facts.interfaces, interface);
}

bool PlannedInstance::same_as(const PlannedInstance& other) const {
  return config->name == other.config->name && config->kind == other.config->kind &&
         config->plugin == other.config->plugin && sha256 == other.sha256 && options.equal(other.options);
}

const PlannedInstance* Plan::find(std::string_view name) const {
  for (const PlannedInstance& planned : instances)
    if (planned.name() == name) return &planned;
  return nullptr;
}

Plan make_plan(std::shared_ptr<const config::Config> config, const plugin::Catalogue& catalogue,
               const Swaps& swaps, config::Diagnostics& diagnostics) {
  Plan plan;
  plan.config = std::move(config);
  Files files(catalogue, swaps);
  using config::InstanceKind;
  // What others use is started before them.
  for (const InstanceKind kind : {InstanceKind::store, InstanceKind::format, InstanceKind::handler}) {
    for (const config::Instance& instance : plan.config->instances) {
      if (instance.kind != kind) continue;
      const Files::Entry& file = files.of(instance);
      if (!file.facts) {
        diagnostics.error(instance.position, file.facts.error().message);
        continue;
      }
      const plugin::PluginFacts& facts = *file.facts;
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
      PlannedInstance planned{&instance, file.file, facts, file.sha256, file.swapped, {}, {}};
      planned.options = config::validate(schema->options, instance.options, diagnostics, instance.where());
      planned.exclusive = config::exclusive_paths(schema->options, planned.options);
      plan.instances.push_back(std::move(planned));
    }
  }

  check_exclusive(plan, diagnostics);
  for (const config::Route& route : plan.config->routes) {
    if (route.builtin != config::Builtin::none || !route.store.empty() || !route.stores.empty()) continue;
    for (const PlannedInstance& planned : plan.instances)
      if (planned.config->name == route.handler && contains(planned.facts.needs, EVL_HOST_STORE))
        diagnostics.error(route.position, "handler '" + route.handler + "' needs a store",
                          "add `store: NAME` to the route, with a name from `stores`");
  }
  return plan;
}

PlanSource::Loaded PlanSource::load(const Swaps& swaps) const {
  config::LoadResult read = config::load(config, config::process_environment());
  Loaded loaded{std::nullopt, std::move(read.diagnostics)};
  if (read.config) hold(std::move(read.config), swaps, loaded);
  return loaded;
}

PlanSource::Loaded PlanSource::plan(std::shared_ptr<const config::Config> from, const Swaps& swaps) const {
  Loaded loaded;
  hold(std::move(from), swaps, loaded);
  return loaded;
}

// Holds the configuration against its plugin files.
void PlanSource::hold(std::shared_ptr<const config::Config> from, const Swaps& swaps, Loaded& loaded) const {
  const plugin::Catalogue catalogue = catalogue_of(*from, plugins);
  Plan made = make_plan(std::move(from), catalogue, swaps, loaded.diagnostics);
  if (!loaded.diagnostics.has_errors()) loaded.plan = std::move(made);
}

}  // namespace evloom::epoch

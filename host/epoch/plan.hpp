// Plan: a configuration held against the plugin files that it names: which file each instance is made from,
// and its options, checked against the schema in that file's note. No code of a plugin is run, so `evloom
// check` goes exactly this far. [control]
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/diagnostics.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/note.hpp"

namespace evloom::epoch {

struct PlannedInstance {
  const config::Instance* config = nullptr;  // of Plan::config
  std::filesystem::path file;
  plugin::PluginFacts facts;
  std::string sha256;    // of the file
  bool swapped = false;  // a swap has named the file
  config::Node options;  // valid, defaults filled in
  // What it opens for itself alone (absolute paths): its successor can do so only when it has let go.
  std::vector<std::string> exclusive;

  const std::string& name() const { return config->name; }
  bool offers(std::string_view interface) const;
  // Whether an instance made from the other would be just the same.
  bool same_as(const PlannedInstance& other) const;
};

struct Plan {
  std::shared_ptr<const config::Config> config;
  std::vector<PlannedInstance> instances;  // stores, formats, handlers: the order of their start

  const PlannedInstance* find(std::string_view name) const;
};

// The files that swaps have named, by instance.
using Swaps = std::map<std::string, std::filesystem::path, std::less<>>;

// Everything that is wrong goes to `diagnostics`, each with its place in the file; the plan is of use only
// when there is no error.
Plan make_plan(std::shared_ptr<const config::Config> config, const plugin::Catalogue& catalogue,
               const Swaps& swaps, config::Diagnostics& diagnostics);

// Where a host's plans come from.
struct PlanSource {
  std::filesystem::path config;   // the YAML file
  std::filesystem::path plugins;  // the folder of plugins for a configuration that names none

  struct Loaded {
    std::optional<Plan> plan;  // none: there was an error
    config::Diagnostics diagnostics;
  };
  // Reads the configuration and the plugin files anew.
  Loaded load(const Swaps& swaps = {}) const;
  // The configuration as it was, held against the plugin files as they are now.
  Loaded plan(std::shared_ptr<const config::Config> from, const Swaps& swaps) const;

 private:
  void hold(std::shared_ptr<const config::Config> from, const Swaps& swaps, Loaded& loaded) const;
};

}  // namespace evloom::epoch

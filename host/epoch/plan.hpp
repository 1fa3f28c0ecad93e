// Plan: a configuration held against the plugin files that it names: which file each instance is made from,
// and its options, checked against the schema in that file's note. No code of a plugin is run, so `evloom
// check` goes exactly this far. [control]
#pragma once

#include <filesystem>
#include <memory>
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
  config::Node options;  // valid, defaults filled in
};

struct Plan {
  std::shared_ptr<const config::Config> config;
  std::vector<PlannedInstance> instances;  // stores, formats, handlers: the order of their start
};

// Everything that is wrong goes to `diagnostics`, each with its place in the file; the plan is of use only
// when there is no error.
Plan make_plan(std::shared_ptr<const config::Config> config, const plugin::Catalogue& catalogue,
               config::Diagnostics& diagnostics);

// The folders of the configuration, or `fallback` when it names none.
plugin::Catalogue catalogue_of(const config::Config& config, const std::filesystem::path& fallback);

}  // namespace evloom::epoch

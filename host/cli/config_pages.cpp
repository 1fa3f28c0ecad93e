// `evloom config`: the pages that are made from the table of options and from the notes of plugins.
#include <iostream>

#include "evloom/abi/format.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/store.h"

#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "config/json_schema.hpp"
#include "config/node.hpp"
#include "config/plugin_schema.hpp"
#include "config/reference.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/note.hpp"

namespace evloom::cli {

namespace {

config::InstanceKind kind_of(const plugin::PluginFacts& facts) {
  for (const std::string& id : facts.interfaces) {
    if (id == EVL_STORE) return config::InstanceKind::store;
    if (id == EVL_FORMAT) return config::InstanceKind::format;
  }
  return config::InstanceKind::handler;
}

Result<config::PluginSchema> schema_of(const plugin::Catalogue& catalogue, const std::string& id) {
  auto file = catalogue.find(id);
  if (!file) return file.error();
  auto facts = plugin::read_note(*file);
  if (!facts) return facts.error();
  return config::parse_plugin_schema(facts->id, kind_of(*facts), facts->options_schema);
}

// Prints what `page` makes of the plugins in these folders.
template <typename Page>
int print(const std::vector<std::filesystem::path>& folders, Page page) {
  const plugin::Catalogue catalogue(folders);
  std::vector<config::PluginSchema> schemas;
  for (const std::string& id : catalogue.ids()) {
    auto schema = schema_of(catalogue, id);
    if (!schema) {
      print_error(schema.error().message);
      return kWrongInput;
    }
    schemas.push_back(std::move(*schema));
  }
  std::cout << page(schemas) << std::flush;
  return kGood;
}

}  // namespace

int config_schema(const std::vector<std::filesystem::path>& plugins) {
  return print(plugins, [](const auto& schemas) { return config::json_schema(schemas); });
}

int config_reference(const std::vector<std::filesystem::path>& plugins) {
  return print(plugins, [](const auto& schemas) { return config::reference_page(schemas); });
}

int config_dump(const std::filesystem::path& file) {
  const auto config = load_config(file);
  if (!config) return kWrongInput;
  std::cout << config::dump(config->root) << std::flush;
  return kGood;
}

}  // namespace evloom::cli

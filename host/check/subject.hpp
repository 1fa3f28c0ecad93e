// Subject: the plugin file that is checked, with options for its instances. Made anew in the process of each
// test; plain values, but for what vault holds. [control]
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "check/stage.hpp"
#include "config/config.hpp"
#include "config/plugin_schema.hpp"
#include "plugin/instance.hpp"
#include "plugin/library.hpp"
#include "plugin/note.hpp"
#include "plugin/vault.hpp"

namespace evloom::check {

// What the command line says; absolute paths.
struct Asked {
  std::filesystem::path file;
  std::filesystem::path from;     // an older build of it; may be empty
  std::filesystem::path config;   // a configuration in which it occurs; may be empty
  std::filesystem::path plugins;  // this program's own
  std::uint64_t seed = 0;
};

class Subject {
 public:
  // Reads the note, the schema and the options; runs none of the plugin's code. `scratch` is an empty folder.
  static Result<Subject> read(Asked asked, std::filesystem::path scratch);

  const Asked& asked() const { return asked_; }
  const plugin::PluginFacts& facts() const { return facts_; }
  const config::Schema& schema() const { return schema_.options; }
  config::InstanceKind kind() const { return schema_.kind; }
  bool offers(std::string_view interface) const;
  bool needs(std::string_view interface) const;
  // Where a test may write.
  const std::filesystem::path& scratch() const { return scratch_; }

  // The options as they were given, not yet validated, and as YAML. Keys that the schema requires and nobody
  // has given are made up.
  const config::Node& given() const { return given_; }
  // Whether YAML can show them: they hold no secret of the environment's.
  bool can_be_written() const;

  // Options as the host would hand them to create: validated, with defaults, exclusive paths in the scratch
  // folder.
  Result<config::Node> options(const config::Node& given) const;
  Result<config::Node> options() const { return options(given_); }
  // YAML of a map of options, parsed.
  Result<config::Node> parse(const std::string& yaml) const;

  // Loads a copy of the file (or of another one).
  Result<std::shared_ptr<plugin::Library>> load(const std::shared_ptr<plugin::Vault>& vault) const;
  // Makes an instance with the usual options.
  Result<std::shared_ptr<plugin::Instance>> create(const std::shared_ptr<plugin::Library>& library,
                                                   Stage& stage) const;
  Result<std::shared_ptr<plugin::Instance>> create(const std::shared_ptr<plugin::Library>& library,
                                                   Stage& stage, config::Node options) const;

 private:
  Status choose_options();

  Asked asked_;
  std::filesystem::path scratch_;
  plugin::PluginFacts facts_;
  config::PluginSchema schema_;
  config::Node given_;
};

// A value that the schema takes, as YAML in flow style; paths lie below `folder`.
std::string sample(const config::Schema& schema, const std::filesystem::path& folder);

}  // namespace evloom::check

#include "check/subject.hpp"

#include <algorithm>
#include <utility>

#include "config/validate.hpp"
#include "config/yaml.hpp"
#include "plugin/admit.hpp"

namespace evloom::check {

namespace {

namespace fs = std::filesystem;
using config::Kind;

bool holds(const std::vector<std::string>& ids, std::string_view id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

config::InstanceKind kind_of(const plugin::PluginFacts& facts) {
  if (holds(facts.interfaces, EVL_STORE)) return config::InstanceKind::store;
  if (holds(facts.interfaces, EVL_FORMAT)) return config::InstanceKind::format;
  return config::InstanceKind::handler;
}

bool any_secret(const config::Node& node) {
  if (node.secret()) return true;
  for (const config::Node& item : node.items())
    if (any_secret(item)) return true;
  for (const config::Entry& entry : node.entries())
    if (any_secret(entry.value)) return true;
  return false;
}

}  // namespace

std::string sample(const config::Schema& schema, const fs::path& folder) {
  if (!schema.words.empty()) return schema.words.front();
  switch (schema.kind) {
    case Kind::path:
      return "\"" + (folder / (schema.name.empty() ? "path" : schema.name)).string() + "\"";
    case Kind::integer:
    case Kind::size:
      return schema.example.empty() ? std::to_string(schema.min.value_or(1)) : schema.example;
    case Kind::number:
      return schema.example.empty() ? std::to_string(schema.min_number.value_or(1)) : schema.example;
    case Kind::duration:
      return !schema.example.empty()
                 ? schema.example
                 : std::to_string(std::max<std::int64_t>(schema.min.value_or(0), 1'000'000'000) / 1'000'000) +
                       "ms";
    case Kind::boolean:
      return "true";
    case Kind::address:
      return schema.example.empty() ? "\"127.0.0.1:1\"" : schema.example;
    case Kind::list:
      return schema.items.empty() ? "[]" : "[" + sample(schema.items.front(), folder) + "]";
    case Kind::map: {
      std::string text;
      for (const config::Schema& key : schema.keys)
        if (key.required) text += (text.empty() ? "" : ", ") + key.name + ": " + sample(key, folder);
      return "{" + text + "}";
    }
    default:
      return !schema.example.empty()
                 ? schema.example
                 : "\"" +
                       std::string(
                           static_cast<std::size_t>(std::max<std::int64_t>(schema.min.value_or(1), 1)), 'x') +
                       "\"";
  }
}

Result<Subject> Subject::read(Asked asked, fs::path scratch) {
  Subject subject;
  subject.asked_ = std::move(asked);
  subject.scratch_ = std::move(scratch);
  auto facts = plugin::read_note(subject.asked_.file);
  if (!facts) return facts.error();
  subject.facts_ = std::move(*facts);
  auto schema =
      config::parse_plugin_schema(subject.facts_.id, kind_of(subject.facts_), subject.facts_.options_schema);
  if (!schema) return schema.error();
  subject.schema_ = std::move(*schema);
  if (Status status = subject.choose_options(); !status) return status.error();
  return subject;
}

// Those of the first instance of this plugin in the configuration; else what its schema cannot do without.
Status Subject::choose_options() {
  if (asked_.config.empty()) {
    auto made_up = parse(sample(schema_.options, scratch_));
    if (!made_up) return made_up.error();
    given_ = std::move(*made_up);
    return {};
  }
  const config::LoadResult loaded = config::load(asked_.config, config::process_environment());
  if (!loaded) return Error{config::render(loaded.diagnostics, false)};
  for (const config::Instance& instance : loaded.config->instances) {
    if (instance.plugin != facts_.id) continue;
    given_ = instance.options;
    return {};
  }
  return Error{"'" + asked_.config.string() + "' has no instance of plugin '" + facts_.id +
               "'; name one in it, or leave out --config"};
}

bool Subject::offers(std::string_view interface) const { return holds(facts_.interfaces, interface); }
bool Subject::needs(std::string_view interface) const { return holds(facts_.needs, interface); }
bool Subject::can_be_written() const { return !any_secret(given_); }

Result<config::Node> Subject::parse(const std::string& yaml) const {
  config::Diagnostics diagnostics;
  config::Node node =
      config::parse_yaml(std::make_shared<config::Source>("options", yaml, scratch_), diagnostics);
  if (diagnostics.has_errors()) return Error{config::render(diagnostics, false)};
  return node;
}

Result<config::Node> Subject::options(const config::Node& given) const {
  config::Diagnostics diagnostics;
  config::Node node = config::validate(schema_.options, given, diagnostics, "options");
  if (diagnostics.has_errors()) return Error{config::render(diagnostics, false)};
  node = config::with_scratch(schema_.options, node, (scratch_ / "exclusive").string());
  for (const std::string& path : config::exclusive_paths(schema_.options, node)) {
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (error) return Error{"cannot make the folder of '" + path + "': " + error.message()};
  }
  return node;
}

Result<std::shared_ptr<plugin::Library>> Subject::load(const std::shared_ptr<plugin::Vault>& vault) const {
  auto admitted = plugin::admit(vault, asked_.file);
  if (!admitted) return admitted.error();
  return plugin::Library::load(std::move(*admitted));
}

Result<std::shared_ptr<plugin::Instance>> Subject::create(const std::shared_ptr<plugin::Library>& library,
                                                          Stage& stage, config::Node options) const {
  return plugin::Instance::create({facts_.id, library, std::move(options)}, stage.context());
}

Result<std::shared_ptr<plugin::Instance>> Subject::create(const std::shared_ptr<plugin::Library>& library,
                                                          Stage& stage) const {
  auto made = options();
  if (!made) return made.error();
  return create(library, stage, std::move(*made));
}

}  // namespace evloom::check

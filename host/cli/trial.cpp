#include "cli/trial.hpp"

#include "evloom/abi/format.h"
#include "evloom/abi/store.h"

#include "check/exercise.hpp"
#include "config/plugin_schema.hpp"
#include "config/validate.hpp"
#include "plugin/admit.hpp"
#include "plugin/library.hpp"

namespace evloom::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kLoops = 2;
constexpr std::chrono::hours kNoLimit{24};

}  // namespace

Trial::Trial(std::shared_ptr<plugin::Vault> vault, Announce announce)
    : vault_(std::move(vault)), announce_(std::move(announce)) {}

Result<std::unique_ptr<Trial>> Trial::prepare(std::shared_ptr<plugin::Vault> vault, Announce announce) {
  std::unique_ptr<Trial> trial(new Trial(std::move(vault), std::move(announce)));
  auto stage = check::Stage::set(kLoops);
  if (!stage) return stage.error();
  trial->stage_ = std::move(*stage);
  return trial;
}

Status Trial::run(const config::Instance& config, const fs::path& file, const fs::path& scratch) {
  announce_(config.name, "load");
  auto admitted = plugin::admit(vault_, file);
  if (!admitted) return admitted.error();
  const plugin::PluginFacts& facts = (*admitted)->facts();
  auto schema = config::parse_plugin_schema(facts.id, config.kind, facts.options_schema);
  if (!schema) return schema.error();
  config::Diagnostics diagnostics;
  config::Node options = config::validate(schema->options, config.options, diagnostics, config.where());
  if (diagnostics.has_errors()) return Error{config::render(diagnostics, false)};
  options = config::with_scratch(schema->options, options, scratch.string());
  for (const std::string& path : config::exclusive_paths(schema->options, options)) {
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (error) return Error{"cannot make the folder of '" + path + "': " + error.message()};
  }

  auto loaded = plugin::Library::load(std::move(*admitted));
  if (!loaded) return loaded.error();
  std::shared_ptr<plugin::Library> library = std::move(*loaded);

  announce_(config.name, "create");
  auto made = plugin::Instance::create({config.name, library, std::move(options)}, stage_->context());
  if (!made) return made.error();
  if (Status status = live(std::move(*made)); !status) return status;

  announce_(config.name, "unload");
  const plugin::UnloadResult unloaded = plugin::Library::unload(std::move(library));
  if (unloaded.left_behind) return Error{"its code could not be unmapped: " + unloaded.reason};
  if (!unloaded.unmapped) warnings_.push_back(config.name + ": its code stays mapped: " + unloaded.reason);
  return {};
}

Status Trial::live(std::shared_ptr<plugin::Instance> instance) {
  const std::string name = instance->name();
  announce_(name, "thread_start");
  if (Status status = instance->start(kNoLimit); !status) return status;

  announce_(name, "self-test");
  if (Status status = test(*instance); !status) return status;

  announce_(name, "thread_stop");
  instance->drain();
  if (Status status = instance->stop(kNoLimit); !status) return status;

  announce_(name, "destroy");
  for (std::size_t i = 0; i < static_cast<std::size_t>(plugin::Misbehaviour::count_); ++i) {
    const auto kind = static_cast<plugin::Misbehaviour>(i);
    if (const std::uint64_t count = instance->misbehaviours(kind); count != 0)
      warnings_.push_back(name + ": misbehaved (" + plugin::misbehaviour_name(kind) + ") " +
                          std::to_string(count) + (count == 1 ? " time" : " times"));
  }
  instance.reset();
  return {};
}

Status Trial::test(plugin::Instance& instance) {
  const auto* format = instance.interface<evl_format>();
  const auto* store = instance.interface<evl_store_backend>();
  std::vector<std::string> reasons(kLoops);
  stage_->pool().run_everywhere(
      [&](loop::Loop& loop) {
        std::string& why = reasons[loop.index()];
        if (format) why = check::render(*format, instance.object(), instance.slot(loop));
        if (store && why.empty()) why = check::ask_health(*store, instance.object(), instance.slot(loop));
      },
      kNoLimit);
  for (const std::string& why : reasons)
    if (!why.empty()) return Error{instance.label() + ": " + why};
  return {};
}

}  // namespace evloom::cli

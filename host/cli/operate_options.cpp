#include "cli/operate_options.hpp"

#include <CLI/CLI.hpp>

#include "cli/operate.hpp"

namespace evloom::cli {

namespace {

constexpr const char* kDiscardHelp = "Let files that swaps have named give way to those of plugins.path";

}  // namespace

OperateOptions::OperateOptions(CLI::App& app)
    : status_(add(app, "status", "Tell what a running host does: epochs, instances, listeners")),
      plan_(add(app, "plan", "Tell what a reload would change; nothing is done")),
      reload_(add(app, "reload", "Have the host read its configuration and its plugin files anew")),
      swap_(add(app, "swap", "Put a plugin file in the place of an instance's")),
      rollback_(add(app, "rollback", "Go back to the epoch before, while it stands by")),
      drain_(add(app, "drain", "Have readiness say no, while requests are still served")),
      history_(add(app, "history", "List the changes that the host remembers")) {
  plan_->add_flag("--discard-swaps", discard_swaps_, kDiscardHelp);
  reload_->add_flag("--discard-swaps", discard_swaps_, kDiscardHelp);
  swap_->add_option("instance", instance_, "Name of the instance")->required();
  swap_->add_option("file", file_, "Plugin file (.so)")->required();
  drain_->add_flag("--off", off_, "End it");
  history_->add_option("number", number_, "Number of a change, to see all of it");
}

CLI::App* OperateOptions::add(CLI::App& app, const char* name, const char* help) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("--admin", remote_.admin,
                      "Where its admin API is: unix:PATH or http://HOST:PORT (else EVLOOM_ADMIN, else -c)");
  command->add_option("-c,--config", remote_.config, "Configuration file that says so (YAML)");
  command->add_option("--token-file", remote_.token_file,
                      "File with the API's token (else EVLOOM_ADMIN_TOKEN, else that of -c)");
  command->add_flag("--json", remote_.json, "Print what the API says, as it says it");
  return command;
}

std::optional<int> OperateOptions::run() const {
  if (*status_) return ask_status(remote_);
  if (*plan_) return ask_plan(remote_, discard_swaps_);
  if (*reload_) return ask_reload(remote_, discard_swaps_);
  if (*swap_) return ask_swap(remote_, instance_, file_);
  if (*rollback_) return ask_rollback(remote_);
  if (*drain_) return ask_drain(remote_, !off_);
  if (*history_) return ask_history(remote_, number_);
  return std::nullopt;
}

}  // namespace evloom::cli

#include "cli/commands.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/dev.hpp"
#include "cli/new.hpp"
#include "cli/operate_options.hpp"

namespace evloom::cli {

namespace {

constexpr const char* kConfigHelp = "Configuration file (YAML)";
constexpr const char* kPluginsHelp = "Folder of plugins to describe as well; may be given several times";

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app{"evloom: an HTTP plugin host with swappable backends.", "evloom"};
  app.set_version_flag("--version", "evloom " EVLOOM_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 good, 1 failed, 2 wrong input.\n"
      "Signals: SIGTERM and SIGINT answer what is in flight and stop; a second one ends at once. SIGHUP "
      "reloads the configuration and opens the log file anew.");
  app.get_formatter()->column_width(28);

  std::filesystem::path config;
  CLI::App* run_command = app.add_subcommand("run", "Serve what a configuration says");
  run_command->add_option("-c,--config", config, kConfigHelp)->required();

  CLI::App* check_command =
      app.add_subcommand("check", "Say whether a configuration is good, without starting anything");
  check_command->add_option("-c,--config", config, kConfigHelp)->required();

  std::filesystem::path file;
  bool json = false;
  CLI::App* inspect_command =
      app.add_subcommand("inspect", "Describe a plugin file, without running any of its code");
  inspect_command->add_option("file", file, "Plugin file (.so)")->required();
  inspect_command->add_flag("--json", json, "JSON instead of text");

  NewOptions new_options;
  CLI::App* new_command =
      app.add_subcommand("new", "Make a folder to begin a plugin with: source, test, build, YAML");
  new_command->add_option("kind", new_options.kind, "handler, store or format")
      ->required()
      ->check(CLI::IsMember({"handler", "store", "format"}));
  new_command->add_option("name", new_options.name, "Id of the plugin, and name of the folder")->required();
  new_command->add_option("--dir", new_options.folder,
                          "Folder that gets the new one; without it the working folder");
  new_command->add_flag("--c", new_options.c, "In plain C; a handler only");

  DevOptions dev_options;
  CLI::App* dev_command = app.add_subcommand(
      "dev", "Serve a plugin that is being written, and swap it in whenever it has been built");
  dev_command->add_option("file", dev_options.file, "Plugin file (.so)")->required();
  CLI::Option* dev_config = dev_command->add_option(
      "-c,--config", dev_options.config,
      "Configuration that uses the plugin; without it one is made, with the plugin on /");
  dev_command->add_option("--port", dev_options.port, "Port on 127.0.0.1; without it a free one")
      ->excludes(dev_config);

  CLI::App* plugin_command = app.add_subcommand("plugin", "What authors of plugins need");
  plugin_command->require_subcommand(1);
  PluginCheckOptions checked;
  std::int64_t check_timeout = checked.timeout.count();
  CLI::App* plugin_check_command = plugin_command->add_subcommand(
      "check", "Try a plugin file: each test in a process of its own, with a deadline");
  plugin_check_command->add_option("file", checked.file, "Plugin file (.so)");
  plugin_check_command->add_option("--config", checked.config,
                                   "Configuration (YAML) with an instance of it, whose options are used");
  plugin_check_command->add_option("--from", checked.from, "Older build of it, to swap from under load");
  plugin_check_command->add_option("--only", checked.only, "Only this test; may be given several times");
  plugin_check_command->add_option("--seed", checked.seed, "Repeats what chance has chosen before");
  plugin_check_command->add_option("--timeout", check_timeout, "Milliseconds that a test may take; 10000")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{3'600'000}));
  plugin_check_command->add_flag("--list", checked.list, "Say what the tests are, and try nothing");
  plugin_check_command->add_flag("--json", checked.json, "JSON instead of text");

  CLI::App* config_command = app.add_subcommand("config", "Print what there is to configure");
  config_command->require_subcommand(1);
  std::vector<std::filesystem::path> plugins;
  CLI::App* schema_command =
      config_command->add_subcommand("schema", "Print the JSON Schema of the configuration");
  schema_command->add_option("--plugins", plugins, kPluginsHelp);
  CLI::App* reference_command =
      config_command->add_subcommand("reference", "Print the reference page (Markdown)");
  reference_command->add_option("--plugins", plugins, kPluginsHelp);
  CLI::App* dump_command =
      config_command->add_subcommand("dump", "Print a configuration with its defaults; secrets are masked");
  dump_command->add_option("-c,--config", config, kConfigHelp)->required();

  OperateOptions operate(app);
  // Not for people: empty groups are not shown.
  CLI::App* preflight_command = app.add_subcommand("preflight")->group("");
  CLI::App* plugin_trial_command = app.add_subcommand("plugin-trial")->group("");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version come here as well.
    return app.exit(error) == 0 ? kGood : kWrongInput;
  }
  if (const auto asked = operate.run()) return *asked;
  if (*preflight_command) return preflight();
  if (*new_command) return make_new(new_options);
  if (*dev_command) return dev(dev_options);
  if (*plugin_trial_command) return plugin_trial();
  if (*plugin_check_command) {
    checked.timeout = std::chrono::milliseconds(check_timeout);
    return plugin_check(checked);
  }
  if (*run_command) return run(config);
  if (*check_command) return check(config);
  if (*inspect_command) return inspect(file, json);
  if (*schema_command) return config_schema(plugins);
  if (*reference_command) return config_reference(plugins);
  return config_dump(config);
}

}  // namespace evloom::cli

#include "cli/dev.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>
#include <vector>

#include "base/own_folder.hpp"
#include "cli/commands.hpp"
#include "cli/dev_config.hpp"
#include "cli/file_watch.hpp"
#include "cli/load.hpp"
#include "cli/serve.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "plugin/inspect.hpp"
#include "plugin/note.hpp"

namespace evloom::cli {

namespace {

namespace fs = std::filesystem;
using Clock = FileWatch::Clock;

std::string time_of_day() { return fmt::format("{:%H:%M:%S}", fmt::localtime(std::time(nullptr))); }

std::int64_t us(std::chrono::nanoseconds time) { return time.count() / 1000; }

// Sees to it that every instance of the plugin is made from the file as it is, and says what became of that.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(const Serving& serving, fs::path file, plugin::PluginFacts facts,
          std::vector<std::string> instances)
      : host_(serving.host),
        file_(std::move(file)),
        facts_(std::move(facts)),
        instances_(std::move(instances)),
        build_(facts_.build_id),
        style_(output_style()) {}

  Status watch(event_base* base) {
    const auto whole = [](const fs::path& file) {
      return plugin::inspect(file, plugin::ReportFormat::text).exit_code == 0;
    };
    auto watch = FileWatch::start(base, file_, whole, [this](Clock::time_point since) { take_up(since); });
    if (!watch) return watch.error();
    watch_ = std::move(*watch);
    // It may have been built again while the host was started.
    if (const auto facts = plugin::read_note(file_); facts && facts->build_id != build_)
      take_up(Clock::now());
    return {};
  }

  void welcome(const std::string& admin) const {
    std::cout << style_.paint(Colour::bold, facts_.id) << ' ' << facts_.version << "  build "
              << short_build(build_) << "  generation " << generation() << "  serving\n";
    for (const std::string& url : host_.urls()) std::cout << "  try:    curl " << curl_arguments(url) << '\n';
    if (!admin.empty()) std::cout << "  ask:    evloom status --admin " << admin << '\n';
    std::cout << "  watch:  " << file_.string() << "; build it again and it is swapped in. Ctrl-C ends.\n"
              << std::flush;
  }

 private:
  void take_up(Clock::time_point since) {
    for (const std::string& instance : instances_) {
      host_.ask(change::SwapCommand{instance, file_.string()}, "dev",
                [self = weak_from_this(), since, instance](const change::CommandAnswer& answer) {
                  if (const auto session = self.lock()) session->tell(answer, instance, since);
                });
    }
  }

  void tell(const change::CommandAnswer& answer, const std::string& instance, Clock::time_point since) {
    const auto* change = std::get_if<change::ChangeReport>(&answer);
    if (!change) return;  // the host is going down
    const std::string took = duration_text(us(Clock::now() - since));
    const auto facts = plugin::read_note(file_);
    const std::string build = facts ? facts->build_id : "";
    std::ostringstream line;
    line << time_of_day() << "  " << style_.paint(Colour::bold, instance) << "  build "
         << (build.empty() ? "unknown" : short_build(build)) << "  generation " << generation() << "  ";
    if (change->outcome == change::Outcome::serving) {
      build_ = change->built.empty() ? build : change->built.front().build_id;
      line << style_.paint(Colour::green, "serving") << "  " << took << " after the file was written"
           << steps_of(*change) << '\n';
    } else if (change->outcome == change::Outcome::unchanged) {
      line << "unchanged: the file has the bytes that serve\n";
    } else {
      line << style_.paint(Colour::red, to_string(change->outcome))
           << (change->failed_step.empty() ? "" : " at " + change->failed_step) << "  " << took
           << " after the file was written" << steps_of(*change) << '\n';
      std::istringstream error(change->error);
      for (std::string one; std::getline(error, one);) line << "          " << one << '\n';
      line << "          build " << short_build(build_) << " serves on\n";
    }
    std::cout << line.str() << std::flush;
  }

  // "  (plan 1 ms, admit 3 ms, preflight 90 ms, ...)"
  static std::string steps_of(const change::ChangeReport& change) {
    std::string text;
    for (const change::StepReport& step : change.steps)
      text += (text.empty() ? "  (" : ", ") + step.name + ' ' + duration_text(us(step.took));
    return text.empty() ? text : text + ')';
  }

  std::uint64_t generation() const {
    const change::HostReport report = host_.report();
    return report.epochs.empty() ? 0 : report.epochs.front().number;
  }

  change::Host& host_;
  const fs::path file_;
  const plugin::PluginFacts facts_;
  const std::vector<std::string> instances_;
  std::string build_;  // that serves
  const Style style_;
  std::unique_ptr<FileWatch> watch_;
};

// The instances of a configuration that are made from this plugin.
std::vector<std::string> instances_of(const config::Config& config, const std::string& id) {
  std::vector<std::string> names;
  for (const config::Instance& instance : config.instances)
    if (instance.plugin == id) names.push_back(instance.name);
  return names;
}

// The same with a log for whoever looks at the terminal: all that the instances say, and the host's warnings.
// What a change does, the session tells. Modules that the file names keep their levels.
std::shared_ptr<const config::Config> quiet(const config::Config& from,
                                            const std::vector<std::string>& instances) {
  auto config = std::make_shared<config::Config>(from);
  const auto level = [&config](const std::string& module, config::LogLevel to) {
    auto& modules = config->log.modules;
    if (std::none_of(modules.begin(), modules.end(), [&](const auto& one) { return one.first == module; }))
      modules.emplace_back(module, to);
  };
  for (const std::string& instance : instances) level(instance, config::LogLevel::debug);
  level("change", config::LogLevel::off);
  if (config->log.level < config::LogLevel::warn) config->log.level = config::LogLevel::warn;
  return config;
}

// The configuration to serve: that of the options, or one that is written into `folder`.
Result<fs::path> configuration(const DevOptions& options, const plugin::PluginFacts& facts,
                               const fs::path& folder) {
  if (!options.config.empty()) return options.config;
  auto text = dev_config(facts, options.port, folder / "admin.sock");
  if (!text) return text.error();
  const fs::path path = folder / "evloom.yaml";
  std::ofstream out(path);
  out << *text << std::flush;
  if (!out) return Error{"cannot write '" + path.string() + "': " + std::strerror(errno)};
  return path;
}

}  // namespace

int dev(const DevOptions& options) {
  const auto facts = plugin::read_note(options.file);
  if (!facts) {
    print_error(facts.error().message + "\n  build it first, or name the .so file that the build makes");
    return kWrongInput;
  }
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  const auto folder = OwnFolder::make(error ? fs::path("/tmp") : temporary, "evloom-dev-");
  if (!folder) {
    print_error(folder.error().message + "; set TMPDIR to one that can be written to");
    return kFailed;
  }
  auto config = configuration(options, *facts, folder->path());
  if (!config) {
    print_error(config.error().message);
    return kWrongInput;
  }
  // The folder of what a link points to is where a linker works.
  fs::path file = fs::canonical(options.file, error);
  if (error) file = fs::absolute(options.file);
  const auto hint = [&options, &facts] {
    if (options.config.empty())
      print_error("this configuration was made by `evloom dev`; give the options of '" + facts->id +
                  "' in a file of yours: evloom dev " + options.file.string() + " -c FILE");
    return kWrongInput;
  };
  const auto loaded = load_config(*config);
  if (!loaded) return hint();
  const std::vector<std::string> instances = instances_of(*loaded, facts->id);
  if (instances.empty()) {
    print_error(config->string() + " uses no plugin '" + facts->id + "', which is " + options.file.string() +
                "; name it in a route (`handler: " + facts->id + "`), in `stores` or in `formats`");
    return kWrongInput;
  }
  epoch::Swaps swaps;
  for (const std::string& instance : instances) swaps[instance] = file;
  const epoch::PlanSource source{*config, own_plugins()};
  auto plan = load_plan(source, quiet(*loaded, instances), swaps);
  if (!plan) return hint();
  return serve(std::move(*plan), source, swaps, [&](const Serving& serving) -> std::shared_ptr<void> {
    auto session = std::make_shared<Session>(serving, file, *facts, instances);
    // Before it is told: whoever reads it may build at once.
    const Status watched = session->watch(serving.base);
    session->welcome(serving.admin);
    if (!watched) print_error(watched.error().message + "; changes of the file are not seen");
    return session;
  });
}

}  // namespace evloom::cli

#include "cli/load.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace evloom::cli {

namespace {

void report(const config::Diagnostics& diagnostics) {
  std::cerr << render(diagnostics, colours()) << std::flush;
}

}  // namespace

bool colours() { return ::isatty(STDERR_FILENO) == 1 && !std::getenv("NO_COLOR"); }

void print_error(std::string_view text) {
  std::cerr << (colours() ? "evloom: \x1b[31merror:\x1b[0m " : "evloom: error: ") << text << std::endl;
}

std::filesystem::path own_plugins() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path() / "../lib/evloom/plugins").lexically_normal();
}

std::shared_ptr<const config::Config> load_config(const std::filesystem::path& file) {
  config::LoadResult loaded = config::load(file, config::process_environment());
  report(loaded.diagnostics);
  return loaded.config;
}

std::optional<epoch::Plan> load_plan(const epoch::PlanSource& source) {
  epoch::PlanSource::Loaded loaded = source.load();
  report(loaded.diagnostics);
  return std::move(loaded.plan);
}

std::optional<epoch::Plan> load_plan(const epoch::PlanSource& source,
                                     std::shared_ptr<const config::Config> config,
                                     const epoch::Swaps& swaps) {
  epoch::PlanSource::Loaded loaded = source.plan(std::move(config), swaps);
  report(loaded.diagnostics);
  return std::move(loaded.plan);
}

}  // namespace evloom::cli

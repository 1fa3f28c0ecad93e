// What run, dev and check have in common: a configuration file, held against its plugin files, or the report
// of what is wrong. [control]
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "config/config.hpp"
#include "epoch/plan.hpp"

namespace evloom::cli {

// Prints all errors and warnings to standard error; nothing when there was an error.
std::optional<epoch::Plan> load_plan(const epoch::PlanSource& source);
// The same of a configuration that is read already.
std::optional<epoch::Plan> load_plan(const epoch::PlanSource& source,
                                     std::shared_ptr<const config::Config> config, const epoch::Swaps& swaps);
std::shared_ptr<const config::Config> load_config(const std::filesystem::path& file);

// Where plugins are when the configuration names no folder: ../lib/evloom/plugins beside the program.
std::filesystem::path own_plugins();

// Prints "evloom: error: TEXT" to standard error.
void print_error(std::string_view text);

// Whether standard error shows colours.
bool colours();

}  // namespace evloom::cli

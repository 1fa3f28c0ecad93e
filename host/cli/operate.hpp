// Operate: the commands that ask a running host by its admin API and print what it says. Each gives the exit
// code: 0 good, 1 failed, 2 wrong input. [control]
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/where.hpp"

namespace evloom::cli {

int ask_status(const RemoteOptions& options);
int ask_plan(const RemoteOptions& options, bool discard_swaps);
int ask_reload(const RemoteOptions& options, bool discard_swaps);
int ask_swap(const RemoteOptions& options, const std::string& instance, const std::filesystem::path& file);
int ask_rollback(const RemoteOptions& options);
int ask_drain(const RemoteOptions& options, bool on);
// All changes, or the one of that number.
int ask_history(const RemoteOptions& options, std::optional<std::uint64_t> number);

}  // namespace evloom::cli

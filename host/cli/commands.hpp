// The command line: its commands and their exit codes. [control]
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace evloom::cli {

// What the process ends with.
inline constexpr int kGood = 0;
inline constexpr int kFailed = 1;      // the command was understood, but could not be carried out
inline constexpr int kWrongInput = 2;  // the command line, the configuration or a file given is wrong

// Parses the arguments and carries out the command; gives the exit code.
int run_command_line(int argc, char** argv);

// The commands, one file each.
int run(const std::filesystem::path& config);
int check(const std::filesystem::path& config);
int inspect(const std::filesystem::path& file, bool json);
int config_schema(const std::vector<std::filesystem::path>& plugins);
int config_reference(const std::vector<std::filesystem::path>& plugins);
int config_dump(const std::filesystem::path& config);
struct PluginCheckOptions {
  std::filesystem::path file;
  std::filesystem::path config;
  std::filesystem::path from;
  std::vector<std::string> only;
  std::uint64_t seed = 0;  // 0: any
  std::chrono::milliseconds timeout{10'000};
  bool list = false;
  bool json = false;
};
int plugin_check(const PluginCheckOptions& options);
int plugin_trial();  // for plugin_check itself: check/conformance.hpp
int preflight();     // for the host itself: epoch/preflight.hpp

}  // namespace evloom::cli

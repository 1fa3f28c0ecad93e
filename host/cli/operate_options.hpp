// OperateOptions: the commands of operate.hpp on the command line: their names, options and help. [control]
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/where.hpp"

namespace CLI {
class App;
}

namespace evloom::cli {

class OperateOptions {
 public:
  // Adds the commands; `app` writes into this object when it parses.
  explicit OperateOptions(CLI::App& app);
  OperateOptions(const OperateOptions&) = delete;
  OperateOptions& operator=(const OperateOptions&) = delete;

  // Carries out the one that was given, if it is one of these; its exit code.
  std::optional<int> run() const;

 private:
  CLI::App* add(CLI::App& app, const char* name, const char* help);

  RemoteOptions remote_;
  bool discard_swaps_ = false;
  bool off_ = false;
  std::string instance_;
  std::filesystem::path file_;
  std::optional<std::uint64_t> number_;
  CLI::App *status_, *plan_, *reload_, *swap_, *rollback_, *drain_, *history_;
};

}  // namespace evloom::cli

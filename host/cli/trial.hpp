// Trial: a host of two loops without HTTP, in which one instance after the other lives its whole life: load,
// create, start, a self-test, stop, destroy, unload. Used by `evloom preflight` alone. [control]
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "check/stage.hpp"
#include "config/config.hpp"
#include "plugin/instance.hpp"
#include "plugin/vault.hpp"

namespace evloom::cli {

class Trial {
 public:
  // Called before each step.
  using Announce = std::function<void(const std::string& instance, const char* step)>;

  static Result<std::unique_ptr<Trial>> prepare(std::shared_ptr<plugin::Vault> vault, Announce announce);

  // Tries one instance, made from `file`. What it must not share with a living one lies below `scratch`. No
  // step has a limit of its own: whoever started this process has.
  Status run(const config::Instance& config, const std::filesystem::path& file,
             const std::filesystem::path& scratch);

  // What was found that keeps no instance from serving.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Trial(std::shared_ptr<plugin::Vault> vault, Announce announce);
  Status live(std::shared_ptr<plugin::Instance> instance);
  Status test(plugin::Instance& instance);

  std::shared_ptr<plugin::Vault> vault_;
  Announce announce_;
  std::vector<std::string> warnings_;
  std::unique_ptr<check::Stage> stage_;
};

}  // namespace evloom::cli

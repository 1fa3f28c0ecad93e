// Stage: a host of some loops without HTTP, on which instances live for a trial. Its log is silent. [control]
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "loop/loop.hpp"
#include "loop/pool.hpp"
#include "loop/workers.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "plugin/host_context.hpp"
#include "plugin/services.hpp"

namespace evloom::check {

// For what an instance is given as long as it takes: the process of the check has a limit of its own.
inline constexpr std::chrono::hours kNoLimit{24};

class Stage {
 public:
  static Result<std::unique_ptr<Stage>> set(std::uint32_t loops);

  loop::Pool& pool() { return *pool_; }
  plugin::HostContext& context() { return *context_; }

 private:
  explicit Stage(std::uint32_t loops);

  std::unique_ptr<observe::Log> log_;
  observe::Registry metrics_;
  std::unique_ptr<loop::Pool> pool_;
  loop::Workers workers_;
  plugin::Services services_;
  plugin::SlotNumbers slots_{loop::Loop::kSlots};
  std::unique_ptr<plugin::HostContext> context_;
};

}  // namespace evloom::check

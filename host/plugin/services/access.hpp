// Access: how the host's functions for plugins reach into an Instance, and the checks that all of them make.
// A plugin that breaks a rule is answered with a status, counted and logged; nothing it passes is trusted.
#pragma once

#include "evloom/abi/base.h"
#include "evloom/abi/host.h"

#include "loop/loop.hpp"
#include "loop/pool.hpp"
#include "plugin/instance.hpp"
#include "plugin/services/config.hpp"

namespace evloom::plugin {

struct Access {
  using Cell = Instance::Cell;

  static const void* get_interface(const evl_host* host, const char* id) noexcept;

  // The host's loop behind what a plugin passed as its loop, when the call comes from that loop's own thread;
  // else null, and the instance is blamed for it. `what` is the name of the function.
  static loop::Loop* own_loop(Instance& instance, evl_loop* loop, const char* what) noexcept {
    loop::Loop* const current = loop::Loop::current();
    if (current && current == loop) return current;
    instance.misbehaved(loop ? Misbehaviour::wrong_thread : Misbehaviour::bad_argument,
                        off_loop_text(what, loop != nullptr));
    return nullptr;
  }

  static Cell& cell(Instance& instance, const loop::Loop& loop) { return instance.cells_[loop.index()]; }
  static std::uint32_t loops(const Instance& instance) { return instance.loops_; }
  static bool creating(const Instance& instance) { return instance.creating_; }
  static bool closed(const Instance& instance) { return instance.closed_.load(); }
  static observe::MetricGroup& metrics(Instance& instance) { return instance.metrics_; }
  static std::vector<Instance::Series>& series(Instance& instance) { return instance.series_; }

  // Cancels what a stopped instance left on the loop of `cell`, and blames it. services/timer.cpp
  static void drop_timers(Cell& cell) noexcept;
};

// The tables, one per file of this folder.
extern const struct evl_log kLogService;
extern const struct evl_loop_access kLoopService;
extern const struct evl_timers kTimerService;
extern const struct evl_workers kWorkService;
extern const struct evl_metrics kMetricsService;

}  // namespace evloom::plugin

// Access: how the host's functions for plugins reach into an Instance; what they check, and what they make of
// a plugin that breaks a rule, is in tables.hpp. Each file of this folder has the functions of one interface.
#pragma once

#include "evloom/abi/base.h"
#include "evloom/abi/host.h"

#include "loop/loop.hpp"
#include "loop/pool.hpp"
#include "plugin/instance.hpp"
#include "plugin/services/config.hpp"
#include "plugin/services/tables.hpp"

namespace evloom::plugin {

struct Access {
  using Cell = Instance::Cell;

  static const void* get_interface(const evl_host* host, const char* id) noexcept;

  // ---- the Side of tables.hpp
  static Instance* instance(const evl_host* host) { return Instance::of(host); }
  static loop::Loop* here(const Instance&, evl_loop* raw) {
    loop::Loop* const current = loop::Loop::current();
    return current == raw ? current : nullptr;
  }
  static bool runs_on(const Instance& instance, const loop::Loop& loop) {
    return instance.cells_[loop.index()].on;
  }
  static bool log_enabled(const Instance& instance, evl_log_level level);
  static void log(Instance& instance, evl_log_level level, std::string_view text);
  static void log_fault(Instance& instance, evl_log_level level, std::string_view key, std::string_view text);
  static void post(Instance& instance, evl_loop* loop, evl_message* message);
  static evl_timer* start_timer(Instance& instance, loop::Loop& loop, std::int64_t delay, void (*fire)(void*),
                                void* context);
  static void cancel_timer(evl_timer& timer);
  static bool submit_work(Instance& instance, loop::Loop& loop, evl_work* work);
  static bool creating(const Instance& instance) { return instance.creating_; }
  static std::size_t series(const Instance& instance);
  static Status add_series(Instance& instance, const std::string& name, const char* help, bool is_counter);
  // False: it is a counter, which cannot go down.
  static bool add(Instance& instance, const loop::Loop& loop, std::size_t index, std::int64_t amount);

  static Cell& cell(Instance& instance, const loop::Loop& loop) { return instance.cells_[loop.index()]; }
  // Cancels what a stopped instance left on the loop of `cell`, and blames it. services/timer.cpp
  static void drop_timers(Cell& cell) noexcept;
};

// The tables, one per file of this folder.
extern const evl_log kLogService;
extern const evl_loop_access kLoopService;
extern const evl_timers kTimerService;
extern const evl_workers kWorkService;
extern const evl_metrics kMetricsService;

}  // namespace evloom::plugin

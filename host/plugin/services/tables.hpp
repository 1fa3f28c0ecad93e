// The host's functions for plugins that concern no request ("evloom.host.log/1", .timer/1, .work/1,
// .metrics/1): what they check, and what they say to whoever calls them wrongly. `Side` is the host: its
// instances and loops, all static; Access is that of this host, the SDK's test kit has another. Nothing a
// plugin passes is trusted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "evloom/abi/log.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/metrics.h"
#include "evloom/abi/timer.h"
#include "evloom/abi/work.h"
#include "evloom/base.hpp"

#include "plugin/call.hpp"
#include "plugin/misbehaviour.hpp"

namespace evloom::plugin {

// The host's loop behind what a plugin passed as its loop, when the call comes from that loop's own thread;
// else null, and the instance is blamed for it. `what` is the name of the function.
template <typename Side, typename Instance>
auto* own_loop(Instance& instance, evl_loop* raw, const char* what) {
  auto* const loop = Side::here(instance, raw);
  if (!loop) {
    instance.misbehaved(
        raw ? Misbehaviour::wrong_thread : Misbehaviour::bad_argument,
        std::string(what) + (raw ? " called off the loop that it names" : " called without a loop"));
  }
  return loop;
}

// Whether the instance runs on that loop; if not, it is blamed.
template <typename Side, typename Instance, typename Loop>
bool runs_on(Instance& instance, const Loop& loop, const char* what) {
  if (Side::runs_on(instance, loop)) return true;
  instance.misbehaved(Misbehaviour::wrong_state,
                      std::string(what) + ": the instance does not run on this loop");
  return false;
}

// Any thread.
template <typename Side>
class LogTable {
  static std::int32_t enabled(const evl_host* host, evl_log_level level) noexcept {
    auto* const instance = Side::instance(host);
    return instance && Side::log_enabled(*instance, level) ? 1 : 0;
  }

  static void write(const evl_host* host, evl_log_level level, evl_bytes text) noexcept {
    auto* const instance = Side::instance(host);
    if (instance && checked(*instance, readable(text))) Side::log(*instance, level, evl::view(text));
  }

  static void fault(const evl_host* host, evl_log_level level, evl_bytes key, evl_bytes text) noexcept {
    auto* const instance = Side::instance(host);
    if (instance && checked(*instance, readable(text) && readable(key)))
      Side::log_fault(*instance, level, evl::view(key), evl::view(text));
  }

  template <typename Instance>
  static bool checked(Instance& instance, bool good) {
    if (!good) instance.misbehaved(Misbehaviour::bad_argument, "log: a text that is no text");
    return good;
  }

 public:
  static constexpr evl_log kTable = {sizeof(evl_log), &enabled, &write, &fault};
};

// evl_loop_access::post; the rest of that table has nothing to check. Any thread.
template <typename Side>
void post(const evl_host* host, evl_loop* loop, evl_message* message) noexcept {
  auto* const instance = Side::instance(host);
  if (!instance) return;
  if (!loop || !message || !message->run) {
    return instance->misbehaved(Misbehaviour::bad_argument,
                                "post: no loop, no message, or no function to run");
  }
  Side::post(*instance, loop, message);
}
inline constexpr const char* kPostedTooLate = "post: the instance was stopped; the message is not run";

template <typename Side>
class TimerTable {
  static constexpr std::int64_t kLongest = std::int64_t{365} * 24 * 3600 * 1'000'000'000;  // a year

  static evl_timer* start(const evl_host* host, evl_loop* raw, std::int64_t delay, void (*fire)(void*),
                          void* context) noexcept {
    auto* const instance = Side::instance(host);
    if (!instance) return nullptr;
    auto* const loop = own_loop<Side>(*instance, raw, "timer");
    if (!loop) return nullptr;
    if (!fire) {
      instance->misbehaved(Misbehaviour::bad_argument, "timer: no function to call");
      return nullptr;
    }
    if (!runs_on<Side>(*instance, *loop, "timer")) return nullptr;
    return Side::start_timer(*instance, *loop, std::clamp<std::int64_t>(delay, 0, kLongest), fire, context);
  }

  static void cancel(evl_timer* timer) noexcept {
    if (timer) Side::cancel_timer(*timer);
  }

 public:
  static constexpr evl_timers kTable = {sizeof(evl_timers), &start, &cancel};
};

template <typename Side>
class WorkTable {
  static evl_status submit(const evl_host* host, evl_loop* raw, evl_work* work) noexcept {
    auto* const instance = Side::instance(host);
    if (!instance) return EVL_E_INVALID;
    if (!work || !work->run || !work->done) {
      instance->misbehaved(Misbehaviour::bad_argument,
                           "work: nothing to run, or nobody to tell when it is done");
      return EVL_E_INVALID;
    }
    auto* const loop = own_loop<Side>(*instance, raw, "work");
    if (!loop) return raw ? EVL_E_STATE : EVL_E_INVALID;
    if (!runs_on<Side>(*instance, *loop, "work")) return EVL_E_STATE;
    return Side::submit_work(*instance, *loop, work) ? EVL_OK : EVL_E_OVERLOADED;
  }

 public:
  static constexpr evl_workers kTable = {sizeof(evl_workers), &submit};
};

// Series are registered inside create and counted on the loops: an evl_metric is the place in a list that
// does not change any more by then, from 1 on, so that a metric that was never set is none.
template <typename Side>
class MetricsTable {
  static constexpr std::size_t kMost = 256;  // of one instance
  static constexpr std::string_view kTotal = "_total";

  static bool valid(std::string_view name) {
    return !name.empty() && name.size() <= 100 &&
           std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  }

  static evl_status register_one(const evl_host* host, const char* raw_name, const char* help,
                                 evl_metric* metric, bool is_counter) noexcept {
    auto* const instance = Side::instance(host);
    if (!instance) return EVL_E_INVALID;
    const std::string name = raw_name ? raw_name : "";
    const auto refuse = [&](Misbehaviour kind, evl_status status, const std::string& why) {
      instance->misbehaved(kind, "metric '" + name + "': " + why);
      return status;
    };
    if (!Side::creating(*instance))
      return refuse(Misbehaviour::wrong_state, EVL_E_STATE, "registered outside create");
    if (!metric || !valid(name))
      return refuse(Misbehaviour::bad_argument, EVL_E_INVALID, "the name is not [a-z_]+");
    if (is_counter != (name.size() > kTotal.size() && name.ends_with(kTotal)))
      return refuse(Misbehaviour::bad_argument, EVL_E_INVALID, "counters end in _total, gauges do not");
    if (Side::series(*instance) == kMost) return refuse(Misbehaviour::bad_argument, EVL_E_LIMIT, "too many");
    if (const auto made = Side::add_series(*instance, name, help ? help : "", is_counter); !made)
      return refuse(Misbehaviour::bad_argument, EVL_E_INVALID, made.error().message);
    *metric = static_cast<evl_metric>(Side::series(*instance));
    return EVL_OK;
  }

  static evl_status counter(const evl_host* host, const char* name, const char* help,
                            evl_metric* metric) noexcept {
    return register_one(host, name, help, metric, true);
  }
  static evl_status gauge(const evl_host* host, const char* name, const char* help,
                          evl_metric* metric) noexcept {
    return register_one(host, name, help, metric, false);
  }

  static void add(const evl_host* host, evl_loop* raw, evl_metric metric, std::int64_t amount) noexcept {
    auto* const instance = Side::instance(host);
    if (!instance) return;
    auto* const loop = own_loop<Side>(*instance, raw, "metric");
    if (!loop) return;
    if (metric == 0 || metric > Side::series(*instance))
      return instance->misbehaved(Misbehaviour::bad_argument, "metric: a number that was not given out");
    if (!Side::add(*instance, *loop, metric - 1, amount))
      instance->misbehaved(Misbehaviour::bad_argument, "metric: a counter cannot go down");
  }

 public:
  static constexpr evl_metrics kTable = {sizeof(evl_metrics), &counter, &gauge, &add};
};

}  // namespace evloom::plugin

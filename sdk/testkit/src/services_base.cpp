// "evloom.host.log/1", ".loop/1", ".timer/1", ".work/1" and ".metrics/1": with the checks and words of
// host/plugin/services.
#include <algorithm>
#include <limits>
#include <new>
#include <string>

#include "evloom/base.hpp"

#include "instance.hpp"
#include "services.hpp"

namespace evl::testkit {

namespace {

constexpr std::int64_t kLongest = std::int64_t{365} * 24 * 3600 * 1'000'000'000;  // a year
constexpr std::size_t kMaxSeries = 256;
constexpr std::string_view kTotal = "_total";

using evloom::plugin::readable;

// ---- log

std::int32_t enabled(const evl_host* host, evl_log_level level) noexcept {
  InstanceImpl* const instance = InstanceImpl::of(host);
  return instance && level >= instance->core().options.log_level ? 1 : 0;
}

void fault(const evl_host* host, evl_log_level level, evl_bytes key, evl_bytes text) noexcept {
  InstanceImpl* const instance = InstanceImpl::of(host);
  if (!instance) return;
  if (!readable(text) || !readable(key))
    return instance->misbehaved(Breach::bad_argument, "log: a text that is no text");
  instance->core().note(level, instance->name(), std::string(view(key)), view(text));
}

void write(const evl_host* host, evl_log_level level, evl_bytes text) noexcept {
  fault(host, level, evl_bytes{}, text);
}

// ---- loops and messages

std::uint32_t count(const evl_host* host) noexcept {
  InstanceImpl* const instance = InstanceImpl::of(host);
  return instance ? instance->core().scheduler.loops() : 0;
}

std::uint32_t index(const evl_loop* loop) noexcept {
  return loop ? Loop::of(loop).index : std::numeric_limits<std::uint32_t>::max();
}

event_base* base(evl_loop* loop) noexcept {
  if (!loop || !Loop::of(loop).scheduler->on(loop)) return nullptr;
  return Loop::of(loop).scheduler->base(Loop::of(loop));
}

std::int64_t now(evl_loop* loop) noexcept { return loop ? Loop::of(loop).scheduler->now() : 0; }

void on_message(void* raw) {
  auto* const message = static_cast<evl_message*>(raw);
  auto* const instance = static_cast<InstanceImpl*>(message->reserved[0]);
  evl_loop* const loop = instance->core().scheduler.current()->raw();
  instance->messages.fetch_sub(1);
  instance->call("a message or piece of work", [&] { message->run(message, loop); });
  instance->unpin();
}

void post(const evl_host* host, evl_loop* loop, evl_message* message) noexcept {
  InstanceImpl* const instance = InstanceImpl::of(host);
  if (!instance) return;
  if (!loop || !message || !message->run) {
    return instance->misbehaved(Breach::bad_argument, "post: no loop, no message, or no function to run");
  }
  if (instance->closed()) {
    return instance->misbehaved(Breach::wrong_state,
                                "post: the instance was stopped; the message is not run");
  }
  message->reserved[0] = instance;
  instance->pin();
  instance->messages.fetch_add(1);
  instance->core().scheduler.post(Loop::of(loop), &on_message, message);
}

// ---- timers

evl_timer* start_timer(const evl_host* host, evl_loop* raw, std::int64_t delay, void (*fire)(void*),
                       void* context) noexcept {
  InstanceImpl* const instance = InstanceImpl::of(host);
  if (!instance) return nullptr;
  Loop* const loop = instance->own_loop(raw, "timer");
  if (!loop) return nullptr;
  if (!fire) {
    instance->misbehaved(Breach::bad_argument, "timer: no function to call");
    return nullptr;
  }
  if (!instance->runs_on(*loop)) {
    instance->misbehaved(Breach::wrong_state, "timer: the instance does not run on this loop");
    return nullptr;
  }
  return instance->start_timer(*loop, std::clamp<std::int64_t>(delay, 0, kLongest), fire, context)->raw();
}

void cancel_timer(evl_timer* timer) noexcept {
  if (timer) InstanceImpl::cancel_timer(TimerImpl::of(timer));
}

// ---- work

evl_status submit_work(const evl_host* host, evl_loop* raw, evl_work* work) noexcept {
  InstanceImpl* const instance = InstanceImpl::of(host);
  if (!instance) return EVL_E_INVALID;
  if (!work || !work->run || !work->done) {
    instance->misbehaved(Breach::bad_argument, "work: nothing to run, or nobody to tell when it is done");
    return EVL_E_INVALID;
  }
  Loop* const loop = instance->own_loop(raw, "work");
  if (!loop) return raw ? EVL_E_STATE : EVL_E_INVALID;
  if (!instance->runs_on(*loop)) {
    instance->misbehaved(Breach::wrong_state, "work: the instance does not run on this loop");
    return EVL_E_STATE;
  }
  return instance->core().submit_work(*instance, *loop, work);
}

// ---- metrics

bool valid(std::string_view name) {
  return !name.empty() && name.size() <= 100 &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

evl_status add_series(const evl_host* host, const char* raw_name, evl_metric* metric, bool gauge) noexcept {
  InstanceImpl* const instance = InstanceImpl::of(host);
  if (!instance) return EVL_E_INVALID;
  const std::string name = raw_name ? raw_name : "";
  const auto refuse = [&](Breach kind, evl_status status, const std::string& why) {
    instance->misbehaved(kind, "metric '" + name + "': " + why);
    return status;
  };
  if (!instance->creating()) return refuse(Breach::wrong_state, EVL_E_STATE, "registered outside create");
  if (!metric || !valid(name)) return refuse(Breach::bad_argument, EVL_E_INVALID, "the name is not [a-z_]+");
  const bool total =
      name.size() > kTotal.size() && std::string_view(name).substr(name.size() - kTotal.size()) == kTotal;
  if (gauge == total)
    return refuse(Breach::bad_argument, EVL_E_INVALID, "counters end in _total, gauges do not");
  if (instance->series.size() == kMaxSeries) return refuse(Breach::bad_argument, EVL_E_LIMIT, "too many");
  for (const InstanceImpl::Series& one : instance->series)
    if (one.name == name) return refuse(Breach::bad_argument, EVL_E_INVALID, "it was registered before");
  instance->series.push_back({name, gauge, 0});
  *metric = static_cast<evl_metric>(instance->series.size());  // from 1: a metric that was never set is none
  return EVL_OK;
}

evl_status counter(const evl_host* host, const char* name, const char*, evl_metric* metric) noexcept {
  return add_series(host, name, metric, false);
}
evl_status gauge(const evl_host* host, const char* name, const char*, evl_metric* metric) noexcept {
  return add_series(host, name, metric, true);
}

void add(const evl_host* host, evl_loop* raw, evl_metric metric, std::int64_t amount) noexcept {
  InstanceImpl* const instance = InstanceImpl::of(host);
  if (!instance || !instance->own_loop(raw, "metric")) return;
  if (metric == 0 || metric > instance->series.size())
    return instance->misbehaved(Breach::bad_argument, "metric: a number that was not given out");
  InstanceImpl::Series& one = instance->series[metric - 1];
  if (!one.gauge && amount < 0)
    return instance->misbehaved(Breach::bad_argument, "metric: a counter cannot go down");
  one.value += amount;
}

}  // namespace

const evl_log kLog = {sizeof(evl_log), &enabled, &write, &fault};
const evl_loop_access kLoops = {sizeof(evl_loop_access), &count, &index, &base, &now, &post};
const evl_timers kTimers = {sizeof(evl_timers), &start_timer, &cancel_timer};
const evl_workers kWorkers = {sizeof(evl_workers), &submit_work};
const evl_metrics kMetrics = {sizeof(evl_metrics), &counter, &gauge, &add};

}  // namespace evl::testkit

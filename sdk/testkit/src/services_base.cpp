// "evloom.host.log/1", ".loop/1", ".timer/1", ".work/1" and ".metrics/1": the tables of host/plugin/services,
// over the instances and loops of the kit.
#include <limits>
#include <string>

#include "evloom/base.hpp"

#include "instance.hpp"
#include "plugin/services/tables.hpp"
#include "services.hpp"

namespace evl::testkit {

namespace {

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

struct BaseSide {
  static InstanceImpl* instance(const evl_host* host) { return InstanceImpl::of(host); }
  static Loop* here(InstanceImpl& instance, evl_loop* raw) {
    return instance.core().scheduler.on(raw) ? &Loop::of(raw) : nullptr;
  }
  static bool runs_on(const InstanceImpl& instance, const Loop& loop) { return instance.runs_on(loop); }

  static bool log_enabled(const InstanceImpl& instance, evl_log_level level) {
    return level >= instance.core().options.log_level;
  }
  static void log(InstanceImpl& instance, evl_log_level level, std::string_view text) {
    instance.core().note(level, instance.name(), {}, text);
  }
  static void log_fault(InstanceImpl& instance, evl_log_level level, std::string_view key,
                        std::string_view text) {
    instance.core().note(level, instance.name(), std::string(key), text);
  }

  static void post(InstanceImpl& instance, evl_loop* loop, evl_message* message) {
    if (instance.closed()) return instance.misbehaved(Breach::wrong_state, evloom::plugin::kPostedTooLate);
    message->reserved[0] = &instance;
    instance.pin();
    instance.messages.fetch_add(1);
    instance.core().scheduler.post(Loop::of(loop), &on_message, message);
  }

  static evl_timer* start_timer(InstanceImpl& instance, Loop& loop, std::int64_t delay, void (*fire)(void*),
                                void* context) {
    return instance.start_timer(loop, delay, fire, context)->raw();
  }
  static void cancel_timer(evl_timer& timer) { InstanceImpl::cancel_timer(TimerImpl::of(&timer)); }

  static bool submit_work(InstanceImpl& instance, Loop& loop, evl_work* work) {
    return instance.core().submit_work(instance, loop, work);
  }

  static bool creating(const InstanceImpl& instance) { return instance.creating(); }
  static std::size_t series(const InstanceImpl& instance) { return instance.series.size(); }
  static evloom::Status add_series(InstanceImpl& instance, const std::string& name, const char*,
                                   bool is_counter) {
    for (const InstanceImpl::Series& one : instance.series)
      if (one.name == name) return evloom::Error{"it was registered before"};
    instance.series.push_back({name, !is_counter, 0});
    return {};
  }
  static bool add(InstanceImpl& instance, const Loop&, std::size_t index, std::int64_t amount) {
    InstanceImpl::Series& one = instance.series[index];
    if (!one.gauge && amount < 0) return false;
    one.value += amount;
    return true;
  }
};

}  // namespace

const evl_log kLog = evloom::plugin::LogTable<BaseSide>::kTable;
const evl_loop_access kLoops = {sizeof(evl_loop_access),        &count, &index, &base, &now,
                                &evloom::plugin::post<BaseSide>};
const evl_timers kTimers = evloom::plugin::TimerTable<BaseSide>::kTable;
const evl_workers kWorkers = evloom::plugin::WorkTable<BaseSide>::kTable;
const evl_metrics kMetrics = evloom::plugin::MetricsTable<BaseSide>::kTable;

}  // namespace evl::testkit

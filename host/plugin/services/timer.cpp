// "evloom.host.timer/1": one-shot timers on a loop. Each is an event of libevent's; the loop's cell of the
// instance lists them, so that what a stopped instance left behind can be found and taken off. Its loop's
// thread only.
#include <event2/event.h>
#include <event2/event_struct.h>

#include <new>

#include "base/clock.hpp"
#include "plugin/services/access.hpp"

struct evl_timer {
  event on_loop;
  evloom::plugin::Access::Cell* cell;
  evl_timer* before;
  evl_timer* after;
  void (*fire)(void*);
  void* context;
  int64_t at;  // monotonic, in nanoseconds
};

namespace evloom::plugin {

namespace {

void link(evl_timer& timer) {
  timer.before = nullptr;
  timer.after = timer.cell->timers;
  if (timer.after) timer.after->before = &timer;
  timer.cell->timers = &timer;
}

bool arm(evl_timer& timer, int64_t delay) {
  const timeval after{delay / 1'000'000'000, static_cast<suseconds_t>(delay % 1'000'000'000 / 1000)};
  return event_add(&timer.on_loop, &after) == 0;
}

// Takes the timer off its list and its loop, and frees it.
void remove(evl_timer* timer) {
  (timer->before ? timer->before->after : timer->cell->timers) = timer->after;
  if (timer->after) timer->after->before = timer->before;
  event_del(&timer->on_loop);
  delete timer;
}

void on_event(evutil_socket_t, short, void* argument) {
  auto* const timer = static_cast<evl_timer*>(argument);
  // libevent reckons from the beginning of the loop's turn, by a coarse clock: that may be early.
  if (const int64_t left = timer->at - monotonic_ns(); left > 0 && arm(*timer, left + 999)) return;
  Instance& instance = *timer->cell->owner;
  const auto fire = timer->fire;
  void* const context = timer->context;
  remove(timer);
  instance.call("a timer", [&] { fire(context); });
}

}  // namespace

evl_timer* Access::start_timer(Instance& instance, loop::Loop& loop, int64_t delay, void (*fire)(void*),
                               void* context) {
  auto* const timer = new (std::nothrow)
      evl_timer{{}, &cell(instance, loop), nullptr, nullptr, fire, context, monotonic_ns() + delay};
  if (!timer) return nullptr;
  if (event_assign(&timer->on_loop, loop.base(), -1, 0, &on_event, timer) != 0 || !arm(*timer, delay)) {
    delete timer;
    return nullptr;
  }
  link(*timer);
  return timer;
}

void Access::cancel_timer(evl_timer& timer) { remove(&timer); }

void Access::drop_timers(Cell& cell) noexcept {
  std::size_t left = 0;
  for (; cell.timers; ++left) remove(cell.timers);
  if (left != 0) cell.owner->misbehaved(Misbehaviour::left_behind, timers_left_text(left));
}

const evl_timers kTimerService = TimerTable<Access>::kTable;

}  // namespace evloom::plugin

// "evloom.host.timer/1": one-shot timers on a loop. Each is an event of libevent's; the loop's cell of the
// instance lists them, so that what a stopped instance left behind can be found and taken off. Its loop's
// thread only.
#include "evloom/abi/timer.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include <algorithm>
#include <memory>
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

constexpr int64_t kLongest = int64_t{365} * 24 * 3600 * 1'000'000'000;  // a year, for all that ask for more

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

evl_timer* start(const evl_host* host, evl_loop* raw, int64_t delay, void (*fire)(void*),
                 void* context) noexcept {
  Instance* const instance = Instance::of(host);
  if (!instance) return nullptr;
  loop::Loop* const loop = Access::own_loop(*instance, raw, "timer");
  if (!loop) return nullptr;
  if (!fire) {
    instance->misbehaved(Misbehaviour::bad_argument, "timer: no function to call");
    return nullptr;
  }
  auto& cell = Access::cell(*instance, *loop);
  if (!cell.on) {
    instance->misbehaved(Misbehaviour::wrong_state, "timer: the instance does not run on this loop");
    return nullptr;
  }
  delay = std::clamp<int64_t>(delay, 0, kLongest);
  auto* const timer =
      new (std::nothrow) evl_timer{{}, &cell, nullptr, nullptr, fire, context, monotonic_ns() + delay};
  if (!timer) return nullptr;
  if (event_assign(&timer->on_loop, loop->base(), -1, 0, &on_event, timer) != 0 || !arm(*timer, delay)) {
    delete timer;
    return nullptr;
  }
  link(*timer);
  return timer;
}

void cancel(evl_timer* timer) noexcept {
  if (timer) remove(timer);
}

}  // namespace

void Access::drop_timers(Cell& cell) noexcept {
  std::size_t left = 0;
  for (; cell.timers; ++left) remove(cell.timers);
  if (left != 0) cell.owner->misbehaved(Misbehaviour::left_behind, timers_left_text(left));
}

const evl_timers kTimerService = {sizeof(evl_timers), &start, &cancel};

}  // namespace evloom::plugin

#include "scheduler.hpp"

#include <event2/event.h>

#include <algorithm>
#include <utility>

#include "evloom/testkit/records.hpp"

namespace evl::testkit {

Scheduler::Scheduler(std::uint32_t loops, std::uint64_t seed, std::function<void()> after_turn)
    : shuffled_(seed != 0), random_(seed), after_turn_(std::move(after_turn)) {
  if (loops == 0) throw Refused("a host has at least one loop");
  for (std::uint32_t i = 0; i <= loops; ++i) {
    loops_.push_back(std::make_unique<Loop>());
    loops_.back()->scheduler = this;
    loops_.back()->index = i;
  }
  loops_.back()->worker = true;
}

Scheduler::~Scheduler() {
  for (const auto& loop : loops_)
    if (loop->base) event_base_free(loop->base);
}

event_base* Scheduler::base(Loop& loop) {
  if (!loop.base) loop.base = event_base_new();
  return loop.base;
}

void Scheduler::post(Loop& loop, void (*function)(void*), void* object) {
  if (std::this_thread::get_id() == home_) return queue(loop, function, object);
  const std::lock_guard lock(mutex_);
  posted_.push_back({&loop, {function, object, 0}});
  arrived_.notify_one();
}

void Scheduler::take_posted() {
  std::vector<Posted> taken;
  {
    const std::lock_guard lock(mutex_);
    if (posted_.empty()) return;
    taken.swap(posted_);
  }
  for (const Posted& one : taken) queue(*one.loop, one.turn.run, one.turn.object);
}

// ---- alarms: a heap by due time, in which each alarm knows its place -------------------------------------

void Scheduler::sift(std::size_t place) {
  Alarm* const alarm = heap_[place];
  while (place != 0 && before(*alarm, *heap_[(place - 1) / 2])) {
    heap_[place] = heap_[(place - 1) / 2];
    heap_[place]->place = place;
    place = (place - 1) / 2;
  }
  for (std::size_t child; (child = place * 2 + 1) < heap_.size();) {
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *alarm)) break;
    heap_[place] = heap_[child];
    heap_[place]->place = place;
    place = child;
  }
  heap_[place] = alarm;
  alarm->place = place;
}

void Scheduler::arm(Alarm& alarm, Loop& loop, std::int64_t delay) {
  disarm(alarm);
  alarm.loop = &loop;
  alarm.due = now_ + std::max<std::int64_t>(delay, 0);
  alarm.serial = ++serial_;
  alarm.place = heap_.size();
  heap_.push_back(&alarm);
  sift(alarm.place);
}

void Scheduler::disarm(Alarm& alarm) {
  if (!alarm.armed()) return;
  const std::size_t place = std::exchange(alarm.place, Alarm::kNowhere);
  Alarm* const last = heap_.back();
  heap_.pop_back();
  if (last == &alarm) return;
  heap_[place] = last;
  last->place = place;
  sift(place);
}

// ---- turns -----------------------------------------------------------------------------------------------

Loop* Scheduler::choose() {
  const Alarm* const alarm = heap_.empty() || heap_.front()->due > now_ ? nullptr : heap_.front();
  if (shuffled_) {
    std::size_t ready = alarm ? 1 : 0;
    for (const auto& loop : loops_) ready += loop->turns.empty() ? 0 : 1;
    if (ready == 0) return nullptr;
    std::size_t pick = random_() % ready;
    for (const auto& loop : loops_)
      if (!loop->turns.empty() && pick-- == 0) return loop.get();
    return nullptr;
  }
  Loop* first = nullptr;
  for (const auto& loop : loops_)
    if (!loop->turns.empty() && (!first || loop->turns.front().serial < first->turns.front().serial))
      first = loop.get();
  return alarm && (!first || alarm->serial < first->turns.front().serial) ? nullptr : first;
}

bool Scheduler::step() {
  if (current_) throw Refused("the host cannot be run from inside one of its turns");
  take_posted();
  if (Loop* const loop = choose()) {
    const Turn turn = loop->turns.pop();
    enter(*loop, [&] { turn.run(turn.object); });
    return true;
  }
  if (!heap_.empty() && heap_.front()->due <= now_) {
    Alarm& alarm = *heap_.front();
    disarm(alarm);
    enter(*alarm.loop, [&] { alarm.fire(alarm); });
    return true;
  }
  return false;
}

bool Scheduler::ready() const {
  return (!heap_.empty() && heap_.front()->due <= now_) ||
         std::any_of(loops_.begin(), loops_.end(), [](const auto& loop) { return !loop->turns.empty(); });
}

std::size_t Scheduler::run() {
  std::size_t turns = 0;
  do {
    while (step())
      if (++turns == kEndless) throw Refused("the host had a million turns without coming to rest");
    poll_bases();
    take_posted();
  } while (ready());
  return turns;
}

void Scheduler::poll_bases() {
  for (const auto& loop : loops_)
    if (loop->base) enter(*loop, [&] { event_base_loop(loop->base, EVLOOP_NONBLOCK); });
}

void Scheduler::advance(std::int64_t time) {
  run();
  const std::int64_t end = now_ + std::max<std::int64_t>(time, 0);
  while (!heap_.empty() && heap_.front()->due <= end) {
    now_ = std::max(now_, heap_.front()->due);
    run();
  }
  now_ = end;
  run();
}

bool Scheduler::wait(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    run();
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::milliseconds(1), [&] { return !posted_.empty(); });
  }
}

}  // namespace evl::testkit

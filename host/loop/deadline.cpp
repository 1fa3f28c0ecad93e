#include "loop/deadline.hpp"

#include <event2/event.h>

#include <algorithm>
#include <limits>

#include "base/clock.hpp"

namespace evloom::loop {

namespace {

constexpr std::int64_t kGranularity = 10'000'000;  // the timer fires at most every 10 ms

}  // namespace

void Deadline::disarm() {
  if (!queue_) return;
  queue_->unlink(*this);
  queue_ = nullptr;
}

void DeadlineQueue::EventDeleter::operator()(event* e) const { event_free(e); }

DeadlineQueue::DeadlineQueue(event_base* base) : timer_(evtimer_new(base, &DeadlineQueue::on_timer, this)) {}

DeadlineQueue::~DeadlineQueue() {
  for (List& list : lists_)
    while (list.first) list.first->disarm();
}

bool DeadlineQueue::empty() const {
  return std::all_of(lists_.begin(), lists_.end(), [](const List& list) { return list.first == nullptr; });
}

void DeadlineQueue::arm(Deadline& deadline, std::size_t kind, std::int64_t delay) {
  deadline.disarm();
  const std::int64_t now = monotonic_ns();
  deadline.queue_ = this;
  deadline.kind_ = kind;
  deadline.at_ = now + delay;

  List& list = lists_[kind];
  Deadline* before = list.last;
  while (before && before->at_ > deadline.at_) before = before->before_;
  Deadline* after = before ? before->after_ : list.first;
  deadline.before_ = before;
  deadline.after_ = after;
  (before ? before->after_ : list.first) = &deadline;
  (after ? after->before_ : list.last) = &deadline;

  // Never put off: whoever arms short deadlines again and again must not keep the others from expiring.
  if (timer_at_ == 0 || std::max(deadline.at_, now + kGranularity) < timer_at_) schedule(deadline.at_, now);
}

void DeadlineQueue::unlink(Deadline& deadline) {
  List& list = lists_[deadline.kind_];
  (deadline.before_ ? deadline.before_->after_ : list.first) = deadline.after_;
  (deadline.after_ ? deadline.after_->before_ : list.last) = deadline.before_;
  deadline.before_ = deadline.after_ = nullptr;
}

void DeadlineQueue::schedule(std::int64_t at, std::int64_t now) {
  timer_at_ = std::max(at, now + kGranularity);
  const std::int64_t delay = timer_at_ - now;
  const timeval tv{delay / 1'000'000'000, static_cast<suseconds_t>(delay % 1'000'000'000 / 1000)};
  event_add(timer_.get(), &tv);
}

void DeadlineQueue::on_timer(evutil_socket_t, short, void* self) {
  auto* queue = static_cast<DeadlineQueue*>(self);
  queue->timer_at_ = 0;
  const std::int64_t now = monotonic_ns();
  for (List& list : queue->lists_) {
    while (list.first && list.first->at_ <= now) {
      Deadline& due = *list.first;
      due.disarm();
      due.expire_(due.owner_);  // may arm and disarm others, and destroy `due`
    }
  }
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const List& list : queue->lists_)
    if (list.first) next = std::min(next, list.first->at_);
  if (next != std::numeric_limits<std::int64_t>::max() &&
      (queue->timer_at_ == 0 || next < queue->timer_at_)) {
    queue->schedule(next, now);
  }
}

}  // namespace evloom::loop

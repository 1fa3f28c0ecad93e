#include "loop/watchdog.hpp"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "base/clock.hpp"

namespace evloom::loop {

namespace {

constexpr std::chrono::milliseconds kLook{125};
constexpr unsigned kLooksPerQuestion = 8;

}  // namespace

struct Watchdog::Question {
  explicit Question(std::int64_t now) : asked(now) {}
  const std::int64_t asked;
  std::atomic<bool> answered{false};
};

Watchdog::Watchdog(Pool& pool, Hooks hooks)
    : pool_(pool),
      hooks_(std::make_shared<const Hooks>(std::move(hooks))),
      watched_(pool.size()),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "evloom-watch");
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  for (unsigned turn = 0; !changed_.wait_for(lock, kLook, [this] { return stop_; }); ++turn) {
    const std::int64_t now = monotonic_ns();
    for (std::uint32_t i = 0; i < pool_.size(); ++i) {
      look(i, now);
      if (turn % kLooksPerQuestion == 0) ask(i, now);
    }
  }
}

void Watchdog::look(std::uint32_t index, std::int64_t now) {
  Watched& watched = watched_[index];
  const Question* const question = watched.question.get();
  const bool turning = !question || question->answered;
  if (watched.told) {
    // Over when the loop has answered, not when the call has come to another function.
    if (!turning) return;
    watched.told = false;
    hooks_->held({index, watched.seen.who, watched.seen.what, watched.one_call, now - watched.since, true});
    watched.since = now;
  }
  const Duty::Seen seen = pool_.at(index).duty().look();
  const bool moved = std::exchange(watched.seen, seen).number != seen.number;
  if (moved) watched.since = now;
  const bool in_one_call = seen.what && now - watched.since >= kTooLong;
  if (!in_one_call && (turning || now - question->asked < kTooLong)) return;
  if (!in_one_call) watched.since = question->asked;
  watched.told = true;
  watched.one_call = in_one_call;
  hooks_->held({index, seen.who, seen.what, in_one_call, now - watched.since, false});
  ask(index, now);
}

void Watchdog::ask(std::uint32_t index, std::int64_t now) {
  Watched& watched = watched_[index];
  if (watched.question && !watched.question->answered) return;
  watched.question = std::make_shared<Question>(now);
  pool_.at(index).mailbox().call([question = watched.question, hooks = hooks_, index] {
    hooks->late(index, monotonic_ns() - question->asked);
    question->answered = true;
  });
}

}  // namespace evloom::loop

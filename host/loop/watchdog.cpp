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
  bool told = false;  // that the answer does not come
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
  const Duty::Seen seen = pool_.at(index).duty().look();
  if (seen.number != watched.seen.number) {
    const Duty::Seen before = std::exchange(watched.seen, seen);
    const std::int64_t since = std::exchange(watched.since, now);
    if (std::exchange(watched.told, false)) hooks_->held({index, before.who, before.what, now - since, true});
    return;
  }
  Question* const question = watched.question.get();
  if (seen.what) {
    watched.seen = seen;  // the names, should the first look have come between two stores
    if (watched.told || now - watched.since < kTooLong) return;
    watched.told = true;
    if (question) question->told = true;
    hooks_->held({index, seen.who, seen.what, now - watched.since, false});
  } else if (question && !question->answered && !question->told && now - question->asked >= kTooLong) {
    question->told = true;
    hooks_->held({index, nullptr, nullptr, now - question->asked, false});
  }
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

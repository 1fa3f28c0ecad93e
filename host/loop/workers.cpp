#include "loop/workers.hpp"

#include <pthread.h>

#include <new>

namespace evloom::loop {

namespace {

// While it is under way, the four reserved words of an evl_work are: an evl_message (its way back to the
// loop, whose first word is also the link of the queue) in the first three, the loop in the fourth.
struct Route {
  evl_message message;
  Loop* loop;
};
static_assert(sizeof(Route) == sizeof(evl_work::reserved) && offsetof(evl_work, reserved) == 0);

}  // namespace

Workers::Workers(std::uint32_t threads, std::uint32_t queue) : limit_(queue) {
  for (std::uint32_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(), "evloom-work");
  }
}

Workers::~Workers() {
  stop_ = true;
  available_.release(static_cast<std::ptrdiff_t>(threads_.size()));
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::submit(Loop& loop, evl_work* work, Pins* pins) {
  if (pending_.fetch_add(1, std::memory_order_relaxed) >= limit_) {
    pending_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  if (pins) pins->fetch_add(1, std::memory_order_relaxed);
  work->reserved[1] = pins;
  work->reserved[3] = &loop;
  queue_.push(new (&work->reserved[0]) Link);
  available_.release();
  return true;
}

evl_work* Workers::take() {
  std::lock_guard lock(consumers_);
  // The semaphore says that something is inside; null can only mean that another push is half done.
  for (;;) {
    if (Link* link = queue_.pop()) return reinterpret_cast<evl_work*>(link);
    if (stop_ && queue_.empty()) return nullptr;
    std::this_thread::yield();
  }
}

void Workers::run() {
  for (;;) {
    available_.acquire();
    evl_work* work = take();
    if (!work) return;
    auto* pins = static_cast<Pins*>(work->reserved[1]);
    auto* loop = static_cast<Loop*>(work->reserved[3]);
    run_pinned(pins, [&] { work->run(work); });
    pending_.fetch_sub(1, std::memory_order_relaxed);

    auto* message = new (&work->reserved[0]) evl_message{};
    message->run = [](evl_message* done, evl_loop* owner) {
      auto* finished = reinterpret_cast<evl_work*>(done);
      finished->done(finished, owner);
    };
    loop->mailbox().post(message, pins);  // raises the pin once more before ours is lowered
    if (pins) pins->fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace evloom::loop

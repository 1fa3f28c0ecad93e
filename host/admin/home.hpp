// Home: the way back to the admin loop for answers that come later and from other threads: the control
// thread's, a request loop's. Whoever owes an answer shares it, so it outlives the server; once it is closed,
// what is sent goes nowhere. Nobody waits but who closes it, and that for the length of a post.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "loop/mailbox.hpp"

namespace evloom::admin {

class Home {
 public:
  explicit Home(loop::Mailbox& mailbox) : mailbox_(mailbox) {}
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  // Has `function` called on the admin loop; drops it when the loop takes nothing any more. [any]
  template <typename F>
  void call(F function) {
    if ((inside_.fetch_add(1, std::memory_order_acquire) & kClosed) == 0) mailbox_.call(std::move(function));
    if (inside_.fetch_sub(1, std::memory_order_release) == (kClosed | 1)) inside_.notify_all();
  }

  // Nothing is posted any more once it returns; what was posted before still runs. [control]
  void close() {
    inside_.fetch_or(kClosed, std::memory_order_acq_rel);
    for (std::uint32_t seen = inside_.load(std::memory_order_acquire); seen != kClosed;
         seen = inside_.load(std::memory_order_acquire))
      inside_.wait(seen, std::memory_order_acquire);
  }

 private:
  static constexpr std::uint32_t kClosed = std::uint32_t{1} << 31;

  loop::Mailbox& mailbox_;
  std::atomic<std::uint32_t> inside_{0};  // who is about to post, and kClosed
};

}  // namespace evloom::admin

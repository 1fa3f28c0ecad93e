// Pool: the event-loop threads (libevhtp's evthr pool) and the Loop on each. Control thread only, but for
// at() and size(), which every thread may read once start has returned. The pool owns the loops.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "loop/loop.hpp"

struct evthr_pool;
struct evthr;

namespace evloom::loop {

class Pool {
 public:
  // Called on each new thread before and after everything else there; for what is the thread's own, such as
  // its log ring.
  struct ThreadHooks {
    std::function<void(std::uint32_t index)> enter;
    std::function<void(std::uint32_t index)> leave;
  };

  // Starts `threads` loops and returns when all of them turn.
  static Result<std::unique_ptr<Pool>> start(std::uint32_t threads, ThreadHooks hooks = {});

  // Stops and joins the threads; what still lies on their bases is not run any more.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  std::uint32_t size() const { return static_cast<std::uint32_t>(loops_.size()); }
  Loop& at(std::uint32_t index) { return *loops_[index]; }

  // Runs `function` on every loop and waits until all have done so. False when `timeout` passed first: then
  // some loop is held up and will run it later, so what it refers to must outlive that. [control]
  bool run_everywhere(std::function<void(Loop&)> function, std::chrono::nanoseconds timeout);

  // The same on one loop.
  bool run_on(std::uint32_t index, std::function<void(Loop&)> function, std::chrono::nanoseconds timeout);

 private:
  Pool() = default;
  static void on_init(evthr* thread, void* self);
  static void on_exit(evthr* thread, void* self);
  bool run_on_range(std::uint32_t first, std::uint32_t last, std::function<void(Loop&)> function,
                    std::chrono::nanoseconds timeout);

  struct Start;
  Start* start_ = nullptr;  // while start() waits
  ThreadHooks hooks_;
  evthr_pool* pool_ = nullptr;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace evloom::loop

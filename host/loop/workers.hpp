// Workers: threads for blocking work (disk, DNS), so that no loop ever waits. A loop submits without a lock;
// the workers share one queue, so a slow piece of work holds up nobody but itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

#include "evloom/abi/work.h"
#include "evloom/mpsc_queue.hpp"

#include "loop/loop.hpp"

namespace evloom::loop {

class Workers {
 public:
  // `queue` bounds how many pieces may wait or run at a time. [control]
  Workers(std::uint32_t threads, std::uint32_t queue);
  // Finishes what was submitted; the loops must still turn. [control]
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Has work->run called on a worker and then work->done on `loop`; `pins` is raised until then. False when
  // too much is under way: then neither is called. [loop]
  bool submit(Loop& loop, evl_work* work, Pins* pins);

 private:
  struct Link : evl::MpscNode {};

  void run();
  evl_work* take();

  const std::uint32_t limit_;
  std::atomic<std::uint32_t> pending_{0};
  std::counting_semaphore<> available_{0};
  std::mutex consumers_;  // among workers only
  evl::MpscQueue<Link> queue_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace evloom::loop

#include "loop/pool.hpp"

#include <evhtp/thread.h>

#include <atomic>
#include <latch>
#include <optional>
#include <semaphore>
#include <string>

namespace evloom::loop {

// What the threads report while start() waits for them.
struct Pool::Start {
  explicit Start(std::uint32_t threads) : ready(threads), errors(threads) {}
  std::atomic<std::uint32_t> next{0};
  std::latch ready;
  std::vector<std::optional<Error>> errors;
};

Result<std::unique_ptr<Pool>> Pool::start(std::uint32_t threads, ThreadHooks hooks) {
  std::unique_ptr<Pool> pool(new Pool);
  Start start(threads);
  pool->start_ = &start;
  pool->hooks_ = std::move(hooks);
  pool->loops_.resize(threads);
  pool->pool_ = evthr_pool_wexit_new(static_cast<int>(threads), &Pool::on_init, &Pool::on_exit, pool.get());
  if (!pool->pool_)
    return Error{"cannot make " + std::to_string(threads) + " loop threads: out of descriptors or memory"};
  if (evthr_pool_start(pool->pool_) != 0) {
    // evthr cannot join a pool of which only a part runs; the process is about to end with this error.
    pool->pool_ = nullptr;
    std::ignore = pool.release();
    return Error{"cannot start " + std::to_string(threads) +
                 " loop threads: the system refuses more threads"};
  }
  start.ready.wait();
  pool->start_ = nullptr;
  for (const auto& error : start.errors)
    if (error) return *error;
  return pool;
}

Pool::~Pool() {
  if (!pool_) return;
  evthr_pool_stop(pool_);
  evthr_pool_free(pool_);
}

void Pool::on_init(evthr* thread, void* self) {
  auto* pool = static_cast<Pool*>(self);
  Start& start = *pool->start_;
  const std::uint32_t index = start.next.fetch_add(1);
  if (pool->hooks_.enter) pool->hooks_.enter(index);
  auto loop = Loop::create(index, evthr_get_base(thread));
  if (loop) {
    pool->loops_[index] = std::move(*loop);
    evthr_set_aux(thread, pool->loops_[index].get());
  } else {
    start.errors[index] = loop.error();
  }
  start.ready.count_down();
}

void Pool::on_exit(evthr* thread, void* self) {
  auto* pool = static_cast<Pool*>(self);
  auto* loop = static_cast<Loop*>(evthr_get_aux(thread));
  if (!loop) return;
  const std::uint32_t index = loop->index();
  pool->loops_[index].reset();
  if (pool->hooks_.leave) pool->hooks_.leave(index);
}

bool Pool::run_everywhere(std::function<void(Loop&)> function, std::chrono::nanoseconds timeout) {
  return run_on_range(0, size(), std::move(function), timeout);
}

bool Pool::run_on(std::uint32_t index, std::function<void(Loop&)> function,
                  std::chrono::nanoseconds timeout) {
  return run_on_range(index, index + 1, std::move(function), timeout);
}

bool Pool::run_on_range(std::uint32_t first, std::uint32_t last, std::function<void(Loop&)> function,
                        std::chrono::nanoseconds timeout) {
  struct Round {
    std::function<void(Loop&)> function;
    std::counting_semaphore<> done{0};
  };
  // Shared, because a loop that is held up may come to it after we have given up.
  auto round = std::make_shared<Round>(std::move(function));
  for (std::uint32_t i = first; i < last; ++i) {
    Loop* loop = loops_[i].get();
    loop->mailbox().call([round, loop] {
      round->function(*loop);
      round->done.release();
    });
  }
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (std::uint32_t i = first; i < last; ++i)
    if (!round->done.try_acquire_until(until)) return false;
  return true;
}

}  // namespace evloom::loop

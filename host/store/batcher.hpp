// Batcher: the way from requests to one store backend, on one loop. While a batch is under way, what comes
// waits for the next one; when none is, it leaves once the loop has seen all that came with it, in the same
// turn, so a lone client waits for nothing. Bounded in requests waiting and in time: a backend that does not
// answer costs its own callers a failure, never the loop. It outlives its backend: while one instance gives
// way to its successor, what comes is held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "loop/event.hpp"
#include "loop/loop.hpp"
#include "observe/log.hpp"
#include "plugin/instance.hpp"
#include "store/batch.hpp"

namespace evloom::store {

class Batcher {
 public:
  struct Limits {
    std::int64_t timeout = 2'000'000'000;  // nanoseconds that one batch may take
    std::size_t waiting = 4096;            // requests that may wait
  };

  // Without a backend: nothing can be submitted yet. Throws std::bad_alloc.
  Batcher(loop::Loop& loop, const Limits& limits);
  // Ends all that is left with EVL_E_CANCELLED. The backend's thread_stop has been called: nothing of it
  // comes any more.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // `backend` offers evloom.store/1 and has been started on this loop. Nothing is to be done when it is that
  // already; another one was unbound before.
  void bind(plugin::Instance& backend);
  // The backend has been stopped here: whatever it had not answered ends as EVL_E_UNKNOWN.
  void unbind();

  // From now on what comes waits, as far as Limits::waiting goes, and nothing leaves for the backend.
  void hold() { held_ = true; }
  // What was held leaves.
  void release();

  void set_limits(const Limits& limits) { limits_ = limits; }

  // Takes copies of the operations (of stride sizeof(evl_op), checked). EVL_OK, or why nothing was done:
  // EVL_E_OVERLOADED, EVL_E_NO_SPACE. What the backend says comes by `done`.
  evl_status submit(Submission& submission, const evl_op* ops, std::size_t count);

  // Ends what waits and refuses what comes: the backend is about to be stopped.
  void close();

  // Nobody waits for an answer.
  bool idle() const { return quiet() && queue_.empty(); }
  // Nobody waits for the backend: what waits is held.
  bool quiet() const { return current_ == 0; }

  // What the backend says of itself; `why` gets the reason. EVL_E_UNAVAILABLE when there is none.
  evl_status health(evl_error& why) const;

 private:
  // The most requests of one batch, and the most batches that a backend may hold without answering.
  static constexpr std::size_t kBatch = 256;
  static constexpr std::size_t kFlying = 4;
  // The most turns of the loop that a batch waits for more to come.
  static constexpr std::size_t kTurns = 8;
  // The most bytes of operations that may wait.
  static constexpr std::size_t kWaitingBytes = std::size_t{64} << 20;

  static void on_done(void* context, evl_status status, const evl_result* results, std::size_t count);
  static void on_deadline(void* batch);
  static void on_turn(evutil_socket_t, short, void* self);  // the loop has seen all that was there
  Batch& fresh();
  void give_back(Batch& batch);
  void leave_later();
  void retry(Batch& batch, const evl_result* results);
  void flush();
  evl_status launch(Batch& batch);

  loop::Loop& loop_;
  Limits limits_;
  plugin::Instance* backend_ = nullptr;
  const evl_store_backend* table_ = nullptr;
  void* object_ = nullptr;
  void* slot_ = nullptr;
  observe::Logger logger_;
  loop::EventPtr turn_;
  bool leaving_ = false;   // turn_ is to come
  std::size_t turns_ = 0;  // that what waits has waited
  std::size_t seen_ = 0;   // waiting_ at the last of them
  bool held_ = false;
  std::size_t waiting_ = 0;        // requests in queue_
  std::size_t waiting_bytes_ = 0;  // of their operations
  bool closed_ = false;
  std::size_t flying_ = 0;                       // batches that the backend holds
  std::size_t current_ = 0;                      // of these, batches whose callers still wait
  std::deque<Batch*> queue_;                     // to be launched; only the last has room
  std::vector<Batch*> idle_;                     // for reuse
  std::vector<std::unique_ptr<Batch>> batches_;  // all; kept, so that a second `done` is recognised
  std::vector<std::unique_ptr<Batch>> lost_;     // those that a backend which has gone never let go of
};

}  // namespace evloom::store

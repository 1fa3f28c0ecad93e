// Batch: operations of many requests that go to a backend in one submit, with copies of all their bytes, so
// that it depends on no request's memory. One loop's thread; owned by its Batcher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evloom/abi/store.h"

#include "base/arena.hpp"
#include "loop/deadline.hpp"

namespace evloom::plugin {
class Instance;
}

namespace evloom::store {

class Batch;
class Batcher;

// Who is told of the end of some operations. The caller keeps it alive until `done` or until it is cancelled.
struct Submission {
  // Called exactly once after a submit that gave EVL_OK, unless cancelled; never from inside submit.
  // `results` are those of its operations alone, valid during the call, null unless `status` is EVL_OK.
  void (*done)(Submission& self, evl_status status, const evl_result* results, std::size_t count) = nullptr;

  Batch* batch = nullptr;  // the batcher's: where it waits
  std::size_t index = 0;
};

class Batch {
 public:
  Batch(Batcher& batcher, loop::Deadline::Expire expire) : batcher_(batcher), deadline_(expire, this) {}

  // Takes over operations (of stride sizeof(evl_op)) with copies of their bytes. False when memory is short.
  bool add(Submission& submission, const evl_op* ops, std::size_t count);

  // Its submission is told nothing any more; the operations are carried out all the same. [loop]
  static void cancel(Submission& submission) {
    if (submission.batch) submission.batch->shares_[submission.index].submission = nullptr;
    submission.batch = nullptr;
  }

  // Tells every submission that still waits; afterwards nobody does.
  void deliver(evl_status status, const evl_result* results);

  // Empty again, for the next use.
  void reset();

  Batcher& batcher() const { return batcher_; }
  loop::Deadline& deadline() { return deadline_; }
  const std::vector<evl_op>& ops() const { return ops_; }
  std::size_t requests() const { return shares_.size(); }
  // Of keys and items, copied.
  std::size_t bytes() const { return copied_; }

  plugin::Instance* backend = nullptr;  // that it was given to last; null when that one has gone
  bool launching = false;               // the backend's submit is on the stack
  bool flying = false;                  // the backend has it
  bool telling = false;                 // its deadline has passed and its callers are being told
  bool expired = false;  // its callers have been told; the backend's answer is not wanted any more

 private:
  struct Share {
    Submission* submission;
    std::size_t first;
    std::size_t count;
  };

  bool copy(evl_bytes& bytes);

  Batcher& batcher_;
  loop::Deadline deadline_;
  std::vector<evl_op> ops_;
  std::vector<Share> shares_;
  std::size_t copied_ = 0;
  Arena bytes_{std::size_t{16} << 10};
};

}  // namespace evloom::store

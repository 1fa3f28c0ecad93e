// Store: what the handlers of a test count in. Exact and in memory, with the eight operations as
// evloom/abi/store.h has them; or a backend plugin under test, behind batches as in the real host. The test
// can hold submits and end each as it likes: late, in another order, wrongly, with an error, never.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evloom/abi/store.h"

namespace evl::testkit {

class Exchange;

// One operation, owning its bytes; see evl_op.
struct Op {
  evl_op_kind kind = 0;                 // EVL_OP_ADD and so on
  std::string key = {};                 // what it is about
  std::int64_t amount = 0;              // of EVL_OP_ADD; of EVL_OP_EXPIRE the milliseconds
  std::vector<std::string> items = {};  // of EVL_OP_SET_ADD; of EVL_OP_PUT the value
};
// The result of one operation, owning its bytes; see evl_result.
struct Result {
  evl_status status = EVL_OK;            // of this operation
  std::int64_t integer = 0;              // the counter, or a number
  std::vector<std::string> items = {};   // the members of a set, or the one value
  std::vector<std::uint8_t> fresh = {};  // of EVL_OP_SET_ADD, for each item: 1 when it was not there before
};

// A handler's submit that the test holds. Each of the functions that end it may be called once, between two
// turns of the host; the handler's reply runs in a later turn.
class StoreCall {
 public:
  virtual ~StoreCall() = default;

  // What the handler submitted, and for which request.
  virtual std::vector<Op> ops() const = 0;
  virtual Exchange& exchange() const = 0;
  // Somebody waits: it has not been ended, and its request was not cancelled.
  virtual bool wanted() const = 0;

  // Carried out exactly, and answered (by the backend, when the store is one).
  virtual void answer() = 0;
  // Answered with these, right or wrong; nothing is carried out.
  virtual void answer(std::vector<Result> results) = 0;
  // Ended as a whole; nothing is carried out.
  virtual void fail(evl_status status) = 0;
  // Carried out, but answered with EVL_E_UNKNOWN: the connection broke between the two.
  virtual void lose() = 0;
};

// A store of a test; made by Host::store, and there as long as the Host.
class Store {
 public:
  virtual ~Store() = default;

  // From now on submits wait in held(), or (false) are carried out in a turn of their own; those that are
  // held stay so.
  virtual void hold(bool on = true) = 0;
  // Those that wait, in the order of submitting. A call leaves it when it is ended.
  virtual std::vector<StoreCall*> held() = 0;
  // The next `count` submits are refused with this status: the handler gets it from submit itself.
  virtual void refuse(evl_status status, std::size_t count = 1) = 0;
  // The next `count` submits are ended as a whole with this status; nothing is carried out.
  virtual void fail(evl_status status, std::size_t count = 1) = 0;
  // Every submit takes that long, by the host's clock.
  virtual void delay(std::chrono::nanoseconds time) = 0;

  // Submits so far.
  virtual std::size_t submits() const = 0;
  // Carried out at once, beside all handlers. Not for a backend: see Instance::submit.
  virtual std::vector<Result> carry_out(const std::vector<Op>& ops) = 0;

  // The same for a single one.
  Result carry_out(const Op& op) { return carry_out(std::vector<Op>{op}).front(); }
  std::int64_t counter(const std::string& key) { return carry_out(Op{EVL_OP_ADD, key, 0}).integer; }
  // Sorted.
  std::vector<std::string> members(const std::string& key);
  std::optional<std::string> value(const std::string& key);
};

}  // namespace evl::testkit

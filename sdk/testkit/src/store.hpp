// StoreImpl: a store of a test; CallImpl: one submit of a handler to it; Batch: operations on their way to a
// backend plugin. The rules are those of host/store.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "core.hpp"

namespace evl::testkit {

class StoreImpl;

// Keys and what they hold: exact, and nothing else. Text of results is made in the given arena.
class MemoryStore {
 public:
  void carry_out(const evl_op& op, std::int64_t now, evloom::Arena& arena, evl_result& result);

 private:
  struct Entry {
    enum class Kind { number, text, set } kind = Kind::number;
    std::int64_t number = 0;
    std::string text = {};
    std::set<std::string, std::less<>> members = {};
    std::int64_t expires = 0;  // 0: never
  };
  Entry* find(std::string_view key, std::int64_t now);
  Entry& make(std::string_view key, Entry::Kind kind);

  std::map<std::string, Entry, std::less<>> keys_;
};

// An array of results as a plugin gets it: each `stride` bytes after the other.
struct RawResults {
  const evl_result* first = nullptr;
  std::size_t count = 0;
};

// Results of a test's own making, in an arena.
RawResults raw_results(const std::vector<Result>& results, std::uint32_t extra, evloom::Arena& arena);
// And the other way: what a backend gave for these operations.
std::vector<Result> own_results(const evl_result* results, std::size_t count, const std::vector<Op>& ops);

class CallImpl final : public StoreCall {
 public:
  explicit CallImpl(StoreImpl& store) : store_(store) {
    timeout_.call = delay_.call = this;
    timeout_.fire = [](Alarm& alarm) { static_cast<Due&>(alarm).call->expire(); };
    delay_.fire = [](Alarm& alarm) { static_cast<Due&>(alarm).call->due(); };
  }

  std::vector<Op> ops() const override;
  Exchange& exchange() const override;
  bool wanted() const override { return request_ != nullptr && state_ != State::ended; }
  void answer() override;
  void answer(std::vector<Result> results) override;
  void fail(evl_status status) override;
  void lose() override;

  const std::vector<evl_op>& raw_ops() const { return ops_; }
  ExchangeImpl* request() const { return request_; }
  // Its request is told nothing any more.
  void cancel() { request_ = nullptr; }
  // The end, told to the request: runs the handler's reply now.
  void end(evl_status status, const evl_result* results, std::size_t count);

  CallImpl* before = nullptr;  // in the request's list
  CallImpl* next = nullptr;

 private:
  friend class StoreImpl;
  enum class State { fresh, held, to_carry, with_backend, ending, ended };
  struct Due : Alarm {
    CallImpl* call = nullptr;
  };

  void take(ExchangeImpl& request, const evl_op* ops, std::size_t count, evl_store_reply reply,
            void* context);
  void leave_held();
  void end_later(evl_status status, RawResults results);
  void due();
  void expire();
  static void on_end(void* self);

  StoreImpl& store_;
  ExchangeImpl* request_ = nullptr;
  Exchange* sender_ = nullptr;
  Loop* loop_ = nullptr;
  evl_store_reply reply_ = nullptr;
  void* context_ = nullptr;
  std::vector<evl_op> ops_;
  evloom::Arena arena_;
  State state_ = State::fresh;
  bool shown_ = false;  // the test has seen it: it is not used again
  bool queued_ = false;
  evl_status status_ = EVL_OK;
  RawResults results_;
  Due timeout_;
  Due delay_;
};

// What a backend is given in one submit.
class Batch {
 public:
  Batch(InstanceImpl& backend, Loop& loop, StoreImpl* store)
      : backend_(&backend), loop_(loop), store_(store) {
    deadline_.batch = this;
    deadline_.fire = [](Alarm& alarm) { static_cast<Due&>(alarm).batch->expire(); };
  }
  void add(CallImpl& call);
  void add(const std::vector<Op>& ops, Batched& record);
  // EVL_OK, or what the backend's submit said: then nobody is told.
  evl_status launch();
  // Its backend has been stopped: whoever waits is told EVL_E_UNKNOWN.
  void unbind();
  bool flying() const { return flying_; }
  // It can be used for other operations: nobody will come back to it.
  bool idle() const { return shares_.empty() && !lost_; }
  bool on(const Loop& loop) const { return &loop_ == &loop; }
  const InstanceImpl* backend() const { return backend_; }
  void clear();

 private:
  struct Share {
    CallImpl* call;
    std::size_t first, count;
  };
  struct Due : Alarm {
    Batch* batch = nullptr;
  };
  static void on_done(void* context, evl_status status, const evl_result* results, std::size_t count);
  void ended(evl_status status, const evl_result* results, std::size_t count);
  void deliver(evl_status status, const evl_result* results);
  void expire();

  InstanceImpl* backend_;
  Loop& loop_;
  StoreImpl* store_;
  std::vector<evl_op> ops_;
  std::vector<unsigned char> spread_;  // the same, each at its stride
  std::vector<Share> shares_;
  Batched* record_ = nullptr;
  std::vector<Op> own_ops_;
  evloom::Arena arena_;
  Due deadline_;
  bool launching_ = false;
  bool flying_ = false;
  bool expired_ = false;
  bool lost_ = false;  // its backend was stopped without having ended it
};

class StoreImpl final : public Store {
 public:
  explicit StoreImpl(Core& host, InstanceImpl* its_backend = nullptr);

  void hold(bool on) override { holding_ = on; }
  std::vector<StoreCall*> held() override;
  void refuse(evl_status status, std::size_t count) override { refuse_ = {status, count}; }
  void fail(evl_status status, std::size_t count) override { fail_ = {status, count}; }
  void delay(std::chrono::nanoseconds time) override { delay_ = time.count(); }
  std::size_t submits() const override { return submits_; }
  std::vector<Result> carry_out(const std::vector<Op>& ops) override;

  evl_status submit(ExchangeImpl& request, const evl_op* ops, std::size_t count, evl_store_reply reply,
                    void* context);
  std::size_t waiting() const;  // calls that a request waits for
  // From now on another backend; what is with the one before stays with it.
  void bind(InstanceImpl& backend);
  // A backend has stopped: those that wait for it are told EVL_E_UNKNOWN.
  void forget(InstanceImpl& backend);
  // While one backend gives way to another, what is submitted waits.
  void pause(bool on);
  InstanceImpl* backend() const { return backend_; }

  Core& core;

 private:
  friend class CallImpl;
  friend class Batch;
  struct Planned {
    evl_status status = EVL_OK;
    std::size_t count = 0;
  };
  struct Line {  // the way to the backend, of one loop
    Batch* flying = nullptr;
    std::deque<CallImpl*> waiting;
  };
  static constexpr std::size_t kBatch = 256;  // requests of one batch
  static constexpr std::size_t kFlying = 4;   // batches that a backend may hold without answering
  static constexpr std::size_t kWaiting = 4096;

  CallImpl& fresh();
  RawResults carry_out(CallImpl& call);
  void recycle(CallImpl& call);
  // To the backend: with the batch that is next.
  evl_status pass_on(CallImpl& call);
  evl_status launch(Loop& loop, const std::vector<CallImpl*>& calls);
  void flush(Loop& loop);
  void flush_all();
  void landed(Batch& batch, Loop& loop);  // nobody waits for it any more
  std::size_t flying(const Loop& loop) const;

  InstanceImpl* backend_;
  bool of_backend_;
  bool paused_ = false;
  MemoryStore data_;
  bool holding_ = false;
  Planned refuse_, fail_;
  std::int64_t delay_ = 0;
  std::size_t submits_ = 0;
  std::vector<std::unique_ptr<CallImpl>> calls_;
  std::vector<CallImpl*> free_;
  std::vector<CallImpl*> held_;
  std::vector<Line> lines_;
  std::vector<std::unique_ptr<Batch>> batches_;
  std::vector<CallImpl*> one_ = {nullptr};
};

}  // namespace evl::testkit

#include "check/submission.hpp"

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "evloom/base.hpp"

namespace evloom::check {

namespace {

// A loop that is so long in one turn gets the stop in the same one. Were it later for once, the store had
// ended by itself.
constexpr std::chrono::milliseconds kBusy{50};

// An operation of an array whose maker knows more fields than this header has.
struct WideOp {
  evl_op op;
  std::uint64_t later[2];
};

// Kept until it has ended, whoever gives it up: a backend may come back to it at any time.
struct Submission {
  std::vector<Op> ops;
  std::vector<evl_bytes> items;
  std::vector<evl_op> plain;
  std::vector<WideOp> wide;

  std::thread::id thread;
  bool inside = false;  // of the loop's thread
  std::string broken;   // the first breach
  Outcome outcome;

  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;

  void prepare(bool as_wide) {
    std::size_t count = 0;
    for (const Op& op : ops) count += op.items.size();
    items.reserve(count);
    for (const Op& op : ops) {
      evl_op raw{};
      raw.size = as_wide ? sizeof(WideOp) : sizeof(evl_op);
      raw.kind = op.kind;
      raw.key = evl::bytes(op.key);
      raw.amount = op.amount;
      raw.items = items.data() + items.size();
      raw.item_count = op.items.size();
      for (const std::string& item : op.items) items.push_back(evl::bytes(item));
      if (as_wide) {
        wide.push_back({raw, {~std::uint64_t{0}, ~std::uint64_t{0}}});
      } else {
        plain.push_back(raw);
      }
    }
  }
  const evl_op* first() const { return wide.empty() ? plain.data() : &wide.front().op; }

  void end() {
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
  }
  void breach(std::string what) {
    if (broken.empty()) broken = std::move(what);
  }

  void take(evl_status status, const evl_result* results, std::size_t count) {
    if (std::this_thread::get_id() != thread)
      return breach("`done` was called on another thread than submit");
    if (inside) return breach("`done` was called from inside submit; end it later, on the same loop");
    if (ended) return breach("`done` was called twice");
    outcome.status = status;
    if (status != EVL_OK) return;
    if (!results || count != ops.size()) {
      return breach("`done` says EVL_OK and brings " + std::to_string(results ? count : 0) + " results for " +
                    std::to_string(ops.size()) + " operations");
    }
    if (results->size < sizeof(evl_result))
      return breach("evl_result::size is " + std::to_string(results->size) +
                    "; set it to sizeof(evl_result)");
    for (std::size_t i = 0; i < count; ++i) {
      const auto& raw =
          *reinterpret_cast<const evl_result*>(reinterpret_cast<const char*>(results) + i * results->size);
      OpResult result{raw.status, raw.integer, {}, {}};
      if (raw.status == EVL_OK) {
        for (std::size_t n = 0; n < raw.item_count; ++n) result.items.emplace_back(evl::view(raw.items[n]));
        if (ops[i].kind == EVL_OP_SET_ADD && raw.fresh)
          result.fresh.assign(raw.fresh, raw.fresh + ops[i].items.size());
      }
      outcome.results.push_back(std::move(result));
    }
  }

  static void done(void* context, evl_status status, const evl_result* results, std::size_t count) {
    auto* self = static_cast<Submission*>(context);
    self->take(status, results, count);
    self->end();
  }
};

// For good: the process is that of one test.
Submission& make_submission() {
  static std::vector<std::unique_ptr<Submission>> all;
  all.push_back(std::make_unique<Submission>());
  return *all.back();
}

Submission& make(const std::vector<Op>& ops, bool wide) {
  Submission& submission = make_submission();
  submission.ops = ops;
  submission.prepare(wide);
  return submission;
}

// On the loop's thread.
void begin(Submission& submission, plugin::Instance& instance, loop::Loop& on) {
  const auto* store = instance.interface<evl_store_backend>();
  submission.thread = std::this_thread::get_id();
  submission.inside = true;
  const evl_status status = instance.call("submit", [&] {
    return store->submit(instance.object(), instance.slot(on), submission.first(), submission.ops.size(),
                         &Submission::done, &submission);
  });
  submission.inside = false;
  if (status == EVL_OK) return;
  submission.outcome.status = status;
  submission.outcome.refused = true;
  submission.end();
}

}  // namespace

bool Outcome::good() const {
  if (status != EVL_OK) return false;
  for (const OpResult& result : results)
    if (result.status != EVL_OK) return false;
  return true;
}

std::string Outcome::text() const {
  return (refused ? std::string("refused: ") : std::string()) + evl::status_name(status);
}

Result<Outcome> submit(Stage& stage, plugin::Instance& instance, std::uint32_t loop,
                       const std::vector<Op>& ops, std::chrono::nanoseconds limit, bool wide) {
  Submission& submission = make(ops, wide);
  stage.pool().run_on(
      loop, [&](loop::Loop& on) { begin(submission, instance, on); }, std::chrono::hours(24));
  std::unique_lock lock(submission.mutex);
  const bool ended = submission.changed.wait_for(lock, limit, [&] { return submission.ended; });
  if (!submission.broken.empty()) return Error{submission.broken};
  if (!ended) {
    return Error{"submit took " + std::to_string(ops.size()) +
                 (ops.size() == 1 ? " operation" : " operations") +
                 ", and `done` has not been called after " +
                 std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()) +
                 " ms: end each submit, with EVL_E_TIMEOUT or EVL_E_UNKNOWN if need be"};
  }
  return submission.outcome;
}

std::function<Status()> submit_and_leave(Stage& stage, plugin::Instance& instance, std::uint32_t loop,
                                         const std::vector<Op>& ops) {
  Submission& submission = make(ops, false);
  loop::Loop& on = stage.pool().at(loop);
  on.mailbox().call([&submission, &instance, &on] {
    begin(submission, instance, on);
    std::this_thread::sleep_for(kBusy);
  });
  return [&submission]() -> Status {
    const std::lock_guard lock(submission.mutex);
    if (!submission.broken.empty()) return Error{submission.broken};
    if (submission.ended) return {};
    return Error{
        "a submit that was under way when thread_stop was called has not ended with it: end it there, with "
        "EVL_E_UNAVAILABLE or EVL_E_UNKNOWN"};
  };
}

}  // namespace evloom::check

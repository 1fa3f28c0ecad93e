// A store keeps the contract of abi/store.h: each submit ends once, later, on its loop; what it says it has
// done it has done. One that cannot reach its server says so, and is judged by the rest.
#include <algorithm>
#include <thread>

#include "evloom/base.hpp"

#include "check/exercise.hpp"
#include "check/submission.hpp"
#include "check/test.hpp"

namespace evloom::check {

namespace {

constexpr std::uint32_t kLoops = 2;
constexpr std::chrono::milliseconds kConnect{500};

std::string words(const OpResult& result) {
  std::string text =
      std::string(evl::status_name(result.status)) + ", " + std::to_string(result.integer) + ", items [";
  for (const std::string& item : result.items) text += " " + item;
  text += " ], fresh [";
  for (const std::uint8_t one : result.fresh) text += one ? " 1" : " 0";
  return text + " ]";
}

// One operation with what must come of it.
struct Expected {
  const char* what;
  Op op;
  OpResult result;
};

std::vector<Expected> contract(const std::string& prefix) {
  const std::string counter = prefix + "counter", set = prefix + "set", value = prefix + "value";
  const std::string bytes("x\0\xff y", 5);
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  return {
      {"ADD to nothing", {EVL_OP_ADD, counter, 5, {}}, {EVL_OK, 5, {}, {}}},
      {"ADD of a negative amount", {EVL_OP_ADD, counter, -2, {}}, {EVL_OK, 3, {}, {}}},
      {"ADD that overflows", {EVL_OP_ADD, counter, most, {}}, {EVL_E_LIMIT, 0, {}, {}}},
      {"GET of a counter", {EVL_OP_GET, counter, 0, {}}, {EVL_OK, 0, {"3"}, {}}},
      {"SET_ADD with a doubled item", {EVL_OP_SET_ADD, set, 0, {"a", "b", "a"}}, {EVL_OK, 2, {}, {1, 1, 0}}},
      {"SET_ADD of one that is there", {EVL_OP_SET_ADD, set, 0, {"b", "c"}}, {EVL_OK, 1, {}, {0, 1}}},
      {"SET_SIZE", {EVL_OP_SET_SIZE, set, 0, {}}, {EVL_OK, 3, {}, {}}},
      {"SET_READ", {EVL_OP_SET_READ, set, 0, {}}, {EVL_OK, 0, {"a", "b", "c"}, {}}},
      {"ADD to a set", {EVL_OP_ADD, set, 1, {}}, {EVL_E_TYPE, 0, {}, {}}},
      {"PUT", {EVL_OP_PUT, value, 0, {bytes}}, {EVL_OK, 0, {}, {}}},
      {"GET of what was PUT", {EVL_OP_GET, value, 0, {}}, {EVL_OK, 0, {bytes}, {}}},
      {"ADD to a text", {EVL_OP_ADD, value, 1, {}}, {EVL_E_TYPE, 0, {}, {}}},
      {"an empty key", {EVL_OP_ADD, "", 1, {}}, {EVL_E_INVALID, 0, {}, {}}},
      {"an unknown kind", {9999, counter, 1, {}}, {EVL_E_UNSUPPORTED, 0, {}, {}}},
      {"EXPIRE at once", {EVL_OP_EXPIRE, value, 0, {}}, {EVL_OK, 1, {}, {}}},
      {"GET of what is gone", {EVL_OP_GET, value, 0, {}}, {EVL_OK, 0, {}, {}}},
      {"DELETE", {EVL_OP_DELETE, counter, 0, {}}, {EVL_OK, 1, {}, {}}},
      {"DELETE of what is gone", {EVL_OP_DELETE, counter, 0, {}}, {EVL_OK, 0, {}, {}}},
      {"DELETE of a set", {EVL_OP_DELETE, set, 0, {}}, {EVL_OK, 1, {}, {}}},
  };
}

class StoreTest {
 public:
  StoreTest(Run& run, Stage& stage) : run_(run), stage_(stage) {}

  Status on(plugin::Instance& instance) {
    if (Status status = ask(instance); !status) return status;
    const std::string prefix = "evloom-check:" + std::to_string(run_.subject.asked().seed) + ":";
    run_.step("submit");
    // Whether it can do anything here.
    auto first = submit(stage_, instance, 0, {{EVL_OP_DELETE, prefix + "counter", 0, {}}}, kSubmitLimit);
    if (!first) return first.error();
    if (first->status != EVL_OK) {
      notes_.push_back(
          "no operation could be carried out here (" + first->text() +
          "): what operations do was not tried; start its server, or give its options with --config");
      if (Status status = in_error(instance, prefix); !status) return status;
      leave(instance, prefix);
      return {};
    }
    for (const bool wide : {false, true})
      if (Status status = keeps_contract(instance, prefix, wide); !status) return status;
    if (Status status = counts(instance, prefix); !status) return status;
    leave(instance, prefix);
    return {};
  }
  // Whatever was under way when it was stopped. After live().
  Status stopped() const { return under_way_(); }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Status ask(plugin::Instance& instance) {
    run_.step("health");
    const auto* store = instance.interface<evl_store_backend>();
    const auto until = std::chrono::steady_clock::now() + kConnect;
    std::vector<std::string> reasons(kLoops);
    std::vector<evl_status> states(kLoops, EVL_E_INTERNAL);
    for (;;) {
      stage_.pool().run_everywhere(
          [&](loop::Loop& loop) {
            reasons[loop.index()] = ask_health(*store, instance.object(), instance.slot(loop));
            states[loop.index()] = store->health(instance.object(), instance.slot(loop), nullptr);
          },
          std::chrono::hours(24));
      for (const std::string& why : reasons)
        if (!why.empty()) return Error{why};
      const bool ready =
          std::all_of(states.begin(), states.end(), [](evl_status one) { return one == EVL_OK; });
      if (ready || std::chrono::steady_clock::now() >= until) return {};
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  // It cannot reach what it needs: it goes on saying so, submit for submit.
  Status in_error(plugin::Instance& instance, const std::string& prefix) {
    for (int i = 0; i < 20; ++i) {
      const auto loop = static_cast<std::uint32_t>(run_.random() % kLoops);
      auto outcome = submit(stage_, instance, loop, {{EVL_OP_ADD, prefix + "counter", 1, {}}}, kSubmitLimit);
      if (!outcome) return outcome.error();
    }
    return {};
  }

  Status keeps_contract(plugin::Instance& instance, const std::string& prefix, bool wide) {
    const std::vector<Expected> all = contract(prefix);
    std::vector<Op> ops;
    for (const Expected& one : all) ops.push_back(one.op);
    auto outcome = submit(stage_, instance, 0, ops, kSubmitLimit, wide);
    if (!outcome) return outcome.error();
    if (outcome->status != EVL_OK)
      return Error{"a submit of all operations ends as a whole: " + outcome->text()};
    for (std::size_t i = 0; i < all.size(); ++i) {
      OpResult& got = outcome->results[i];
      const OpResult& wanted = all[i].result;
      if (got.status == EVL_E_UNSUPPORTED && all[i].op.kind <= EVL_OP_EXPIRE) {
        return Error{std::string(all[i].what) +
                     " is not supported: a handler may use any of the eight operations"};
      }
      std::sort(got.items.begin(), got.items.end());
      const bool same =
          got.status == wanted.status &&
          (got.status != EVL_OK || (got.integer == wanted.integer || all[i].op.kind == EVL_OP_GET ||
                                    all[i].op.kind == EVL_OP_PUT || all[i].op.kind == EVL_OP_SET_READ)) &&
          (got.status != EVL_OK || (got.items == wanted.items && got.fresh == wanted.fresh));
      if (!same) {
        return Error{std::string(all[i].what) + (wide ? " (operations further apart, by their size)" : "") +
                     " gives " + words(got) + "; it must give " + words(wanted)};
      }
    }
    return {};
  }

  // Counters from all loops come out exact.
  Status counts(plugin::Instance& instance, const std::string& prefix) {
    const std::string key = prefix + "sum";
    std::int64_t sum = 0;
    for (int round = 0; round < 50; ++round) {
      std::vector<Op> ops;
      for (std::uint64_t n = 1 + run_.random() % 20; n > 0; --n) {
        ops.push_back({EVL_OP_ADD, key, static_cast<std::int64_t>(run_.random() % 100), {}});
      }
      const auto loop = static_cast<std::uint32_t>(run_.random() % kLoops);
      auto outcome = submit(stage_, instance, loop, ops, kSubmitLimit);
      if (!outcome) return outcome.error();
      if (!outcome->good()) return Error{"additions to one counter end with " + outcome->text()};
      for (std::size_t i = 0; i < ops.size(); ++i) {
        sum += ops[i].amount;
        if (outcome->results[i].integer == sum) continue;
        return Error{"a counter is " + std::to_string(outcome->results[i].integer) + " after additions of " +
                     std::to_string(sum) + " in all"};
      }
    }
    auto removed = submit(stage_, instance, 0, {{EVL_OP_DELETE, key, 0, {}}}, kSubmitLimit);
    if (!removed) return removed.error();
    return {};
  }

  // Its stop comes while it is busy. The last loop is the first to be stopped.
  void leave(plugin::Instance& instance, const std::string& prefix) {
    under_way_ = submit_and_leave(stage_, instance, kLoops - 1, {{EVL_OP_DELETE, prefix + "gone", 0, {}}});
  }

  Run& run_;
  Stage& stage_;
  std::vector<std::string> notes_;
  std::function<Status()> under_way_;
};

}  // namespace

Verdict test_store(Run& run) {
  if (!run.subject.offers(EVL_STORE)) return skipped("it is no store");
  auto stage = Stage::set(kLoops);
  if (!stage) return failed(stage.error().message);
  StoreTest test(run, **stage);
  const auto lived = live(run, **stage, [&](plugin::Instance& instance) { return test.on(instance); });
  if (!lived) return failed(lived.error().message);
  if (Status ended = test.stopped(); !ended) return failed(ended.error().message);
  return passed(test.notes());
}

}  // namespace evloom::check

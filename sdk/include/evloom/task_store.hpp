// co_await on operations of a store: `store.incr(key)`, `store.all(...)`, `store.attempt(...)`; see
// store.hpp. What a result points to is valid until the coroutine's next co_await.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "evloom/store.hpp"
#include "evloom/task_frame.hpp"

namespace evl {
namespace detail {

template <typename T>
T value_in(const evl_result& result) {
  if constexpr (std::is_same_v<T, std::int64_t>) {
    return result.integer;
  } else if constexpr (std::is_same_v<T, bool>) {
    return result.integer != 0;
  } else if constexpr (std::is_same_v<T, Added>) {
    return {result.integer, result.fresh};
  } else if constexpr (std::is_same_v<T, Members>) {
    return Members({result.items, result.item_count});
  } else if constexpr (std::is_same_v<T, Done>) {
    return {};
  } else {
    static_assert(std::is_same_v<T, std::optional<std::string_view>>);
    if (result.item_count == 0) return std::nullopt;
    return view(result.items[0]);
  }
}

[[noreturn]] inline void store_failed(evl_status status) {
  if (status == EVL_E_UNKNOWN) throw OperationFailed(status, "the store did not answer; outcome: unknown");
  throw OperationFailed(status, std::string("the store failed: ") + status_name(status));
}
// The submit itself was refused.
[[noreturn]] inline void submit_refused(evl_status status, bool named) {
  if (!named) throw OperationFailed(status, "the route names no such store: give it one (`store`, `stores`)");
  if (status == EVL_E_STATE)
    throw OperationFailed(status, "cannot wait: the request has been answered, or this is not its loop");
  if (status == EVL_E_INVALID) {
    throw OperationFailed(status,
                          "an operation is malformed: a key has 1 to 511 bytes, a value 1 MiB at most, a "
                          "submit 64 operations");
  }
  store_failed(status);
}

// A submit that is waited for. Its operations are copied by the host before the coroutine is suspended.
template <typename Derived>
struct StoreWait : Await<Derived> {
  StoreWait(const Store& its_store, const evl_op* first, std::size_t size)
      : store(its_store), ops(first), count(size) {}

  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    if (count != 0) return Await<Derived>::await_suspend(handle);
    this->root = handle.promise().root;
    return false;  // of no operations there is nothing to wait for
  }
  evl_status begin() {
    this->detach = [](Waiter&) {};  // the host drops the reply of a request that was cancelled
    const evl_status given = store.request().interfaces().store->submit(store.request().raw(), store.raw(),
                                                                        ops, count, &replied, this);
    refused = given != EVL_OK;
    return given;
  }
  static void replied(void* context, evl_request*, evl_status status, const evl_result* results,
                      std::size_t result_count) {
    auto* const self = static_cast<StoreWait*>(context);
    self->status = status;
    self->results = results;
    self->result_count = result_count;
    self->arrived();
  }
  // The results, all of which are there and good; throws what is wrong.
  const evl_result& good(std::size_t index) const {
    const auto& result =
        *reinterpret_cast<const evl_result*>(reinterpret_cast<const char*>(results) + index * results->size);
    if (result.status != EVL_OK) store_failed(result.status);
    return result;
  }
  void check() const {
    this->check_cancelled();
    if (refused) submit_refused(this->status, static_cast<bool>(store));
    if (this->status != EVL_OK) store_failed(this->status);
    if (result_count != count) store_failed(EVL_E_INTERNAL);
  }

  const Store& store;
  const evl_op* ops;
  std::size_t count;
  bool refused = false;  // by submit itself
  const evl_result* results = nullptr;
  std::size_t result_count = 0;
};

template <typename Value>
struct SingleWait : StoreWait<SingleWait<Value>> {
  explicit SingleWait(const Single<Value>& single)
      : StoreWait<SingleWait<Value>>(single.store, &single.op, 1) {}
  Value await_resume() const {
    this->check();
    return value_in<Value>(this->good(0));
  }
};

template <typename... Values>
struct AllWait : StoreWait<AllWait<Values...>> {
  explicit AllWait(const All<Values...>& all)
      : StoreWait<AllWait<Values...>>(all.store, all.ops.data(), all.ops.size()) {}
  std::tuple<Values...> await_resume() const {
    this->check();
    return values(std::index_sequence_for<Values...>());
  }

 private:
  template <std::size_t... I>
  std::tuple<Values...> values(std::index_sequence<I...>) const {
    return {value_in<Values>(this->good(I))...};
  }
};

template <std::size_t Count>
struct AttemptWait : StoreWait<AttemptWait<Count>> {
  explicit AttemptWait(const Attempt<Count>& attempt)
      : StoreWait<AttemptWait<Count>>(attempt.store, attempt.ops.data(), attempt.ops.size()) {}
  Results await_resume() const {
    this->check_cancelled();
    return {this->status, this->results, this->result_count};
  }
};

struct AttemptOfWait : StoreWait<AttemptOfWait> {
  explicit AttemptOfWait(const AttemptOf& attempt)
      : StoreWait(attempt.store, attempt.ops.data(), attempt.ops.size()) {}
  Results await_resume() const {
    check_cancelled();
    return {status, results, result_count};
  }
};

struct AllOfWait : StoreWait<AllOfWait> {
  explicit AllOfWait(const AllOf& all) : StoreWait(all.store, all.ops.data(), all.ops.size()) {}
  Results await_resume() const {
    check();
    for (std::size_t i = 0; i < count; ++i) good(i);
    return {status, results, result_count};
  }
};

}  // namespace detail

// Submits, waits, and gives what came of it.
template <typename Value>
detail::SingleWait<Value> operator co_await(Single<Value>&& single) {
  return detail::SingleWait<Value>(single);
}
// The same for several: a tuple of what came of each.
template <typename... Values>
detail::AllWait<Values...> operator co_await(All<Values...>&& all) {
  return detail::AllWait<Values...>(all);
}
// The same, giving the results with their statuses.
template <std::size_t Count>
detail::AttemptWait<Count> operator co_await(Attempt<Count>&& attempt) {
  return detail::AttemptWait<Count>(attempt);
}
// The same for a number that is known when the program runs.
inline detail::AllOfWait operator co_await(AllOf&& all) { return detail::AllOfWait(all); }
inline detail::AttemptOfWait operator co_await(AttemptOf&& attempt) { return detail::AttemptOfWait(attempt); }

}  // namespace evl

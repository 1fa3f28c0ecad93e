// A handler's way to its store: operations, replies, and evl::Store that submits them. [loop] throughout.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "evloom/thrown.hpp"

namespace evl {

// Which of the items of a SET_ADD were new: (*this)[i], in the order in which they were given.
class Added {
 public:
  // Made by the glue.
  Added(std::int64_t count, const std::uint8_t* fresh) : count_(count), fresh_(fresh) {}
  // How many were new, and whether each was.
  std::int64_t count() const { return count_; }
  bool operator[](std::size_t index) const { return fresh_[index] != 0; }

 private:
  std::int64_t count_;
  const std::uint8_t* fresh_;
};

// The members of a set, in no order.
class Members {
 public:
  // Made by the glue.
  explicit Members(std::span<const evl_bytes> items) : items_(items) {}
  // How many, each of them, and all as the C ABI has them.
  std::size_t size() const { return items_.size(); }
  std::string_view operator[](std::size_t index) const { return view(items_[index]); }
  std::span<const evl_bytes> raw() const { return items_; }

 private:
  std::span<const evl_bytes> items_;
};

// An operation whose result is a T. Everywhere an evl_op will do, it is one. An evl_op made from it refers to
// an item that it owns: it must not outlive it.
template <typename T>
struct Op : evl_op {
  using Value = T;  // of a co_await of it

  // Nothing yet; see make_op.
  Op() : evl_op{} {}
  Op(const Op& other) : evl_op(other) { take_item(other); }
  Op& operator=(const Op& other) {
    static_cast<evl_op&>(*this) = other;
    take_item(other);
    return *this;
  }

  // Gives it one item, which it owns (but not the bytes that it refers to).
  void own(const evl_bytes& item) {
    item_ = item;
    items = &item_;
    item_count = 1;
  }

 private:
  void take_item(const Op& other) {
    if (other.items == &other.item_) own(other.item_);
  }
  evl_bytes item_{};
};

// What stands for one item or value of an operation: "text", a std::string, a std::string_view.
template <typename T>
concept Text = std::is_convertible_v<const T&, std::string_view>;

// What PUT gives: that it was done.
struct Done {};

// Operations; see evl_op_kind. Keys, items and the bytes of texts are referred to, and copied by submit: they
// live until then. A key has 1 to 511 bytes, as an item has; a value up to 1 MiB.
template <typename T = void>
Op<T> make_op(evl_op_kind kind, std::string_view key) {
  Op<T> op;
  op.size = sizeof(evl_op);
  op.kind = kind;
  op.key = bytes(key);
  return op;
}
inline Op<std::int64_t> add(std::string_view key, std::int64_t amount) {
  auto op = make_op<std::int64_t>(EVL_OP_ADD, key);
  op.amount = amount;
  return op;
}
inline Op<std::int64_t> incr(std::string_view key) { return add(key, 1); }
inline Op<Added> set_add(std::string_view key, std::span<const evl_bytes> items) {
  auto op = make_op<Added>(EVL_OP_SET_ADD, key);
  op.items = items.data();
  op.item_count = items.size();
  return op;
}
inline Op<Added> set_add(std::string_view key, const evl_bytes& item) { return set_add(key, {&item, 1}); }
inline Op<Added> set_add(std::string_view key, evl_bytes&& item) {
  auto op = make_op<Added>(EVL_OP_SET_ADD, key);
  op.own(item);
  return op;
}
template <Text T>
Op<Added> set_add(std::string_view key, const T& item) {
  return set_add(key, bytes(item));
}
inline Op<Members> set_read(std::string_view key) { return make_op<Members>(EVL_OP_SET_READ, key); }
inline Op<std::int64_t> set_size(std::string_view key) { return make_op<std::int64_t>(EVL_OP_SET_SIZE, key); }
inline Op<std::optional<std::string_view>> get(std::string_view key) {
  return make_op<std::optional<std::string_view>>(EVL_OP_GET, key);
}
inline Op<Done> put(std::string_view key, const evl_bytes& value) {
  auto op = make_op<Done>(EVL_OP_PUT, key);
  op.items = &value;
  op.item_count = 1;
  return op;
}
inline Op<Done> put(std::string_view key, evl_bytes&& value) {
  auto op = make_op<Done>(EVL_OP_PUT, key);
  op.own(value);
  return op;
}
template <Text T>
Op<Done> put(std::string_view key, const T& value) {
  return put(key, bytes(value));
}
inline Op<bool> remove(std::string_view key) { return make_op<bool>(EVL_OP_DELETE, key); }
inline Op<bool> expire(std::string_view key, std::int64_t milliseconds) {
  auto op = make_op<bool>(EVL_OP_EXPIRE, key);
  op.amount = milliseconds;
  return op;
}

// Operations whose number is known when the program runs, for submit, all and attempt: copies, with their
// keys and items, in the request's arena. `for (...) ops.push(evl::incr("count:" + name));` is right.
class Ops {
 public:
  // None yet; a submit takes 64 at most.
  explicit Ops(const Request& request) : request_(request) {}
  Ops(const Ops&) = delete;  // two would write to the same memory
  Ops& operator=(const Ops&) = delete;

  // Throws std::bad_alloc when the request has used too much memory.
  void push(const evl_op& op) {
    if (count_ == capacity_) grow();
    evl_op& copy = first_[count_];
    copy = op;
    copy.size = sizeof(evl_op);
    copy.key = bytes(request_.keep(view(op.key)));
    if (op.item_count != 0) {
      auto* const own =
          static_cast<evl_bytes*>(request_.allocate(op.item_count * sizeof(evl_bytes), alignof(evl_bytes)));
      for (std::size_t i = 0; i < op.item_count; ++i) own[i] = bytes(request_.keep(view(op.items[i])));
      copy.items = own;
    }
    ++count_;
  }
  // None again; the memory is the request's as long as that lives.
  void clear() { count_ = 0; }
  std::size_t size() const { return count_; }
  operator std::span<const evl_op>() const { return {first_, count_}; }  // NOLINT: it is one

 private:
  void grow() {
    const std::size_t wanted = capacity_ == 0 ? 8 : capacity_ * 2;
    auto* const larger = static_cast<evl_op*>(request_.allocate(wanted * sizeof(evl_op), alignof(evl_op)));
    std::copy_n(first_, count_, larger);
    first_ = larger;
    capacity_ = wanted;
  }

  Request request_;
  evl_op* first_ = nullptr;
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
};

// What came back, valid during the reply. `status` speaks for all; each result has its own as well.
class Results {
 public:
  // Made by the glue.
  Results(evl_status status, const evl_result* results, std::size_t count)
      : status_(status), results_(results), count_(status == EVL_OK ? count : 0) {}

  // The first thing that went wrong, or EVL_OK.
  evl_status status() const {
    if (status_ != EVL_OK) return status_;
    for (std::size_t i = 0; i < count_; ++i)
      if ((*this)[i].status != EVL_OK) return (*this)[i].status;
    return EVL_OK;
  }
  // How many, and each of them in the order of the operations.
  std::size_t size() const { return count_; }
  const evl_result& operator[](std::size_t index) const {
    return *reinterpret_cast<const evl_result*>(reinterpret_cast<const char*>(results_) +
                                                index * results_->size);
  }

 private:
  evl_status status_;
  const evl_result* results_;
  std::size_t count_;
};

class Store;

// Operations that a coroutine awaits (task.hpp): all of one submit. Made by Store, awaited at once.
template <typename... Values>
struct All {
  const Store& store;                         // where they go
  std::array<evl_op, sizeof...(Values)> ops;  // in order
};
// The same, giving the results as they are.
template <std::size_t Count>
struct Attempt {
  const Store& store;             // where they go
  std::array<evl_op, Count> ops;  // in order
};
// The same for operations whose number is known when the program runs.
struct AllOf {
  const Store& store;           // where they go
  std::span<const evl_op> ops;  // in order
};
// The same, giving the results as they are.
struct AttemptOf {
  const Store& store;           // where they go
  std::span<const evl_op> ops;  // in order
};
// A single one.
template <typename Value>
struct Single {
  const Store& store;  // where it goes
  Op<Value> op;        // what is done
};

// A store that the request's route names: its `store`, or with a role one of its `stores`.
class Store {
 public:
  // `role` "" for the route's `store`, else a key of its `stores`.
  explicit Store(Request& request, const char* role = "")
      : request_(request), store_(request.interfaces().store->find(request.raw(), role)) {}

  // False when the route names none of that role.
  explicit operator bool() const { return store_ != nullptr; }

  // Submits and holds the request; `reply(Request&, const Results&)` is called once, or never when the
  // request is cancelled. It is kept in the request's arena, so it may capture only what needs no destructor.
  // EVL_OK or why not, in which case `reply` is not called. What `reply` throws is what on_request throws: a
  // line in the log, and the request fails with a Failure's status or EVL_E_INTERNAL.
  template <typename Reply>
  evl_status submit(std::span<const evl_op> ops, Reply reply) {
    static_assert(std::is_trivially_copyable_v<Reply> && std::is_trivially_destructible_v<Reply>);
    struct Held {
      Request request;
      Reply reply;
    };
    auto* held = request_.make<Held>(request_, reply);
    return request_.interfaces().store->submit(
        request_.raw(), store_, ops.data(), ops.size(),
        [](void* context, evl_request*, evl_status status, const evl_result* results, std::size_t count) {
          auto* self = static_cast<Held*>(context);
          Request request = self->request;
          try {
            self->reply(request, Results(status, results, count));
          } catch (...) {
            detail::handler_threw(request, "a store reply");
          }
        },
        held);
  }
  // The same for operations that are written out.
  template <typename Reply>
  evl_status submit(std::initializer_list<evl_op> ops, Reply reply) {
    return submit(std::span<const evl_op>(ops.begin(), ops.size()), reply);
  }

  // For coroutines that include task.hpp. `co_await store.incr(key)` gives the value of that one operation,
  // `co_await store.all(incr(a), set_read(b))` a tuple of all their values: one submit. Both throw
  // OperationFailed with the first status that is not EVL_OK. `co_await store.attempt(...)` gives Results and
  // throws for none.
  template <typename... Values>
  All<Values...> all(const Op<Values>&... ops) const {
    return {*this, {static_cast<const evl_op&>(ops)...}};
  }
  template <typename... Values>
  Attempt<sizeof...(Values)> attempt(const Op<Values>&... ops) const {
    return {*this, {static_cast<const evl_op&>(ops)...}};
  }
  // The same for a number of operations that is known when the program runs (see Ops): both give Results. An
  // evl_op that is not in an Ops refers to its key and items, which live until it is awaited.
  AllOf all(std::span<const evl_op> ops) const { return {*this, ops}; }
  AttemptOf attempt(std::span<const evl_op> ops) const { return {*this, ops}; }
  Single<std::int64_t> incr(std::string_view key) const { return {*this, evl::incr(key)}; }
  Single<std::int64_t> add(std::string_view key, std::int64_t amount) const {
    return {*this, evl::add(key, amount)};
  }
  Single<Added> set_add(std::string_view key, std::span<const evl_bytes> items) const {
    return {*this, evl::set_add(key, items)};
  }
  Single<Added> set_add(std::string_view key, std::string_view item) const {
    return {*this, evl::set_add(key, item)};
  }
  Single<Members> set_read(std::string_view key) const { return {*this, evl::set_read(key)}; }
  Single<std::int64_t> set_size(std::string_view key) const { return {*this, evl::set_size(key)}; }
  Single<std::optional<std::string_view>> get(std::string_view key) const { return {*this, evl::get(key)}; }
  Single<Done> put(std::string_view key, std::string_view value) const {
    return {*this, evl::put(key, value)};
  }
  Single<bool> remove(std::string_view key) const { return {*this, evl::remove(key)}; }
  Single<bool> expire(std::string_view key, std::int64_t milliseconds) const {
    return {*this, evl::expire(key, milliseconds)};
  }

  // What it was made from, and what functions of the C ABI take.
  const Request& request() const { return request_; }
  evl_store* raw() const { return store_; }

 private:
  Request request_;
  evl_store* store_;
};

}  // namespace evl

// A handler's way to its store: operations, replies, and evl::Store that submits them. [loop] throughout.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

#include "evloom/request.hpp"

namespace evl {

// Operations; see evl_op_kind. Keys and items are referred to, and copied by submit.
inline evl_op make_op(evl_op_kind kind, std::string_view key) {
  evl_op op{};
  op.size = sizeof op;
  op.kind = kind;
  op.key = bytes(key);
  return op;
}
inline evl_op add(std::string_view key, std::int64_t amount) {
  evl_op op = make_op(EVL_OP_ADD, key);
  op.amount = amount;
  return op;
}
inline evl_op incr(std::string_view key) { return add(key, 1); }
inline evl_op set_add(std::string_view key, std::span<const evl_bytes> items) {
  evl_op op = make_op(EVL_OP_SET_ADD, key);
  op.items = items.data();
  op.item_count = items.size();
  return op;
}
inline evl_op set_read(std::string_view key) { return make_op(EVL_OP_SET_READ, key); }
inline evl_op set_size(std::string_view key) { return make_op(EVL_OP_SET_SIZE, key); }
inline evl_op get(std::string_view key) { return make_op(EVL_OP_GET, key); }
inline evl_op put(std::string_view key, const evl_bytes& value) {
  evl_op op = make_op(EVL_OP_PUT, key);
  op.items = &value;
  op.item_count = 1;
  return op;
}
inline evl_op remove(std::string_view key) { return make_op(EVL_OP_DELETE, key); }
inline evl_op expire(std::string_view key, std::int64_t milliseconds) {
  evl_op op = make_op(EVL_OP_EXPIRE, key);
  op.amount = milliseconds;
  return op;
}

// What came back, valid during the reply. `status` speaks for all; each result has its own as well.
class Results {
 public:
  Results(evl_status status, const evl_result* results, std::size_t count)
      : status_(status), results_(results), count_(status == EVL_OK ? count : 0) {}

  // The first thing that went wrong, or EVL_OK.
  evl_status status() const {
    if (status_ != EVL_OK) return status_;
    for (std::size_t i = 0; i < count_; ++i)
      if ((*this)[i].status != EVL_OK) return (*this)[i].status;
    return EVL_OK;
  }
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

// The store that the request's route names.
class Store {
 public:
  explicit Store(Request& request, const char* role = "")
      : request_(request), store_(request.interfaces().store->find(request.raw(), role)) {}

  // False when the route names none.
  explicit operator bool() const { return store_ != nullptr; }

  // Submits and holds the request; `reply(Request&, const Results&)` is called once, or never when the
  // request is cancelled. It is kept in the request's arena, so it may capture only what needs no destructor.
  // EVL_OK or why not, in which case `reply` is not called.
  template <typename Reply>
  evl_status submit(std::span<const evl_op> ops, Reply reply) {
    static_assert(std::is_trivially_copyable_v<Reply> && std::is_trivially_destructible_v<Reply>);
    struct Held {
      const HostInterfaces* interfaces;
      Reply reply;
    };
    auto* held = request_.make<Held>(&request_.interfaces(), reply);
    return request_.interfaces().store->submit(
        request_.raw(), store_, ops.data(), ops.size(),
        [](void* context, evl_request* raw, evl_status status, const evl_result* results, std::size_t count) {
          auto* self = static_cast<Held*>(context);
          Request request(self->interfaces, raw);
          try {
            self->reply(request, Results(status, results, count));
          } catch (const std::exception& error) {
            request.fail(EVL_E_INTERNAL, error.what());
          }
        },
        held);
  }
  template <typename Reply>
  evl_status submit(std::initializer_list<evl_op> ops, Reply reply) {
    return submit(std::span<const evl_op>(ops.begin(), ops.size()), reply);
  }

 private:
  Request request_;
  evl_store* store_;
};

}  // namespace evl

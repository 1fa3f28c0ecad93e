#include "store/operations.hpp"

#include <algorithm>
#include <cstring>

namespace evloom::store {

namespace {

bool fits(const evl_bytes& bytes, std::size_t least, std::size_t most) {
  return bytes.size >= least && bytes.size <= most && (bytes.data != nullptr || bytes.size == 0);
}

const char* fault(const evl_op& op) {
  if (!fits(op.key, 1, EVL_STORE_TEXT_MAX)) return "a key has to be 1 to 511 bytes long";
  if (op.item_count != 0 && !op.items) return "items is null, but item_count is not 0";
  switch (op.kind) {
    case EVL_OP_ADD:
    case EVL_OP_SET_READ:
    case EVL_OP_SET_SIZE:
    case EVL_OP_GET:
    case EVL_OP_DELETE:
    case EVL_OP_EXPIRE:
      return nullptr;
    case EVL_OP_SET_ADD:
      if (op.item_count > kMaxItems) return "EVL_OP_SET_ADD takes at most 4096 items";
      for (std::size_t i = 0; i < op.item_count; ++i)
        if (!fits(op.items[i], 1, EVL_STORE_TEXT_MAX))
          return "an item of a set has to be 1 to 511 bytes long";
      return nullptr;
    case EVL_OP_PUT:
      if (op.item_count != 1) return "EVL_OP_PUT takes exactly one item";
      return fits(op.items[0], 0, EVL_STORE_VALUE_MAX) ? nullptr : "a value may be 1 MiB long at most";
    default:
      return "the kind of the operation is unknown";
  }
}

}  // namespace

const char* copy_operations(const evl_op* ops, std::size_t count, evl_op* to) {
  if (!ops || count == 0) return "there is no operation";
  if (count > kMaxOps) return "there are more than 64 operations";
  const std::size_t stride = ops->size;
  if (stride < sizeof(evl_op)) return "size is smaller than any evl_op";
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i, reinterpret_cast<const char*>(ops) + i * stride, sizeof(evl_op));
    to[i].size = sizeof(evl_op);
    if (to[i].kind != EVL_OP_SET_ADD && to[i].kind != EVL_OP_PUT) {
      // These have no items; what stands there is not looked at.
      to[i].items = nullptr;
      to[i].item_count = 0;
    }
    if (const char* why = fault(to[i])) return why;
  }
  return nullptr;
}

bool complete(std::span<const evl_op> ops, const evl_result* results, std::size_t count) {
  if (!results || count != ops.size() || results->size < kFirstResult) return false;
  const auto* bytes = reinterpret_cast<const char*>(results);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& result = *reinterpret_cast<const evl_result*>(bytes + i * results->size);
    if (result.status != EVL_OK) continue;
    if (result.item_count != 0 && !result.items) return false;
    if (ops[i].kind == EVL_OP_SET_ADD && ops[i].item_count != 0 && !result.fresh) return false;
  }
  return true;
}

std::string overdue_text(std::size_t ops, std::size_t requests, std::int64_t limit_ns) {
  return "no answer to " + std::to_string(ops) + " operations of " + std::to_string(requests) +
         " requests within " + std::to_string(limit_ns / 1'000'000) +
         " ms: answered with 503, outcome unknown";
}

}  // namespace evloom::store

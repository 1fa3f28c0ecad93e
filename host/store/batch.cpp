#include "store/batch.hpp"

#include <cstring>

namespace evloom::store {

bool Batch::copy(evl_bytes& bytes) {
  if (bytes.size == 0) return true;
  auto* to = static_cast<char*>(bytes_.allocate(bytes.size, 1));
  if (!to) return false;
  std::memcpy(to, bytes.data, bytes.size);
  bytes.data = to;
  copied_ += bytes.size;
  return true;
}

bool Batch::add(Submission& submission, const evl_op* ops, std::size_t count) {
  const std::size_t first = ops_.size();
  for (std::size_t i = 0; i < count; ++i) {
    evl_op op = ops[i];
    bool copied = copy(op.key);
    if (op.item_count != 0) {
      auto* items =
          static_cast<evl_bytes*>(bytes_.allocate(op.item_count * sizeof(evl_bytes), alignof(evl_bytes)));
      copied = copied && items;
      for (std::size_t k = 0; copied && k < op.item_count; ++k) {
        items[k] = op.items[k];
        copied = copy(items[k]);
      }
      op.items = items;
    }
    if (!copied) {
      ops_.resize(first);
      return false;
    }
    ops_.push_back(op);
  }
  submission.batch = this;
  submission.index = shares_.size();
  shares_.push_back({&submission, first, count});
  return true;
}

void Batch::deliver(evl_status status, const evl_result* results) {
  const auto* bytes = reinterpret_cast<const char*>(results);
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    const Share& share = shares_[i];
    Submission* submission = share.submission;
    if (!submission) continue;
    submission->batch = nullptr;
    const bool good = status == EVL_OK;
    submission->done(
        *submission, status,
        good ? reinterpret_cast<const evl_result*>(bytes + share.first * results->size) : nullptr,
        good ? share.count : 0);
  }
  shares_.clear();
}

void Batch::reset() {
  ops_.clear();
  shares_.clear();
  bytes_.reset();
  copied_ = 0;
  expired = false;
}

}  // namespace evloom::store

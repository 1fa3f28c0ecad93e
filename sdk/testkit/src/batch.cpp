// A batch on its way to a backend and back: what host/store/batcher.cpp checks is checked here, in its words.
#include <cstring>
#include <utility>

#include "evloom/base.hpp"

#include "exchange.hpp"
#include "store.hpp"
#include "store/operations.hpp"

namespace evl::testkit {

void Batch::add(CallImpl& call) {
  shares_.push_back({&call, ops_.size(), call.raw_ops().size()});
  for (evl_op op : call.raw_ops()) {
    op.key = bytes(arena_.copy(view(op.key)));
    if (op.item_count != 0) {
      auto* const items =
          static_cast<evl_bytes*>(arena_.allocate(op.item_count * sizeof(evl_bytes), alignof(evl_bytes)));
      for (std::size_t i = 0; i < op.item_count; ++i) items[i] = bytes(arena_.copy(view(op.items[i])));
      op.items = items;
    }
    ops_.push_back(op);
  }
}

void Batch::add(const std::vector<Op>& ops, Batched& record) {
  record_ = &record;
  own_ops_ = ops;
  for (const Op& from : own_ops_) {
    auto* const items =
        static_cast<evl_bytes*>(arena_.allocate(from.items.size() * sizeof(evl_bytes), alignof(evl_bytes)));
    for (std::size_t i = 0; i < from.items.size(); ++i) items[i] = bytes(from.items[i]);
    ops_.push_back({sizeof(evl_op), from.kind, bytes(from.key), from.amount,
                    from.items.empty() ? nullptr : items, from.items.size()});
  }
}

void Batch::clear() {
  ops_.clear();
  shares_.clear();
  arena_.reset();
  expired_ = false;
}

evl_status Batch::launch() {
  const auto* const table = backend_->interface<evl_store_backend>(EVL_STORE);
  const std::uint32_t extra = backend_->core().options.extra_bytes;
  const evl_op* first = ops_.data();
  if (extra != 0) {
    const std::size_t stride = sizeof(evl_op) + extra;
    spread_.assign(stride * ops_.size(), kExtraFill);
    for (std::size_t i = 0; i < ops_.size(); ++i) {
      evl_op op = ops_[i];
      op.size = static_cast<std::uint32_t>(stride);
      std::memcpy(spread_.data() + i * stride, &op, sizeof op);
    }
    first = reinterpret_cast<const evl_op*>(spread_.data());
  }
  launching_ = flying_ = true;
  backend_->pin();
  evl_status status = backend_->call("submit", [&] {
    return table->submit(backend_->object(), backend_->slot(loop_.index), first, ops_.size(), &Batch::on_done,
                         this);
  });
  launching_ = false;
  if (!flying_) {
    // It called `done` from inside submit, where the results cannot be handed on.
    flying_ = true;
    status = EVL_E_UNKNOWN;
  }
  if (status == EVL_OK) {
    backend_->core().scheduler.arm(deadline_, loop_, backend_->core().options.store_timeout.count());
    return EVL_OK;
  }
  flying_ = false;
  backend_->unpin();
  return status;
}

void Batch::on_done(void* context, evl_status status, const evl_result* results, std::size_t count) {
  auto& self = *static_cast<Batch*>(context);
  if (!self.backend_->core().scheduler.on(self.loop_.raw())) {
    return self.backend_->misbehaved(Breach::wrong_thread,
                                     "ended a submit on a thread that is not its loop's");
  }
  if (!self.flying_) return self.backend_->misbehaved(Breach::wrong_state, evloom::store::kEndedTwice);
  if (self.launching_) {
    self.backend_->misbehaved(Breach::wrong_state, evloom::store::kEndedInside);
    self.flying_ = false;
    return;
  }
  self.ended(status, results, count);
}

void Batch::ended(evl_status status, const evl_result* results, std::size_t count) {
  flying_ = false;
  if (expired_) return clear();
  backend_->unpin();
  backend_->core().scheduler.disarm(deadline_);
  status = evloom::plugin::known(status);
  if (status == EVL_OK && !evloom::store::complete(ops_, results, count)) {
    backend_->misbehaved(Breach::bad_argument, evloom::store::kIncomplete);
    status = EVL_E_INTERNAL;
  }
  // The backend works on the next batch while this one is answered.
  if (store_) {
    store_->landed(*this, loop_);
    store_->flush(loop_);
  }
  deliver(status, results);
  clear();
}

void Batch::deliver(evl_status status, const evl_result* results) {
  const bool good = status == EVL_OK;
  if (record_ && !record_->done) {
    record_->done = true;
    record_->status = status;
    if (good) record_->results = own_results(results, ops_.size(), own_ops_);
  }
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    const Share& share = shares_[i];
    const auto* const first = reinterpret_cast<const char*>(results);
    share.call->end(status,
                    good ? reinterpret_cast<const evl_result*>(first + share.first * results->size) : nullptr,
                    good ? share.count : 0);
  }
  shares_.clear();
}

// Its callers are told; its memory stays until the backend lets go of it.
void Batch::expire() {
  Core& core = backend_->core();
  core.note(EVL_LOG_ERROR, backend_->name(), "deadline",
            evloom::store::overdue_text(ops_.size(), record_ ? 1 : shares_.size(),
                                        core.options.store_timeout.count()));
  expired_ = true;
  backend_->unpin();
  if (store_) {
    store_->landed(*this, loop_);
    store_->flush(loop_);
  }
  deliver(EVL_E_UNKNOWN, nullptr);
}

void Batch::unbind() {
  if (!flying_) return;
  Core& core = backend_->core();
  core.scheduler.disarm(deadline_);
  flying_ = false;
  if (!std::exchange(expired_, false)) {
    backend_->unpin();
    core.scheduler.enter(loop_, [&] { deliver(EVL_E_UNKNOWN, nullptr); });
  }
  lost_ = true;
}

}  // namespace evl::testkit

#include "store.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "evloom/base.hpp"

#include "exchange.hpp"
#include "store/operations.hpp"

namespace evl::testkit {

namespace {

evl_bytes copy(evl_bytes text, evloom::Arena& arena) { return bytes(arena.copy(view(text))); }

}  // namespace

// ---- a submit --------------------------------------------------------------------------------------------

void CallImpl::take(ExchangeImpl& request, const evl_op* ops, std::size_t count, evl_store_reply reply,
                    void* context) {
  request_ = &request;
  sender_ = &request;
  loop_ = &request.loop();
  reply_ = reply;
  context_ = context;
  state_ = State::fresh;
  arena_.reset();
  ops_.assign(ops, ops + count);
  for (evl_op& op : ops_) {
    op.key = copy(op.key, arena_);
    if (op.item_count == 0) continue;
    auto* const items =
        static_cast<evl_bytes*>(arena_.allocate(op.item_count * sizeof(evl_bytes), alignof(evl_bytes)));
    for (std::size_t i = 0; i < op.item_count; ++i) items[i] = copy(op.items[i], arena_);
    op.items = items;
  }
  request.hold(*this);
}

std::vector<Op> CallImpl::ops() const {
  std::vector<Op> own;
  for (const evl_op& op : ops_) {
    own.push_back({op.kind, std::string(view(op.key)), op.amount});
    for (std::size_t i = 0; i < op.item_count; ++i) own.back().items.emplace_back(view(op.items[i]));
  }
  return own;
}

Exchange& CallImpl::exchange() const { return *sender_; }

void CallImpl::leave_held() {
  if (state_ != State::held) throw Refused("this submit has been ended already");
  std::erase(store_.held_, this);
}

void CallImpl::answer() {
  leave_held();
  if (!store_.of_backend_) {
    state_ = State::to_carry;
    queued_ = true;
    store_.core.scheduler.queue(*loop_, &CallImpl::on_end, this);
    return;
  }
  store_.core.scheduler.enter(*loop_, [&] {
    if (const evl_status status = store_.pass_on(*this); status != EVL_OK) end_later(status, {});
  });
}

void CallImpl::answer(std::vector<Result> results) {
  leave_held();
  end_later(EVL_OK, raw_results(results, store_.core.options.extra_bytes, arena_));
}

void CallImpl::fail(evl_status status) {
  leave_held();
  end_later(status, {});
}

void CallImpl::lose() {
  if (store_.of_backend_) throw Refused("only the answer of a store in memory can be lost");
  leave_held();
  store_.carry_out(*this);
  end_later(EVL_E_UNKNOWN, {});
}

void CallImpl::end_later(evl_status status, RawResults results) {
  state_ = State::ending;
  status_ = status;
  results_ = results;
  queued_ = true;
  store_.core.scheduler.queue(*loop_, &CallImpl::on_end, this);
}

void CallImpl::on_end(void* self) {
  auto* const call = static_cast<CallImpl*>(self);
  call->queued_ = false;
  if (call->state_ == State::to_carry) {
    call->due();
  } else {
    call->end(call->status_, call->results_.first, call->results_.count);
  }
}

void CallImpl::due() {
  const RawResults results = store_.carry_out(*this);
  end(EVL_OK, results.first, results.count);
}

void CallImpl::end(evl_status status, const evl_result* results, std::size_t count) {
  Scheduler& scheduler = store_.core.scheduler;
  scheduler.disarm(timeout_);
  scheduler.disarm(delay_);
  state_ = State::ended;
  if (ExchangeImpl* const request = std::exchange(request_, nullptr)) {
    request->release(*this);
    const bool good = status == EVL_OK;
    request->call("store reply", [&] {
      reply_(context_, request->self(), status, good ? results : nullptr, good ? count : 0);
    });
  }
  store_.recycle(*this);
}

void CallImpl::expire() {
  ExchangeImpl* const request = std::exchange(request_, nullptr);
  if (!request) return;
  store_.core.note(EVL_LOG_ERROR, "store", "deadline",
                   evloom::store::overdue_text(ops_.size(), 1, store_.core.options.store_timeout.count()));
  request->release(*this);
  request->call("store reply", [&] { reply_(context_, request->self(), EVL_E_UNKNOWN, nullptr, 0); });
}

// ---- the store -------------------------------------------------------------------------------------------

StoreImpl::StoreImpl(Core& host, InstanceImpl* its_backend)
    : core(host),
      backend_(its_backend),
      of_backend_(its_backend != nullptr),
      lines_(host.scheduler.loops()) {}

std::vector<StoreCall*> StoreImpl::held() { return {held_.begin(), held_.end()}; }

std::vector<Result> StoreImpl::carry_out(const std::vector<Op>& ops) {
  if (of_backend_) throw Refused("the keys of this store are its backend's: ask that with Instance::submit");
  evloom::Arena arena;
  std::vector<Result> all;
  for (const Op& op : ops) {
    std::vector<evl_bytes> items;
    items.reserve(op.items.size());
    for (const std::string& item : op.items) items.push_back(bytes(item));
    const evl_op raw = {sizeof raw, op.kind, bytes(op.key), op.amount, items.data(), items.size()};
    evl_result result{};
    result.size = sizeof result;
    data_.carry_out(raw, core.scheduler.now(), arena, result);
    all.push_back(own_results(&result, 1, {op}).front());
  }
  return all;
}

RawResults StoreImpl::carry_out(CallImpl& call) {
  const std::size_t stride = sizeof(evl_result) + core.options.extra_bytes;
  auto* const first =
      static_cast<unsigned char*>(call.arena_.allocate(stride * call.ops_.size(), alignof(evl_result)));
  std::memset(first, kExtraFill, stride * call.ops_.size());
  for (std::size_t i = 0; i < call.ops_.size(); ++i) {
    evl_result result{};
    result.size = static_cast<std::uint32_t>(stride);
    data_.carry_out(call.ops_[i], core.scheduler.now(), call.arena_, result);
    std::memcpy(first + i * stride, &result, sizeof result);
  }
  return {reinterpret_cast<const evl_result*>(first), call.ops_.size()};
}

CallImpl& StoreImpl::fresh() {
  if (free_.empty()) {
    calls_.push_back(std::make_unique<CallImpl>(*this));
    free_.reserve(calls_.size());
    return *calls_.back();
  }
  CallImpl& call = *free_.back();
  free_.pop_back();
  return call;
}

void StoreImpl::recycle(CallImpl& call) {
  if (!call.shown_ && !call.queued_) free_.push_back(&call);
}

evl_status StoreImpl::submit(ExchangeImpl& request, const evl_op* ops, std::size_t count,
                             evl_store_reply reply, void* context) {
  ++submits_;
  if (refuse_.count != 0) {
    --refuse_.count;
    return refuse_.status;
  }
  CallImpl& call = fresh();
  call.take(request, ops, count, reply, context);
  Scheduler& scheduler = core.scheduler;
  if (fail_.count != 0) {
    --fail_.count;
    call.end_later(fail_.status, {});
    return EVL_OK;
  }
  if (holding_) {
    call.state_ = CallImpl::State::held;
    call.shown_ = true;
    held_.push_back(&call);
  } else if (of_backend_) {
    const evl_status status = pass_on(call);
    if (status == EVL_OK) return EVL_OK;  // the batch has the deadline
    request.release(call);
    call.request_ = nullptr;
    call.state_ = CallImpl::State::ended;
    recycle(call);
    return status;
  } else if (delay_ != 0) {
    call.state_ = CallImpl::State::to_carry;
    scheduler.arm(call.delay_, request.loop(), delay_);
  } else {
    call.state_ = CallImpl::State::to_carry;
    call.queued_ = true;
    scheduler.queue(request.loop(), &CallImpl::on_end, &call);
  }
  scheduler.arm(call.timeout_, request.loop(), core.options.store_timeout.count());
  return EVL_OK;
}

std::size_t StoreImpl::waiting() const {
  return static_cast<std::size_t>(
      std::count_if(calls_.begin(), calls_.end(), [](const auto& call) { return call->wanted(); }));
}

// ---- its backend: one batch at a time on each loop, what comes meanwhile goes with the next --------------

evl_status StoreImpl::pass_on(CallImpl& call) {
  call.state_ = CallImpl::State::with_backend;
  Line& line = lines_[call.loop_->index];
  if (!line.flying && !paused_) {
    one_.front() = &call;
    return launch(*call.loop_, one_);
  }
  if (line.waiting.size() >= kWaiting) return EVL_E_OVERLOADED;
  line.waiting.push_back(&call);
  return EVL_OK;
}

std::size_t StoreImpl::flying(const Loop& loop) const {
  return static_cast<std::size_t>(std::count_if(batches_.begin(), batches_.end(), [&](const auto& batch) {
    return batch->flying() && batch->on(loop) && batch->backend() == backend_;
  }));
}

evl_status StoreImpl::launch(Loop& loop, const std::vector<CallImpl*>& calls) {
  if (!backend_ || !backend_->runs_on(loop) || flying(loop) >= kFlying) return EVL_E_UNAVAILABLE;
  const auto idle = std::find_if(batches_.begin(), batches_.end(), [&](const auto& one) {
    return !one->flying() && one->idle() && one->on(loop) && one->backend() == backend_;
  });
  Batch& batch = idle != batches_.end()
                     ? **idle
                     : *batches_.emplace_back(std::make_unique<Batch>(*backend_, loop, this));
  for (CallImpl* call : calls) batch.add(*call);
  Line& line = lines_[loop.index];
  line.flying = &batch;
  const evl_status status = batch.launch();
  if (status != EVL_OK) {
    line.flying = nullptr;
    batch.clear();
  }
  return status;
}

void StoreImpl::flush(Loop& loop) {
  Line& line = lines_[loop.index];
  while (!paused_ && !line.flying && !line.waiting.empty()) {
    std::vector<CallImpl*> calls;
    for (; !line.waiting.empty() && calls.size() < kBatch; line.waiting.pop_front())
      calls.push_back(line.waiting.front());
    const evl_status status = launch(loop, calls);
    if (status == EVL_OK) return;
    for (CallImpl* call : calls) call->end(status, nullptr, 0);  // may submit again
  }
}

void StoreImpl::landed(Batch& batch, Loop& loop) {
  Line& line = lines_[loop.index];
  if (line.flying == &batch) line.flying = nullptr;
}

void StoreImpl::bind(InstanceImpl& backend) {
  backend_ = &backend;
  for (Line& line : lines_) line.flying = nullptr;
  flush_all();
}

void StoreImpl::forget(InstanceImpl& backend) {
  if (backend_ == &backend) {
    backend_ = nullptr;
    for (Line& line : lines_) line.flying = nullptr;
  }
  for (std::size_t i = 0; i < batches_.size(); ++i)
    if (batches_[i]->backend() == &backend) batches_[i]->unbind();
}

void StoreImpl::pause(bool on) {
  paused_ = on;
  if (!on) flush_all();
}

void StoreImpl::flush_all() {
  for (std::uint32_t i = 0; i < core.scheduler.loops(); ++i)
    core.scheduler.enter(core.scheduler.at(i), [&] { flush(core.scheduler.at(i)); });
}

}  // namespace evl::testkit

#include "store/batcher.hpp"

#include <event2/event.h>

#include <new>
#include <utility>

#include "store/operations.hpp"

namespace evloom::store {

namespace {

constexpr std::size_t kDeadlineKind = 6;  // those below are the connections'

}  // namespace

Batcher::Batcher(loop::Loop& loop, const Limits& limits)
    : loop_(loop), limits_(limits), turn_(event_new(loop.base(), -1, 0, &Batcher::on_turn, this)) {
  if (!turn_) throw std::bad_alloc();
}

Batcher::~Batcher() {
  unbind();
  for (Batch* batch : std::exchange(queue_, {})) batch->deliver(EVL_E_CANCELLED, nullptr, loop_);
}

void Batcher::bind(plugin::Instance& backend) {
  if (backend_ == &backend) return;
  lost_.clear();  // the one before has been destroyed
  backend_ = &backend;
  table_ = backend.interface<evl_store_backend>();
  object_ = backend.object();
  slot_ = backend.slot(loop_);
  logger_ = backend.logger();
}

void Batcher::unbind() {
  if (!backend_) return;
  // Out of reach first: those who are told may submit again.
  plugin::Instance* const gone = std::exchange(backend_, nullptr);
  std::vector<Batch*> ended;
  for (auto& batch : batches_) {
    batch->backend = nullptr;
    if (!batch->flying) continue;
    batch->deadline().disarm();
    if (!batch->expired) {
      gone->unpin(loop_.index());
      --current_;
      ended.push_back(batch.get());
    }
    batch->flying = false;
    --flying_;
    lost_.push_back(std::move(batch));
  }
  std::erase(batches_, nullptr);
  for (Batch* batch : ended) batch->deliver(EVL_E_UNKNOWN, nullptr, loop_);
}

void Batcher::release() {
  held_ = false;
  flush();
}

void Batcher::close() {
  closed_ = true;
  for (Batch* batch : std::exchange(queue_, {})) batch->deliver(EVL_E_CANCELLED, nullptr, loop_);
  waiting_ = waiting_bytes_ = 0;
}

evl_status Batcher::submit(Submission& submission, const evl_op* ops, std::size_t count) {
  if (waiting_ >= limits_.waiting || waiting_bytes_ >= kWaitingBytes) return EVL_E_OVERLOADED;
  if (closed_) return EVL_E_UNAVAILABLE;
  // What one caller submits twice is not put together: the first may have to be tried again, in a batch
  // before the second.
  if (queue_.empty() || queue_.back()->requests() >= kBatch ||
      (submission.after && submission.after->batch == queue_.back()))
    queue_.push_back(&fresh());
  Batch& batch = *queue_.back();
  const std::size_t before = batch.bytes();
  if (!batch.add(submission, ops, count)) {
    if (batch.requests() == 0) {
      queue_.pop_back();
      give_back(batch);
    } else {
      waiting_bytes_ += batch.bytes() - before;  // what was copied stays until the batch is reset
    }
    return EVL_E_NO_SPACE;
  }
  waiting_bytes_ += batch.bytes() - before;
  ++waiting_;
  if (current_ == 0) leave_later();
  return EVL_OK;
}

void Batcher::leave_later() {
  if (std::exchange(leaving_, true)) return;
  turns_ = seen_ = 0;
  // Behind whatever else is active now, all of which is run before the loop looks for more.
  event_active(turn_.get(), EV_TIMEOUT, 0);
}

void Batcher::on_turn(evutil_socket_t, short, void* self) {
  auto& batcher = *static_cast<Batcher*>(self);
  const std::size_t waiting = batcher.waiting_;
  // As long as each turn brings more, they go together: the loop works all the while, nobody waits idly.
  if (waiting > 1 && waiting > std::exchange(batcher.seen_, waiting) && waiting < kBatch &&
      ++batcher.turns_ < kTurns) {
    const timeval now{0, 0};
    event_add(batcher.turn_.get(), &now);
    return;
  }
  batcher.leaving_ = false;
  batcher.flush();
}

Batch& Batcher::fresh() {
  if (idle_.empty()) {
    batches_.push_back(std::make_unique<Batch>(*this, &Batcher::on_deadline));
    return *batches_.back();
  }
  Batch& batch = *idle_.back();
  idle_.pop_back();
  return batch;
}

void Batcher::give_back(Batch& batch) {
  batch.reset();
  idle_.push_back(&batch);
}

evl_status Batcher::launch(Batch& batch) {
  if (closed_ || !backend_ || flying_ >= kFlying) return EVL_E_UNAVAILABLE;  // all of them past their time
  plugin::Instance& backend = *backend_;
  batch.backend = &backend;
  batch.launching = batch.flying = true;
  ++flying_;
  ++current_;
  backend.pin(loop_.index());
  evl_status status = backend.call("submit", [&] {
    return table_->submit(object_, slot_, batch.ops().data(), batch.ops().size(), &Batcher::on_done, &batch);
  });
  batch.launching = false;
  if (!batch.flying) {
    // It called `done` from inside submit, where the results cannot be handed on.
    batch.flying = true;
    status = EVL_E_UNKNOWN;
  }
  if (status == EVL_OK) {
    loop_.deadlines().arm(batch.deadline(), kDeadlineKind, limits_.timeout);
    return EVL_OK;
  }
  batch.flying = false;
  --flying_;
  --current_;
  backend.unpin(loop_.index());
  return status;
}

void Batcher::flush() {
  while (!held_ && current_ == 0 && !queue_.empty()) {
    Batch& batch = *queue_.front();
    queue_.pop_front();
    waiting_ -= batch.requests();
    waiting_bytes_ -= batch.bytes();
    const evl_status status = launch(batch);
    if (status == EVL_OK) return;
    batch.deliver(status, nullptr, loop_);  // its callbacks may submit again
    give_back(batch);
  }
}

void Batcher::on_done(void* context, evl_status status, const evl_result* results, std::size_t count) {
  auto& batch = *static_cast<Batch*>(context);
  Batcher& self = batch.batcher();
  if (!batch.flying) {
    if (batch.backend) batch.backend->misbehaved(plugin::Misbehaviour::wrong_state, kEndedTwice);
    return;
  }
  if (batch.launching) {
    batch.backend->misbehaved(plugin::Misbehaviour::wrong_state, kEndedInside);
    batch.flying = false;
    return;
  }
  batch.flying = false;
  --self.flying_;
  if (batch.telling) return;  // from inside a submit that its deadline led to: on_deadline goes on with it
  if (!batch.expired) {
    batch.backend->unpin(self.loop_.index());
    batch.deadline().disarm();
    --self.current_;
    status = plugin::known(status);
    if (status == EVL_OK && !complete(batch.ops(), results, count)) {
      batch.backend->misbehaved(plugin::Misbehaviour::bad_argument, kIncomplete);
      status = EVL_E_INTERNAL;
    }
    if (status == EVL_OK) self.retry(batch, results);
    batch.deliver(status, results, self.loop_);
  }
  self.give_back(batch);
  if (!self.queue_.empty()) self.leave_later();
}

void Batcher::retry(Batch& batch, const evl_result* results) {
  if (!batch.has_refused(results)) return;
  Batch& again = fresh();
  if (batch.retry(again, results) == 0) return give_back(again);
  waiting_ += again.requests();
  waiting_bytes_ += again.bytes();
  queue_.push_front(&again);
}

void Batcher::on_deadline(void* context) {
  auto& batch = *static_cast<Batch*>(context);
  Batcher& self = batch.batcher();
  self.logger_.write_fault(observe::Level::kError, "deadline",
                           overdue_text(batch.ops().size(), batch.requests(), self.limits_.timeout));
  // Its memory stays until the backend lets go of it, but nobody waits for that, not even to stop the
  // backend.
  batch.expired = batch.telling = true;
  batch.backend->unpin(self.loop_.index());
  --self.current_;
  self.flush();
  batch.deliver(EVL_E_UNKNOWN, nullptr, self.loop_);
  batch.telling = false;
  if (!batch.flying) {
    self.give_back(batch);
  }
  self.flush();
}

evl_status Batcher::health(evl_error& why) const {
  if (!backend_) {
    evl_error_set(&why, "its instance is being replaced");
    return EVL_E_UNAVAILABLE;
  }
  return backend_->call("health", [&] { return table_->health(object_, slot_, &why); });
}

}  // namespace evloom::store

#include "memory/exchange.hpp"

#include <thread>

namespace evloom::plugins {

void Home::start(evl_loop* loop) {
  loop_ = loop;
  stopped_ = false;
}

void Home::stop() {
  stopped_ = true;
  while (!pending_.empty()) {
    Job& job = *pending_.back();
    for (auto& parcel : job.parcels) {
      if (!parcel) continue;
      int state = Parcel::kQueued;
      if (parcel->state.compare_exchange_strong(state, Parcel::kCancelled, std::memory_order_acq_rel)) {
        for (const std::size_t place : parcel->places) job.results[place].status = EVL_E_UNAVAILABLE;
      }
      while (parcel->state.load(std::memory_order_acquire) == Parcel::kRunning) std::this_thread::yield();
    }
    end(job);  // the messages that are still under way find it ended
  }
}

evl_status Home::submit(const evl::Batch& batch) {
  if (stopped_) return EVL_E_UNAVAILABLE;
  Job* job = take_job();
  job->batch = batch;
  try {
    sort_out(*job);
  } catch (...) {
    for (auto& parcel : job->parcels)
      if (parcel) parcel->places.clear();
    idle_.push_back(job);
    throw;  // nothing was done: the glue makes a status of it
  }
  job->place = pending_.size();
  pending_.push_back(job);
  run_local(*job);
  send(*job);
  return EVL_OK;
}

Home& Home::home_of(std::string_view key) {
  // The tables inside the shards use the lower bits of the same hash.
  return (*homes_)[((*hash_)(key) >> 32) % homes_->size()];
}

Job* Home::take_job() {
  pending_.reserve(jobs_.size() + 1);
  if (idle_.empty()) {
    idle_.reserve(jobs_.size() + 1);
    auto job = std::make_unique<Job>();
    job->home = this;
    job->parcels.resize(homes_->size());
    jobs_.push_back(std::move(job));
    return jobs_.back().get();
  }
  Job* job = idle_.back();
  idle_.pop_back();
  return job;
}

// Checks the operations and finds out whose each is. Does nothing to any key, so that it may throw.
void Home::sort_out(Job& job) {
  job.ended = false;
  job.results.assign(job.batch.count, {sizeof(evl_result), EVL_OK, 0, nullptr, 0, nullptr});
  own_.clear();
  for (std::size_t i = 0; i < job.batch.count; ++i) {
    job.results[i].status = check(job.batch[i]);
    if (job.results[i].status != EVL_OK) continue;
    Home& home = home_of(key_of(job.batch[i]));
    if (&home == this) {
      own_.push_back(i);
      continue;
    }
    auto& parcel = job.parcels[static_cast<std::size_t>(&home - homes_->data())];
    if (!parcel) {
      parcel = std::make_unique<Parcel>();
      parcel->job = &job;
      parcel->shard_home = &home;
    }
    parcel->places.push_back(i);
  }
}

void Home::run_local(Job& job) {
  if (own_.empty()) return;
  const std::int64_t time = now();
  for (const std::size_t i : own_) shard_->execute(job.batch[i], time, job.results[i], job.output);
}

void Home::send(Job& job) {
  for (auto& parcel : job.parcels) {
    if (!parcel || parcel->places.empty()) continue;
    ++job.awaited;
    parcel->message.run = &Home::arrived;
    parcel->state.store(Parcel::kQueued, std::memory_order_release);
    host_->loop->post(host_->host, parcel->shard_home->loop_, &parcel->message);
  }
  if (job.awaited > 0) return;
  // All was done here; but `done` must not be called from inside submit.
  ++job.awaited;
  job.message.run = &Home::completed;
  host_->loop->post(host_->host, loop_, &job.message);
}

// Runs on the shard's loop, also after that loop's slot has been stopped: the shard itself is still there.
void Home::arrived(evl_message* message, evl_loop*) {
  auto* parcel = reinterpret_cast<Parcel*>(message);
  Job& job = *parcel->job;
  Home& here = *parcel->shard_home;
  int state = Parcel::kQueued;
  if (parcel->state.compare_exchange_strong(state, Parcel::kRunning, std::memory_order_acq_rel)) {
    const std::int64_t time = here.now();
    for (const std::size_t i : parcel->places)
      here.shard_->execute(job.batch[i], time, job.results[i], parcel->output);
    parcel->state.store(Parcel::kDone, std::memory_order_release);
  }
  parcel->message.run = &Home::returned;
  here.host_->loop->post(here.host_->host, job.home->loop_, &parcel->message);
}

void Home::returned(evl_message* message, evl_loop*) {
  auto* parcel = reinterpret_cast<Parcel*>(message);
  parcel->state.store(Parcel::kHome, std::memory_order_relaxed);
  parcel->job->home->message_back(*parcel->job);
}

void Home::completed(evl_message* message, evl_loop*) {
  auto* job = reinterpret_cast<Job*>(message);
  job->home->message_back(*job);
}

void Home::message_back(Job& job) {
  if (--job.awaited > 0) return;
  if (!job.ended) end(job);
  recycle(job);
}

void Home::end(Job& job) {
  pending_[job.place] = pending_.back();
  pending_[job.place]->place = job.place;
  pending_.pop_back();
  job.ended = true;
  job.batch.done(job.results.data());  // may submit again: the job is not idle yet
}

void Home::recycle(Job& job) {
  for (auto& parcel : job.parcels) {
    if (!parcel) continue;
    parcel->places.clear();
    parcel->output.reset();
  }
  job.output.reset();
  idle_.push_back(&job);
}

}  // namespace evloom::plugins

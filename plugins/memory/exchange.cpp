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
    int state = Job::kQueued;
    job.state.compare_exchange_strong(state, Job::kCancelled, std::memory_order_acq_rel);
    while (job.state.load(std::memory_order_acquire) == Job::kRunning) std::this_thread::yield();
    end(job);  // its message, still under way, finds it ended
  }
}

evl_status Home::submit(const evl::Batch& batch) {
  if (stopped_) return EVL_E_UNAVAILABLE;
  Job& job = take_job(batch.count);
  job.batch = batch;
  job.ended = false;
  job.place = pending_.size();
  pending_.push_back(&job);
  if (owns()) {
    carry_out(job, *this);
    job.state.store(Job::kDone, std::memory_order_relaxed);
    post(job, *this, &Home::returned);  // `done` must not be called from inside submit
  } else {
    job.state.store(Job::kQueued, std::memory_order_release);
    post(job, **owner_, &Home::arrived);
  }
  return EVL_OK;
}

// A job with room for the results; throws std::bad_alloc before anything is done.
Job& Home::take_job(std::size_t operations) {
  pending_.reserve(jobs_.size() + 1);
  if (idle_.empty()) {
    idle_.reserve(jobs_.size() + 1);
    auto made = std::make_unique<Job>();
    made->home = this;
    idle_.push_back(made.get());
    jobs_.push_back(std::move(made));
  }
  Job& job = *idle_.back();
  job.results.reserve(operations);
  idle_.pop_back();
  return job;
}

void Home::carry_out(Job& job, Home& owner) {
  job.results.assign(job.batch.count, evl::result());
  const std::int64_t time = owner.now();
  for (std::size_t i = 0; i < job.batch.count; ++i) {
    evl_result& result = job.results[i];
    result.status = check(job.batch[i]);
    if (result.status == EVL_OK) owner.shard_->execute(job.batch[i], time, result, job.output);
  }
}

void Home::post(Job& job, Home& to, void (*run)(evl_message*, evl_loop*)) {
  job.message.run = run;
  host_->loop->post(host_->host, to.loop_, &job.message);
}

// Runs on the owner's loop, also after its slot has been stopped: the shard is still there.
void Home::arrived(evl_message* message, evl_loop*) {
  auto& job = *reinterpret_cast<Job*>(message);
  Home& owner = **job.home->owner_;
  int state = Job::kQueued;
  if (job.state.compare_exchange_strong(state, Job::kRunning, std::memory_order_acq_rel)) {
    carry_out(job, owner);
    job.state.store(Job::kDone, std::memory_order_release);
  }
  owner.post(job, *job.home, &Home::returned);
}

void Home::returned(evl_message* message, evl_loop*) {
  auto& job = *reinterpret_cast<Job*>(message);
  Home& home = *job.home;
  if (!job.ended) home.end(job);
  job.output.reset();
  home.idle_.push_back(&job);
}

void Home::end(Job& job) {
  pending_[job.place] = pending_.back();
  pending_[job.place]->place = job.place;
  pending_.pop_back();
  job.ended = true;
  // May submit again: the job is not idle yet.
  if (job.state.load(std::memory_order_acquire) == Job::kCancelled) {
    job.batch.failed(EVL_E_UNAVAILABLE);
  } else {
    job.batch.done(job.results.data());
  }
}

}  // namespace evloom::plugins

// Channel: the way of submits from one loop to the writer thread and back. It lives as long as the instance;
// the loop's part of it (Jobs idle and pending, the slot) is the loop's alone, the rest is lock-free. Job:
// one submit. It belongs to its loop, then to the writer from push to finish, then to its loop again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "evloom/host.hpp"
#include "evloom/mpsc_queue.hpp"
#include "evloom/store_backend.hpp"

#include "lmdb/tables.hpp"

namespace evloom::plugins {

class Channel;

struct Job : evl::MpscNode {
  Channel* channel = nullptr;
  evl::Batch batch{};
  std::vector<evl_result> results;
  Output output;
  evl_status status = EVL_OK;  // of all, when there are no results
};

class Channel {
 public:
  explicit Channel(const evl::HostInterfaces& host) : host_(&host) {
    message_.home = this;
    message_.message.run = &Channel::arrived;
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // ---- [loop] ----

  void start(evl_loop* loop) {
    loop_ = loop;
    stopped_.store(false);
  }
  // Ends every submit that is under way: what the writer has not begun is refused by it, what it is doing
  // comes back with its result. Waits for the commit that is under way, which in an orderly stop is none; and
  // in any case until the writer has posted what it is posting: after this returns, the host sees all
  // messages.
  void stop() {
    stopped_.store(true);
    for (;;) {
      const std::uint32_t turn = turn_.load();
      if (turn % 2 == 0) {
        drain();
        if (pending_ == 0 && turn_.load() == turn) return;
        if (pending_ == 0) continue;
      }
      turn_.wait(turn);
    }
  }
  // A job for one submit, with a result per operation that passed or did not pass check(). Throws
  // std::bad_alloc.
  Job* take(const evl::Batch& batch) {
    idle_.reserve(jobs_.size() + 1);
    if (idle_.empty()) {
      jobs_.push_back(std::make_unique<Job>());
      jobs_.back()->channel = this;
      idle_.push_back(jobs_.back().get());
    }
    Job* job = idle_.back();
    job->batch = batch;
    job->status = EVL_OK;
    job->results.resize(batch.count);
    idle_.pop_back();
    ++pending_;
    return job;
  }

  // ---- The writer. ----

  bool is_stopped() const { return stopped_.load(); }
  // Hands jobs back: open, finish for each, and close, by which the loop learns of them.
  void open() { turn_.fetch_add(1); }
  void finish(Job* job) { finished_.push(job); }
  void close() {
    if (!announced_.exchange(true)) host_->loop->post(host_->host, loop_, &message_.message);
    turn_.fetch_add(1);
    turn_.notify_one();
  }

 private:
  struct Message {
    evl_message message{};  // first, so that the message's address is the struct's
    Channel* home = nullptr;
  };

  static void arrived(evl_message* message, evl_loop*) {
    Channel* self = reinterpret_cast<Message*>(message)->home;
    self->announced_.store(false);
    self->drain();
  }
  void drain() {
    while (Job* job = finished_.pop()) {
      --pending_;
      // Done may submit again, so the job goes back to the idle ones only afterwards.
      if (job->status == EVL_OK) {
        job->batch.done(job->results.data());
      } else {
        job->batch.failed(job->status);
      }
      job->output.reset();
      idle_.push_back(job);
    }
  }

  const evl::HostInterfaces* host_;
  evl_loop* loop_ = nullptr;
  std::vector<std::unique_ptr<Job>> jobs_;  // all there are
  std::vector<Job*> idle_;
  std::size_t pending_ = 0;

  std::atomic<bool> stopped_{true};
  evl::MpscQueue<Job> finished_;
  std::atomic<std::uint32_t> turn_{0};  // odd while the writer hands jobs back
  std::atomic<bool> announced_{false};  // the message is under way
  Message message_;
};

}  // namespace evloom::plugins

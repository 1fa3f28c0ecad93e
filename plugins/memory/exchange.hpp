// Exchange: how the operations of a submit reach the shard that holds all keys, and come back, without a
// lock. The first loop owns the shard; a submit made on another loop travels there as one message of the
// host's mailbox, and travels back the same way. So the operations of a submit are carried out in order, and
// no other submit comes between them. Homes live as long as the instance; each is touched by its own loop
// alone, but for the job that is under way.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "evloom/host.hpp"
#include "evloom/store_backend.hpp"

#include "memory/shard.hpp"

namespace evloom::plugins {

class Home;

// One submit under way.
struct Job {
  // Who may use the operations' memory: it is the caller's, who takes it back when the job ends.
  enum State : int { kQueued, kRunning, kDone, kCancelled };

  evl_message message{};  // first, so that the message's address is the job's
  std::atomic<int> state{kDone};
  Home* home = nullptr;  // where it was made
  evl::Batch batch{};
  std::vector<evl_result> results;
  Output output;
  std::size_t place = 0;  // in the home's list of jobs under way
  bool ended = false;     // its done has been called
};

// What one loop has.
class Home {
 public:
  // `owner` is the home of the first loop, which has the shard.
  Home(const evl::HostInterfaces& host, Shard& shard, Home*& owner)
      : host_(&host), shard_(&shard), owner_(&owner) {}

  // thread_start and thread_stop of this loop. `stop` ends what is under way: a job that the owner has not
  // begun is taken back, one that it is carrying out right now is waited for, which takes microseconds.
  void start(evl_loop* loop);
  void stop();

  evl_status submit(const evl::Batch& batch);

  std::int64_t now() const { return host_->loop->now(loop_); }
  bool owns() const { return *owner_ == this; }

 private:
  static void arrived(evl_message* message, evl_loop* loop);   // at the owner
  static void returned(evl_message* message, evl_loop* loop);  // home again

  Job& take_job(std::size_t operations);
  static void carry_out(Job& job, Home& owner);
  void post(Job& job, Home& to, void (*run)(evl_message*, evl_loop*));
  void end(Job& job);

  const evl::HostInterfaces* host_;
  Shard* shard_;
  Home** owner_;
  evl_loop* loop_ = nullptr;
  bool stopped_ = true;
  std::vector<std::unique_ptr<Job>> jobs_;  // all there are
  std::vector<Job*> idle_;
  std::vector<Job*> pending_;
};

}  // namespace evloom::plugins

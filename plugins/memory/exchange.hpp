// Exchange: how the operations of a submit reach the shards of other loops and come back, without a lock.
// Each loop has a Home: its shard, and the jobs (one per submit) that were made on it. What belongs to
// another loop's shard travels there as a parcel, by the host's mailbox, and travels back the same way. Homes
// live as long as the instance; everything in one is touched by its own loop alone, but for the parcel that
// another loop holds.
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
struct Job;

// The operations of one job that belong to one other shard.
struct Parcel {
  // Who may use the operations' memory: it is the caller's, who takes it back when the job ends.
  enum State : int { kHome, kQueued, kRunning, kDone, kCancelled };

  evl_message message{};  // first, so that the message's address is the parcel's
  std::atomic<int> state{kHome};
  Job* job = nullptr;
  Home* shard_home = nullptr;
  std::vector<std::size_t> places;  // of its operations in the batch
  Output output;
};

// One submit under way.
struct Job {
  evl_message message{};  // first; posted to itself when no parcel will bring the job back
  Home* home = nullptr;
  evl::Batch batch{};
  std::vector<evl_result> results;
  std::vector<std::unique_ptr<Parcel>> parcels;  // one per loop, made when first needed
  Output output;                                 // of the operations on the own shard
  std::size_t awaited = 0;                       // messages that have yet to come back
  std::size_t place = 0;                         // in the home's list of jobs under way
  bool ended = false;                            // its done has been called
};

class Home {
 public:
  Home(const evl::HostInterfaces& host, Budget& budget, const SipHash& hash, std::vector<Home>& homes)
      : host_(&host), homes_(&homes), hash_(&hash), shard_(std::make_unique<Shard>(budget, hash)) {}

  // thread_start and thread_stop of this loop. `stop` ends what is under way: an operation that another loop
  // has not begun is taken back, one that it is carrying out right now is waited for, which takes
  // microseconds.
  void start(evl_loop* loop);
  void stop();

  evl_status submit(const evl::Batch& batch);

  std::int64_t now() const { return host_->loop->now(loop_); }
  Shard& shard() { return *shard_; }
  // Jobs under way.
  std::size_t pending() const { return pending_.size(); }

 private:
  static void arrived(evl_message* message, evl_loop* loop);  // a parcel, at its shard
  static void returned(evl_message* message, evl_loop* loop);
  static void completed(evl_message* message, evl_loop* loop);

  Home& home_of(std::string_view key);
  Job* take_job();
  void sort_out(Job& job);
  void run_local(Job& job);
  void send(Job& job);
  void message_back(Job& job);
  void end(Job& job);
  void recycle(Job& job);

  const evl::HostInterfaces* host_;
  std::vector<Home>* homes_;
  const SipHash* hash_;
  std::unique_ptr<Shard> shard_;
  evl_loop* loop_ = nullptr;
  bool stopped_ = true;
  std::vector<std::unique_ptr<Job>> jobs_;  // all there are
  std::vector<Job*> idle_;
  std::vector<Job*> pending_;
  std::vector<std::size_t>
      own_;  // places of the operations on the own shard; of the submit that is being sorted
};

}  // namespace evloom::plugins

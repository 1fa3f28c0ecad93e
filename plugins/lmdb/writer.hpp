// Writer: the one thread that touches the environment. The loops push jobs into a lock-free queue; the writer
// takes all that is there, carries it out in one transaction, commits once for all (group commit), and hands
// the jobs back. It also has the disk sync at intervals, removes keys whose time has come, and finds out when
// a full disk has room again. Push and health are for any loop, the rest is private to the thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "evloom/host.hpp"
#include "evloom/mpsc_queue.hpp"

#include "lmdb/channel.hpp"
#include "lmdb/environment.hpp"
#include "lmdb/settings.hpp"
#include "lmdb/tables.hpp"

namespace evloom::plugins {

class Writer {
 public:
  // Opens nothing: the environment is open. Starts the thread. [control]
  Writer(evl::Host host, const Settings& settings, Environment& environment);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Carries out what is queued and joins the thread. [control]
  ~Writer();

  // Hands a job over; it comes back to its channel. [loop]
  void push(Job* job);
  // EVL_OK, or what is wrong with the disk, and why. [any]
  evl_status health(std::string* why) const;
  std::uint64_t commits() const { return commits_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void collect();
  void sleep();
  void wake();
  void run_group();
  void carry_out(Allowed allowed, evl_status refused);
  int attempt(Allowed allowed, evl_status refused);
  void give_back();
  void run_due_tasks();
  void sync_if_due(Clock::time_point now);
  void sync();
  void purge_if_due();
  void probe_if_due(Clock::time_point now);
  evl_status note_failure(int code);
  void note_success();
  bool grow(bool removing);
  void settle();
  bool reopen();

  evl::Host host_;
  const Settings& settings_;
  Environment& environment_;
  MemberCache cache_;

  evl::MpscQueue<Job> queue_;
  std::atomic<bool> asleep_{false};
  std::atomic<bool> stopping_{false};
  int wake_fd_;

  std::vector<Job*> group_;
  std::vector<Channel*> touched_;
  Job* next_ = nullptr;  // taken from the queue, but more than the group had room for
  bool unsynced_ = false;
  bool sync_failed_ = false;  // the last one did; that writes succeed does not make it good
  Clock::time_point next_sync_{};
  Clock::time_point next_probe_{};
  std::int64_t next_expiry_ = 0;  // ms since 1970; 0 has the table looked at

  std::atomic<int> trouble_{
      0};  // LMDB's code or errno of the last failure that has not been overcome; 0: none
  std::atomic<std::uint64_t> commits_{0};
  std::thread thread_;
};

}  // namespace evloom::plugins

// Load: a few keep-alive connections to a unix socket, each asking one thing again and again on a thread of
// the load's own; every answer is accounted for. stop() and the figures are for the thread that made it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>

#include "base/fd.hpp"

namespace evloom::check {

class Load {
 public:
  Load(std::string socket, std::string request);
  ~Load() { stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Answers so far. [any]
  std::uint64_t answers() const { return answers_; }
  std::uint64_t errors() const { return errors_; }  // of these with a status of 500 or more

  void stop();
  // After stop(): the first thing that went wrong with a connection; empty: nothing did.
  const std::string& broken() const { return broken_; }
  // The first answer with a status of 500 or more.
  const std::string& first_error() const { return first_error_; }
  // A figure N of "Total requests = N" that came twice: a count was lost.
  const std::string& doubled() const { return doubled_; }

 private:
  static constexpr std::size_t kConnections = 4;
  struct Answer {
    int status = 0;
    bool last = false;  // of its connection
    std::string body;
  };

  void work();
  bool connect(Fd& connection);
  bool read(int connection, Answer& answer);
  void take(const Answer& answer);
  void fail(const std::string& what);

  const std::string socket_;
  const std::string request_;
  std::atomic<std::uint64_t> answers_{0};
  std::atomic<std::uint64_t> errors_{0};
  std::atomic<bool> stopping_{false};
  std::string broken_, first_error_, doubled_;
  std::set<std::string> totals_;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace evloom::check

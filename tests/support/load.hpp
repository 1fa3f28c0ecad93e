// Load: many keep-alive connections from a few threads, one request at a time on each; every answer is
// accounted for and, if it is one of stats, goes into a ledger. run_load works until its count is reached; a
// Load runs in the background until it is stopped, and carries on through refused connections, resets and
// restarts.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/http_client.hpp"
#include "support/latencies.hpp"
#include "support/ledger.hpp"

namespace evloom::test {

struct LoadOptions {
  Address address;
  std::string bytes;  // of one request
  int connections = 32;
  int threads = 2;
  std::uint64_t requests = 0;       // to be sent in all; 0: until stopped
  milliseconds timeout{10000};      // for one answer
  milliseconds reconnect_delay{5};  // before a lost connection is opened again
  milliseconds pause{0};            // between an answer and the next request of its connection
  // Requests a second in all, evenly spread; 0: each as soon as the answer before it has come. Latencies then
  // count from when a request was due, so that a server which stalls cannot hide behind requests that were
  // not sent.
  double rate = 0;
  bool own_ports = false;          // that no connection to another server shares, for a ledger of several
  bool reconnect = true;           // false: a connection that ended stays so
  bool until_refused = false;      // a refused connect ends it for good
  Ledger* ledger = nullptr;        // answers with 200 are stats and go here
  Latencies* latencies = nullptr;  // of whatever is answered
};

struct LoadResult {
  std::map<int, std::uint64_t> statuses;  // answers by status code
  std::uint64_t malformed = 0;
  std::uint64_t hung = 0;            // no answer within the timeout
  std::uint64_t refused = 0;         // connects that failed
  std::uint64_t resets = 0;          // RST instead of an answer
  std::uint64_t closed = 0;          // FIN instead of an answer
  std::uint64_t no_retry_after = 0;  // 503 without Retry-After
  std::int64_t slowest_ms = 0;
  std::string first_trouble;  // of malformed, hung, resets, closed

  std::uint64_t answered() const;
  std::uint64_t with(int status) const;
  std::uint64_t lost() const { return malformed + hung + resets + closed; }
  void merge(const LoadResult& other);
  std::string summary() const;
};

class Load {
 public:
  explicit Load(LoadOptions options);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load();

  // Answers with 200 so far.
  std::uint64_t good() const { return good_.load(std::memory_order_relaxed); }
  // Waits until `more` answers with 200 have come from now on; false at `limit`.
  bool wait_good(std::uint64_t more, milliseconds limit);
  // Sends no more, waits for what is under way, and tells the whole.
  LoadResult stop();
  // The same, once the count of requests is reached or every connection has ended for good.
  LoadResult finish();

 private:
  class Worker;

  void work(int first, int connections);

  LoadOptions options_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> good_{0};
  std::atomic<std::uint64_t> claimed_{0};
  std::mutex mutex_;
  LoadResult result_;
  std::vector<std::thread> threads_;
};

inline LoadResult run_load(LoadOptions options) { return Load(std::move(options)).finish(); }

}  // namespace evloom::test

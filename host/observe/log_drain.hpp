// Drain: the log's thread. It empties the rings in the order of the records' times, limits repeated faults,
// writes the lines and says what was lost. It owns the rings and the output; other threads reach it by flags
// and an eventfd.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "observe/fault_table.hpp"
#include "observe/log_output.hpp"
#include "observe/log_render.hpp"
#include "observe/log_ring.hpp"

namespace evloom::observe {

class Drain {
 public:
  // `own` is the module that the drain's own lines bear. [control]
  Drain(const LogOptions& options, Output output, Fd wake, const LogModule& own);
  // Drains and writes what is there, then ends the thread. [control]
  ~Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  // Starts the thread; fails when the system gives none. [control]
  Status start();

  // A new ring; lives until it is closed and empty. [any]
  Ring* add_ring(std::size_t records, int loop);

  // A record was written: wakes the thread if it sleeps. [any]
  void notify() {
    if (asleep_.load(std::memory_order_seq_cst) && asleep_.exchange(false)) wake();
  }

  bool flush(std::chrono::milliseconds timeout);  // see Log
  Status reopen();
  Status reconfigure(const std::string& where, LogFormat format);  // see Log
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  // A ring as the log thread sees it during one pass.
  struct Source {
    Ring* ring;
    const Record* front = nullptr;
    std::uint64_t end = 0;  // the pass goes no further than this
  };

  void run();
  void wait(bool busy);
  void wake() const;
  void refresh_sources();
  void take_output();
  bool pass();
  const Record* peek(Source& source) const;
  void consume(const Record& record, int loop);
  void write_fault(const Fault& fault);
  void own_line(int loop, const std::string& text);
  void report_dropped();
  void retire_closed();
  bool rings_empty() const;
  void write_out();

  const Clock clock_;
  const LogModule& own_;
  const Fd wake_;

  // The control thread's alone.
  std::string where_;
  LogFormat format_;

  std::atomic<bool> asleep_{false};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> lost_{0};

  std::mutex mutex_;  // guards what follows up to the empty line; never taken by a thread that logs
  std::condition_variable flushed_;
  std::vector<std::unique_ptr<Ring>> rings_;
  std::optional<Output> next_output_;
  std::unique_ptr<Renderer> next_renderer_;
  std::uint64_t flush_wanted_ = 0;
  std::uint64_t flush_done_ = 0;

  std::atomic<std::uint64_t> rings_version_{0};

  // The log thread's alone.
  Output output_;
  std::unique_ptr<Renderer> renderer_;
  FaultTable faults_;
  std::vector<Source> sources_;
  std::uint64_t sources_version_ = 0;
  std::int64_t now_ = 0;         // monotonic, of this pass
  std::string buffer_;           // lines not yet written
  std::uint64_t lines_ = 0;      // how many
  std::uint64_t consumed_ = 0;   // records, in this pass
  std::uint64_t unwritten_ = 0;  // lines that the output did not take and that no line has told of yet
  int why_unwritten_ = 0;        // errno

  std::thread thread_;
};

}  // namespace evloom::observe

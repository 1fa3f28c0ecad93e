// Log: records of what happens, made on any thread and written by one thread of the log's own.
// A caller never waits: it copies its message into a bounded ring (one per loop, one for all other threads)
// and goes on; a full ring drops the record and counts it. The Log owns the rings, the module levels and the
// output.
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "observe/clock.hpp"

namespace evloom::observe {

class Drain;
class Log;
class Ring;

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

// "trace" "debug" "info" "warn" "error" "off". [any]
std::string_view level_name(Level level);
std::optional<Level> parse_level(std::string_view name);

enum class LogFormat : std::uint8_t { kText, kJson };

// A part of the host, or a plugin instance, with a level of its own.
struct LogModule {
  LogModule(Log* owner, std::string_view module_name, Level first_level)
      : log(owner), name(module_name), level(first_level) {}
  Log* const log;
  const std::string name;
  std::atomic<Level> level;
};

struct LogOptions {
  LogFormat format = LogFormat::kText;
  std::string output = "stderr";  // "stderr", "stdout", or the path of a file to append to
  Level level = Level::kInfo;     // of every module that `modules` does not name
  std::vector<std::pair<std::string, Level>> modules;
  bool access = false;              // one line per answered request
  std::size_t ring_records = 1024;  // per ring, 512 bytes each; rounded up to a power of two
  Clock clock;
};

// One answered request. The texts are copied; a long target is cut.
struct AccessRecord {
  std::string_view peer;
  std::string_view method;
  std::string_view target;
  std::string_view handler;
  int status = 0;
  std::uint64_t bytes = 0;       // of the body of the answer
  std::int64_t duration_us = 0;  // from the first byte of the request to the last of the answer
};

// Where one module writes: a pointer, cheap to copy, valid as long as the Log. One that was
// default-constructed is silent. Messages may hold anything: control characters are escaped. What is longer
// than 400 bytes or so is cut.
class Logger {
 public:
  Logger() = default;

  // Whether a record of this level would be written. [any]
  bool enabled(Level level) const {
    return module_ != nullptr && level >= module_->level.load(std::memory_order_relaxed);
  }
  std::string_view module() const { return module_ == nullptr ? std::string_view() : module_->name; }

  // logger.info("listening on {}", address). [any]
  template <typename... Args>
  void log(Level level, fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(level)) vlog(level, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void trace(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Level::kTrace)) vlog(Level::kTrace, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Level::kDebug)) vlog(Level::kDebug, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Level::kInfo)) vlog(Level::kInfo, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Level::kWarn)) vlog(Level::kWarn, format, fmt::make_format_args(args...));
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Level::kError)) vlog(Level::kError, format, fmt::make_format_args(args...));
  }

  // For what may go wrong on every request: at most one line a second for each (module, key) over all
  // threads. The next line bears "(N suppressed)"; when the storm ends its last record is still written, with
  // what was left. A key says which fault it is ("connect", "oom"): 56 bytes at most, few of them, never a
  // client's text. [any]
  template <typename... Args>
  void fault(Level level, std::string_view key, fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(level)) vfault(level, key, format, fmt::make_format_args(args...));
  }

  // The same for a text that is ready, a plugin's for example. [any]
  void write(Level level, std::string_view text) const;
  void write_fault(Level level, std::string_view key, std::string_view text) const;

 private:
  friend class Log;
  explicit Logger(const LogModule* module) : module_(module) {}
  void vlog(Level level, fmt::string_view format, fmt::format_args args) const;
  void vfault(Level level, std::string_view key, fmt::string_view format, fmt::format_args args) const;

  const LogModule* module_ = nullptr;
};

class Log {
 public:
  // Opens the output and starts the thread. Fails with a text that names the file and the reason. [control]
  static Result<std::unique_ptr<Log>> create(const LogOptions& options);
  // Writes all that is left (within a second, should the output be stuck) and stops the thread. No thread may
  // log any more, no ThreadRing be alive. [control]
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // The logger of a module; the same name gives the same module. A name is printable ASCII without spaces,
  // quotes or backslashes (others become '_'), 64 bytes at most. Takes a mutex: keep the Logger. [any]
  Logger logger(std::string_view module);

  // Gives one module a level, now and also when it appears later. [any]
  void set_level(std::string_view module, Level level);
  // Replaces all levels, as a reload does: `modules` get theirs, every other one `level`. [any]
  void set_levels(Level level, const std::vector<std::pair<std::string, Level>>& modules);
  // What each module has, in the order in which they appeared. [any]
  std::vector<std::pair<std::string, Level>> levels() const;

  bool access_enabled() const { return access_.load(std::memory_order_relaxed); }
  void set_access(bool on) { access_.store(on, std::memory_order_relaxed); }
  // Writes one access line; nothing when they are off. [any]
  void access(const AccessRecord& record);

  // Opens the file of the output by its name again (logrotate has moved it). On failure the old file stays in
  // use. Nothing to do for stderr and stdout. [control]
  Status reopen();

  // Takes over output, format, levels and access of `options`, as a reload does; ring_records and clock stay
  // as they are. No line is lost, written twice or mixed: what this thread logged before goes to the old
  // output, what it logs afterwards to the new one (when the old one is stuck, as soon as that gives way). An
  // output that has the same name is not opened again. When the new one cannot be opened all stays as it was.
  // [control]
  Status reconfigure(const LogOptions& options);

  // Waits until all that this thread logged before is written; false when `timeout` passes first. Before an
  // abort, and in tests; never on a loop. [any]
  bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(1));

  // Records that were dropped since the start: ring full, or output not writable. [any]
  std::uint64_t lost() const;

  // While it lives, what this thread logs to `log` goes through a ring of its own and bears `loop` as its
  // index. To be made and destroyed on the same thread.
  class ThreadRing {
   public:
    ThreadRing(Log& log, int loop);
    ~ThreadRing();
    ThreadRing(const ThreadRing&) = delete;
    ThreadRing& operator=(const ThreadRing&) = delete;

   private:
    Log& log_;
    Ring* ring_;
    const Log* outer_log_;
    Ring* outer_ring_;
  };

 private:
  friend class Logger;
  explicit Log(const LogOptions& options);
  LogModule& module_named(std::string_view name);  // with modules_mutex_ held
  Ring& ring_of_this_thread() const;
  void submit(const LogModule& module, Level level, std::string_view text);
  void submit_fault(const LogModule& module, Level level, std::string_view key, std::string_view text);

  const Clock clock_;
  const std::size_t ring_records_;
  std::atomic<bool> access_;
  mutable std::mutex modules_mutex_;
  std::deque<LogModule> modules_;  // grows only: loggers point into it
  Level level_;
  const LogModule* access_module_;
  std::unique_ptr<Drain> drain_;
  Ring* shared_ring_ = nullptr;  // of all threads without one of their own
};

}  // namespace evloom::observe

// The side of the log that callers see: modules and their levels, and the way of a record into a ring.
#include "observe/log.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>

#include "observe/escape.hpp"
#include "observe/log_drain.hpp"
#include "observe/log_output.hpp"
#include "observe/log_ring.hpp"

namespace evloom::observe {
namespace {

constexpr std::array<std::string_view, 6> kLevelNames{"trace", "debug", "info", "warn", "error", "off"};
constexpr std::size_t kMaxModuleName = 64;
constexpr std::size_t kMaxFaultText = kRecordText - kMaxFaultKey;

// The ring that a ThreadRing gave to this thread, and the Log that it belongs to.
struct OwnRing {
  const Log* log = nullptr;
  Ring* ring = nullptr;
};
thread_local OwnRing own_ring;

std::string module_name(std::string_view name) {
  std::string safe(name.substr(0, kMaxModuleName));
  for (char& c : safe) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\') c = '_';
  }
  return safe.empty() ? "_" : safe;
}

// Formats into buffer[0, capacity). A formatter that throws costs the arguments, not the record.
std::size_t format_cut(char* buffer, std::size_t capacity, fmt::string_view format, fmt::format_args args) {
  try {
    return mark_cut(buffer, capacity, fmt::vformat_to_n(buffer, capacity, format, args).size);
  } catch (const std::exception&) {
    return copy_cut(buffer, capacity, {format.data(), format.size()});
  }
}

// Puts a part of an access record at `used`, cut to `room`.
void put(Record& record, std::size_t part, std::size_t& used, std::size_t room, std::string_view text) {
  const std::size_t size = copy_cut(record.text.data() + used, room, text);
  record.sizes[part] = static_cast<std::uint16_t>(size);
  used += size;
}

}  // namespace

std::string_view level_name(Level level) { return kLevelNames[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view name) {
  const auto found = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  if (found == kLevelNames.end()) return std::nullopt;
  return static_cast<Level>(found - kLevelNames.begin());
}

void Logger::write(Level level, std::string_view text) const {
  if (enabled(level)) module_->log->submit(*module_, level, text);
}

void Logger::write_fault(Level level, std::string_view key, std::string_view text) const {
  if (enabled(level)) module_->log->submit_fault(*module_, level, key, text);
}

void Logger::vlog(Level level, fmt::string_view format, fmt::format_args args) const {
  char text[kRecordText];
  const std::size_t size = format_cut(text, sizeof text, format, args);
  module_->log->submit(*module_, level, {text, size});
}

void Logger::vfault(Level level, std::string_view key, fmt::string_view format, fmt::format_args args) const {
  char text[kMaxFaultText];
  const std::size_t size = format_cut(text, sizeof text, format, args);
  module_->log->submit_fault(*module_, level, key, {text, size});
}

Result<std::unique_ptr<Log>> Log::create(const LogOptions& options) {
  Result<Output> output = Output::open(options.output);
  if (!output) return output.error();
  Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) {
    return Error{
        fmt::format("log: cannot make an eventfd: {}; raise the limit of open files", std::strerror(errno))};
  }
  std::unique_ptr<Log> log(new Log(options));
  LogModule* own = nullptr;
  {
    const std::lock_guard lock(log->modules_mutex_);
    own = &log->module_named("log");
    log->access_module_ = &log->module_named("access");
  }
  log->drain_ = std::make_unique<Drain>(options, std::move(output).value(), std::move(wake), *own);
  log->shared_ring_ = log->drain_->add_ring(options.ring_records, -1);
  if (Status started = log->drain_->start(); !started) return started.error();
  return log;
}

Log::Log(const LogOptions& options)
    : clock_(options.clock),
      ring_records_(options.ring_records),
      access_(options.access),
      level_(options.level),
      access_module_(nullptr) {
  set_levels(options.level, options.modules);
}

Log::~Log() = default;

LogModule& Log::module_named(std::string_view name) {
  const std::string safe = module_name(name);
  for (LogModule& module : modules_) {
    if (module.name == safe) return module;
  }
  return modules_.emplace_back(this, safe, level_);
}

Logger Log::logger(std::string_view module) {
  const std::lock_guard lock(modules_mutex_);
  return Logger(&module_named(module));
}

void Log::set_level(std::string_view module, Level level) {
  const std::lock_guard lock(modules_mutex_);
  module_named(module).level.store(level, std::memory_order_relaxed);
}

void Log::set_levels(Level level, const std::vector<std::pair<std::string, Level>>& modules) {
  const std::lock_guard lock(modules_mutex_);
  level_ = level;
  for (const auto& [name, own] : modules) module_named(name);
  for (LogModule& module : modules_) {
    const auto named = std::find_if(modules.begin(), modules.end(),
                                    [&](const auto& item) { return module_name(item.first) == module.name; });
    module.level.store(named == modules.end() ? level : named->second, std::memory_order_relaxed);
  }
}

std::vector<std::pair<std::string, Level>> Log::levels() const {
  const std::lock_guard lock(modules_mutex_);
  std::vector<std::pair<std::string, Level>> all;
  for (const LogModule& module : modules_) {
    all.emplace_back(module.name, module.level.load(std::memory_order_relaxed));
  }
  return all;
}

Status Log::reopen() { return drain_->reopen(); }

Status Log::reconfigure(const LogOptions& options) {
  if (Status status = drain_->reconfigure(options.output, options.format); !status) return status;
  set_levels(options.level, options.modules);
  set_access(options.access);
  return {};
}

bool Log::flush(std::chrono::milliseconds timeout) { return drain_->flush(timeout); }

std::uint64_t Log::lost() const { return drain_->lost(); }

Ring& Log::ring_of_this_thread() const { return own_ring.log == this ? *own_ring.ring : *shared_ring_; }

void Log::submit(const LogModule& module, Level level, std::string_view text) {
  const std::int64_t now = clock_.wall_ns();
  const bool written = ring_of_this_thread().write([&](Record& record) {
    record.wall_ns = now;
    record.module = &module;
    record.level = level;
    record.kind = Record::Kind::kMessage;
    record.sizes = {};
    std::size_t used = 0;
    put(record, 0, used, kRecordText, text);
  });
  if (written) drain_->notify();
}

void Log::submit_fault(const LogModule& module, Level level, std::string_view key, std::string_view text) {
  const std::int64_t now = clock_.wall_ns();
  const bool written = ring_of_this_thread().write([&](Record& record) {
    record.wall_ns = now;
    record.module = &module;
    record.level = level;
    record.kind = Record::Kind::kFault;
    record.sizes = {};
    std::size_t used = 0;
    put(record, 0, used, kMaxFaultKey, key);
    put(record, 1, used, kRecordText - used, text);
  });
  if (written) drain_->notify();
}

void Log::access(const AccessRecord& access) {
  if (!access_enabled()) return;
  const std::int64_t now = clock_.wall_ns();
  const bool written = ring_of_this_thread().write([&](Record& record) {
    record.wall_ns = now;
    record.module = access_module_;
    record.level = Level::kInfo;
    record.kind = Record::Kind::kAccess;
    record.status = static_cast<std::int16_t>(access.status);
    record.bytes = access.bytes;
    record.duration_us = access.duration_us;
    std::size_t used = 0;
    put(record, 0, used, 80, access.peer);
    put(record, 1, used, 24, access.method);
    put(record, 2, used, 64, access.handler);
    put(record, 3, used, kRecordText - used, access.target);
  });
  if (written) drain_->notify();
}

Log::ThreadRing::ThreadRing(Log& log, int loop)
    : log_(log),
      ring_(log.drain_->add_ring(log.ring_records_, loop)),
      outer_log_(own_ring.log),
      outer_ring_(own_ring.ring) {
  own_ring = {&log, ring_};
}

Log::ThreadRing::~ThreadRing() {
  own_ring = {outer_log_, outer_ring_};
  ring_->close();
  log_.drain_->notify();
}

}  // namespace evloom::observe

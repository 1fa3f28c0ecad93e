// The loop of the log thread: drain, write, nap while there is work, sleep when there is none.
#include "observe/log_drain.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

namespace evloom::observe {
namespace {

// While records come, the thread looks again after this long instead of being woken for each: that spares the
// loops a system call per record.
constexpr int kNapMs = 2;
constexpr std::chrono::seconds kSwitchPatience{1};
constexpr std::size_t kWriteAt = 64 * 1024;

}  // namespace

Drain::Drain(const LogOptions& options, Output output, Fd wake, const LogModule& own)
    : clock_(options.clock),
      own_(own),
      wake_(std::move(wake)),
      where_(options.output),
      format_(options.format),
      output_(std::move(output)),
      renderer_(std::make_unique<Renderer>(options.format)) {}

Drain::~Drain() {
  stop_.store(true, std::memory_order_seq_cst);
  wake();
  if (thread_.joinable()) thread_.join();
}

Status Drain::start() {
  // Signals are the control thread's business; and a closed pipe must give EPIPE, not SIGPIPE.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Status status;
  try {
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "evloom-log");
  } catch (const std::system_error& error) {
    status =
        Error{fmt::format("log: cannot start the log thread: {}; raise the limit of threads", error.what())};
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return status;
}

Ring* Drain::add_ring(std::size_t records, int loop) {
  auto ring = std::make_unique<Ring>(records, loop);
  Ring* const raw = ring.get();
  const std::lock_guard lock(mutex_);
  rings_.push_back(std::move(ring));
  rings_version_.fetch_add(1, std::memory_order_seq_cst);
  return raw;
}

bool Drain::flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = ++flush_wanted_;
  wake();
  return flushed_.wait_for(lock, timeout, [&] { return flush_done_ >= wanted; });
}

Status Drain::reopen() {
  if (!Output::is_file(where_)) return {};
  Result<Output> opened = Output::open(where_);
  if (!opened) return opened.error();
  {
    const std::lock_guard lock(mutex_);
    next_output_ = std::move(opened).value();
  }
  wake();
  return {};
}

Status Drain::reconfigure(const std::string& where, LogFormat format) {
  if (where == where_ && format == format_) return {};
  std::optional<Output> output;
  if (where != where_) {
    Result<Output> opened = Output::open(where);
    if (!opened) return opened.error();
    output = std::move(opened).value();
  }
  // The first flush brings what the caller logged so far to where it belongs, the second returns once the
  // thread has made the switch. A reader that is stuck holds up neither this nor the switch for longer than
  // flush waits.
  flush(kSwitchPatience);
  {
    const std::lock_guard lock(mutex_);
    if (output) next_output_ = std::move(output);
    next_renderer_ = std::make_unique<Renderer>(format);
  }
  where_ = where;
  format_ = format;
  flush(kSwitchPatience);
  return {};
}

void Drain::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);  // full: it is awake
}

void Drain::run() {
  for (;;) {
    const bool stopping = stop_.load(std::memory_order_seq_cst);
    std::uint64_t flush_wanted = 0;
    {
      const std::lock_guard lock(mutex_);
      flush_wanted = flush_wanted_;
    }
    take_output();
    now_ = clock_.monotonic_ns();
    refresh_sources();
    consumed_ = 0;
    const bool complete = pass();
    faults_.expire(now_, stopping && complete, [this](const Fault& fault) { write_fault(fault); });
    report_dropped();
    const bool busy = !complete || consumed_ != 0;
    write_out();
    retire_closed();
    if (complete) {
      {
        const std::lock_guard lock(mutex_);
        flush_done_ = flush_wanted;
      }
      flushed_.notify_all();
      if (stopping) return;
    }
    wait(busy);
  }
}

// A nap while records come; sleep, until notify or the next suppressed fault is due, when none did.
void Drain::wait(bool busy) {
  pollfd waiting{wake_.get(), POLLIN, 0};
  if (busy) {
    ::poll(&waiting, 1, kNapMs);
  } else {
    asleep_.store(true, std::memory_order_seq_cst);
    refresh_sources();
    if (rings_empty()) {
      int timeout = -1;
      if (const auto due = faults_.next_due()) {
        timeout = static_cast<int>(std::clamp<std::int64_t>((*due - now_) / 1'000'000 + 1, 1, 1000));
      }
      ::poll(&waiting, 1, timeout);
    }
    asleep_.store(false, std::memory_order_seq_cst);
  }
  if ((waiting.revents & POLLIN) != 0) {
    std::uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &ignored, sizeof ignored);
  }
}

void Drain::refresh_sources() {
  if (rings_version_.load(std::memory_order_seq_cst) == sources_version_) return;
  const std::lock_guard lock(mutex_);
  sources_version_ = rings_version_.load(std::memory_order_seq_cst);
  sources_.clear();
  for (const auto& ring : rings_) sources_.push_back({ring.get()});
}

// Between two passes: what was drained so far has been written, in the old format to the old file.
void Drain::take_output() {
  const std::lock_guard lock(mutex_);
  if (next_output_) output_ = std::move(*next_output_);
  if (next_renderer_) renderer_ = std::move(next_renderer_);
  next_output_.reset();
}

const Record* Drain::peek(Source& source) const {
  if (source.front == nullptr && source.ring->read_position() < source.end)
    source.front = source.ring->front();
  return source.front;
}

// Consumes what stood in the rings when it began, oldest first. False: a writer has not finished with its
// slot.
bool Drain::pass() {
  for (Source& source : sources_) {
    source.front = nullptr;
    source.end = source.ring->write_position();
  }
  for (;;) {
    Source* oldest = nullptr;
    for (Source& source : sources_) {
      const Record* front = peek(source);
      if (front != nullptr && (oldest == nullptr || front->wall_ns < oldest->front->wall_ns))
        oldest = &source;
    }
    if (oldest == nullptr) break;
    try {
      consume(*oldest->front, oldest->ring->loop());
    } catch (const std::exception&) {  // out of memory: the line is lost, the host is not
      lost_.fetch_add(1, std::memory_order_relaxed);
    }
    oldest->front = nullptr;
    oldest->ring->pop();
    ++consumed_;
    if (buffer_.size() >= kWriteAt) write_out();
  }
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const Source& source) { return source.ring->read_position() >= source.end; });
}

void Drain::consume(const Record& record, int loop) {
  const char* at = record.text.data();
  std::string_view part[4];
  for (std::size_t i = 0; i < record.sizes.size(); ++i) {
    part[i] = {at, record.sizes[i]};
    at += record.sizes[i];
  }
  const LineHead head{record.wall_ns, record.level, record.module->name, loop};
  switch (record.kind) {
    case Record::Kind::kMessage:
      renderer_->message(head, part[0], buffer_);
      break;
    case Record::Kind::kFault: {
      Fault fault{record.wall_ns, record.module, loop, record.level, part[0], part[1], 0};
      if (faults_.admit(fault, now_)) write_fault(fault);
      return;
    }
    case Record::Kind::kAccess:
      renderer_->access(head,
                        {part[0], part[1], part[3], part[2], record.status, record.bytes, record.duration_us},
                        buffer_);
      break;
  }
  ++lines_;
}

void Drain::write_fault(const Fault& fault) {
  renderer_->fault({fault.wall_ns, fault.level, fault.module->name, fault.loop}, fault.key, fault.text,
                   fault.suppressed, buffer_);
  ++lines_;
}

void Drain::own_line(int loop, const std::string& text) {
  renderer_->message({clock_.wall_ns(), Level::kWarn, own_.name, loop}, text, buffer_);
  ++lines_;
}

void Drain::report_dropped() {
  for (Source& source : sources_) {
    const std::uint64_t dropped = source.ring->take_dropped();
    if (dropped == 0) continue;
    lost_.fetch_add(dropped, std::memory_order_relaxed);
    own_line(source.ring->loop(),
             fmt::format("{} records lost: more were made than could be written", dropped));
  }
}

// Frees the rings of threads that are gone. The closed flag is read first: nothing is written after it.
void Drain::retire_closed() {
  bool any = false;
  for (const Source& source : sources_) any = any || source.ring->closed();
  if (!any) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(rings_, [](const std::unique_ptr<Ring>& ring) {
    return ring->closed() && ring->read_position() == ring->write_position() && !ring->has_dropped();
  });
  rings_version_.fetch_add(1, std::memory_order_seq_cst);
}

bool Drain::rings_empty() const {
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const Source& source) { return source.ring->front() == nullptr; });
}

// Hands the lines to the output. What it does not take is counted, and told as soon as it takes lines again.
void Drain::write_out() {
  if (buffer_.empty()) return;
  if (unwritten_ != 0) {
    std::string told;
    renderer_->message(
        {clock_.wall_ns(), Level::kWarn, own_.name, -1},
        fmt::format("{} records lost: cannot write: {}", unwritten_, std::strerror(why_unwritten_)), told);
    buffer_.insert(0, told);
  }
  if (output_.write(buffer_, stop_)) {
    unwritten_ = 0;
  } else {
    output_.complain();
    why_unwritten_ = output_.last_error();
    unwritten_ += lines_;
    lost_.fetch_add(lines_, std::memory_order_relaxed);
  }
  lines_ = 0;
  buffer_.clear();
}

}  // namespace evloom::observe

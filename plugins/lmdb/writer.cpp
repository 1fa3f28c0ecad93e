#include "lmdb/writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace evloom::plugins {
namespace {

constexpr std::size_t kGroupJobs = 4096;
constexpr std::size_t kGroupBytes = std::size_t{32} << 20;  // of keys and items: bounds the dirty pages
constexpr std::size_t kPurgeAtOnce = 1000;
constexpr auto kProbeEvery = std::chrono::seconds(1);

std::int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::size_t bytes_of(const evl::Batch& batch) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < batch.count; ++i) {
    bytes += 64 + batch[i].key.size;
    for (std::size_t n = 0; n < batch[i].item_count; ++n) bytes += 16 + batch[i].items[n].size;
  }
  return bytes;
}

bool is_full(int code) {
  return code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT || code == EFBIG || code == ENOMEM;
}

std::string explain(int code, const Settings& settings) {
  const std::string where = "the LMDB environment in " + settings.path;
  if (code == MDB_MAP_FULL) {
    return where + " has reached max_size (" + std::to_string(settings.max_size) +
           " bytes); raise it, or delete keys";
  }
  if (code == ENOMEM) return where + " finds no memory; give the process more";
  if (is_full(code)) return where + " cannot grow: " + mdb_strerror(code) + "; make room on its disk";
  return where + " cannot be written: " + mdb_strerror(code) + "; look at the disk and the kernel's log";
}

}  // namespace

Writer::Writer(evl::Host host, const Settings& settings, Environment& environment)
    : host_(host),
      settings_(settings),
      environment_(environment),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_fd_ < 0)
    throw evl::Failure(EVL_E_UNAVAILABLE, "no descriptor for the writer thread; lift the limit (ulimit -n)");
  group_.reserve(kGroupJobs);
  touched_.reserve(host.loop_count());
  // The thread takes no signal of the process: those belong to the host's own threads.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::close(wake_fd_);
    throw evl::Failure(EVL_E_UNAVAILABLE, std::string("cannot start the writer thread: ") + error.what());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_setname_np(thread_.native_handle(), "evl-lmdb");
}

Writer::~Writer() {
  stopping_.store(true);
  wake();
  thread_.join();
  ::close(wake_fd_);
}

void Writer::push(Job* job) {
  queue_.push(job);
  if (asleep_.load() && asleep_.exchange(false)) wake();
}

void Writer::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_fd_, &one, sizeof one);
}

evl_status Writer::health(std::string* why) const {
  const int code = trouble_.load(std::memory_order_relaxed);
  if (code == 0) return EVL_OK;
  *why = explain(code, settings_);
  return is_full(code) ? EVL_E_NO_SPACE : EVL_E_UNAVAILABLE;
}

// ---- The thread. ----

void Writer::run() {
  for (;;) {
    collect();
    if (group_.empty()) {
      if (stopping_.load()) return;
      sleep();
    } else {
      run_group();
    }
    run_due_tasks();
  }
}

// Takes what is queued, within the bounds of one transaction.
void Writer::collect() {
  std::size_t bytes = 0;
  while (group_.size() < kGroupJobs) {
    Job* job = next_ ? next_ : queue_.pop();
    next_ = nullptr;
    if (!job) return;
    const std::size_t more = bytes_of(job->batch);
    if (!group_.empty() && bytes + more > kGroupBytes) {
      next_ = job;
      return;
    }
    bytes += more;
    group_.push_back(job);
  }
}

void Writer::sleep() {
  asleep_.store(true);
  next_ = queue_.pop();
  if (next_ || stopping_.load()) {
    asleep_.store(false);
    return;
  }
  auto until = Clock::time_point::max();
  if (unsynced_ && settings_.durability == Durability::kInterval) until = next_sync_;
  if (trouble_.load() != 0) until = std::min(until, next_probe_);
  if (next_expiry_ != Tables::kNever) {
    const auto left =
        std::chrono::milliseconds(std::clamp<std::int64_t>(next_expiry_ - wall_clock_ms(), 1, 60000));
    until = std::min(until, Clock::now() + left);
  }
  int timeout = -1;
  if (until != Clock::time_point::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60000));
  }
  pollfd waiting{wake_fd_, POLLIN, 0};
  ::poll(&waiting, 1, timeout);
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto n = ::read(wake_fd_, &ignored, sizeof ignored);
  asleep_.store(false);
}

// ---- One group. ----

void Writer::run_group() {
  // A slot that is being stopped must not wait for work that nobody wants any more.
  for (Job* job : group_)
    if (job->channel->is_stopped()) job->status = EVL_E_UNAVAILABLE;
  carry_out(Allowed::kAll, EVL_OK);
  give_back();
}

// Carries out the group. When the disk takes no more, what needs no room is still done, and what only reads
// is done in any case; the operations that are not `allowed` end with `refused`.
void Writer::carry_out(Allowed allowed, evl_status refused) {
  if (!environment_.is_open() && !reopen()) allowed = Allowed::kReads;
  int code = EIO;
  if (environment_.is_open()) code = attempt(allowed, refused);
  if (code == MDB_SUCCESS) {
    if (allowed == Allowed::kNoGrowth) settle();
    return;
  }
  if (code == MDB_TXN_FULL && group_.size() > 1) {
    std::vector<Job*> all;
    all.swap(group_);
    for (Job* job : all) {
      group_.assign(1, job);
      carry_out(allowed, refused);
    }
    group_.swap(all);
    return;
  }
  const evl_status status = code == MDB_TXN_FULL ? EVL_E_LIMIT : note_failure(code);
  if (allowed == Allowed::kReads) {  // not even that
    for (Job* job : group_)
      if (job->status == EVL_OK) job->status = refused != EVL_OK ? refused : status;
    return;
  }
  const bool shrink = allowed == Allowed::kAll && status == EVL_E_NO_SPACE;
  carry_out(shrink ? Allowed::kNoGrowth : Allowed::kReads, status);
}

// One transaction with all jobs of the group. Anything but MDB_SUCCESS: nothing was done.
int Writer::attempt(Allowed allowed, evl_status refused) {
  for (;;) {
    try {
      const bool writes = allowed != Allowed::kReads;
      Transaction txn(environment_.raw(), writes ? 0 : MDB_RDONLY);
      Tables tables(environment_, txn.raw(), cache_, wall_clock_ms());
      bool wrote = false;
      for (Job* job : group_) {
        if (job->status != EVL_OK) continue;
        job->output.reset();
        for (std::size_t i = 0; i < job->batch.count; ++i) {
          const evl_op& op = job->batch[i];
          evl_result& result = job->results[i];
          result = evl::result(check(op));
          if (result.status != EVL_OK) continue;
          if (!is_allowed(op, allowed)) {
            result.status = refused;
            continue;
          }
          tables.execute(op, result, job->output);
          wrote |= !is_allowed(op, Allowed::kReads);
        }
      }
      if (!writes) return MDB_SUCCESS;
      txn.commit();
      commits_.fetch_add(1, std::memory_order_relaxed);
      if (wrote && allowed == Allowed::kAll) note_success();
      if (wrote && !unsynced_) {
        unsynced_ = true;
        next_sync_ = Clock::now() + settings_.interval;
      }
      next_expiry_ = std::min(next_expiry_, tables.earliest_expiry());
      return MDB_SUCCESS;
    } catch (const LmdbError& error) {
      cache_.clear();
      if (error.code() != MDB_MAP_FULL) return error.code();
    } catch (const std::bad_alloc&) {
      cache_.clear();
      return ENOMEM;
    }
    if (!grow(allowed == Allowed::kNoGrowth)) return MDB_MAP_FULL;
  }
}

bool Writer::grow(bool removing) {
  try {
    return environment_.grow(removing);
  } catch (const evl::Failure& failure) {
    host_.fault(EVL_LOG_ERROR, "reopen", failure.what());
    return false;
  }
}

void Writer::give_back() {
  for (Job* job : group_) {
    Channel* channel = job->channel;
    if (std::find(touched_.begin(), touched_.end(), channel) == touched_.end()) {
      touched_.push_back(channel);
      channel->open();
    }
    channel->finish(job);
  }
  group_.clear();
  for (Channel* channel : touched_) channel->close();
  touched_.clear();
}

// ---- What happens besides. ----

void Writer::run_due_tasks() {
  const auto now = Clock::now();
  sync_if_due(now);
  purge_if_due();
  probe_if_due(now);
}

void Writer::sync_if_due(Clock::time_point now) {
  if (settings_.durability != Durability::kInterval || !unsynced_ || now < next_sync_) return;
  next_sync_ = now + settings_.interval;
  if (!environment_.is_open()) return;
  try {
    sync();
    note_success();
  } catch (const LmdbError& error) {
    note_failure(error.code());
  }
}

void Writer::sync() {
  sync_failed_ = true;
  environment_.sync();
  sync_failed_ = false;
  unsynced_ = false;
}

void Writer::purge_if_due() {
  const std::int64_t now = wall_clock_ms();
  if (now < next_expiry_ || trouble_.load() != 0 || !environment_.is_open()) return;
  try {
    Transaction txn(environment_.raw(), 0);
    Tables tables(environment_, txn.raw(), cache_, now);
    next_expiry_ = tables.purge(kPurgeAtOnce);
    txn.commit();
    unsynced_ = true;
  } catch (const LmdbError& error) {
    cache_.clear();
    if (error.code() == MDB_MAP_FULL && grow(true)) return;  // again at the next turn
    next_expiry_ = now + 1000;
    note_failure(error.code());
  }
}

// Readiness may keep requests away while there is trouble; so the writer looks by itself whether it is over.
void Writer::probe_if_due(Clock::time_point now) {
  if (trouble_.load() == 0 || now < next_probe_) return;
  next_probe_ = now + kProbeEvery;
  if (!environment_.is_open() && !reopen()) return;
  try {
    Transaction txn(environment_.raw(), 0);
    std::int64_t time = wall_clock_ms();
    MDB_val key{5, const_cast<char*>("probe")};
    MDB_val data{sizeof time, &time};
    check_lmdb(mdb_put(txn.raw(), environment_.meta(), &key, &data, 0));
    txn.commit();
    if (sync_failed_) sync();
    note_success();
  } catch (const LmdbError& error) {
    if (error.code() != MDB_MAP_FULL || !grow(false)) note_failure(error.code());
  }
}

// Logs a failure, remembers it for health, and gives the status of the operations that met it.
evl_status Writer::note_failure(int code) {
  if (code == EIO && environment_.is_short_of_room()) code = ENOSPC;
  trouble_.store(code);
  next_probe_ = Clock::now() + kProbeEvery;
  host_.fault(EVL_LOG_ERROR, is_full(code) ? "no space" : "disk", explain(code, settings_));
  if (environment_.is_open() && environment_.unusable()) {
    // A meta page was being written: whether the transaction counts shows only when the file is opened again.
    reopen();
    return EVL_E_UNKNOWN;
  }
  return is_full(code) ? EVL_E_NO_SPACE : EVL_E_UNAVAILABLE;
}

void Writer::note_success() {
  if (trouble_.load(std::memory_order_relaxed) == 0 || sync_failed_) return;
  host_.log(EVL_LOG_INFO, "the LMDB environment in " + settings_.path + " takes data again");
  trouble_.store(0);  // after the line: whoever sees good health finds the reason in the log
}

// Gives up the part of the map that only removals may use.
void Writer::settle() {
  try {
    environment_.settle();
  } catch (const evl::Failure& failure) {
    host_.fault(EVL_LOG_ERROR, "reopen", failure.what());
  }
}

bool Writer::reopen() {
  cache_.clear();
  try {
    environment_.reopen();
    return true;
  } catch (const evl::Failure& failure) {
    host_.fault(EVL_LOG_ERROR, "reopen", failure.what());
    return false;
  }
}

}  // namespace evloom::plugins

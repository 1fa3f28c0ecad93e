// Opening and writing of the log's output, with every error a write can meet.
#include "observe/log_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace evloom::observe {
namespace {

// A pipe that polls as writable takes this much without blocking.
constexpr std::size_t kPipeChunk = 4096;
constexpr int kSliceMs = 50;

Error cannot_open(const std::string& where, int error) {
  return Error{
      fmt::format("log: cannot open \"{}\" for appending: {}; make its folder exist and be writable for this "
                  "user, or set log.output to stderr",
                  where, std::strerror(error))};
}

}  // namespace

Result<Output> Output::open(const std::string& where) {
  Fd fd;
  if (is_file(where)) {
    // O_NONBLOCK: a FIFO without a reader must give an error, not stop the host.
    fd.reset(::open(where.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640));
  } else {
    fd.reset(::fcntl(where == "stderr" ? STDERR_FILENO : STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  }
  if (!fd) return cannot_open(where, errno);
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return cannot_open(where, errno);
  return Output(std::move(fd), where, S_ISREG(facts.st_mode), where == "stderr");
}

// Waits until a pipe, a socket or a terminal takes more. False: out of patience.
bool Output::wait_writable(const std::atomic<bool>& hurry) {
  if (regular_) return true;
  while (patience_ms_ > 0) {
    pollfd waiting{fd_.get(), POLLOUT, 0};
    const int ready = ::poll(&waiting, 1, kSliceMs);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;  // writable, or write will tell the error
    if (hurry.load(std::memory_order_relaxed)) patience_ms_ -= kSliceMs;
  }
  return false;
}

bool Output::write_all(std::string_view bytes, const std::atomic<bool>& hurry) {
  while (!bytes.empty()) {
    if (!wait_writable(hurry)) {
      error_ = ETIMEDOUT;
      return false;
    }
    const std::size_t chunk = regular_ ? bytes.size() : std::min(bytes.size(), kPipeChunk);
    const ssize_t written = ::write(fd_.get(), bytes.data(), chunk);
    if (written < 0 && (errno == EINTR || (errno == EAGAIN && !regular_))) {
      if (hurry.load(std::memory_order_relaxed)) --patience_ms_;
      continue;
    }
    if (written <= 0) {
      error_ = written < 0 ? errno : EIO;
      return false;
    }
    const auto taken = static_cast<std::size_t>(written);
    mid_line_ = bytes[taken - 1] != '\n';
    bytes.remove_prefix(taken);
  }
  return true;
}

bool Output::write(std::string_view lines, const std::atomic<bool>& hurry) {
  if (mid_line_ && !write_all("\n", hurry)) return false;
  if (!write_all(lines, hurry)) return false;
  complained_ = false;
  return true;
}

void Output::complain() {
  if (complained_ || is_stderr_) return;
  complained_ = true;
  pollfd waiting{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&waiting, 1, 0) != 1 || (waiting.revents & POLLOUT) == 0) return;
  const std::string line =
      fmt::format("evloom: log: cannot write to \"{}\": {}; records are lost until it can\n", name_,
                  std::strerror(error_));
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace evloom::observe

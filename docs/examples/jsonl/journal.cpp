#include "journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace jsonl {

Journal::Journal(const std::string& path)
    : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640)) {
  if (fd_ < 0) fail("cannot be opened");
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(fd_);  // the destructor does not run when the constructor throws
  fail("is in use by another process");
}

Journal::~Journal() { ::close(fd_); }

void Journal::fail(const std::string& what) const {
  throw evl::Failure(EVL_E_UNAVAILABLE, "jsonl: '" + path_ + "' " + what + ": " + std::strerror(errno));
}

void Journal::load(Table& table) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd_, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot be read");
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  std::size_t number = 0, begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    ++number;
    if (!table.replay(std::string_view(text).substr(begin, end - begin)))
      throw evl::Failure(EVL_E_INVALID,
                         "jsonl: " + path_ + ':' + std::to_string(number) +
                             ": this is no line of this store; mend it, or move the file away");
  }
  if (begin != text.size() && ::ftruncate(fd_, static_cast<off_t>(begin)) != 0) fail("cannot be cut");
}

std::string Journal::append(std::string_view lines) {
  const auto why = [this](const char* what) {
    return "jsonl: '" + path_ + "' cannot be " + what + ": " + std::strerror(errno);
  };
  while (!lines.empty()) {
    const ssize_t n = ::write(fd_, lines.data(), lines.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return why("written");
    lines.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fdatasync(fd_) == 0 ? std::string() : why("synced");
}

}  // namespace jsonl

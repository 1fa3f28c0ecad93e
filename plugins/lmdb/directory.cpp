#include "lmdb/directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "evloom/base.hpp"

namespace evloom::plugins {
namespace {

[[noreturn]] void refuse(evl_status status, const std::string& reason) { throw evl::Failure(status, reason); }

}  // namespace

Directory::Directory(std::string path) : path_(std::move(path)) {
  make();
  lock();
}

// Closing ends the lock. The file stays: removing it could take it from under one who is just opening it.
Directory::~Directory() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

void Directory::make() const {
  // Parents first. One that cannot be made shows when the directory itself is.
  for (std::size_t at = path_.find('/', 1); at != std::string::npos; at = path_.find('/', at + 1))
    ::mkdir(path_.substr(0, at).c_str(), 0750);
  if (::mkdir(path_.c_str(), 0750) == 0) return;
  const int error = errno;
  struct stat facts {};
  if (error == EEXIST && ::stat(path_.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) return;
    refuse(EVL_E_INVALID, path_ + " is not a directory; name another path, or move the file away");
  }
  if (error == EACCES || error == EPERM || error == EROFS) {
    refuse(EVL_E_DENIED, "cannot make the directory " + path_ + ": " + std::strerror(error) +
                             "; make it and give it to the user that evloom runs as");
  }
  refuse(error == ENOSPC ? EVL_E_NO_SPACE : EVL_E_UNAVAILABLE,
         "cannot make the directory " + path_ + ": " + std::strerror(error));
}

void Directory::lock() {
  const std::string file = path_ + "/evloom.lock";
  lock_fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (lock_fd_ < 0) {
    const int error = errno;
    refuse(error == EACCES || error == EPERM || error == EROFS ? EVL_E_DENIED
           : error == ENOSPC                                   ? EVL_E_NO_SPACE
                                                               : EVL_E_UNAVAILABLE,
           "cannot open " + file + ": " + std::strerror(error) +
               "; the user that evloom runs as must be able to write in " + path_);
  }
  char text[32] = "";
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const auto length = ::pread(lock_fd_, text, sizeof text - 1, 0);
    ::close(std::exchange(lock_fd_, -1));
    if (error != EWOULDBLOCK) refuse(EVL_E_UNAVAILABLE, "cannot lock " + file + ": " + std::strerror(error));
    const long pid = length > 0 ? std::strtol(text, nullptr, 10) : 0;
    refuse(EVL_E_UNAVAILABLE, path_ + " is in use by " +
                                  (pid > 0 ? "pid " + std::to_string(pid) : std::string("another process")) +
                                  "; stop that one, or give this instance a directory of its own");
  }
  // The pid only helps whoever is refused; that it cannot be written is no reason to fail.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock_fd_, 0) == 0) {
    [[maybe_unused]] const auto n = ::pwrite(lock_fd_, pid.data(), pid.size(), 0);
  }
}

}  // namespace evloom::plugins

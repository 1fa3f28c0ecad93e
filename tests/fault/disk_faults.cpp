#include "fault/disk_faults.hpp"

#include <dlfcn.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <string_view>

namespace evloom::test {
namespace {

std::atomic<int> calls_left{std::numeric_limits<int>::max()};
std::atomic<int> failures_left{0};
std::atomic<int> failed{0};
std::atomic<int> failure{0};
std::atomic<bool> syncs_only{false};

bool is_data_file(int fd) {
  char link[64];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  char path[PATH_MAX];
  const auto length = ::readlink(link, path, sizeof path);
  return length > 0 && std::string_view(path, static_cast<std::size_t>(length)).ends_with("/data.mdb");
}

// True, and errno is set, when the call must fail.
bool fails(int fd, bool is_sync) {
  if (failures_left.load() <= 0 || (syncs_only.load() && !is_sync) || !is_data_file(fd)) return false;
  if (calls_left.fetch_sub(1) > 1) return false;
  if (failures_left.fetch_sub(1) <= 0) return false;
  ++failed;
  errno = failure.load();
  return true;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

void break_disk(int nth, int error, int count, DiskCalls calls) {
  failures_left.store(0);
  syncs_only.store(calls == DiskCalls::kSyncs);
  failed.store(0);
  failure.store(error);
  calls_left.store(nth);
  failures_left.store(count);
}
void mend_disk() { failures_left.store(0); }
int disk_failures() { return failed.load(); }

}  // namespace evloom::test

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  static auto* const real = evloom::test::next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return evloom::test::fails(fd, false) ? -1 : real(fd, data, size, offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  static auto* const real = evloom::test::next<ssize_t(int, const iovec*, int)>("writev");
  return evloom::test::fails(fd, false) ? -1 : real(fd, parts, count);
}

int fdatasync(int fd) {
  static auto* const real = evloom::test::next<int(int)>("fdatasync");
  return evloom::test::fails(fd, true) ? -1 : real(fd);
}

}  // extern "C"

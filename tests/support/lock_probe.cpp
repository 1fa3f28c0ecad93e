// A library to be preloaded: stands before the C library's locks and counts them per thread (lock_probe.hpp).
// What it counts goes through the dynamic linker, as all calls of the program, its plugins and their
// libraries do; the C library's own inner locks (malloc) do not. Every function passes on to the real one.
#include "support/lock_probe.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdlib>

namespace {

using evloom::test::LockProbe;

std::atomic<LockProbe*> probe{nullptr};

// Not pthread's own: that would come back here.
__attribute__((tls_model("initial-exec"))) thread_local LockProbe::Row* row = nullptr;

__attribute__((constructor)) void open_probe() {
  const char* const file = std::getenv(LockProbe::kVariable);
  if (!file) return;
  const int fd = ::open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* const memory = ::mmap(nullptr, sizeof(LockProbe), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory != MAP_FAILED) probe.store(static_cast<LockProbe*>(memory));
}

LockProbe::Row* own_row() {
  LockProbe* const table = probe.load(std::memory_order_acquire);
  if (row || !table) return row;
  const auto self = static_cast<std::int32_t>(::gettid());
  for (LockProbe::Row& candidate : table->rows) {
    std::int32_t free = 0;
    if (candidate.thread.compare_exchange_strong(free, self)) return row = &candidate;
  }
  table->lost.fetch_add(1);
  return nullptr;
}

void note(const void* place) {
  LockProbe::Row* const mine = own_row();
  if (!mine) return;
  const std::uint64_t before = mine->locks.load(std::memory_order_relaxed);
  mine->places[before % LockProbe::kPlaces] = reinterpret_cast<std::uintptr_t>(place);
  mine->locks.store(before + 1, std::memory_order_release);
}

// The real function behind one of ours. Looked up at its first call, which may come before any constructor;
// not a static local, whose guard waits by a futex.
template <typename Function>
Function* real_one(std::atomic<Function*>& known, const char* name) {
  Function* function = known.load(std::memory_order_relaxed);
  if (!function) {
    function = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
    known.store(function, std::memory_order_relaxed);
  }
  return function;
}

}  // namespace

// QUALIFIER: noexcept where the C library declares it so, which it does not where a thread may be cancelled.
#define COUNTED(NAME, QUALIFIER, PARAMETERS, ARGUMENTS)      \
  extern "C" int NAME PARAMETERS QUALIFIER {                 \
    static std::atomic<int(*) PARAMETERS> known{nullptr};    \
    note(__builtin_return_address(0));                       \
    return real_one<int PARAMETERS>(known, #NAME) ARGUMENTS; \
  }

COUNTED(pthread_mutex_lock, noexcept, (pthread_mutex_t * lock), (lock))
COUNTED(pthread_mutex_trylock, noexcept, (pthread_mutex_t * lock), (lock))
COUNTED(pthread_mutex_timedlock, noexcept, (pthread_mutex_t * lock, const timespec* until), (lock, until))
COUNTED(pthread_mutex_clocklock, noexcept, (pthread_mutex_t * lock, clockid_t clock, const timespec* until),
        (lock, clock, until))
COUNTED(pthread_rwlock_rdlock, noexcept, (pthread_rwlock_t * lock), (lock))
COUNTED(pthread_rwlock_wrlock, noexcept, (pthread_rwlock_t * lock), (lock))
COUNTED(pthread_rwlock_tryrdlock, noexcept, (pthread_rwlock_t * lock), (lock))
COUNTED(pthread_rwlock_trywrlock, noexcept, (pthread_rwlock_t * lock), (lock))
COUNTED(pthread_spin_lock, noexcept, (pthread_spinlock_t * lock), (lock))
COUNTED(pthread_spin_trylock, noexcept, (pthread_spinlock_t * lock), (lock))

COUNTED(sem_wait, , (sem_t * semaphore), (semaphore))
COUNTED(sem_timedwait, , (sem_t * semaphore, const timespec* until), (semaphore, until))
COUNTED(sem_trywait, noexcept, (sem_t * semaphore), (semaphore))

extern "C" int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  using Function = int(int, sockaddr*, socklen_t*, int);
  static std::atomic<Function*> known{nullptr};
  const int accepted = real_one<Function>(known, "accept4")(fd, address, length, flags);
  if (accepted >= 0)
    if (LockProbe::Row* const mine = own_row()) mine->accepts.fetch_add(1);
  return accepted;
}

// How std::counting_semaphore, std::latch and std::atomic::wait wait.
extern "C" long syscall(long number, ...) noexcept {
  using Function = long(long, ...);
  static std::atomic<Function*> known{nullptr};
  va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_futex) {
    const long operation = arguments[1] & FUTEX_CMD_MASK;
    if (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET) note(__builtin_return_address(0));
  }
  return real_one<Function>(known, "syscall")(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                              arguments[4], arguments[5]);
}

// LockProbe: what the library of that name (lock_probe.cpp, preloaded into the program under test) writes
// down, in a file that both processes map. One row per thread that locked something or accepted a client;
// each row is written by its own thread alone and may be read by the test at any time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace evloom::test {

struct LockProbe {
  static constexpr char kVariable[] = "EVLOOM_LOCK_PROBE";  // names the file
  static constexpr std::size_t kRows = 64;
  static constexpr std::size_t kPlaces = 16;

  struct Row {
    std::atomic<std::int32_t> thread;    // its id; 0: the row is free
    std::atomic<std::uint64_t> accepts;  // clients: a thread that has any is a loop
    std::atomic<std::uint64_t> locks;    // mutexes, rwlocks, spin locks and semaphores, and waits for a futex
    std::uint64_t places[kPlaces];       // where the latest of them were called: addresses in that process
  };

  Row rows[kRows];
  std::atomic<std::uint32_t> lost;  // threads that found no row
};

}  // namespace evloom::test

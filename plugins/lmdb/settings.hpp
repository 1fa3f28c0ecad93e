// Settings: the options of an instance, read and checked once by create. Immutable.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "evloom/config.hpp"

namespace evloom::plugins {

// With each of them a process that is killed loses nothing it has answered: the kernel has it. They differ
// when the machine goes down. Without a sync per commit the pages may reach the disk in another order than
// LMDB wrote them; a machine that goes down in that moment can leave an environment that is damaged, not just
// older.
enum class Durability {
  kCommit,    // an answer is given when its data is on the disk
  kInterval,  // an answer is given at once; the disk has it one interval later
  kNone       // the kernel writes when it likes, and close at the latest
};

struct Settings {
  std::string path;
  Durability durability = Durability::kCommit;
  std::chrono::nanoseconds interval{};
  std::uint64_t map_size = 0;  // of the map at open, bytes
  std::uint64_t max_size = 0;  // where it stops growing, bytes

  // Throws evl::Failure with the place of the bad option. [control]
  static Settings read(const evl::Config& options);
};

}  // namespace evloom::plugins

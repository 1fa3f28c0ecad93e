// Storm: changes of every kind, one after the other in a mixed order, under load; in the end everything must
// be as if nothing had been: each request answered, each count there, nothing held any more. The test's
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "soak/host.hpp"
#include "soak/resources.hpp"
#include "soak/wrk.hpp"
#include "support/load.hpp"

namespace evloom::soak {

struct StormOptions {
  std::string store = "redis";
  std::uint64_t handlers = 1000;
  std::uint64_t stores = 200;
  std::uint64_t formats = 200;
  std::uint64_t reloads = 500;  // half of them invalid
  // Instead of once: the same changes again and again until this has passed.
  std::chrono::minutes time{0};
  bool wrk = true;  // when it is installed
  // What resident memory may have grown by, see swap.md; 0: it is not looked at.
  std::uint64_t growth = std::uint64_t{4} << 20;
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct StormResult {
  std::map<Kind, std::vector<std::chrono::microseconds>> took;  // each sorted
  std::chrono::seconds lasted{0};
  test::LoadResult load;
  std::chrono::microseconds p99{0};  // of the load, at saturation
  WrkResult wrk;
  Resources before, after;
  MemoryTrend memory;
  std::vector<std::string> wrong;  // empty: all held

  std::uint64_t changes() const;
};

StormResult storm(const StormOptions& options);

}  // namespace evloom::soak

// Windows: in one run, times without a change and times with one after the other take turns; what swapping
// costs those who ask is the difference in their 99th percentiles. The test's thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "soak/host.hpp"

namespace evloom::soak {

struct WindowOptions {
  std::string store = "redis";
  int pairs = 12;
  // A window in which other programs had more of the machine than this is measured again, at most `pairs`
  // times each.
  double others = 0.1;
  // Long enough for 4,000 requests at the default rate, so that a p99 stands on 40 of them.
  test::milliseconds length{2000};
  test::milliseconds between_changes{500};  // two a second: more than anybody who deploys
  std::vector<Kind> kinds = {Kind::handler, Kind::format, Kind::store};  // in turn
  double rate = 2000;  // requests a second; 0: as many as go
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct WindowResult {
  std::vector<std::chrono::microseconds> quiet, swapping;  // p99 of each window, sorted
  std::uint64_t requests = 0;
  std::uint64_t changes = 0;
  int again = 0;           // windows that were measured again
  double others = 0;       // the most that other programs had of the machine in a window that counts
  bool disturbed = false;  // others had more than they may, however often it was tried
  std::vector<std::string> wrong;

  double worst_ratio() const;   // of the worst windows
  double median_ratio() const;  // of the middle ones
};

WindowResult windows(const WindowOptions& options);

}  // namespace evloom::soak

// Others: how much of the machine was used by what is none of ours while something was measured. A p99 of a
// millisecond means nothing next to a compiler. Read from /proc; the test's thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <vector>

namespace evloom::soak {

class Others {
 public:
  // Ours are this process and `processes`, with the children that they have waited for.
  explicit Others(std::vector<pid_t> processes);

  // The share of all processors' time since it was made, 0 to 1; what a hypervisor took counts as others'.
  double share() const;

 private:
  double busy_seconds() const;  // of others

  std::vector<pid_t> processes_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double before_;
};

}  // namespace evloom::soak

#include "soak/others.hpp"

#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "support/process.hpp"

namespace evloom::soak {

namespace {

double seconds(double ticks) { return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)); }

// User and system time of a process and of its children that have ended: fields 14 to 17 of proc(5).
double used(pid_t pid) {
  std::string stat = test::read_file("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  double ticks = 0;
  for (int number = 3; fields >> field && number <= 17; ++number)
    if (number >= 14) ticks += std::stod(field);
  return seconds(ticks);
}

// All but idle and iowait.
double busy() {
  std::istringstream line(test::read_file("/proc/stat"));
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0;
  line >> name >> user >> nice >> system >> idle >> wait >> irq >> softirq >> steal;
  return seconds(user + nice + system + irq + softirq + steal);
}

}  // namespace

Others::Others(std::vector<pid_t> processes) : processes_(std::move(processes)) {
  processes_.push_back(::getpid());
  before_ = busy_seconds();
}

double Others::busy_seconds() const {
  double sum = busy();
  for (const pid_t pid : processes_) sum -= used(pid);
  return sum;
}

double Others::share() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began_;
  const double all = passed.count() * static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  return std::clamp((busy_seconds() - before_) / all, 0.0, 1.0);
}

}  // namespace evloom::soak

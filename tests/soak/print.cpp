#include "soak/print.hpp"

#include <stdio.h>

#include <algorithm>

namespace evloom::soak {

namespace {

using std::chrono::microseconds;

double ms(microseconds time) { return static_cast<double>(time.count()) / 1000; }
double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
unsigned long long number(std::uint64_t value) { return value; }

microseconds at(const std::vector<microseconds>& sorted, double share) {
  const auto place = static_cast<std::size_t>(static_cast<double>(sorted.size()) * share);
  return sorted[std::min(place, sorted.size() - 1)];
}

void print_times(const StormResult& result) {
  for (const auto& [kind, times] : result.took)
    if (!times.empty())
      printf("  %5zu x %-20s median %6.1f ms, p99 %6.1f ms, slowest %6.1f ms\n", times.size(), name_of(kind),
             ms(at(times, 0.5)), ms(at(times, 0.99)), ms(times.back()));
}

bool print_wrong(const std::vector<std::string>& wrong) {
  for (const std::string& one : wrong) printf("  WRONG: %s\n", one.c_str());
  return wrong.empty();
}

}  // namespace

bool print(const StormResult& result) {
  printf("  %llu changes in %lld s\n", number(result.changes()),
         static_cast<long long>(result.lasted.count()));
  print_times(result);
  printf("  requests answered: %llu (%s); p99 at saturation %.2f ms\n", number(result.load.answered()),
         result.load.summary().c_str(), ms(result.p99));
  if (result.wrk.requests != 0)
    printf("  and by wrk: %llu, not 2xx %llu, socket errors %llu, p99 %s\n", number(result.wrk.requests),
           number(result.wrk.not_2xx), number(result.wrk.socket_errors), result.wrk.p99.c_str());
  printf(
      "  before and after: descriptors %d, %d; mappings %d, %d (copies of plugin files %zu, %zu); threads "
      "%d, %d\n",
      result.before.descriptors, result.after.descriptors, result.before.mapping_lines(),
      result.after.mapping_lines(), result.before.copies, result.after.copies, result.before.threads,
      result.after.threads);
  printf("  resident memory, medians of the first and the last tenth: %.2f MiB, %.2f MiB (%+lld KiB)\n",
         mib(result.memory.first()), mib(result.memory.last()),
         static_cast<long long>(result.memory.growth() / 1024));
  bool good = print_wrong(result.wrong);
  for (const auto& [kind, times] : result.took) {
    if (times.empty() || times.back() < kSlowestSwap) continue;
    printf("  WRONG: a %s took %.1f ms\n", name_of(kind), ms(times.back()));
    good = false;
  }
  return good;
}

bool print(const WindowResult& result, double limit) {
  const bool judged = limit > 0 && !result.disturbed;
  const auto row = [](const char* name, const std::vector<microseconds>& p99) {
    if (p99.empty()) return;
    printf("  p99 of %zu windows %-9s best %6.2f ms, median %6.2f ms, worst %6.2f ms\n", p99.size(), name,
           ms(p99.front()), ms(p99[p99.size() / 2]), ms(p99.back()));
  };
  row("quiet", result.quiet);
  row("swapping", result.swapping);
  printf("  %llu requests, %llu changes; swapping to quiet: worst %.2f, median %.2f%s\n",
         number(result.requests), number(result.changes), result.worst_ratio(), result.median_ratio(),
         judged ? "" : " (told, not judged)");
  printf(
      "  windows measured again because of other programs: %d; these had at most %.0f %% of the machine in "
      "the others\n",
      result.again, 100 * result.others);
  if (result.disturbed)
    printf("  so this says nothing of the host: run it again on a machine that has time\n");
  bool good = print_wrong(result.wrong);
  if (judged && result.worst_ratio() > limit) {
    printf("  WRONG: the worst p99 while swapping is more than %.1f times that without\n", limit);
    good = false;
  }
  return good;
}

}  // namespace evloom::soak

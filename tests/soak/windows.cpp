#include "soak/windows.hpp"

#include <algorithm>
#include <thread>

#include "soak/others.hpp"
#include "support/latencies.hpp"
#include "support/load.hpp"

namespace evloom::soak {

namespace {

using std::chrono::microseconds;
using test::Clock;
using test::Latencies;
using test::milliseconds;

constexpr int kConnections = 64;
constexpr milliseconds kApart{200};  // between windows, so that what the one began does not end in the other
constexpr int kWarmUp = 5;

double ratio(microseconds part, microseconds whole) {
  return static_cast<double>(part.count()) / static_cast<double>(std::max<std::int64_t>(whole.count(), 1));
}

}  // namespace

WindowResult windows(const WindowOptions& options) {
  WindowResult result;
  Host host(options.store);
  Latencies latencies;
  std::size_t next = 0;
  const auto change = [&] {
    const Made made = host.make(options.kinds[next++ % options.kinds.size()]);
    if (!made.wrong.empty()) result.wrong.push_back(made.wrong);
  };
  test::Load load({.address = host.evloom().address(),
                   .bytes = test::get("/"),
                   .connections = kConnections,
                   .rate = options.rate,
                   .latencies = &latencies});
  for (int i = 0; i < kWarmUp; ++i) change();
  next = 0;

  int window = 0;
  while (window < 2 * options.pairs && result.wrong.empty()) {
    const bool swapping = window % 2 == 1;
    options.progress((swapping ? "swapping, " : "quiet, ") + std::to_string(window / 2 + 1) + " of " +
                     std::to_string(options.pairs));
    std::this_thread::sleep_for(kApart);
    const auto before = latencies.counts();
    const Others others(host.processes());
    const auto until = Clock::now() + options.length;
    while (swapping && Clock::now() < until && result.wrong.empty()) {
      const auto due = std::min(Clock::now() + options.between_changes, until);
      change();
      ++result.changes;
      std::this_thread::sleep_until(due);
    }
    std::this_thread::sleep_until(until);
    const auto counts = Latencies::between(before, latencies.counts());
    const double share = others.share();
    if (share > options.others && result.again < 2 * options.pairs) {
      ++result.again;
      continue;
    }
    ++window;
    result.disturbed |= share > options.others;
    result.others = std::max(result.others, share);
    result.requests += Latencies::total(counts);
    (swapping ? result.swapping : result.quiet).push_back(Latencies::percentile(counts, 0.99));
  }
  std::sort(result.quiet.begin(), result.quiet.end());
  std::sort(result.swapping.begin(), result.swapping.end());

  const test::LoadResult all = load.stop();
  if (all.with(200) != all.answered() || all.lost() != 0 || all.refused != 0)
    result.wrong.push_back("load: " + all.summary());
  if (const std::string end = host.evloom().stop(); !end.empty()) result.wrong.push_back(end);
  return result;
}

double WindowResult::worst_ratio() const {
  return quiet.empty() || swapping.empty() ? 0 : ratio(swapping.back(), quiet.back());
}

double WindowResult::median_ratio() const {
  return quiet.empty() || swapping.empty() ? 0
                                           : ratio(swapping[swapping.size() / 2], quiet[quiet.size() / 2]);
}

}  // namespace evloom::soak

#include "change/canary.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace evloom::change {

namespace {

constexpr std::uint64_t kLeastForErrors = 20;  // before the end
constexpr std::uint64_t kLeastForP99 = 100;

}  // namespace

void Tally::add(const epoch::Watch& watch) {
  requests += watch.requests();
  errors += watch.errors();
  for (std::size_t i = 0; i < durations.size(); ++i) durations[i] += watch.in_bucket(i);
}

double Tally::errors_percent() const {
  return requests == 0 ? 0 : 100.0 * static_cast<double>(errors) / static_cast<double>(requests);
}

std::int64_t Tally::p99_ns() const {
  std::uint64_t all = 0;
  for (const std::uint64_t count : durations) all += count;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < durations.size(); ++i) {
    seen += durations[i];
    if (seen * 100 >= all * 99 && seen != 0)
      return static_cast<std::int64_t>(std::exp2(static_cast<double>(i + 1) / 4) * 1000);
  }
  return 0;
}

std::string judge(const Tally& canary, const Tally& others, const config::Canary& limits, bool at_the_end) {
  if (canary.requests < kLeastForErrors && !at_the_end) return {};
  if (canary.errors_percent() > limits.errors_percent)
    return fmt::format("{} of {} answers were errors ({:.1f} %, epochs.canary.errors is {:g} %)",
                       canary.errors, canary.requests, canary.errors_percent(), limits.errors_percent);
  if (canary.requests < kLeastForP99 || others.requests < kLeastForP99) return {};
  const double ratio = static_cast<double>(canary.p99_ns()) / static_cast<double>(others.p99_ns());
  if (ratio > limits.p99_factor)
    return fmt::format(
        "its p99 is {:.2f} ms, that of the other loops {:.2f} ms ({:.1f}x, epochs.canary.p99 is {:g}x)",
        static_cast<double>(canary.p99_ns()) / 1e6, static_cast<double>(others.p99_ns()) / 1e6, ratio,
        limits.p99_factor);
  return {};
}

}  // namespace evloom::change

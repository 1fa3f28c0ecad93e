// "evloom.host.metrics/1": series named evloom_plugin_<name>, with the instance as a label. Registered inside
// create, counted on the loops: an evl_metric is the place in a list that does not change any more by then.
#include "evloom/abi/metrics.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "plugin/services/access.hpp"

namespace evloom::plugin {

namespace {

constexpr std::size_t kMaxSeries = 256;  // of one instance
constexpr std::string_view kTotal = "_total";

bool valid(std::string_view name) {
  return !name.empty() && name.size() <= 100 &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// `make` registers it with the group: Result<Counter> or Result<Gauge>.
template <typename Make>
evl_status add_series(const evl_host* host, const char* raw_name, const char* help, evl_metric* metric,
                      bool is_counter, Make make) noexcept {
  Instance* const instance = Instance::of(host);
  if (!instance) return EVL_E_INVALID;
  const std::string_view name = raw_name ? raw_name : "";
  const auto refuse = [&](Misbehaviour kind, evl_status status, const std::string& why) {
    instance->misbehaved(kind, "metric '" + std::string(name) + "': " + why);
    return status;
  };
  if (!Access::creating(*instance))
    return refuse(Misbehaviour::wrong_state, EVL_E_STATE, "registered outside create");
  if (!metric || !valid(name))
    return refuse(Misbehaviour::bad_argument, EVL_E_INVALID, "the name is not [a-z_]+");
  const bool total = name.size() > kTotal.size() && name.substr(name.size() - kTotal.size()) == kTotal;
  if (is_counter != total) {
    return refuse(Misbehaviour::bad_argument, EVL_E_INVALID, "counters end in _total, gauges do not");
  }
  auto& series = Access::series(*instance);
  if (series.size() == kMaxSeries) return refuse(Misbehaviour::bad_argument, EVL_E_LIMIT, "too many");
  auto made = make(Access::metrics(*instance), "evloom_plugin_" + std::string(name), help ? help : "");
  if (!made) return refuse(Misbehaviour::bad_argument, EVL_E_INVALID, made.error().message);
  series.emplace_back(*made);
  *metric = static_cast<evl_metric>(series.size());  // from 1: a metric that was never set is none
  return EVL_OK;
}

evl_status counter(const evl_host* host, const char* name, const char* help, evl_metric* metric) noexcept {
  return add_series(
      host, name, help, metric, true,
      [](observe::MetricGroup& group, const std::string& n, const char* h) { return group.counter(n, h); });
}

evl_status gauge(const evl_host* host, const char* name, const char* help, evl_metric* metric) noexcept {
  return add_series(
      host, name, help, metric, false,
      [](observe::MetricGroup& group, const std::string& n, const char* h) { return group.gauge(n, h); });
}

void add(const evl_host* host, evl_loop* raw, evl_metric metric, int64_t amount) noexcept {
  Instance* const instance = Instance::of(host);
  if (!instance) return;
  loop::Loop* const loop = Access::own_loop(*instance, raw, "metric");
  if (!loop) return;
  const auto& series = Access::series(*instance);
  if (metric == 0 || metric > series.size()) {
    return instance->misbehaved(Misbehaviour::bad_argument, "metric: a number that was not given out");
  }
  const auto& one = series[metric - 1];
  if (const auto* gauge_series = std::get_if<observe::Gauge>(&one)) {
    gauge_series->add(loop->index(), amount);
  } else if (amount >= 0) {
    std::get<observe::Counter>(one).add(loop->index(), static_cast<std::uint64_t>(amount));
  } else {
    instance->misbehaved(Misbehaviour::bad_argument, "metric: a counter cannot go down");
  }
}

}  // namespace

const evl_metrics kMetricsService = {sizeof(evl_metrics), &counter, &gauge, &add};

}  // namespace evloom::plugin

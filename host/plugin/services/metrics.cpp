// "evloom.host.metrics/1": series named evloom_plugin_<name>, with the instance as a label.
#include "plugin/services/access.hpp"

namespace evloom::plugin {

std::size_t Access::series(const Instance& instance) { return instance.series_.size(); }

Status Access::add_series(Instance& instance, const std::string& name, const char* help, bool is_counter) {
  const auto keep = [&](auto made) -> Status {
    if (!made) return made.error();
    instance.series_.emplace_back(*made);
    return {};
  };
  const std::string full = "evloom_plugin_" + name;
  return is_counter ? keep(instance.metrics_.counter(full, help)) : keep(instance.metrics_.gauge(full, help));
}

bool Access::add(Instance& instance, const loop::Loop& loop, std::size_t index, std::int64_t amount) {
  const Instance::Series& one = instance.series_[index];
  if (const auto* gauge = std::get_if<observe::Gauge>(&one)) {
    gauge->add(loop.index(), amount);
    return true;
  }
  if (amount >= 0) std::get<observe::Counter>(one).add(loop.index(), static_cast<std::uint64_t>(amount));
  return amount >= 0;
}

const evl_metrics kMetricsService = MetricsTable<Access>::kTable;

}  // namespace evloom::plugin

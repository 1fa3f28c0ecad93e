#include "epoch/epoch.hpp"

#include <algorithm>

namespace evloom::epoch {

plugin::Instance* Epoch::find(std::string_view name) const {
  for (const auto& instance : instances)
    if (instance->name() == name) return instance.get();
  return nullptr;
}

http::Limits limits_of(const config::Config& config) {
  const config::Limits& from = config.limits;
  http::Limits limits;
  limits.head.head_bytes = static_cast<std::uint32_t>(std::min(from.head_bytes, http::kMaxHeadBytes));
  limits.head.target_bytes = limits.head.head_bytes / 2;
  limits.head.headers = static_cast<std::uint32_t>(std::min(from.headers, http::kMaxHeaders));
  limits.head.body_bytes = from.body_bytes;
  limits.head_timeout = from.head_timeout.count();
  limits.body_timeout = from.body_timeout.count();
  limits.reply_timeout = from.reply_timeout.count();
  limits.send_timeout = from.send_timeout.count();
  limits.idle_timeout = from.idle_timeout.count();
  limits.connections = static_cast<std::uint32_t>(from.connections);
  limits.body_memory = from.body_memory;
  limits.requests_per_connection = from.requests_per_connection;
  return limits;
}

}  // namespace evloom::epoch

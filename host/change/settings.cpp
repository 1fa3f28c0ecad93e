#include "change/settings.hpp"

#include <algorithm>

namespace evloom::change {

namespace {

observe::Level level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::trace:
      return observe::Level::kTrace;
    case config::LogLevel::debug:
      return observe::Level::kDebug;
    case config::LogLevel::info:
      return observe::Level::kInfo;
    case config::LogLevel::warn:
      return observe::Level::kWarn;
    case config::LogLevel::error:
      return observe::Level::kError;
    case config::LogLevel::off:
      return observe::Level::kOff;
  }
  return observe::Level::kInfo;
}

// What both kinds of listeners say alike.
template <typename From>
Result<http::ListenerSpec> spec_at(const From& from) {
  auto address = from.http ? http::parse_address(from.http->to_string()) : http::unix_address(from.unix_path);
  if (!address) return Error{from.position.to_string() + ": " + address.error().message};
  http::ListenerSpec spec;
  spec.address = *address;
  spec.mode = from.mode;
  return spec;
}

}  // namespace

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

Result<http::ListenerSpec> spec_of(const config::Listener& from) {
  auto spec = spec_at(from);
  if (spec) spec->backlog = from.backlog;
  return spec;
}

Result<http::ListenerSpec> spec_of(const config::Admin& from) {
  auto spec = spec_at(from);
  if (spec) spec->make_folder = true;
  return spec;
}

observe::LogOptions log_options_of(const config::Config& config) {
  const config::Log& from = config.log;
  observe::LogOptions options;
  options.format =
      from.format == config::LogFormat::json ? observe::LogFormat::kJson : observe::LogFormat::kText;
  options.output = from.output;
  options.level = level_of(from.level);
  for (const auto& [module, level] : from.modules) options.modules.emplace_back(module, level_of(level));
  options.access = from.access;
  return options;
}

}  // namespace evloom::change

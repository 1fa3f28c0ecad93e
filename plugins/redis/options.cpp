#include "redis/options.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

namespace evloom::plugins::redis {
namespace {

using namespace std::chrono_literals;

std::chrono::nanoseconds duration_within(const evl::Config& option, std::chrono::nanoseconds least,
                                         std::chrono::nanoseconds most, const char* range) {
  const auto value = option.duration();
  if (value < least || value > most) option.reject(std::string("must be from ") + range);
  return value;
}

}  // namespace

bool is_numeric(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;
}

std::string Options::name() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Options read_options(const evl::Config& config) {
  Options options;
  if (const evl::Config path = config["unix"]) {
    options.unix_path = path.path();
    if (options.unix_path.empty() || options.unix_path.size() >= sizeof(sockaddr_un{}.sun_path))
      path.reject("a socket's path has 1 to 107 bytes; give a shorter one");
  }
  options.host = config["host"].text();
  if (options.host.size() > 2 && options.host.front() == '[' && options.host.back() == ']')
    options.host = options.host.substr(1, options.host.size() - 2);
  if (options.host.empty() || options.host.size() > 253)
    config["host"].reject("a host name or address has 1 to 253 bytes");
  const std::int64_t port = config["port"].integer();
  if (port < 1 || port > 65535) config["port"].reject("a port is from 1 to 65535");
  options.port = static_cast<std::uint16_t>(port);
  options.user = config["user"].text();
  options.password = config["password"].text();
  options.login = !options.user.empty() || !options.password.empty();
  options.database = config["database"].integer();
  options.connect_timeout = duration_within(config["connect_timeout"], 10ms, 1h, "10ms to 1h");
  options.command_timeout = duration_within(config["command_timeout"], 10ms, 1h, "10ms to 1h");
  options.backoff_min = duration_within(config["backoff_min"], 1ms, 1min, "1ms to 1m");
  options.backoff_max = duration_within(config["backoff_max"], options.backoff_min, 1h, "backoff_min to 1h");
  const std::uint64_t max_reply = config["max_reply"].byte_size();
  if (max_reply < (64u << 10) || max_reply > (std::uint64_t{1} << 30))
    config["max_reply"].reject("must be from 64KiB to 1GiB");
  options.max_reply = static_cast<std::size_t>(max_reply);
  return options;
}

}  // namespace evloom::plugins::redis

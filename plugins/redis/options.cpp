#include "redis/options.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

namespace evloom::plugins::redis {
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
  options.port = static_cast<std::uint16_t>(config["port"].integer());
  options.user = config["user"].text();
  options.password = config["password"].text();
  options.login = !options.user.empty() || !options.password.empty();
  options.database = config["database"].integer();
  options.connect_timeout = config["connect_timeout"].duration();
  options.command_timeout = config["command_timeout"].duration();
  options.backoff_min = config["backoff_min"].duration();
  options.backoff_max = config["backoff_max"].duration();
  if (options.backoff_max < options.backoff_min)
    config["backoff_max"].reject("must not be less than backoff_min");
  options.max_reply = static_cast<std::size_t>(config["max_reply"].byte_size());
  options.plain = config["commands"].text() == "plain";
  return options;
}

}  // namespace evloom::plugins::redis

#include "cli/where.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/result.hpp"
#include "cli/load.hpp"
#include "config/config.hpp"

namespace evloom::cli {

namespace {

constexpr std::string_view kUnix = "unix:", kHttp = "http://";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Where on_socket(const std::string& path) {
  Where where;
  where.socket = path;
  where.base = "http://localhost";
  where.text = "unix:" + path;
  return where;
}

Where on_tcp(const config::Address& address) {
  Where where;
  where.base = std::string(kHttp) + address.to_string();
  where.text = where.base;
  return where;
}

// "unix:PATH" or "http://HOST:PORT".
Result<Where> parse_admin(std::string_view text, const std::string& from) {
  const auto wrong = [&](const std::string& why) {
    return Error{from + ": '" + std::string(text) + "': " + why +
                 "; it must be unix:PATH or http://HOST:PORT, such as http://127.0.0.1:9091"};
  };
  if (text.starts_with(kUnix)) {
    const std::string_view path = text.substr(kUnix.size());
    if (path.empty()) return wrong("the path is missing");
    return on_socket(std::string(path));
  }
  if (!text.starts_with(kHttp)) return wrong("this is no address of an admin API");
  std::string_view rest = text.substr(kHttp.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto address = config::parse_address(rest);
  if (!address) return wrong(address.error().message);
  return on_tcp(*address);
}

// The address and the token that a configuration gives.
Result<Where> admin_of(const config::Config& config) {
  const std::string file = config.file.string();
  if (!config.admin.on)
    return Error{file + ": `admin` is off: this host cannot be asked; set `admin`, then restart it"};
  Where where;
  if (config.admin.http) {
    if (config.admin.http->port == 0)
      return Error{file + ": the port of `admin` is 0, so only the host's log tells it: give it by --admin"};
    where = on_tcp(*config.admin.http);
  } else {
    where = on_socket(config.admin.unix_path);
  }
  where.token = config.admin.token;
  return where;
}

// The first line, as it would be sent.
Result<std::string> read_token(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string token;
  if (!in || !std::getline(in, token)) return Error{"cannot read a token from '" + file.string() + "'"};
  while (!token.empty() && (token.back() == ' ' || token.back() == '\r')) token.pop_back();
  return token;
}

Result<Where> find(const RemoteOptions& options, const config::Config* config) {
  const std::string variable = environment("EVLOOM_ADMIN");
  const char* from = "--admin";
  Result<Where> where = Error{};
  if (!options.admin.empty()) {
    where = parse_admin(options.admin, from);
  } else if (!variable.empty()) {
    from = "EVLOOM_ADMIN";
    where = parse_admin(variable, from);
  } else {
    from = "-c";
    where = admin_of(*config);
  }
  if (!where) return where;
  where->text += std::string(" (from ") + from + ")";
  if (!options.token_file.empty()) {
    auto token = read_token(options.token_file);
    if (!token) return token.error();
    where->token = std::move(*token);
  } else if (std::string token = environment("EVLOOM_ADMIN_TOKEN"); !token.empty()) {
    where->token = std::move(token);
  }
  if (std::any_of(where->token.begin(), where->token.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
    return Error{"the token holds blanks or control characters; it is one word"};
  return where;
}

}  // namespace

std::optional<Where> find_admin(const RemoteOptions& options) {
  const bool by_config = options.admin.empty() && environment("EVLOOM_ADMIN").empty();
  if (by_config && options.config.empty()) {
    print_error(
        "which host? Say where its admin API is:\n"
        "  --admin unix:PATH, or --admin http://HOST:PORT\n"
        "  EVLOOM_ADMIN=... in the environment, the same two ways\n"
        "  -c FILE, the configuration that the host runs with");
    return std::nullopt;
  }
  std::shared_ptr<const config::Config> config;
  if (by_config) config = load_config(options.config);
  if (by_config && !config) return std::nullopt;
  auto where = find(options, config.get());
  if (where) return std::move(*where);
  print_error(where.error().message);
  return std::nullopt;
}

}  // namespace evloom::cli

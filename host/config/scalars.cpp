#include "config/scalars.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace evloom::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array kDurations = {
    Unit{"d", 86'400'000'000'000}, Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000},
    Unit{"s", 1'000'000'000},      Unit{"ms", 1'000'000},        Unit{"us", 1'000},
};
constexpr std::array kSizes = {
    Unit{"GiB", std::int64_t{1} << 30},
    Unit{"MiB", std::int64_t{1} << 20},
    Unit{"KiB", std::int64_t{1} << 10},
};

bool digit(char c) { return c >= '0' && c <= '9'; }

// A number and its unit, split; nothing if the text does not begin with a digit.
std::optional<std::pair<std::int64_t, std::string_view>> split(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.empty() || !digit(text.front())) return std::nullopt;
  return std::pair(value, text.substr(static_cast<std::size_t>(end - text.data())));
}

template <std::size_t N>
Result<std::int64_t> scale(std::int64_t value, std::string_view unit, const std::array<Unit, N>& units) {
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    if (value > std::numeric_limits<std::int64_t>::max() / known.factor)
      return Error{"the value is too large"};
    return value * known.factor;
  }
  return Error{""};
}

template <std::size_t N>
std::string unscale(std::int64_t value, const std::array<Unit, N>& units, std::string_view smallest) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return std::to_string(value) + std::string(smallest);
}

// A number like 1 or 0.5, and `mark`, the last character of the text.
Result<double> parse_marked(std::string_view text, char mark, std::string_view what) {
  std::string_view digits = text;
  const bool marked = digits.ends_with(mark);
  if (marked) digits.remove_suffix(1);
  const bool good = !digits.empty() && digit(digits.front()) && digit(digits.back()) &&
                    std::all_of(digits.begin(), digits.end(), [](char c) { return digit(c) || c == '.'; });
  const Result<double> value = good ? parse_number(digits) : Error{""};
  if (value && !marked)
    return Error{std::string(what) + " ends in \"" + mark + "\": \"" + std::string(digits) + mark + "\""};
  return value;
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), digit)) return Error{""};
  if (digits.size() > 1 && digits.front() == '0') return Error{"write it without leading zeros"};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return Error{"the number does not fit in 64 bits"};
  return value;
}

Result<double> parse_number(std::string_view text) {
  if (text.empty() || !(digit(text.front()) || text.front() == '-' || text.front() == '.')) return Error{""};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return Error{""};
  return value;
}

Result<std::int64_t> parse_duration(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return Error{""};
  if (parts->second.empty()) {
    return Error{"a duration needs a unit: \"" + std::to_string(parts->first) + "s\", \"" +
                 std::to_string(parts->first) + "ms\""};
  }
  if (parts->second.starts_with('.')) return Error{"write whole numbers: \"1500ms\" rather than \"1.5s\""};
  Result<std::int64_t> value = scale(parts->first, parts->second, kDurations);
  if (!value && value.error().message.empty()) return Error{"the units are us, ms, s, m, h and d"};
  return value;
}

Result<std::int64_t> parse_size(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return Error{""};
  if (parts->second.empty()) return parts->first;
  if (parts->second.starts_with('.')) return Error{"write whole numbers: \"1536KiB\" rather than \"1.5MiB\""};
  Result<std::int64_t> value = scale(parts->first, parts->second, kSizes);
  if (!value && value.error().message.empty()) {
    return Error{"the units are KiB, MiB and GiB; without one it is bytes"};
  }
  return value;
}

Result<std::int64_t> parse_mode(std::string_view text) {
  if (text.starts_with("0o")) text.remove_prefix(2);
  if (text.empty() || text.size() > 4) return Error{""};
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return Error{""};
    value = value * 8 + (c - '0');
  }
  if (value > 0777) return Error{"at most 0777"};
  return value;
}

Result<double> parse_percent(std::string_view text) { return parse_marked(text, '%', "a percentage"); }

Result<double> parse_factor(std::string_view text) { return parse_marked(text, 'x', "a factor"); }

std::string Address::to_string() const {
  const std::string number = ":" + std::to_string(port);
  return ipv6 ? "[" + host + "]" + number : host + number;
}

Result<Address> parse_address(std::string_view text) {
  Address address;
  std::string_view host;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Error{"the bracket of the IPv6 address is not closed"};
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    address.ipv6 = true;
  } else {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
      if (!text.empty() && std::all_of(text.begin(), text.end(), digit)) {
        return Error{"the host is missing: write \"127.0.0.1:" + std::string(text) + "\""};
      }
      return Error{"the port is missing: write \"127.0.0.1:9090\""};
    }
    host = text.substr(0, colon);
    port = text.substr(colon);
    if (host.find(':') != std::string_view::npos) {
      return Error{"an IPv6 address needs brackets: \"[::1]:9090\""};
    }
  }
  if (!port.starts_with(':')) return Error{"the port is missing: write \"[::1]:9090\""};
  port.remove_prefix(1);
  const Result<std::int64_t> number = parse_integer(port);
  if (!number || *number < 0 || *number > 65535) return Error{"the port must be a number from 0 to 65535"};
  address.port = static_cast<std::uint16_t>(*number);
  address.host = host;
  if (host.empty() || host == "*") {
    return Error{"for all addresses of this machine write \"0.0.0.0:" + std::string(port) +
                 "\" (IPv4) or \"[::]:" + std::string(port) + "\" (IPv6)"};
  }
  in6_addr binary{};
  if (inet_pton(address.ipv6 ? AF_INET6 : AF_INET, address.host.c_str(), &binary) != 1) {
    if (address.ipv6)
      return Error{"this is no IPv6 address; a literal one is needed, such as \"[::1]:9090\""};
    if (host == "localhost") {
      return Error{"names are not looked up: write \"127.0.0.1:" + std::string(port) +
                   "\" or \"[::1]:" + std::string(port) + "\""};
    }
    if (std::any_of(host.begin(), host.end(), [](char c) { return !digit(c) && c != '.'; })) {
      return Error{"names are not looked up: write the IP address"};
    }
    return Error{
        "this is no IPv4 address; four numbers from 0 to 255 are needed, such as \"127.0.0.1:9090\""};
  }
  return address;
}

std::string format_duration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  return unscale(nanoseconds, kDurations, "ns");
}

std::string format_size(std::int64_t bytes) { return unscale(bytes, kSizes, ""); }

std::string format_mode(std::int64_t mode) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), mode, 8).ptr;
  std::string text(digits.data(), end);
  return std::string(text.size() < 4 ? 4 - text.size() : 0, '0') + text;
}

std::string format_number(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string format_percent(double value) { return format_number(value) + "%"; }

std::string format_factor(double value) { return format_number(value) + "x"; }

std::optional<std::string> name_fault(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty()) return "a name is needed";
  if (!letter(text.front())) return "a name begins with a letter";
  if (text.size() > 64) return "a name has at most 64 characters";
  const bool good = std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || digit(c) || c == '_' || c == '-' || c == '.';
  });
  if (!good) return "a name holds only letters, digits, '_', '-' and '.'";
  return std::nullopt;
}

}  // namespace evloom::config

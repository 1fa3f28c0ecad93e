#include "support/stats.hpp"

#include <algorithm>
#include <charconv>

namespace evloom::test {

namespace {

constexpr std::string_view kTotal = "Total requests = ";
constexpr std::string_view kAddress = "\nRequests from this source IP = ";
constexpr std::string_view kNew = "\nThis source port has never been seen.\n";
constexpr std::string_view kSeen = "\nThis source port has been seen already.\n";
constexpr std::string_view kList = "source ports which have been seen for your ip:\n";

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

bool Stats::has(std::uint32_t port) const {
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

std::optional<Stats> parse_stats(std::string_view text, std::string& why) {
  Stats stats;
  const auto bad = [&](const char* part) {
    why = std::string(part) + " at '" + std::string(text.substr(0, 60)) + "'";
    return std::nullopt;
  };
  if (!take(text, kTotal) || !take_number(text, stats.total)) return bad("first line");
  if (!take(text, kAddress) || !take_number(text, stats.from_address)) return bad("second line");
  stats.port_is_new = take(text, kNew);
  if (!stats.port_is_new && !take(text, kSeen)) return bad("third line");
  if (!take(text, kList)) return bad("fourth line");
  while (!text.empty() && text[0] != '\n') {
    std::uint32_t port = 0;
    if (!take_number(text, port) || !take(text, " ")) return bad("list of ports");
    stats.ports.push_back(port);
  }
  if (text != "\n") return bad("end of the list");
  return stats;
}

std::string render_stats(const Stats& stats) {
  std::string text;
  text.append(kTotal).append(std::to_string(stats.total));
  text.append(kAddress).append(std::to_string(stats.from_address));
  text.append(stats.port_is_new ? kNew : kSeen).append(kList);
  for (const std::uint32_t port : stats.ports) text.append(std::to_string(port)).append(" ");
  return text.append("\n");
}

}  // namespace evloom::test

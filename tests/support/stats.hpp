// Stats: the answer of the stats handler as text, read to the byte. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evloom::test {

struct Stats {
  std::int64_t total = 0;
  std::int64_t from_address = 0;
  bool port_is_new = false;
  std::vector<std::uint32_t> ports;  // in the order of the list

  bool has(std::uint32_t port) const;
};

// Nothing when a single byte is not as it must be; `why` then says which part.
std::optional<Stats> parse_stats(std::string_view text, std::string& why);

// The five lines that such an answer must be.
std::string render_stats(const Stats& stats);

}  // namespace evloom::test

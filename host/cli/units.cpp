#include "cli/units.hpp"

#include <fmt/core.h>

namespace evloom::cli {

std::string duration_text(std::int64_t us) {
  const std::int64_t seconds = us / 1'000'000;
  if (us < 500) return "<1 ms";
  if (us < 999'500) return fmt::format("{} ms", (us + 500) / 1000);
  if (us < 59'950'000) return fmt::format("{:.1f} s", static_cast<double>(us) / 1e6);
  if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{}h {:02}m", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{}d {}h", seconds / 86'400, seconds % 86'400 / 3600);
}

std::string time_text(std::string_view time) {
  if (time.size() < 20 || time[10] != 'T' || time.back() != 'Z') return std::string(time);
  return fmt::format("{} {}Z", time.substr(0, 10), time.substr(11, 8));
}

}  // namespace evloom::cli

#include "lmdb/settings.hpp"

#include <algorithm>

namespace evloom::plugins {
namespace {

constexpr std::uint64_t kSmallestMap = 1u << 20;
constexpr std::uint64_t kLargestMap = std::uint64_t{1}
                                      << 46;  // what an address space of 47 bits has room for

Durability durability_of(const evl::Config& option) {
  const std::string_view name = option.text();
  if (name == "commit") return Durability::kCommit;
  if (name == "interval") return Durability::kInterval;
  if (name == "none") return Durability::kNone;
  option.reject("'" + std::string(name) + "' is no durability; use commit, interval or none");
}

}  // namespace

Settings Settings::read(const evl::Config& options) {
  Settings settings;
  settings.path = options["path"].path();
  if (settings.path.empty()) options["path"].reject("the path is empty; name a directory");
  settings.durability = durability_of(options["durability"]);
  settings.interval = options["interval"].duration();
  if (settings.interval < std::chrono::milliseconds(1))
    options["interval"].reject("the interval is shorter than 1ms");
  settings.map_size = options["map_size"].byte_size();
  if (settings.map_size < kSmallestMap || settings.map_size > kLargestMap)
    options["map_size"].reject("the map must have 1MiB to 64TiB");
  settings.max_size = kLargestMap;
  if (const evl::Config max_size = options["max_size"]) {
    settings.max_size = max_size.byte_size();
    if (settings.max_size < kSmallestMap || settings.max_size > kLargestMap)
      max_size.reject("the bound must be 1MiB to 64TiB");
    settings.map_size = std::min(settings.map_size, settings.max_size);
  }
  return settings;
}

}  // namespace evloom::plugins

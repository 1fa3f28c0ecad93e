// Units: durations and points in time as a person reads them. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace evloom::cli {

// How long something took: "<1 ms", "143 ms", "1.2 s", "2m 05s", "3h 10m", "12d 4h".
std::string duration_text(std::int64_t microseconds);

// RFC 3339 to the second: "2026-11-23 07:04:43Z". What has another shape stays as it is.
std::string time_text(std::string_view rfc3339);

// As much of a build id as tells builds apart.
inline std::string_view short_build(std::string_view build_id) { return build_id.substr(0, 12); }

}  // namespace evloom::cli

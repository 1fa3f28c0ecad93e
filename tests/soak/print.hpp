// What a soak found, as text on standard output; each function says whether all held.
#pragma once

#include "soak/storm.hpp"
#include "soak/windows.hpp"

namespace evloom::soak {

inline constexpr double kMostRatio = 2;                 // of p99 while swapping to p99 without
inline constexpr std::chrono::seconds kSlowestSwap{1};  // from the command to "serving"

bool print(const StormResult& result);
// `limit`: of the worst windows' ratio; 0: none.
bool print(const WindowResult& result, double limit);

}  // namespace evloom::soak

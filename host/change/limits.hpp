// How long a change waits for what others do. [control]
#pragma once

#include <chrono>

namespace evloom::change {

inline constexpr std::chrono::seconds kMessage{30};     // what a loop gets to run a message of ours
inline constexpr std::chrono::seconds kStopTimeout{5};  // what one instance gets to stop

}  // namespace evloom::change

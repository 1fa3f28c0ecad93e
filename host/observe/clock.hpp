// The two clocks as something that can be handed over, so that a test can say what time it is.
#pragma once

#include "base/clock.hpp"

namespace evloom::observe {

struct Clock {
  std::int64_t (*wall_ns)() = evloom::wall_ns;
  std::int64_t (*monotonic_ns)() = evloom::monotonic_ns;
};

}  // namespace evloom::observe

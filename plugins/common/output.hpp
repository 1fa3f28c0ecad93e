// Output: what the results of some operations point to: small pieces in an arena, and holds on what is
// shared. It is filled where the operations are carried out and emptied when their results have been seen.
#pragma once

#include <vector>

#include "common/arena.hpp"
#include "common/shared.hpp"

namespace evloom::plugins {

struct Output {
  Arena arena;
  std::vector<Ref<Shared>> held;

  void reset() {
    arena.reset();
    held.clear();
  }
};

}  // namespace evloom::plugins

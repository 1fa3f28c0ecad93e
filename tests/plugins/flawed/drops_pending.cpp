// A store that forgets, when a loop is stopped, what was submitted there.
#include "sound_store.hpp"

namespace {
struct Drops : flawed::None {
  static constexpr bool ends = false;
};
}  // namespace
FLAWED_STORE("drops_pending", Drops);

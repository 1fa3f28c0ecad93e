// A store whose save leaves something out.
#include "sound_store.hpp"

namespace {
struct Forgets : flawed::None {
  static bool saved(const std::string& key) { return key.find("state") == std::string::npos; }
};
}  // namespace
FLAWED_STORE("forgets_state", Forgets);

// A constructor of a static object throws while the file is being loaded.
#include <stdexcept>

#include "blank.h"
namespace {
struct Thrower {
  Thrower() { throw std::runtime_error("thrown by a static object"); }
} thrower;
}  // namespace
BLANK_PLUGIN("constructor_throws", blank_create);

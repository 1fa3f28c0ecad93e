// A store that walks operations as an array of the evl_op that it was compiled with, and not by their size.
#include "sound_store.hpp"

namespace {
struct FixedStride : flawed::None {
  static const evl_op& op(const evl::Batch& batch, std::size_t i) { return batch.ops[i]; }
};
}  // namespace
FLAWED_STORE("fixed_stride", FixedStride);

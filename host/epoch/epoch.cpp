#include "epoch/epoch.hpp"

#include <algorithm>

namespace evloom::epoch {

Part* Epoch::find(std::string_view name) {
  for (Part& part : parts)
    if (part.planned->name() == name) return &part;
  return nullptr;
}

const Part* Epoch::find(std::string_view name) const { return const_cast<Epoch*>(this)->find(name); }

bool Epoch::has(const plugin::Instance* instance) const {
  return instance && std::any_of(parts.begin(), parts.end(),
                                 [instance](const Part& part) { return part.instance.get() == instance; });
}

std::uint64_t Epoch::requests() const {
  std::int64_t sum = 0;
  for (std::uint32_t i = 0; i < loops_; ++i) sum += cells_[i].count.load(std::memory_order_acquire);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(sum, 0));
}

}  // namespace evloom::epoch

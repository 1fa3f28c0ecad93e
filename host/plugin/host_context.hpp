// HostContext: what instances use of the host. Made once on the control thread; all of it outlives every
// instance.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace evloom::loop {
class Pool;
class Workers;
}  // namespace evloom::loop
namespace evloom::observe {
class Log;
class Registry;
}  // namespace evloom::observe

namespace evloom::plugin {

class Services;

// The numbers of the slots in which instances keep their per-loop state. [control]
class SlotNumbers {
 public:
  explicit SlotNumbers(std::uint32_t count) : used_(count) {}

  // The lowest free one; none when all are taken.
  std::optional<std::uint32_t> take() {
    for (std::uint32_t i = 0; i < used_.size(); ++i) {
      if (used_[i]) continue;
      used_[i] = true;
      ++taken_;
      return i;
    }
    return std::nullopt;
  }
  void give_back(std::uint32_t number) { used_[number] = false; }
  // How many times one has been taken so far: of the one taken last, a number that no other ever has.
  std::uint64_t taken() const { return taken_; }

 private:
  std::uint64_t taken_ = 0;
  std::vector<bool> used_;
};

struct HostContext {
  observe::Log& log;
  observe::Registry& metrics;
  loop::Pool& pool;
  loop::Workers& workers;
  const Services& services;
  SlotNumbers& slots;  // made with loop::Loop::kSlots
};

}  // namespace evloom::plugin

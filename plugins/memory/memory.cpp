// The plugin "memory": counters, sets and values in this process alone, gone when it ends. The keys are
// spread over the loops by their hash; each loop owns its shard, so no operation takes a lock.
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "evloom/store_backend.hpp"

#include "memory/exchange.hpp"

namespace evloom::plugins {
namespace {

constexpr std::size_t kPurgeAtOnce = 1000;
constexpr auto kPurgeEvery = std::chrono::seconds(1);

class Memory {
 public:
  static constexpr std::uint32_t store_flags = 0;

  Memory(evl::Host host, evl::Config options) : host_(host), budget_(options["max_memory"].byte_size()) {
    homes_.reserve(host.loop_count());
    for (std::uint32_t i = 0; i < host.loop_count(); ++i)
      homes_.emplace_back(host.interfaces(), budget_, hash_, homes_);
  }

  class PerLoop {
   public:
    PerLoop(Memory& memory, evl::Loop loop)
        : home_(memory.homes_[loop.index()]), purge_timer_(memory.host_, loop) {
      home_.start(loop.raw());
      purge_timer_.start(kPurgeEvery, &PerLoop::purge, this);
    }
    ~PerLoop() { home_.stop(); }

    evl_status submit(const evl::Batch& batch) { return home_.submit(batch); }
    evl_status health(evl_error*) const { return EVL_OK; }

   private:
    static void purge(void* context) {
      auto* self = static_cast<PerLoop*>(context);
      const bool more = self->home_.shard().purge(self->home_.now(), kPurgeAtOnce) == 0;
      try {
        self->purge_timer_.start(more ? std::chrono::milliseconds(1) : kPurgeEvery, &PerLoop::purge, self);
      } catch (const evl::Failure&) {
        // No memory for a timer: keys still expire when somebody asks for them.
      }
    }

    Home& home_;
    evl::Timer purge_timer_;
  };

 private:
  evl::Host host_;
  SipHash hash_;
  Budget budget_;
  std::vector<Home> homes_;  // one per loop; its size never changes
};

EVL_STORE_PLUGIN(Memory, "memory", "1.0.0", "Counters, sets and values in memory, shared by all loops", "MIT",
                 R"({"type":"object","properties":{"max_memory":{"type":"string","format":"size",)"
                 R"("default":"1GiB","description":"Bound on what all keys take together; a write beyond it )"
                 R"(fails with 'no space'."}},"additionalProperties":false})");

}  // namespace
}  // namespace evloom::plugins

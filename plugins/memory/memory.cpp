// The plugin "memory": counters, sets and values in this process alone, gone when it ends; an instance that
// takes the place of another takes over all its keys. The first loop owns them, the others send it their
// operations, so none of them takes a lock.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "evloom/state.hpp"
#include "evloom/store_backend.hpp"

#include "memory/exchange.hpp"

namespace evloom::plugins {
namespace {

constexpr std::size_t kPurgeAtOnce = 1000;
constexpr auto kPurgeEvery = std::chrono::seconds(1);

class Memory {
 public:
  static constexpr std::uint32_t store_flags = 0;

  Memory(evl::Host host, evl::Config options)
      : host_(host), budget_(options["max_memory"].byte_size()), shard_(budget_, hash_) {
    homes_.reserve(host.loop_count());
    for (std::uint32_t i = 0; i < host.loop_count(); ++i)
      homes_.emplace_back(host.interfaces(), shard_, owner_);
    owner_ = &homes_.front();
  }

  static constexpr std::uint32_t state_version = 1;
  static bool accepts(std::string_view plugin, std::string_view, std::uint32_t version) {
    return plugin == "memory" && version == state_version;
  }
  void save(const evl::StateWriter& out) const { shard_.save(out); }
  void load(std::uint32_t, const evl::Blobs& blobs) { shard_.load(blobs); }

  class PerLoop {
   public:
    PerLoop(Memory& memory, evl::Loop loop)
        : memory_(memory), home_(memory.homes_[loop.index()]), purge_timer_(memory.host_, loop) {
      home_.start(loop.raw());
      if (home_.owns()) purge_timer_.start(kPurgeEvery, &PerLoop::purge, this);
    }
    ~PerLoop() { home_.stop(); }

    evl_status submit(const evl::Batch& batch) { return home_.submit(batch); }
    evl_status health(evl_error*) const { return EVL_OK; }

   private:
    static void purge(void* context) {
      auto* self = static_cast<PerLoop*>(context);
      const bool more = self->memory_.shard_.purge(self->home_.now(), kPurgeAtOnce) == 0;
      try {
        self->purge_timer_.start(more ? std::chrono::milliseconds(1) : kPurgeEvery, &PerLoop::purge, self);
      } catch (const evl::Failure&) {
        // No memory for a timer: keys still expire when somebody asks for them.
      }
    }

    Memory& memory_;
    Home& home_;
    evl::Timer purge_timer_;
  };

 private:
  evl::Host host_;
  SipHash hash_;
  Budget budget_;
  Shard shard_;
  Home* owner_ = nullptr;
  std::vector<Home> homes_;  // one per loop; its size never changes
};

EVL_PLUGIN("memory", "1.1.0", "Counters, sets and values in memory, shared by all loops", "MIT",
           EVL_STORE " " EVL_STATE, "",
           R"({"type":"object","properties":{"max_memory":{"type":"string","format":"size",)"
           R"("default":"1GiB","description":"Bound on what all keys take together; a write beyond it )"
           R"(fails with 'no space'."}},"additionalProperties":false})",
           (&evl::create<Memory, evl_store_backend, evl_state>));

}  // namespace
}  // namespace evloom::plugins

// The plugin "lmdb": durable counters, sets and values in one LMDB environment, for hosts that need no Redis.
// All data goes through one writer thread (writer.hpp); a loop only pushes submits and gets results.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evloom/store_backend.hpp"

#include "lmdb/channel.hpp"
#include "lmdb/directory.hpp"
#include "lmdb/environment.hpp"
#include "lmdb/settings.hpp"
#include "lmdb/writer.hpp"

namespace evloom::plugins {
namespace {

class Lmdb {
 public:
  Lmdb(evl::Host host, evl::Config options)
      : host_(host),
        operations_(host.counter("operations_total", "Operations that were submitted")),
        commits_(host.counter("commits_total", "Transactions that were committed")),
        settings_(Settings::read(options)),
        directory_(settings_.path),
        environment_(settings_, directory_),
        writer_(host, settings_, environment_) {
    for (std::uint32_t i = 0; i < host.loop_count(); ++i)
      channels_.push_back(std::make_unique<Channel>(host.interfaces()));
  }

  std::uint32_t store_flags() const {
    return EVL_STORE_EXCLUSIVE | (settings_.durability == Durability::kCommit ? EVL_STORE_DURABLE : 0u);
  }

  class PerLoop {
   public:
    PerLoop(Lmdb& lmdb, evl::Loop loop) : lmdb_(lmdb), loop_(loop), channel_(*lmdb.channels_[loop.index()]) {
      channel_.start(loop.raw());
    }
    ~PerLoop() { channel_.stop(); }

    evl_status submit(const evl::Batch& batch) {
      if (channel_.is_stopped()) return EVL_E_UNAVAILABLE;  // from a done that thread_stop has called
      lmdb_.writer_.push(channel_.take(batch));
      lmdb_.host_.add(loop_, lmdb_.operations_, static_cast<std::int64_t>(batch.count));
      if (loop_.index() == 0) count_commits();
      return EVL_OK;
    }
    evl_status health(evl_error* why) const {
      std::string text;
      const evl_status status = lmdb_.writer_.health(&text);
      if (status != EVL_OK) evl_error_set(why, text.c_str());
      return status;
    }

   private:
    // A metric can only be added to on a loop, so one of them does it for the writer thread.
    void count_commits() {
      const std::uint64_t now = lmdb_.writer_.commits();
      lmdb_.host_.add(loop_, lmdb_.commits_, static_cast<std::int64_t>(now - counted_commits_));
      counted_commits_ = now;
    }

    Lmdb& lmdb_;
    evl::Loop loop_;
    Channel& channel_;
    std::uint64_t counted_commits_ = 0;
  };

 private:
  evl::Host host_;
  evl_metric operations_;
  evl_metric commits_;
  Settings settings_;
  Directory directory_;
  Environment environment_;
  std::vector<std::unique_ptr<Channel>> channels_;  // one per loop
  Writer writer_;                                   // last: its thread ends before anything that it uses
};

EVL_STORE_PLUGIN(
    Lmdb, "lmdb", "1.0.0", "Durable counters, sets and values in an LMDB environment", "MIT",
    R"({"type":"object","required":["path"],"properties":{)"
    R"("path":{"type":"string","format":"path","exclusive":true,)"
    R"("description":"Directory of the environment; made when missing."},)"
    R"("durability":{"type":"string","enum":["commit","interval","none"],"default":"commit",)"
    R"("description":"When data is on the disk: before the answer, one interval later, or when the kernel likes. )"
    R"(A killed process loses nothing with any of them; a machine that goes down may leave a damaged )"
    R"(environment unless it is commit."},)"
    R"("interval":{"type":"string","format":"duration","default":"1s",)"
    R"("description":"Time between two syncs, for durability: interval."},)"
    R"("map_size":{"type":"string","format":"size","default":"64MiB",)"
    R"("description":"Size of the memory map at the start; it grows by itself."},)"
    R"("max_size":{"type":"string","format":"size",)"
    R"("description":"Where the map stops growing; writes then fail with 'no space'. Unbounded when absent."}},)"
    R"("additionalProperties":false})");

}  // namespace
}  // namespace evloom::plugins

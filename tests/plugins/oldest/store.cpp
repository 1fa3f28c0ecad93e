// oldest_store: a store by the C++ layer of the oldest headers, with results as small as they were then, and
// with state that it hands over. All loops share one map behind a mutex, which a real store would not do.
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "evloom/state.hpp"
#include "evloom/store_backend.hpp"

namespace {

class Oldest {
 public:
  static constexpr std::uint32_t store_flags = 0;
  static constexpr std::uint32_t state_version = 1;

  Oldest(evl::Host h, evl::Config) : host(h) {}

  bool accepts(std::string_view, std::string_view, std::uint32_t version) const { return version == 1; }
  void save(evl::StateWriter out) const {
    for (const auto& [key, value] : counters_) out.put(key, std::to_string(value));
  }
  void load(std::uint32_t, evl::Blobs blobs) {
    for (std::size_t i = 0; i < blobs.size(); ++i)
      counters_[std::string(blobs[i].name)] = std::stoll(std::string(blobs[i].data));
  }

  // One operation; what the result points to stays until the next one of this loop.
  struct Answer {
    std::vector<std::string> members;
    std::vector<evl_bytes> items;
    std::vector<std::uint8_t> fresh;
  };
  evl_result carry_out(const evl_op& op, Answer& answer) {
    const std::lock_guard lock(mutex_);
    evl_result result{sizeof(evl_result), EVL_OK, 0, nullptr, 0, nullptr};
    const std::string key(evl::view(op.key));
    if (op.kind == EVL_OP_ADD) {
      result.integer = counters_[key] += op.amount;
    } else if (op.kind == EVL_OP_SET_ADD) {
      for (std::size_t i = 0; i < op.item_count; ++i) {
        answer.fresh.push_back(sets_[key].emplace(evl::view(op.items[i])).second ? 1 : 0);
        result.integer += answer.fresh.back();
      }
      result.fresh = answer.fresh.data();
    } else if (op.kind == EVL_OP_SET_READ) {
      answer.members.assign(sets_[key].begin(), sets_[key].end());
      for (const std::string& member : answer.members) answer.items.push_back(evl::bytes(member));
      result.items = answer.items.data();
      result.item_count = answer.items.size();
    } else {
      result.status = EVL_E_UNSUPPORTED;
    }
    return result;
  }

  class PerLoop {
   public:
    PerLoop(Oldest& store, evl::Loop loop) : store_(store), timer_(store.host, loop) {}
    ~PerLoop() {
      for (const evl::Batch& batch : std::exchange(waiting_, {})) batch.failed(EVL_E_UNAVAILABLE);
    }
    evl_status submit(const evl::Batch& batch) {
      waiting_.push_back(batch);
      if (!timer_.active()) timer_.start(std::chrono::nanoseconds(0), &PerLoop::answer, this);
      return EVL_OK;
    }
    evl_status health(evl_error*) const { return EVL_OK; }

   private:
    static void answer(void* context) {
      auto* self = static_cast<PerLoop*>(context);
      for (const evl::Batch& batch : std::exchange(self->waiting_, {})) {
        std::vector<Answer> answers(batch.count);
        std::vector<evl_result> results;
        for (std::size_t i = 0; i < batch.count; ++i)
          results.push_back(self->store_.carry_out(batch[i], answers[i]));
        batch.done(results.data());
      }
    }

    Oldest& store_;
    evl::Timer timer_;
    std::vector<evl::Batch> waiting_;
  };

  evl::Host host;

 private:
  std::mutex mutex_;
  std::map<std::string, std::int64_t> counters_;
  std::map<std::string, std::set<std::string, std::less<>>> sets_;
};

}  // namespace

EVL_PLUGIN("oldest_store", "1.0.0", "A test", "MIT", EVL_STORE " " EVL_STATE, "", "{}",
           (&evl::create<Oldest, evl_store_backend, evl_state>));

// What each store of this folder would be without its flaw: all eight operations, exact, over one map behind
// a mutex, which it hands over.
#pragma once

#include <charconv>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "evloom/state.hpp"
#include "evloom/store_backend.hpp"

namespace flawed {

struct Answer {
  evl_result result{};
  std::vector<std::string> texts;
  std::vector<evl_bytes> items;
  std::vector<std::uint8_t> fresh;
};

class Map {
 public:
  void carry_out(const evl_op& op, Answer& answer) {
    const std::lock_guard lock(mutex_);
    answer.result.size = sizeof(evl_result);
    answer.result.status = status_of(op, answer);
    for (const std::string& text : answer.texts) answer.items.push_back(evl::bytes(text));
    answer.result.items = answer.items.data();
    answer.result.item_count = answer.items.size();
    answer.result.fresh = answer.fresh.data();
  }
  std::map<std::string, std::string> texts;  // counters and values

 private:
  static std::optional<std::int64_t> number(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  evl_status status_of(const evl_op& op, Answer& answer) {
    const std::string key(evl::view(op.key));
    if (key.empty() || key.size() > EVL_STORE_TEXT_MAX) return EVL_E_INVALID;
    std::int64_t& integer = answer.result.integer;
    const bool is_set = sets_.count(key) != 0, is_text = texts.count(key) != 0;
    switch (op.kind) {
      case EVL_OP_ADD: {
        const auto before = is_text ? number(texts[key]) : std::optional<std::int64_t>(0);
        if (is_set || !before) return EVL_E_TYPE;
        if (__builtin_add_overflow(*before, op.amount, &integer)) return EVL_E_LIMIT;
        texts[key] = std::to_string(integer);
        return EVL_OK;
      }
      case EVL_OP_SET_ADD:
        if (is_text) return EVL_E_TYPE;
        for (std::size_t i = 0; i < op.item_count; ++i) {
          answer.fresh.push_back(sets_[key].emplace(evl::view(op.items[i])).second ? 1 : 0);
          integer += answer.fresh.back();
        }
        return EVL_OK;
      case EVL_OP_SET_READ:
        if (is_text) return EVL_E_TYPE;
        if (is_set) answer.texts.assign(sets_[key].begin(), sets_[key].end());
        return EVL_OK;
      case EVL_OP_SET_SIZE:
        if (is_text) return EVL_E_TYPE;
        integer = is_set ? static_cast<std::int64_t>(sets_[key].size()) : 0;
        return EVL_OK;
      case EVL_OP_GET:
        if (is_set) return EVL_E_TYPE;
        if (is_text) answer.texts.push_back(texts[key]);
        return EVL_OK;
      case EVL_OP_PUT:
        if (op.item_count != 1) return EVL_E_INVALID;
        sets_.erase(key);
        texts[key] = std::string(evl::view(op.items[0]));
        return EVL_OK;
      case EVL_OP_EXPIRE:
        if (op.amount > 0) return EVL_E_UNSUPPORTED;
        [[fallthrough]];
      case EVL_OP_DELETE:
        integer = static_cast<std::int64_t>(texts.erase(key) + sets_.erase(key));
        return EVL_OK;
      default:
        return EVL_E_UNSUPPORTED;
    }
  }

  std::mutex mutex_;
  std::map<std::string, std::set<std::string, std::less<>>> sets_;
};

// `Flaws` says how operations are found, and what of its state is saved.
template <typename Flaws>
class Store {
 public:
  static constexpr std::uint32_t store_flags = 0;
  static constexpr std::uint32_t state_version = 1;

  Store(evl::Host h, evl::Config) : host(h) {}
  bool accepts(std::string_view, std::string_view, std::uint32_t version) const { return version == 1; }
  void save(evl::StateWriter out) const {
    for (const auto& [key, value] : map.texts)
      if (Flaws::saved(key)) out.put(key, value);
  }
  void load(std::uint32_t, evl::Blobs blobs) {
    for (std::size_t i = 0; i < blobs.size(); ++i) map.texts[std::string(blobs[i].name)] = blobs[i].data;
  }

  class PerLoop {
   public:
    PerLoop(Store& store, evl::Loop loop) : store_(store), timer_(store.host, loop) {}
    ~PerLoop() {
      if (!Flaws::ends) return;
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
        for (std::size_t i = 0; i < batch.count; ++i) {
          self->store_.map.carry_out(Flaws::op(batch, i), answers[i]);
          results.push_back(answers[i].result);
        }
        batch.done(results.data());
      }
    }

    Store& store_;
    evl::Timer timer_;
    std::vector<evl::Batch> waiting_;
  };

  evl::Host host;
  Map map;
};

struct None {
  static const evl_op& op(const evl::Batch& batch, std::size_t i) { return batch[i]; }
  static bool saved(const std::string&) { return true; }
  static constexpr bool ends = true;  // what waits when a loop is stopped
};

}  // namespace flawed

#define FLAWED_STORE(ID, FLAWS)                                               \
  EVL_PLUGIN(ID, "1.0.0", "A test", "MIT", EVL_STORE " " EVL_STATE, "", "{}", \
             (&evl::create<flawed::Store<FLAWS>, evl_store_backend, evl_state>))

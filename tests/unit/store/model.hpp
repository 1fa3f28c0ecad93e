// Model: what a store is to hold and answer, in the plainest way, to hold the merging against.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "evloom/abi/store.h"

namespace evloom::test {

// An operation, owning its bytes.
struct Asked {
  evl_op_kind kind;
  std::string key;
  std::int64_t amount = 0;
  std::vector<std::string> items = {};

  // Valid as long as `room` and this are.
  evl_op op(std::vector<evl_bytes>& room) const {
    room.clear();
    for (const std::string& item : items) room.push_back({item.data(), item.size()});
    evl_op op{};
    op.size = sizeof op;
    op.kind = kind;
    op.key = {key.data(), key.size()};
    op.amount = amount;
    op.items = room.data();
    op.item_count = room.size();
    return op;
  }
  static Asked of(const evl_op& op) {
    Asked asked{op.kind, std::string(op.key.data, op.key.size), op.amount};
    for (std::size_t i = 0; i < op.item_count; ++i)
      asked.items.emplace_back(op.items[i].data, op.items[i].size);
    return asked;
  }
};

// A result, owning what it holds.
struct Answered {
  evl_status status = EVL_OK;
  std::int64_t integer = 0;
  std::set<std::string> items = {};
  std::vector<std::uint8_t> fresh = {};

  bool operator==(const Answered&) const = default;

  static Answered of(const evl_result& result, std::size_t added) {
    Answered answered{result.status, result.integer};
    if (result.status != EVL_OK) return answered;
    for (std::size_t i = 0; i < result.item_count; ++i)
      answered.items.emplace(result.items[i].data, result.items[i].size);
    if (result.fresh) answered.fresh.assign(result.fresh, result.fresh + added);
    return answered;
  }
};

class Model {
 public:
  // An addition that would bring a counter above `most`, or a set beyond `members`, is refused as a whole.
  explicit Model(std::int64_t most = INT64_MAX, std::size_t members = SIZE_MAX)
      : most_(most), members_(members) {}

  Answered carry_out(const Asked& asked) {
    Answered answer;
    switch (asked.kind) {
      case EVL_OP_ADD: {
        std::int64_t& counter = counters_[asked.key];
        if (asked.amount > 0 && counter > most_ - asked.amount) {
          answer.status = EVL_E_LIMIT;
        } else {
          answer.integer = counter += asked.amount;
        }
        break;
      }
      case EVL_OP_SET_ADD: {
        std::set<std::string> larger = sets_[asked.key];
        for (const std::string& item : asked.items) answer.fresh.push_back(larger.insert(item).second);
        if (larger.size() > members_) {
          answer = {EVL_E_NO_SPACE};
          break;
        }
        for (const std::uint8_t fresh : answer.fresh) answer.integer += fresh;
        sets_[asked.key] = std::move(larger);
        break;
      }
      case EVL_OP_SET_READ:
        answer.items = sets_[asked.key];
        break;
      case EVL_OP_SET_SIZE:
        answer.integer = static_cast<std::int64_t>(sets_[asked.key].size());
        break;
      case EVL_OP_GET:
        answer.items = {values_[asked.key]};
        break;
      case EVL_OP_PUT:
        values_[asked.key] = asked.items.at(0);
        break;
      case EVL_OP_DELETE:
        answer.integer = counters_.erase(asked.key) + sets_.erase(asked.key) + values_.erase(asked.key) != 0;
        break;
      default:
        answer.integer = 1;
    }
    return answer;
  }

 private:
  std::int64_t most_;
  std::size_t members_;
  std::map<std::string, std::int64_t> counters_;
  std::map<std::string, std::set<std::string>> sets_;
  std::map<std::string, std::string> values_;
};

// The model's answers as a backend's results, which live as long as this does.
class Results {
 public:
  void add(const Answered& answer) {
    kept_.push_back(std::make_unique<Kept>());
    Kept& kept = *kept_.back();
    kept.answer = answer;
    for (const std::string& item : kept.answer.items) kept.items.push_back({item.data(), item.size()});
    evl_result result{};
    result.size = sizeof result;
    result.status = answer.status;
    result.integer = answer.integer;
    result.items = kept.items.data();
    result.item_count = kept.items.size();
    result.fresh = kept.answer.fresh.empty() ? nullptr : kept.answer.fresh.data();
    results_.push_back(result);
  }
  const evl_result* data() const { return results_.data(); }
  const evl_result& operator[](std::size_t index) const { return results_[index]; }

 private:
  struct Kept {
    Answered answer;
    std::vector<evl_bytes> items;
  };
  std::vector<std::unique_ptr<Kept>> kept_;
  std::vector<evl_result> results_;
};

}  // namespace evloom::test

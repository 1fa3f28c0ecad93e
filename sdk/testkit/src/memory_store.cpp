// The operations of evloom/abi/store.h, as their comments say, on maps.
#include <algorithm>
#include <cstring>

#include "ops.hpp"
#include "store.hpp"

namespace evl::testkit {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

evl_bytes copy(std::string_view text, evloom::Arena& arena) { return bytes(arena.copy(text)); }

template <typename T>
T* array(std::size_t count, evloom::Arena& arena) {
  return static_cast<T*>(arena.allocate(count * sizeof(T), alignof(T)));
}

}  // namespace

MemoryStore::Entry* MemoryStore::find(std::string_view key, std::int64_t now) {
  const auto at = keys_.find(key);
  if (at == keys_.end()) return nullptr;
  if (at->second.expires == 0 || at->second.expires > now) return &at->second;
  keys_.erase(at);
  return nullptr;
}

MemoryStore::Entry& MemoryStore::make(std::string_view key, Entry::Kind kind) {
  return keys_.emplace(std::string(key), Entry{kind}).first->second;
}

void MemoryStore::carry_out(const evl_op& op, std::int64_t now, evloom::Arena& arena, evl_result& result) {
  using Kind = Entry::Kind;
  result.status = evloom::plugins::check(op);
  if (result.status != EVL_OK) return;
  const std::string_view key = view(op.key);
  Entry* entry = find(key, now);
  const auto wrong = [&](bool is_wrong) {
    if (is_wrong) result.status = EVL_E_TYPE;
    return is_wrong;
  };
  switch (op.kind) {
    case EVL_OP_ADD: {
      if (wrong(entry && entry->kind == Kind::set)) return;
      std::int64_t number = entry ? entry->number : 0;
      if (entry && wrong(entry->kind == Kind::text && !evloom::plugins::from_decimal(entry->text, &number)))
        return;
      if (__builtin_add_overflow(number, op.amount, &number)) {
        result.status = EVL_E_LIMIT;
        return;
      }
      if (!entry) entry = &make(key, Kind::number);
      entry->kind = Kind::number;
      entry->text.clear();
      result.integer = entry->number = number;
      return;
    }
    case EVL_OP_SET_ADD: {
      if (op.item_count == 0 || wrong(entry && entry->kind != Kind::set)) return;
      if (!entry) entry = &make(key, Kind::set);
      auto* const fresh = array<std::uint8_t>(op.item_count, arena);
      for (std::size_t i = 0; i < op.item_count; ++i) {
        fresh[i] = entry->members.contains(view(op.items[i])) ? 0 : 1;
        if (fresh[i] != 0) entry->members.emplace(view(op.items[i]));
        result.integer += fresh[i];
      }
      result.fresh = fresh;
      return;
    }
    case EVL_OP_SET_READ: {
      if (!entry || wrong(entry->kind != Kind::set)) return;
      auto* const items = array<evl_bytes>(entry->members.size(), arena);
      for (const std::string& member : entry->members) items[result.item_count++] = copy(member, arena);
      result.items = items;
      return;
    }
    case EVL_OP_SET_SIZE:
      if (!entry || wrong(entry->kind != Kind::set)) return;
      result.integer = static_cast<std::int64_t>(entry->members.size());
      return;
    case EVL_OP_GET: {
      if (!entry || wrong(entry->kind == Kind::set)) return;
      auto* const item = array<evl_bytes>(1, arena);
      char decimal[evloom::plugins::kDecimalMax];
      *item = entry->kind == Kind::text
                  ? copy(entry->text, arena)
                  : copy({decimal, evloom::plugins::to_decimal(entry->number, decimal)}, arena);
      result.items = item;
      result.item_count = 1;
      return;
    }
    case EVL_OP_PUT:
      if (!entry) entry = &make(key, Kind::text);
      entry->kind = Kind::text;
      entry->text = view(op.items[0]);
      entry->members.clear();
      entry->expires = 0;
      return;
    case EVL_OP_DELETE:
      result.integer = entry ? 1 : 0;
      if (entry) keys_.erase(keys_.find(key));
      return;
    case EVL_OP_EXPIRE:
      if (!entry) return;
      result.integer = 1;
      if (op.amount <= 0) {
        keys_.erase(keys_.find(key));
      } else if (__builtin_mul_overflow(op.amount, kMillisecond, &entry->expires) ||
                 __builtin_add_overflow(now, entry->expires, &entry->expires)) {
        entry->expires = INT64_MAX;
      }
      return;
    default:
      return;
  }
}

RawResults raw_results(const std::vector<Result>& results, std::uint32_t extra, evloom::Arena& arena) {
  const std::size_t stride = sizeof(evl_result) + extra;
  auto* const first =
      static_cast<unsigned char*>(arena.allocate(stride * results.size(), alignof(evl_result)));
  std::memset(first, kExtraFill, stride * results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Result& from = results[i];
    auto* const items = array<evl_bytes>(from.items.size(), arena);
    for (std::size_t k = 0; k < from.items.size(); ++k) items[k] = copy(from.items[k], arena);
    auto* const fresh = array<std::uint8_t>(from.fresh.size(), arena);
    if (!from.fresh.empty()) std::memcpy(fresh, from.fresh.data(), from.fresh.size());
    evl_result result{};
    result.size = static_cast<std::uint32_t>(stride);
    result.status = from.status;
    result.integer = from.integer;
    result.items = from.items.empty() ? nullptr : items;
    result.item_count = from.items.size();
    result.fresh = from.fresh.empty() ? nullptr : fresh;
    std::memcpy(first + i * stride, &result, sizeof result);
  }
  return {reinterpret_cast<const evl_result*>(first), results.size()};
}

std::vector<Result> own_results(const evl_result* results, std::size_t count, const std::vector<Op>& ops) {
  std::vector<Result> own(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& from =
        *reinterpret_cast<const evl_result*>(reinterpret_cast<const char*>(results) + i * results->size);
    own[i].status = from.status;
    own[i].integer = from.integer;
    for (std::size_t k = 0; k < from.item_count; ++k) own[i].items.emplace_back(view(from.items[k]));
    if (from.fresh && ops[i].kind == EVL_OP_SET_ADD)
      own[i].fresh.assign(from.fresh, from.fresh + ops[i].items.size());
  }
  return own;
}

std::vector<std::string> Store::members(const std::string& key) {
  std::vector<std::string> found = carry_out(Op{EVL_OP_SET_READ, key}).items;
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<std::string> Store::value(const std::string& key) {
  const Result result = carry_out(Op{EVL_OP_GET, key});
  if (result.items.empty()) return std::nullopt;
  return result.items.front();
}

}  // namespace evl::testkit

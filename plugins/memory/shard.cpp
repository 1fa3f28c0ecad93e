#include "memory/shard.hpp"

#include <limits>
#include <new>

namespace evloom::plugins {
namespace {

constexpr std::size_t kKeyCost = 160;  // of a key beside its bytes: node, bucket, entry
constexpr std::int64_t kMillisecond = 1000000;

std::int64_t after(std::int64_t now, std::int64_t milliseconds) {
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  return milliseconds > (kLast - now) / kMillisecond ? kLast : now + milliseconds * kMillisecond;
}

}  // namespace

void Shard::execute(const evl_op& op, std::int64_t now, evl_result& result, Output& out) noexcept {
  try {
    perform(op, now, result, out);
  } catch (const std::bad_alloc&) {
    result.status = EVL_E_NO_SPACE;
  } catch (...) {
    result.status = EVL_E_INTERNAL;
  }
}

void Shard::perform(const evl_op& op, std::int64_t now, evl_result& result, Output& out) {
  Entry* entry = find(key_of(op), now);
  auto* set = entry ? std::get_if<std::unique_ptr<Set>>(&entry->value) : nullptr;
  switch (op.kind) {
    case EVL_OP_ADD:
      result.status = add(op, entry, result);
      break;
    case EVL_OP_SET_ADD:
      result.status = set_add(op, entry, result, out);
      break;
    case EVL_OP_SET_READ:
      if (entry && !set) {
        result.status = EVL_E_TYPE;
      } else if (set) {
        MemberList::Snapshot snapshot = (*set)->members.snapshot();
        out.held.push_back(std::move(snapshot.hold));
        result.items = snapshot.items;
        result.item_count = snapshot.count;
        result.version = snapshot.version;
      }
      break;
    case EVL_OP_SET_SIZE:
      if (entry && !set) {
        result.status = EVL_E_TYPE;
      } else if (set) {
        result.integer = static_cast<std::int64_t>((*set)->members.size());
      }
      break;
    case EVL_OP_GET:
      result.status = get(entry, result, out);
      break;
    case EVL_OP_PUT:
      result.status = put(op, entry);
      break;
    case EVL_OP_DELETE:
      result.integer = entry != nullptr;
      if (entry) erase(keys_.find(key_of(op)));
      break;
    case EVL_OP_EXPIRE:
      result.status = entry ? expire(op, now, result) : EVL_OK;
      break;
    default:
      result.status = EVL_E_UNSUPPORTED;
  }
}

Shard::Entry* Shard::find(std::string_view key, std::int64_t now) {
  const auto at = keys_.find(key);
  if (at == keys_.end()) return nullptr;
  if (at->second.expires == 0 || at->second.expires > now) return &at->second;
  erase(at);
  return nullptr;
}

evl_status Shard::create(std::string_view key, decltype(Entry::value) value, std::size_t cost) {
  if (!stock_.take(kKeyCost + key.size() + cost)) return EVL_E_NO_SPACE;
  keys_.emplace(key, Entry{std::move(value), 0});
  return EVL_OK;
}

std::size_t Shard::cost_of(std::string_view key, const Entry& entry) {
  const std::size_t own = kKeyCost + key.size();
  if (const auto* text = std::get_if<Ref<Blob>>(&entry.value)) return own + (*text)->view().size();
  if (const auto* set = std::get_if<std::unique_ptr<Set>>(&entry.value)) return own + (*set)->cost;
  return own;
}

void Shard::erase(Keys::iterator at) {
  set_expiry(*at, 0);
  stock_.give_back(cost_of(at->first, at->second));
  keys_.erase(at);
}

void Shard::set_expiry(Keys::value_type& entry, std::int64_t expires) {
  if (expires != 0) expiries_.emplace(expires, &entry);
  if (entry.second.expires != 0 && entry.second.expires != expires)
    expiries_.erase({entry.second.expires, &entry});
  entry.second.expires = expires;
}

evl_status Shard::add(const evl_op& op, Entry* entry, evl_result& result) {
  std::int64_t number = 0;
  if (entry) {
    if (const auto* counter = std::get_if<std::int64_t>(&entry->value)) {
      number = *counter;
    } else if (const auto* text = std::get_if<Ref<Blob>>(&entry->value)) {
      if (!from_decimal((*text)->view(), &number)) return EVL_E_TYPE;
    } else {
      return EVL_E_TYPE;
    }
  }
  if (__builtin_add_overflow(number, op.amount, &number)) return EVL_E_LIMIT;
  if (!entry) {
    const evl_status created = create(key_of(op), number, 0);
    if (created == EVL_OK) result.integer = number;
    return created;
  }
  result.integer = number;
  if (const auto* text = std::get_if<Ref<Blob>>(&entry->value)) stock_.give_back((*text)->view().size());
  entry->value = number;
  return EVL_OK;
}

evl_status Shard::set_add(const evl_op& op, Entry* entry, evl_result& result, Output& out) {
  if (op.item_count == 0) return EVL_OK;
  if (entry && !std::holds_alternative<std::unique_ptr<Set>>(entry->value)) return EVL_E_TYPE;
  auto* fresh = out.arena.allocate<std::uint8_t>(op.item_count);

  // Room is taken for all as if each were new; only where that is more than is left does it pay to look
  // first.
  std::size_t cost = entry ? 0 : kSetCost;
  for (std::size_t i = 0; i < op.item_count; ++i) cost += MemberSet::kMemberCost + op.items[i].size;
  if (!stock_.take(cost)) {
    if (!entry) return EVL_E_NO_SPACE;
    cost = 0;
    const MemberSet& members = std::get<std::unique_ptr<Set>>(entry->value)->members;
    for (std::size_t i = 0; i < op.item_count; ++i)
      if (!members.contains(evl::view(op.items[i]), hash_)) cost += MemberSet::kMemberCost + op.items[i].size;
    if (!stock_.take(cost)) return EVL_E_NO_SPACE;
  }
  if (!entry) {
    const evl_status created = create(key_of(op), std::make_unique<Set>(), 0);
    if (created != EVL_OK) {
      stock_.give_back(cost);
      return created;
    }
    entry = &keys_.find(key_of(op))->second;
    std::get<std::unique_ptr<Set>>(entry->value)->cost = kSetCost;
    cost -= kSetCost;
  }
  Set& set = *std::get<std::unique_ptr<Set>>(entry->value);
  if (op.item_count > MemberSet::kMaxMembers - set.members.size()) {
    stock_.give_back(cost);
    return EVL_E_LIMIT;
  }
  std::size_t spent = 0;
  for (std::size_t i = 0; i < op.item_count; ++i) {
    fresh[i] = set.members.insert(evl::view(op.items[i]), hash_) ? 1 : 0;
    if (!fresh[i]) continue;
    spent += MemberSet::kMemberCost + op.items[i].size;
    ++result.integer;
  }
  if (spent != 0) set.members.set_version(++versions_);
  set.cost += spent;
  stock_.give_back(cost - spent);
  result.fresh = fresh;
  return EVL_OK;
}

evl_status Shard::get(Entry* entry, evl_result& result, Output& out) {
  if (!entry) return EVL_OK;
  auto* item = out.arena.allocate<evl_bytes>(1);
  if (const auto* counter = std::get_if<std::int64_t>(&entry->value)) {
    char* text = out.arena.allocate<char>(kDecimalMax);
    *item = {text, to_decimal(*counter, text)};
  } else if (const auto* text = std::get_if<Ref<Blob>>(&entry->value)) {
    out.held.push_back(*text);
    *item = evl::bytes((*text)->view());
  } else {
    return EVL_E_TYPE;
  }
  result.items = item;
  result.item_count = 1;
  return EVL_OK;
}

evl_status Shard::put(const evl_op& op, Entry* entry) {
  const std::string_view value = evl::view(op.items[0]);
  auto blob = Ref<Blob>::adopt(new Blob(value));
  if (!entry) return create(key_of(op), std::move(blob), value.size());
  const auto at = keys_.find(key_of(op));
  const std::size_t before = cost_of(at->first, *entry);
  if (!stock_.take(kKeyCost + at->first.size() + value.size())) return EVL_E_NO_SPACE;
  stock_.give_back(before);
  set_expiry(*at, 0);
  entry->value = std::move(blob);
  return EVL_OK;
}

evl_status Shard::expire(const evl_op& op, std::int64_t now, evl_result& result) {
  const auto at = keys_.find(key_of(op));
  result.integer = 1;
  if (op.amount <= 0) {
    erase(at);
  } else {
    set_expiry(*at, after(now, op.amount));
  }
  return EVL_OK;
}

std::int64_t Shard::purge(std::int64_t now, std::size_t limit) {
  for (; !expiries_.empty(); --limit) {
    const auto [when, entry] = *expiries_.begin();
    if (when > now) return when - now;
    if (limit == 0) return 0;
    erase(keys_.find(entry->first));
  }
  return -1;
}

}  // namespace evloom::plugins

// What a shard hands over to the next instance's ("evloom.state/1"), version 1: blobs "keys-0", "keys-1", ...
// of about a mebibyte, each a run of records; a large set is several records of one key. Numbers are as this
// machine writes them and times are those of the host's clock: the reader lives in the same process.
#include <algorithm>
#include <cstring>

#include "memory/shard.hpp"

namespace evloom::plugins {
namespace {

constexpr std::size_t kBlobSize = std::size_t{1} << 20;

enum class Kind : std::uint8_t { counter = 1, value = 2, set = 3 };

// Before the key's bytes.
struct Head {
  Kind kind;
  std::uint16_t key_size;
  std::uint32_t size;  // of a value in bytes, of a set's part in members
  std::int64_t number;
  std::int64_t expires;
};

// Gathers records to blobs.
class Records {
 public:
  explicit Records(const evl::StateWriter& out) : out_(out) {
    blob_.reserve(kBlobSize + EVL_STORE_VALUE_MAX);
  }

  bool full() const { return blob_.size() >= kBlobSize; }
  void head(Kind kind, std::string_view key, std::int64_t expires, std::size_t size, std::int64_t number) {
    if (full()) flush();
    put(kind), put(static_cast<std::uint16_t>(key.size())), put(static_cast<std::uint32_t>(size));
    put(number), put(expires);
    blob_.append(key);
  }
  template <typename Number>
  void put(Number number) {
    blob_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void bytes(std::string_view text) { blob_.append(text); }
  void flush() {
    if (blob_.empty()) return;
    out_.put("keys-" + std::to_string(count_++), blob_);
    blob_.clear();
  }

 private:
  const evl::StateWriter& out_;
  std::string blob_;
  std::size_t count_ = 0;
};

// Reads one blob; throws Failure where it ends too early.
class Reader {
 public:
  explicit Reader(evl::Blob blob) : name_(blob.name), rest_(blob.data) {}

  bool done() const { return rest_.empty(); }
  std::string_view bytes(std::size_t size) {
    if (size > rest_.size()) damaged();
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  template <typename Number>
  Number get() {
    Number number;
    std::memcpy(&number, bytes(sizeof number).data(), sizeof number);
    return number;
  }
  Head head() {
    Head head{};
    head.kind = get<Kind>();
    head.key_size = get<std::uint16_t>();
    head.size = get<std::uint32_t>();
    head.number = get<std::int64_t>();
    head.expires = get<std::int64_t>();
    return head;
  }
  [[noreturn]] void damaged() const {
    throw evl::Failure(EVL_E_INVALID, "blob '" + std::string(name_) + "' is damaged");
  }

 private:
  std::string_view name_;
  std::string_view rest_;
};

}  // namespace

void Shard::save(const evl::StateWriter& out) const {
  Records records(out);
  for (const auto& [key, entry] : keys_) {
    if (const auto* counter = std::get_if<std::int64_t>(&entry.value)) {
      records.head(Kind::counter, key, entry.expires, 0, *counter);
    } else if (const auto* text = std::get_if<Ref<Blob>>(&entry.value)) {
      records.head(Kind::value, key, entry.expires, (*text)->view().size(), 0);
      records.bytes((*text)->view());
    } else {
      const MemberList::Snapshot members = std::get<std::unique_ptr<Set>>(entry.value)->members.snapshot();
      for (std::size_t at = 0; at < members.count;) {
        // As many as a blob takes; they are at most 511 bytes each.
        const std::size_t some = std::min(members.count - at, kBlobSize / EVL_STORE_TEXT_MAX);
        records.head(Kind::set, key, entry.expires, some, 0);
        for (const std::size_t end = at + some; at < end; ++at) {
          records.put(static_cast<std::uint16_t>(members.items[at].size));
          records.bytes(evl::view(members.items[at]));
        }
      }
    }
  }
  records.flush();
}

void Shard::load(const evl::Blobs& blobs) {
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    Reader records(blobs[i]);
    while (!records.done()) {
      const Head head = records.head();
      const std::string_view key = records.bytes(head.key_size);
      auto at = keys_.find(key);
      evl_status status = EVL_OK;
      switch (head.kind) {
        case Kind::counter:
          if (at != keys_.end()) records.damaged();
          status = create(key, head.number, 0);
          break;
        case Kind::value: {
          if (at != keys_.end()) records.damaged();
          const std::string_view text = records.bytes(head.size);
          status = create(key, Ref<Blob>::adopt(new Blob(text)), text.size());
          break;
        }
        case Kind::set: {
          if (at == keys_.end()) {
            status = create(key, std::make_unique<Set>(), kSetCost);
            if (status != EVL_OK) break;
            at = keys_.find(key);
            std::get<std::unique_ptr<Set>>(at->second.value)->cost = kSetCost;
          }
          auto* set = std::get_if<std::unique_ptr<Set>>(&at->second.value);
          if (!set) records.damaged();
          for (std::uint32_t n = 0; status == EVL_OK && n < head.size; ++n)
            status = load_member(**set, records.bytes(records.get<std::uint16_t>()));
          break;
        }
        default:
          records.damaged();
      }
      if (status != EVL_OK) {
        throw evl::Failure(
            status,
            "max_memory is too small for what the instance before it holds; raise it, or remove "
            "keys first");
      }
      if (head.expires != 0) set_expiry(*keys_.find(key), head.expires);
    }
  }
}

evl_status Shard::load_member(Set& set, std::string_view member) {
  const std::size_t cost = MemberSet::kMemberCost + member.size();
  if (!stock_.take(cost)) return EVL_E_NO_SPACE;
  if (set.members.insert(member, hash_)) {
    set.members.set_version(++versions_);
    set.cost += cost;
  } else {
    stock_.give_back(cost);
  }
  return EVL_OK;
}

}  // namespace evloom::plugins

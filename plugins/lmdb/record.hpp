// Record: what the table "keys" holds under a key. Byte 0 is the type, bytes 1 to 8 the time at which the key
// ends (0: never); then a counter's value, or a value's text, or a set's size and the id of its members.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace evloom::plugins {

struct Record {
  enum Type : std::uint8_t { kCounter = 1, kValue = 2, kSet = 3 };
  static constexpr std::size_t kHead = 9;
  static constexpr std::size_t kFixedMax = kHead + 16;

  Type type = kCounter;
  std::int64_t expires = 0;   // ms since 1970
  std::int64_t number = 0;    // a counter's value; how many members a set has
  std::uint64_t members = 0;  // a set's id in the table "members"
  std::string_view text;      // a value's; in the map, so valid until the next write

  // MDB_CORRUPTED when it is none.
  static int decode(const MDB_val& data, Record* record) {
    const char* bytes = static_cast<const char*>(data.mv_data);
    if (data.mv_size < kHead) return MDB_CORRUPTED;
    record->type = static_cast<Type>(bytes[0]);
    std::memcpy(&record->expires, bytes + 1, 8);
    const std::size_t rest = data.mv_size - kHead;
    switch (record->type) {
      case kValue:
        record->text = {bytes + kHead, rest};
        return MDB_SUCCESS;
      case kCounter:
        if (rest != 8) return MDB_CORRUPTED;
        std::memcpy(&record->number, bytes + kHead, 8);
        return MDB_SUCCESS;
      case kSet:
        if (rest != 16) return MDB_CORRUPTED;
        std::memcpy(&record->number, bytes + kHead, 8);
        std::memcpy(&record->members, bytes + kHead + 8, 8);
        return MDB_SUCCESS;
      default:
        return MDB_CORRUPTED;
    }
  }

  std::size_t encoded_size() const {
    return kHead + (type == kValue ? text.size() : type == kCounter ? std::size_t{8} : std::size_t{16});
  }
  // `text` must not lie in the map.
  void encode(char* bytes) const {
    bytes[0] = static_cast<char>(type);
    std::memcpy(bytes + 1, &expires, 8);
    if (type == kValue) {
      if (!text.empty()) std::memcpy(bytes + kHead, text.data(), text.size());
      return;
    }
    std::memcpy(bytes + kHead, &number, 8);
    if (type == kSet) std::memcpy(bytes + kHead + 8, &members, 8);
  }
};

}  // namespace evloom::plugins

// Table: keys and values in memory, the eight operations of evloom/abi/store.h on them, and each change as a
// line of JSON from which it can be made again. One thread; no files.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "evloom/store_backend.hpp"

namespace jsonl {

// What a result points to.
struct Answer {
  std::vector<std::string> texts;
  std::vector<evl_bytes> items;
  std::vector<std::uint8_t> fresh;
};

class Table {
 public:
  // Carries out one operation at `now`, in milliseconds since 1970. Lines for what it changed are added to
  // `lines`.
  evl_result apply(const evl_op& op, std::int64_t now, Answer& answer, std::string& lines);

  // Makes a change again. False: this is no such line.
  bool replay(std::string_view line);

 private:
  struct Value {
    bool is_set = false;
    std::string text;  // of a counter, its decimal
    std::set<std::string, std::less<>> members;
    std::int64_t expires = 0;  // milliseconds since 1970; 0: never
  };

  static evl_status check(const evl_op& op);
  evl_status carry_out(const evl_op& op, const std::string& key, std::int64_t now, evl_result& result,
                       Answer& answer, std::string& lines);
  evl_status add(const std::string& key, std::int64_t amount, std::int64_t& sum, std::string& lines);

  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace jsonl

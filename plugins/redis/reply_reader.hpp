// ReplyReader: stands in for hiredis' reply objects and checks every reply while it is read. A reply that
// nobody waits for, of another type than its command gives, nested but for that, or beyond the bounds is
// refused, which makes hiredis close the connection; so none of its assertions can be reached from the wire,
// and a set's members go to the submit's arena without an object each. One per connection; its loop's thread.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <string_view>

#include "evloom/abi/base.h"

#include "common/arena.hpp"

namespace evloom::plugins::redis {

// What the reply to a command looks like. An error is possible for each.
enum class Want : std::uint8_t {
  kNothing,  // nobody waits
  kInteger,  // any
  kFlag,     // 0 or 1
  kSize,     // 0 or more
  kMembers,  // an array of strings
  kFlags,    // an array of `count` numbers, each 0 or 1
  kAdded,    // an array of two: one as of kFlags, and a number, 0 or more; or nil
  kEmpty,    // an array of nothing, or nil
  kValue,    // a string or nil
  kStatus,   // one certain word
};

struct Expected {
  Want want = Want::kNothing;
  std::string_view status{};    // for kStatus
  Arena* arena = nullptr;       // takes members and values
  std::size_t* room = nullptr;  // how many bytes of them still fit
  std::size_t count = 0;        // for kFlags and kAdded
};

// One reply. What it points to is in the submit's arena; `error` is valid during the call that gets it.
struct Reply {
  std::string_view error{};  // without its '-'; empty when it is none
  bool too_large = false;    // members or value did not fit and are not here
  bool nil = false;
  std::int64_t integer = 0;
  evl_bytes* items = nullptr;
  std::size_t item_count = 0;
  std::uint8_t* flags = nullptr;
};

class ReplyReader {
 public:
  // Tells what the next reply must look like; asked once per reply, as it begins.
  using Ask = Expected (*)(void* context);

  ReplyReader(std::size_t max_reply, Ask ask, void* context)
      : max_reply_(max_reply), ask_(ask), context_(context) {}
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Makes hiredis' reader call this one.
  void attach(redisReader* reader);

  // False when the bytes of a reply that is not complete yet show that it goes beyond the bounds. To be asked
  // after each read: hiredis itself would keep and search them again and again.
  bool within_bounds(const redisReader& reader);

  // Why the last reply was refused, or empty.
  std::string_view refusal() const { return refusal_; }

 private:
  static void* on_string(const redisReadTask* task, char* text, std::size_t size);
  static void* on_array(const redisReadTask* task, int count);
  static void* on_integer(const redisReadTask* task, long long value);
  static void* on_nil(const redisReadTask* task);
  static redisReplyObjectFunctions& functions();
  static ReplyReader& of(const redisReadTask* task) { return *static_cast<ReplyReader*>(task->privdata); }

  void* string(const redisReadTask* task, const char* text, std::size_t size);
  void* array(const redisReadTask* task, std::size_t count);
  void* inner(const redisReadTask* task, std::int64_t value);
  void* flags(std::size_t count);
  void* problem(const char* text, std::size_t size);
  void* integer(const redisReadTask* task, std::int64_t value);
  void* nil(const redisReadTask* task);
  bool begin();  // of a reply; false: refused
  void* refuse(const char* why);
  bool reserve(std::size_t size);
  void* keep(std::size_t index, const char* text, std::size_t size);

  std::size_t max_reply_;
  Ask ask_;
  void* context_;
  Expected expected_;
  Reply reply_;
  char error_[256] = {};
  std::string_view refusal_;
};

}  // namespace evloom::plugins::redis

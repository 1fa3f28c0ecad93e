#include "redis/reply_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>

namespace evloom::plugins::redis {
namespace {

constexpr std::size_t kMaxLine = 64 << 10;  // a status, an error or a number, with its end
constexpr std::size_t kMaxLength = 24;      // the line that says how long a string is

}  // namespace

redisReplyObjectFunctions& ReplyReader::functions() {
  // hiredis takes it as not const and leaves it alone.
  static redisReplyObjectFunctions table = {
      &ReplyReader::on_string, &ReplyReader::on_array, &ReplyReader::on_integer,
      &ReplyReader::on_nil,    [](void*) {},  // an object is this reader's only one, or lies in the arena
  };
  return table;
}

void ReplyReader::attach(redisReader* reader) {
  reader->fn = &functions();
  reader->privdata = this;
}

bool ReplyReader::within_bounds(const redisReader& reader) {
  if (reader.ridx < 0) return true;  // between two replies
  const std::size_t waiting = reader.len - reader.pos;
  if (reader.rstack[reader.ridx].type != REDIS_REPLY_STRING) {
    if (waiting <= kMaxLine) return true;
    refuse("it sent a line without end");
    return false;
  }
  const char* text = reader.buf + reader.pos;
  const char* end = text + std::min(waiting, kMaxLength);
  std::uint64_t length = 0;
  const char* stop = std::from_chars(text, end, length).ptr;
  if (stop == end && waiting < kMaxLength) return true;  // the length itself is not complete
  if (stop < end && (*stop == '\r' || text[0] == '-') && length <= max_reply_) return true;
  refuse("it sent a string longer than max_reply");
  return false;
}

void* ReplyReader::on_string(const redisReadTask* task, char* text, std::size_t size) {
  return of(task).string(task, text, size);
}
void* ReplyReader::on_array(const redisReadTask* task, int count) {
  return of(task).array(task, static_cast<std::size_t>(count));
}
void* ReplyReader::on_integer(const redisReadTask* task, long long value) {
  return of(task).integer(task, value);
}
void* ReplyReader::on_nil(const redisReadTask* task) { return of(task).nil(task); }

void* ReplyReader::refuse(const char* why) {
  refusal_ = why;
  return nullptr;
}

bool ReplyReader::begin() {
  reply_ = Reply{};
  expected_ = ask_(context_);
  if (expected_.want != Want::kNothing) return true;
  refuse("it sent a reply that nobody waits for");
  return false;
}

// Takes `size` bytes off the submit's room. When they do not fit, what is left of the reply is read past.
bool ReplyReader::reserve(std::size_t size) {
  if (size > *expected_.room) reply_.too_large = true;
  if (!reply_.too_large) *expected_.room -= size;
  return !reply_.too_large;
}

void* ReplyReader::keep(std::size_t index, const char* text, std::size_t size) {
  if (!reserve(size)) return &reply_;
  try {
    char* copy = expected_.arena->allocate<char>(size);
    if (size != 0) std::memcpy(copy, text, size);
    reply_.items[index] = {copy, size};
  } catch (const std::bad_alloc&) {
    return refuse("no memory for a reply");
  }
  return &reply_;
}

void* ReplyReader::string(const redisReadTask* task, const char* text, std::size_t size) {
  if (task->parent) {
    // A command of a transaction may fail by itself.
    if (task->type == REDIS_REPLY_ERROR && expected_.want == Want::kAdded && !task->parent->parent)
      return problem(text, size);
    if (task->type != REDIS_REPLY_STRING || expected_.want != Want::kMembers)
      return refuse("it sent an array that does not hold what its command gives");
    return keep(static_cast<std::size_t>(task->idx), text, size);
  }
  if (!begin()) return nullptr;
  if (task->type == REDIS_REPLY_ERROR) return problem(text, size);
  if (task->type == REDIS_REPLY_STATUS) {
    if (expected_.want == Want::kStatus && std::string_view(text, size) == expected_.status) return &reply_;
    return refuse("it sent a status where its command gives none such");
  }
  if (expected_.want != Want::kValue) return refuse("it sent a string where its command gives none");
  try {
    reply_.items = expected_.arena->allocate<evl_bytes>(1);
  } catch (const std::bad_alloc&) {
    return refuse("no memory for a reply");
  }
  reply_.item_count = 1;
  return keep(0, text, size);
}

void* ReplyReader::problem(const char* text, std::size_t size) {
  if (!reply_.error.empty()) return &reply_;
  size = std::min(size, sizeof error_);
  if (size != 0) std::memcpy(error_, text, size);
  reply_.error = size != 0 ? std::string_view(error_, size) : std::string_view("ERR");
  return &reply_;
}

void* ReplyReader::flags(std::size_t count) {
  if (count != expected_.count) return refuse("it sent an array of another length than its command gives");
  try {
    reply_.flags = expected_.arena->allocate<std::uint8_t>(count);
  } catch (const std::bad_alloc&) {
    return refuse("no memory for a reply");
  }
  return &reply_;
}

void* ReplyReader::array(const redisReadTask* task, std::size_t count) {
  if (task->parent) {
    if (expected_.want != Want::kAdded || task->parent->parent || task->idx != 0)
      return refuse("it sent an array inside an array");
    return flags(count);
  }
  if (!begin()) return nullptr;
  if (expected_.want == Want::kFlags) return flags(count);
  if (expected_.want == Want::kEmpty && count == 0) return &reply_;
  if (expected_.want == Want::kAdded)
    return count == 2 ? &reply_ : refuse("it sent an array of another length than its command gives");
  if (expected_.want != Want::kMembers) return refuse("it sent an array where its command gives none");
  reply_.item_count = count;
  // A large set of a sound server is read past; a count that no set has is an attack.
  if (count > max_reply_) return refuse("it sent an array longer than any set");
  if (!reserve(count * sizeof(evl_bytes))) return &reply_;
  try {
    reply_.items = expected_.arena->allocate<evl_bytes>(count);
  } catch (const std::bad_alloc&) {
    return refuse("no memory for a reply");
  }
  return &reply_;
}

void* ReplyReader::integer(const redisReadTask* task, std::int64_t value) {
  if (task->parent) return inner(task, value);
  if (!begin()) return nullptr;
  const Want want = expected_.want;
  const bool fits = want == Want::kInteger || (want == Want::kSize && value >= 0) ||
                    (want == Want::kFlag && (value == 0 || value == 1));
  if (!fits) return refuse("it sent a number that its command does not give");
  reply_.integer = value;
  return &reply_;
}

void* ReplyReader::inner(const redisReadTask* task, std::int64_t value) {
  const bool deep = task->parent->parent != nullptr;
  if (expected_.want == (deep ? Want::kAdded : Want::kFlags) && (value == 0 || value == 1)) {
    reply_.flags[task->idx] = static_cast<std::uint8_t>(value);
  } else if (expected_.want == Want::kAdded && !deep && task->idx == 1 && value >= 0) {
    reply_.integer = value;
  } else {
    return refuse("it sent an array that does not hold what its command gives");
  }
  return &reply_;
}

void* ReplyReader::nil(const redisReadTask* task) {
  if (task->parent) return refuse("it sent an array that does not hold what its command gives");
  if (!begin()) return nullptr;
  const Want want = expected_.want;
  if (want != Want::kValue && want != Want::kAdded && want != Want::kEmpty)
    return refuse("it sent nil where its command does not");
  reply_.nil = true;
  return &reply_;
}

}  // namespace evloom::plugins::redis

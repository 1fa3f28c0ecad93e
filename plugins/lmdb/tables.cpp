#include "lmdb/tables.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace evloom::plugins {
namespace {

MDB_val to_val(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }
MDB_val to_val(const evl_bytes& bytes) { return {bytes.size, const_cast<char*>(bytes.data)}; }
std::string_view to_view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// A key of the table "expiries": big-endian, so that the order of bytes is the order of times.
struct TimeKey {
  char bytes[8];
  explicit TimeKey(std::int64_t time) {
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(time >> (8 * (7 - i)));
  }
  static std::int64_t decode(const MDB_val& value) {
    if (value.mv_size != 8) throw LmdbError(MDB_CORRUPTED);
    std::int64_t time = 0;
    for (int i = 0; i < 8; ++i) time = time << 8 | static_cast<const unsigned char*>(value.mv_data)[i];
    return time;
  }
  MDB_val val() { return {sizeof bytes, bytes}; }
};

// A cursor that closes before its transaction ends.
class Cursor {
 public:
  Cursor(MDB_txn* txn, MDB_dbi table) { check_lmdb(mdb_cursor_open(txn, table, &cursor_)); }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor() { mdb_cursor_close(cursor_); }
  // False when there is nothing at that place.
  bool get(MDB_val* key, MDB_val* data, MDB_cursor_op where) {
    const int code = mdb_cursor_get(cursor_, key, data, where);
    if (code == MDB_NOTFOUND) return false;
    check_lmdb(code);
    return true;
  }

 private:
  MDB_cursor* cursor_ = nullptr;
};

}  // namespace

bool is_allowed(const evl_op& op, Allowed allowed) {
  switch (op.kind) {
    case EVL_OP_SET_READ:
    case EVL_OP_SET_SIZE:
    case EVL_OP_GET:
      return true;
    case EVL_OP_DELETE:
      return allowed != Allowed::kReads;
    default:
      return allowed == Allowed::kAll;
  }
}

void Tables::execute(const evl_op& op, evl_result& result, Output& out) {
  switch (op.kind) {
    case EVL_OP_ADD:
      result.status = add(op, result);
      break;
    case EVL_OP_SET_ADD:
      result.status = set_add(op, result, out);
      break;
    case EVL_OP_SET_READ:
      result.status = set_read(op, result, out);
      break;
    case EVL_OP_SET_SIZE:
      result.status = set_size(op, result);
      break;
    case EVL_OP_GET:
      result.status = get(op, result, out);
      break;
    case EVL_OP_PUT:
      result.status = put(op);
      break;
    case EVL_OP_DELETE:
      result.status = remove(op, result);
      break;
    case EVL_OP_EXPIRE:
      result.status = expire(op, result);
      break;
    default:
      result.status = EVL_E_UNSUPPORTED;
  }
}

// ---- Records. ----

bool Tables::look_up(std::string_view key, Record* record) {
  MDB_val name = to_val(key);
  MDB_val data{};
  const int code = mdb_get(txn_, env_.keys(), &name, &data);
  if (code == MDB_NOTFOUND) return false;
  check_lmdb(code);
  check_lmdb(Record::decode(data, record));
  return true;
}

// The record of a key whose time has not come. One whose time has come is only passed over: a read must not
// write.
bool Tables::find(std::string_view key, Record* record) {
  return look_up(key, record) && (record->expires == 0 || record->expires > now_);
}

// The same for an operation that writes: what is left of a key whose time has come is removed first.
bool Tables::find_for_write(std::string_view key, Record* record) {
  if (!look_up(key, record)) return false;
  if (record->expires == 0 || record->expires > now_) return true;
  erase(key, *record);
  *record = Record();
  return false;
}

// Writes the record of a key that find has just been asked for; `record.text` must not lie in the map.
void Tables::write(std::string_view key, const Record& record) {
  MDB_val name = to_val(key);
  MDB_val data{record.encoded_size(), nullptr};
  check_lmdb(mdb_put(txn_, env_.keys(), &name, &data, MDB_RESERVE));
  record.encode(static_cast<char*>(data.mv_data));
}

void Tables::erase(std::string_view key, const Record& record) {
  if (record.expires != 0) unindex_expiry(key, record.expires);
  if (record.type == Record::kSet) {
    std::uint64_t id = record.members;
    MDB_val set{sizeof id, &id};
    const int code = mdb_del(txn_, env_.members(), &set, nullptr);
    if (code != MDB_NOTFOUND) check_lmdb(code);
    cache_.erase(key);
  }
  MDB_val name = to_val(key);
  check_lmdb(mdb_del(txn_, env_.keys(), &name, nullptr));
}

void Tables::index_expiry(std::string_view key, std::int64_t expires) {
  TimeKey time(expires);
  MDB_val at = time.val();
  MDB_val name = to_val(key);
  check_lmdb(mdb_put(txn_, env_.expiries(), &at, &name, 0));
  earliest_expiry_ = std::min(earliest_expiry_, expires);
}

void Tables::unindex_expiry(std::string_view key, std::int64_t expires) {
  TimeKey time(expires);
  MDB_val at = time.val();
  MDB_val name = to_val(key);
  const int code = mdb_del(txn_, env_.expiries(), &at, &name);
  if (code != MDB_NOTFOUND) check_lmdb(code);
}

// Ids are given in order and one that is free again at the end may come back: its members are gone by then.
std::uint64_t Tables::new_set_id() {
  Cursor cursor(txn_, env_.members());
  MDB_val last{};
  MDB_val member{};
  std::uint64_t id = 0;
  if (!cursor.get(&last, &member, MDB_LAST)) return 1;
  if (last.mv_size != sizeof id) throw LmdbError(MDB_CORRUPTED);
  std::memcpy(&id, last.mv_data, sizeof id);
  return id + 1;
}

MemberList Tables::load_members(const Record& record) {
  MemberList list;
  Cursor cursor(txn_, env_.members());
  std::uint64_t id = record.members;
  MDB_val set{sizeof id, &id};
  MDB_val member{};
  for (bool more = cursor.get(&set, &member, MDB_SET_KEY); more;
       more = cursor.get(&set, &member, MDB_NEXT_DUP))
    list.append(to_view(member));
  if (static_cast<std::int64_t>(list.size()) != record.number) throw LmdbError(MDB_CORRUPTED);
  return list;
}

// ---- Operations. ----

evl_status Tables::add(const evl_op& op, evl_result& result) {
  const std::string_view key = key_of(op);
  Record record;
  const bool found = find_for_write(key, &record);
  std::int64_t number = 0;
  if (found) {
    if (record.type == Record::kSet) return EVL_E_TYPE;
    if (record.type == Record::kValue && !from_decimal(record.text, &number)) return EVL_E_TYPE;
    if (record.type == Record::kCounter) number = record.number;
  }
  if (__builtin_add_overflow(number, op.amount, &number)) return EVL_E_LIMIT;
  record.type = Record::kCounter;
  record.number = number;
  write(key, record);
  result.integer = number;
  return EVL_OK;
}

evl_status Tables::set_add(const evl_op& op, evl_result& result, Output& out) {
  if (op.item_count == 0) return EVL_OK;
  const std::string_view key = key_of(op);
  Record record;
  const bool found = find_for_write(key, &record);
  if (found && record.type != Record::kSet) return EVL_E_TYPE;
  if (!found) {
    record.type = Record::kSet;
    record.members = new_set_id();
  }
  auto* fresh = out.arena.allocate<std::uint8_t>(op.item_count);
  std::int64_t added = 0;
  for (std::size_t i = 0; i < op.item_count; ++i) {
    std::uint64_t id = record.members;
    MDB_val set{sizeof id, &id};
    MDB_val member = to_val(op.items[i]);
    const int code = mdb_put(txn_, env_.members(), &set, &member, MDB_NODUPDATA);
    fresh[i] = code == MDB_SUCCESS;
    if (code == MDB_KEYEXIST) continue;
    check_lmdb(code);
    cache_.append(key, evl::view(op.items[i]));
    ++added;
  }
  if (added > 0) {
    record.number += added;
    write(key, record);
  }
  result.integer = added;
  result.fresh = fresh;
  return EVL_OK;
}

evl_status Tables::set_read(const evl_op& op, evl_result& result, Output& out) {
  const std::string_view key = key_of(op);
  Record record;
  if (!find(key, &record)) return EVL_OK;
  if (record.type != Record::kSet) return EVL_E_TYPE;
  const MemberList* list = cache_.find(key);
  if (!list) list = cache_.insert(key, load_members(record));
  MemberList::Snapshot snapshot = list->snapshot();
  out.held.push_back(std::move(snapshot.hold));
  result.items = snapshot.items;
  result.item_count = snapshot.count;
  result.version = snapshot.version;
  return EVL_OK;
}

evl_status Tables::set_size(const evl_op& op, evl_result& result) {
  Record record;
  if (!find(key_of(op), &record)) return EVL_OK;
  if (record.type != Record::kSet) return EVL_E_TYPE;
  result.integer = record.number;
  return EVL_OK;
}

evl_status Tables::get(const evl_op& op, evl_result& result, Output& out) {
  Record record;
  if (!find(key_of(op), &record)) return EVL_OK;
  if (record.type == Record::kSet) return EVL_E_TYPE;
  auto* item = out.arena.allocate<evl_bytes>(1);
  if (record.type == Record::kCounter) {
    char* text = out.arena.allocate<char>(kDecimalMax);
    *item = {text, to_decimal(record.number, text)};
  } else {
    char* text = out.arena.allocate<char>(record.text.size());
    std::copy(record.text.begin(), record.text.end(), text);
    *item = {text, record.text.size()};
  }
  result.items = item;
  result.item_count = 1;
  return EVL_OK;
}

evl_status Tables::put(const evl_op& op) {
  const std::string_view key = key_of(op);
  Record record;
  // Members and the entry in the order of times have to go; a record that has neither is simply written over.
  if (look_up(key, &record) && (record.type == Record::kSet || record.expires != 0)) erase(key, record);
  record = Record();
  record.type = Record::kValue;
  record.text = evl::view(op.items[0]);
  write(key, record);
  return EVL_OK;
}

evl_status Tables::remove(const evl_op& op, evl_result& result) {
  Record record;
  if (!look_up(key_of(op), &record)) return EVL_OK;
  result.integer = record.expires == 0 || record.expires > now_;
  erase(key_of(op), record);
  return EVL_OK;
}

evl_status Tables::expire(const evl_op& op, evl_result& result) {
  const std::string_view key = key_of(op);
  Record record;
  const bool found = find_for_write(key, &record);
  if (!found) return EVL_OK;
  result.integer = 1;
  if (op.amount <= 0) {
    erase(key, record);
    return EVL_OK;
  }
  std::string copy(record.text);  // the writes below may move what it points to
  record.text = copy;
  if (record.expires != 0) unindex_expiry(key, record.expires);
  if (__builtin_add_overflow(now_, op.amount, &record.expires)) record.expires = kNever;
  index_expiry(key, record.expires);
  write(key, record);
  return EVL_OK;
}

std::int64_t Tables::purge(std::size_t limit) {
  for (; limit > 0; --limit) {
    MDB_val at{};
    MDB_val name{};
    if (!Cursor(txn_, env_.expiries()).get(&at, &name, MDB_FIRST)) return kNever;
    const std::int64_t time = TimeKey::decode(at);
    if (time > now_) return time;
    const std::string key(to_view(name));
    Record record;
    if (look_up(key, &record) && record.expires == time) {
      erase(key, record);
    } else {
      unindex_expiry(key, time);  // cannot happen; but an entry without its key must not come back for ever
    }
  }
  return now_;
}

}  // namespace evloom::plugins

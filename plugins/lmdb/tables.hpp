// Tables: the operations of the store on the tables of one transaction. Made for one transaction, on the
// writer thread. An operation that fails by itself (type, limit) has changed nothing and the transaction goes
// on; what LMDB refuses is thrown as LmdbError and ends the transaction.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/ops.hpp"
#include "common/output.hpp"
#include "common/shared.hpp"
#include "lmdb/environment.hpp"
#include "lmdb/member_cache.hpp"
#include "lmdb/record.hpp"

namespace evloom::plugins {

// Which operations are tried; the others get a status without it.
enum class Allowed {
  kAll,
  kNoGrowth,  // reads and removals: the disk is full
  kReads      // the disk takes nothing
};
bool is_allowed(const evl_op& op, Allowed allowed);

class Tables {
 public:
  // `now`: ms since 1970.
  Tables(const Environment& environment, MDB_txn* txn, MemberCache& cache, std::int64_t now)
      : env_(environment), txn_(txn), cache_(cache), now_(now) {}

  // Carries out an operation that has passed check().
  void execute(const evl_op& op, evl_result& result, Output& out);

  // Removes keys whose time has come, at most `limit`; gives the time at which the next one's comes, or
  // kNever.
  std::int64_t purge(std::size_t limit);
  static constexpr std::int64_t kNever = INT64_MAX;

  // The earliest time that an EXPIRE of this transaction has set, or kNever.
  std::int64_t earliest_expiry() const { return earliest_expiry_; }

 private:
  bool find(std::string_view key, Record* record);
  bool find_for_write(std::string_view key, Record* record);
  bool look_up(std::string_view key, Record* record);
  void write(std::string_view key, const Record& record);
  void erase(std::string_view key, const Record& record);
  void index_expiry(std::string_view key, std::int64_t expires);
  void unindex_expiry(std::string_view key, std::int64_t expires);
  std::uint64_t new_set_id();
  MemberList load_members(const Record& record);

  evl_status add(const evl_op& op, evl_result& result);
  evl_status set_add(const evl_op& op, evl_result& result, Output& out);
  evl_status set_read(const evl_op& op, evl_result& result, Output& out);
  evl_status set_size(const evl_op& op, evl_result& result);
  evl_status get(const evl_op& op, evl_result& result, Output& out);
  evl_status put(const evl_op& op);
  evl_status remove(const evl_op& op, evl_result& result);
  evl_status expire(const evl_op& op, evl_result& result);

  const Environment& env_;
  MDB_txn* txn_;
  MemberCache& cache_;
  std::int64_t now_;
  std::int64_t earliest_expiry_ = kNever;
};

}  // namespace evloom::plugins

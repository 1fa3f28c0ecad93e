// Environment: the open LMDB environment and its four tables. Opened by create on the control thread; from
// then on the writer thread alone uses it, so that the map can grow whenever no transaction is open.
//
// The tables (the file is of this machine's byte order and word size, as LMDB's own pages are):
//   keys      key -> record (record.hpp): what the key holds, and when it ends
//   members   set id -> member, member, ... (sorted duplicates)
//   expiries  time in ms, big-endian -> key, key, ... (sorted duplicates): the order in which keys end
//   meta      "schema" -> version of this layout
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <exception>
#include <string>

#include "lmdb/directory.hpp"
#include "lmdb/settings.hpp"

namespace evloom::plugins {

// A call of LMDB that did not succeed; it ends the transaction. Never leaves the writer thread.
class LmdbError : public std::exception {
 public:
  explicit LmdbError(int code) : code_(code) {}
  int code() const { return code_; }
  const char* what() const noexcept override { return mdb_strerror(code_); }

 private:
  int code_;
};

inline void check_lmdb(int code) {
  if (code != MDB_SUCCESS) throw LmdbError(code);
}

// One transaction; aborted unless committed.
class Transaction {
 public:
  Transaction(MDB_env* env, unsigned flags) { check_lmdb(mdb_txn_begin(env, nullptr, flags, &txn_)); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (txn_) mdb_txn_abort(txn_);
  }
  MDB_txn* raw() const { return txn_; }
  // Throws LmdbError when it was not committed.
  void commit() {
    MDB_txn* txn = txn_;
    txn_ = nullptr;
    check_lmdb(mdb_txn_commit(txn));
  }

 private:
  MDB_txn* txn_ = nullptr;
};

class Environment {
 public:
  // Opens, or makes, the environment in `directory`. Throws evl::Failure with path, reason and remedy.
  // [control]
  Environment(const Settings& settings, const Directory& directory);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  // Writes what is not yet on the disk and closes.
  ~Environment();

  MDB_env* raw() const { return env_; }
  MDB_dbi keys() const { return keys_; }
  MDB_dbi members() const { return members_; }
  MDB_dbi expiries() const { return expiries_; }
  MDB_dbi meta() const { return meta_; }

  std::uint64_t map_size() const { return map_size_; }
  // Doubles the map; false when it has reached the bound or the address space is short. A sixteenth of
  // max_size is kept back for removals (`removing`), which need pages too before they give any free; settle
  // ends its use. No transaction is open. Both throw evl::Failure as reopen does.
  bool grow(bool removing);
  void settle();
  // Closes and opens again. When it throws evl::Failure, the environment is not open; try again later.
  void reopen();
  bool is_open() const { return env_ != nullptr; }
  // Whether LMDB itself has given the environment up, after it failed to write a meta page.
  bool unusable() const;
  // Whether the disk, or the limit on a file's size, has little room left: LMDB says EIO when a write was cut
  // short, whatever the reason.
  bool is_short_of_room() const;
  // Has the kernel write everything; throws LmdbError.
  void sync() { check_lmdb(mdb_env_sync(env_, 1)); }

 private:
  void open();
  void open_tables();
  bool map(std::uint64_t size);
  std::uint64_t bound(bool removing) const;
  [[noreturn]] void refuse(int code) const;

  const Settings& settings_;
  const Directory& directory_;
  MDB_env* env_ = nullptr;
  MDB_dbi keys_ = 0;
  MDB_dbi members_ = 0;
  MDB_dbi expiries_ = 0;
  MDB_dbi meta_ = 0;
  std::uint64_t map_size_ = 0;
};

}  // namespace evloom::plugins

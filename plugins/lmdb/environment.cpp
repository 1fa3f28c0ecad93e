#include "lmdb/environment.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "evloom/base.hpp"

namespace evloom::plugins {
namespace {

constexpr std::uint32_t kSchema = 1;
constexpr std::uint64_t kMapUnit = std::uint64_t{64} * 1024;  // a multiple of every page size there is

MDB_val value_of(const void* data, std::size_t size) { return {size, const_cast<void*>(data)}; }
MDB_val value_of(std::string_view text) { return value_of(text.data(), text.size()); }

}  // namespace

Environment::Environment(const Settings& settings, const Directory& directory)
    : settings_(settings), directory_(directory) {
  open();
}

Environment::~Environment() {
  if (!env_) return;
  if (settings_.durability != Durability::kCommit) mdb_env_sync(env_, 1);
  mdb_env_close(env_);
}

void Environment::open() {
  check_lmdb(mdb_env_create(&env_));
  try {
    map_size_ = std::min(std::max(settings_.map_size, map_size_), bound(false));
    map_size_ = std::max(map_size_ / kMapUnit * kMapUnit, kMapUnit);
    check_lmdb(mdb_env_set_mapsize(env_, map_size_));
    check_lmdb(mdb_env_set_maxdbs(env_, 8));
    // NOTLS: a reader belongs to its transaction, not to its thread, so no thread has to leave LMDB in an
    // orderly way.
    const unsigned flags = MDB_NOTLS | (settings_.durability == Durability::kCommit ? 0 : MDB_NOSYNC);
    check_lmdb(mdb_env_open(env_, directory_.path().c_str(), flags, 0640));
    int stale_readers = 0;
    check_lmdb(mdb_reader_check(env_, &stale_readers));
    open_tables();
    MDB_envinfo info{};
    check_lmdb(mdb_env_info(env_, &info));
    map_size_ = info.me_mapsize;  // larger than asked for when the data is
  } catch (const LmdbError& error) {
    mdb_env_close(env_);
    env_ = nullptr;
    refuse(error.code());
  } catch (...) {
    mdb_env_close(env_);
    env_ = nullptr;
    throw;
  }
}

void Environment::open_tables() {
  Transaction txn(env_, 0);
  const auto has_data = [&] {
    MDB_dbi unnamed = 0;
    MDB_stat facts{};
    check_lmdb(mdb_dbi_open(txn.raw(), nullptr, 0, &unnamed));
    check_lmdb(mdb_stat(txn.raw(), unnamed, &facts));
    return facts.ms_entries > 0;
  };
  const int found = mdb_dbi_open(txn.raw(), "meta", 0, &meta_);
  if (found != MDB_SUCCESS && found != MDB_NOTFOUND && found != MDB_INCOMPATIBLE) throw LmdbError(found);
  if (found == MDB_INCOMPATIBLE || (found == MDB_NOTFOUND && has_data())) {
    throw evl::Failure(EVL_E_INVALID,
                       directory_.path() +
                           " holds an LMDB environment that evloom did not write; name another "
                           "directory");
  }
  std::uint32_t schema = kSchema;
  MDB_val key = value_of("schema");
  MDB_val data{};
  if (found == MDB_NOTFOUND) {
    check_lmdb(mdb_dbi_open(txn.raw(), "meta", MDB_CREATE, &meta_));
    data = value_of(&schema, sizeof schema);
    check_lmdb(mdb_put(txn.raw(), meta_, &key, &data, 0));
  } else {
    const int read = mdb_get(txn.raw(), meta_, &key, &data);
    if (read != MDB_SUCCESS || data.mv_size != sizeof schema) {
      throw evl::Failure(EVL_E_INVALID,
                         directory_.path() +
                             " holds an LMDB environment without evloom's version record; name "
                             "another directory");
    }
    std::memcpy(&schema, data.mv_data, sizeof schema);
  }
  if (schema != kSchema) {
    throw evl::Failure(EVL_E_INVALID, directory_.path() + " was written in layout " + std::to_string(schema) +
                                          ", this plugin knows layout " + std::to_string(kSchema) +
                                          "; use the plugin that wrote it, or another directory");
  }
  check_lmdb(mdb_dbi_open(txn.raw(), "keys", MDB_CREATE, &keys_));
  check_lmdb(mdb_dbi_open(txn.raw(), "members", MDB_CREATE | MDB_INTEGERKEY | MDB_DUPSORT, &members_));
  check_lmdb(mdb_dbi_open(txn.raw(), "expiries", MDB_CREATE | MDB_DUPSORT, &expiries_));
  txn.commit();
}

void Environment::refuse(int code) const {
  const std::string path = directory_.path();
  switch (code) {
    case MDB_VERSION_MISMATCH:
      throw evl::Failure(EVL_E_INVALID,
                         path + " was written by another version of LMDB; this is " +
                             mdb_version(nullptr, nullptr, nullptr) +
                             ": dump it with that version's mdb_dump and load it with mdb_load");
    case MDB_INVALID:
      throw evl::Failure(EVL_E_INVALID, path +
                                            "/data.mdb is no LMDB environment, or one of another machine "
                                            "architecture; name another directory");
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
      throw evl::Failure(EVL_E_INVALID, path + "/data.mdb is damaged (" + mdb_strerror(code) +
                                            "); restore it from a backup, or name another directory");
    case EACCES:
    case EPERM:
    case EROFS:
      throw evl::Failure(EVL_E_DENIED,
                         "cannot open the LMDB environment in " + path + ": " + mdb_strerror(code) +
                             "; data.mdb and lock.mdb must be writable for the user that evloom "
                             "runs as");
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      throw evl::Failure(EVL_E_NO_SPACE, "cannot open the LMDB environment in " + path + ": " +
                                             mdb_strerror(code) + "; make room on its disk");
    case ENOMEM:
      throw evl::Failure(EVL_E_NO_SPACE, "cannot map the LMDB environment in " + path +
                                             ": no address space; make map_size smaller or lift the limit "
                                             "(ulimit -v)");
    default:
      throw evl::Failure(EVL_E_UNAVAILABLE,
                         "cannot open the LMDB environment in " + path + ": " + mdb_strerror(code));
  }
}

std::uint64_t Environment::bound(bool removing) const {
  const std::uint64_t kept_back = removing ? 0 : settings_.max_size / 16;
  return (settings_.max_size - kept_back) / kMapUnit * kMapUnit;
}

bool Environment::grow(bool removing) {
  const std::uint64_t larger = std::min(map_size_ * 2, bound(removing));
  return larger > map_size_ && map(larger);
}

void Environment::settle() {
  if (map_size_ > bound(false)) map(bound(false));
}

bool Environment::map(std::uint64_t size) {
  if (mdb_env_set_mapsize(env_, size) != MDB_SUCCESS) {
    reopen();  // the old mapping is gone by now
    return false;
  }
  MDB_envinfo info{};
  check_lmdb(mdb_env_info(env_, &info));
  map_size_ = info.me_mapsize;  // more than `size` when the data is
  return true;
}

bool Environment::unusable() const {
  MDB_txn* txn = nullptr;
  if (mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn) != MDB_SUCCESS) return true;
  mdb_txn_abort(txn);
  return false;
}

bool Environment::is_short_of_room() const {
  constexpr std::uint64_t kLittle = std::uint64_t{16} << 20;
  struct statvfs disk {};
  if (::statvfs(directory_.path().c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < kLittle)
    return true;
  struct stat file {};
  rlimit limit{};
  return ::stat((directory_.path() + "/data.mdb").c_str(), &file) == 0 &&
         ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
         static_cast<std::uint64_t>(file.st_size) + kLittle > limit.rlim_cur;
}

void Environment::reopen() {
  if (env_) mdb_env_close(env_);
  env_ = nullptr;
  open();
}

}  // namespace evloom::plugins

// Directories and files that the lmdb plugin must refuse, each with a text that says what to do; and what it
// finds again when it opens its own.
#include <gtest/gtest.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "fault/lmdb_fixture.hpp"

namespace evloom::test {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

AssertionResult holds(const std::string& text, std::initializer_list<std::string> parts) {
  for (const std::string& part : parts)
    if (text.find(part) == std::string::npos)
      return AssertionFailure() << '"' << text << "\" lacks \"" << part << '"';
  return AssertionSuccess();
}

// Does something to an environment by LMDB itself.
void edit(const std::string& path, const std::function<void(MDB_txn*)>& change) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_env_create(&env), 0);
  mdb_env_set_maxdbs(env, 8);
  ASSERT_EQ(mdb_env_open(env, path.c_str(), 0, 0640), 0);
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  change(txn);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

void put_raw(MDB_txn* txn, const char* table, std::string key, std::string value) {
  MDB_dbi dbi = 0;
  ASSERT_EQ(mdb_dbi_open(txn, table, MDB_CREATE, &dbi), 0);
  MDB_val name{key.size(), key.data()};
  MDB_val data{value.size(), value.data()};
  ASSERT_EQ(mdb_put(txn, dbi, &name, &data, 0), 0);
}

class LmdbOpen : public ::testing::Test {
 protected:
  TempDir folder_;
  std::string db_ = (folder_ / "db").string();
};

TEST_F(LmdbOpen, MakesTheDirectoryForItsUserAndGroupAlone) {
  ASSERT_EQ(refusal(lmdb_plugin(db_)), "");
  struct stat facts {};
  ASSERT_EQ(::stat(db_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 027u, 0u);
  ASSERT_EQ(::stat((db_ + "/data.mdb").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 027u, 0u);
}

TEST_F(LmdbOpen, KeepsWhatItHoldsWithEachDurability) {
  for (const char* durability : {"commit", "interval", "none"}) {
    const PluginFile plugin = lmdb_plugin(db_ + durability, {{"durability", durability}});
    {
      PluginFixture store(plugin);
      store.run(0, {add("counter", 41), set_add("set", {"a", "b"}), put("value", "text"), put("brief", "x"),
                    expire("brief", 1), put("long", "x"), expire("long", 1000000)});
    }
    PluginFixture store(plugin);
    EXPECT_EQ(store.run_one(0, add("counter")).integer, 42) << durability;
    EXPECT_EQ(store.run_one(1, set_read("set")).items.size(), 2u);
    EXPECT_EQ(store.run_one(1, set_add("set", {"a", "c"})).fresh, (std::vector<std::uint8_t>{0, 1}));
    EXPECT_EQ(store.run_one(0, get("value")).items, std::vector<std::string>{"text"});
    EXPECT_TRUE(wait_until([&] { return store.run_one(0, get("brief")).items.empty(); }));
    EXPECT_EQ(store.run_one(0, get("long")).items, std::vector<std::string>{"x"});
  }
}

TEST_F(LmdbOpen, RefusesASecondOpenerAndNamesTheFirst) {
  PluginFixture first(lmdb_plugin(db_));
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_)), {db_ + " is in use by pid " + std::to_string(::getpid())}));
  EXPECT_EQ(first.run_one(0, add("x")).integer, 1);
  first.close();
  EXPECT_EQ(refusal(lmdb_plugin(db_)), "");
}

TEST_F(LmdbOpen, RefusesWhatIsNoDirectory) {
  std::ofstream(db_) << "x";
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_)), {db_, "is not a directory", "name another path"}));
}

TEST_F(LmdbOpen, MakesTheFoldersAboveItsDirectory) {
  EXPECT_EQ(refusal(lmdb_plugin(db_ + "/a/b")), "");
  EXPECT_TRUE(std::filesystem::is_directory(db_ + "/a/b"));
}

TEST_F(LmdbOpen, RefusesADirectoryBelowAFile) {
  std::ofstream(db_) << "x";
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_ + "/a/b")), {db_ + "/a/b", "Not a directory"}));
}

TEST_F(LmdbOpen, RefusesADirectoryThatItMayNotWrite) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  ASSERT_EQ(::mkdir(db_.c_str(), 0550), 0);
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_)), {db_, "Permission denied", "the user that evloom runs as"}));
}

TEST_F(LmdbOpen, RefusesAFileThatIsNoEnvironment) {
  ASSERT_EQ(::mkdir(db_.c_str(), 0750), 0);
  std::ofstream(db_ + "/data.mdb") << std::string(16384, 'x');
  EXPECT_TRUE(
      holds(refusal(lmdb_plugin(db_)), {db_ + "/data.mdb", "is no LMDB environment", "another directory"}));
}

TEST_F(LmdbOpen, RefusesAFileThatIsCutShort) {
  ASSERT_EQ(::mkdir(db_.c_str(), 0750), 0);
  std::ofstream(db_ + "/data.mdb") << "short";
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_)), {db_ + "/data.mdb"}));
}

TEST_F(LmdbOpen, RefusesAFileOfAnotherLmdb) {
  ASSERT_EQ(refusal(lmdb_plugin(db_)), "");
  std::fstream file(db_ + "/data.mdb", std::ios::in | std::ios::out | std::ios::binary);
  const std::uint32_t version = 999;
  const auto page = static_cast<std::streamoff>(::sysconf(_SC_PAGESIZE));
  for (const std::streamoff meta : {std::streamoff{0}, page}) {
    file.seekp(meta + 16 + 4);  // behind the page's head and the magic number
    file.write(reinterpret_cast<const char*>(&version), sizeof version);
  }
  file.close();
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_)), {db_, "another version of LMDB", "mdb_dump"}));
}

TEST_F(LmdbOpen, RefusesAnEnvironmentOfSomebodyElseAndLeavesItAlone) {
  ASSERT_EQ(::mkdir(db_.c_str(), 0750), 0);
  edit(db_, [](MDB_txn* txn) { put_raw(txn, nullptr, "their key", "their value"); });
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_)), {db_, "evloom did not write", "another directory"}));
  edit(db_, [](MDB_txn* txn) {
    MDB_dbi dbi = 0;
    MDB_stat facts{};
    ASSERT_EQ(mdb_dbi_open(txn, nullptr, 0, &dbi), 0);
    ASSERT_EQ(mdb_stat(txn, dbi, &facts), 0);
    EXPECT_EQ(facts.ms_entries, 1u);
  });
}

TEST_F(LmdbOpen, RefusesALaterLayout) {
  ASSERT_EQ(refusal(lmdb_plugin(db_)), "");
  edit(db_, [](MDB_txn* txn) { put_raw(txn, "meta", "schema", std::string("\x02\0\0\0", 4)); });
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_)), {db_, "layout 2", "knows layout 1"}));
}

TEST_F(LmdbOpen, RefusesOptionsThatMakeNoSense) {
  EXPECT_TRUE(
      holds(refusal(lmdb_plugin(db_, {{"durability", "always"}})), {"durability", "'always'", "commit"}));
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_, {{"interval", "0s"}})), {"interval", "shorter than 1ms"}));
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_, {{"map_size", "4KiB"}})), {"map_size", "1MiB to 64TiB"}));
  EXPECT_TRUE(holds(refusal(lmdb_plugin(db_, {{"max_size", "4KiB"}})), {"max_size", "1MiB to 64TiB"}));
  EXPECT_TRUE(holds(refusal(lmdb_plugin("")), {"path is empty"}));
}

}  // namespace
}  // namespace evloom::test

// The lmdb plugin on a disk whose n-th write or sync fails, for every n: no answer may be wrong, nothing may
// be half done, and afterwards it works again.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "fault/disk_faults.hpp"
#include "fault/lmdb_fixture.hpp"

namespace evloom::test {
namespace {

constexpr int kSubmits = 6;

struct Tally {
  int done = 0;
  int unknown = 0;
  int refused = 0;
};

// Each submit is one counter and one member, so the counter must always equal the size of the set.
Tally use(PluginFixture& store) {
  Tally tally;
  std::int64_t last = 0;
  for (int i = 0; i < kSubmits; ++i) {
    const Reply reply = store.run(0, {add("total"), set_add("set", {std::to_string(i)})});
    EXPECT_EQ(reply.status, EVL_OK);
    EXPECT_EQ(reply.results.at(0).status, reply.results.at(1).status);
    switch (reply.results[0].status) {
      case EVL_OK:
        EXPECT_GT(reply.results[0].integer, last);
        last = reply.results[0].integer;
        ++tally.done;
        break;
      case EVL_E_UNKNOWN:
        ++tally.unknown;
        break;
      case EVL_E_NO_SPACE:
      case EVL_E_UNAVAILABLE:
        ++tally.refused;
        break;
      default:
        ADD_FAILURE() << "status " << reply.results[0].status;
    }
  }
  return tally;
}

void expect_books_balance(PluginFixture& store, const Tally& tally) {
  const Reply reply = store.run(1, {add("total", 0), set_size("set"), set_read("set")});
  ASSERT_EQ(reply.results.size(), 3u);
  EXPECT_EQ(reply.results[0].status, EVL_OK);
  const std::int64_t total = reply.results[0].integer;
  EXPECT_GE(total, tally.done) << "an acknowledged count is lost";
  EXPECT_LE(total, tally.done + tally.unknown) << "a refused count was done";
  EXPECT_EQ(reply.results[1].integer, total) << "half a submit was done";
  EXPECT_EQ(reply.results[2].items.size(), static_cast<std::size_t>(total));
}

void run_with_failures(const char* durability, int error, int count) {
  bool met = true;
  int nth = 1;
  for (; met; ++nth) {
    SCOPED_TRACE(std::string(durability) + ", " + std::strerror(error) + " at call " + std::to_string(nth));
    ASSERT_LT(nth, 200);
    TempDir folder;
    const PluginFile plugin = lmdb_plugin(folder.path(), {{"durability", durability}, {"interval", "1ms"}});
    Tally tally;
    {
      PluginFixture store(plugin);
      store.run_one(0, put("first", "x"));
      break_disk(nth, error, count);
      tally = use(store);
      mend_disk();
      met = disk_failures() > 0;
      if (!met) {
        EXPECT_EQ(tally.done, kSubmits);
      }
      // The first write that succeeds is proof enough; nobody has to wait for the next look at the disk.
      ASSERT_TRUE(wait_until([&] { return store.run_one(0, put("last", "x")).status == EVL_OK; }));
      EXPECT_EQ(store.health(0), EVL_OK);
      expect_books_balance(store, tally);
    }
    PluginFixture again(plugin);
    expect_books_balance(again, tally);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(nth, kSubmits) << "the failures were not met where they should be";
}

// Whatever a test leaves behind, the next one has a disk that works.
class LmdbDisk : public ::testing::Test {
 protected:
  void TearDown() override { mend_disk(); }
};

TEST_F(LmdbDisk, AnyWriteOrSyncMayFailOnceWithAnInputOutputError) { run_with_failures("commit", EIO, 1); }
TEST_F(LmdbDisk, AnyWriteOrSyncMayFailOnceBecauseTheDiskIsFull) { run_with_failures("commit", ENOSPC, 1); }
TEST_F(LmdbDisk, AnyRunOfFailuresIsOvercome) { run_with_failures("commit", EIO, 7); }
TEST_F(LmdbDisk, AnyWriteMayFailWithoutSyncsToo) { run_with_failures("none", ENOSPC, 2); }

TEST_F(LmdbDisk, ASyncAtIntervalsThatFailsIsReportedAndTriedAgain) {
  TempDir folder;
  PluginFixture store(lmdb_plugin(folder.path(), {{"durability", "interval"}, {"interval", "20ms"}}));
  break_disk(1, EIO, 1000000, DiskCalls::kSyncs);
  ASSERT_EQ(store.run_one(0, add("total")).integer, 1);
  ASSERT_TRUE(wait_until([&] { return store.health(0) == EVL_E_UNAVAILABLE; }));
  EXPECT_EQ(store.run_one(0, add("total")).integer, 2);
  EXPECT_EQ(store.health(0), EVL_E_UNAVAILABLE) << "a write does not make a failed sync good";
  std::string why;
  store.health(0, &why);
  EXPECT_NE(why.find("Input/output error"), std::string::npos) << why;
  mend_disk();
  EXPECT_TRUE(wait_until([&] { return store.health(0) == EVL_OK; }));
  EXPECT_EQ(store.run_one(0, add("total")).integer, 3);
}

TEST_F(LmdbDisk, TroubleEndsByItselfWhenNobodyAsks) {
  TempDir folder;
  PluginFixture store(lmdb_plugin(folder.path()));
  break_disk(1, ENOSPC);
  EXPECT_EQ(store.run_one(0, add("total")).status, EVL_E_NO_SPACE);
  EXPECT_EQ(store.health(0), EVL_E_NO_SPACE);
  EXPECT_TRUE(wait_until([&] { return store.health(0) == EVL_OK; }));
  EXPECT_TRUE(store.logged("takes data again"));
}

}  // namespace
}  // namespace evloom::test

// The lmdb plugin without room: at max_size, at a limit on the size of files, and on a disk that is full.
// Writes are refused whole, reads and removals go on, readiness knows, and with room again it recovers by
// itself.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "fault/lmdb_fixture.hpp"

namespace evloom::test {
namespace {

using Strings = std::vector<std::string>;

// Writes until there is no room: submits of a counter, a member and a value, that must be done whole or not
// at all. Gives how many were done.
int fill(PluginFixture& store, const std::string& prefix, std::size_t value_size) {
  const std::string value(value_size, 'x');
  for (int done = 0; done < 100000; ++done) {
    const std::string name = prefix + std::to_string(done);
    const Reply reply = store.run(0, {add("total"), set_add("names", {name}), put(name, value)});
    EXPECT_EQ(reply.status, EVL_OK);
    if (reply.results.at(0).status == EVL_OK) {
      EXPECT_EQ(reply.results[1].status, EVL_OK);
      EXPECT_EQ(reply.results[2].status, EVL_OK);
      continue;
    }
    for (const OpResult& result : reply.results) EXPECT_EQ(result.status, EVL_E_NO_SPACE);
    EXPECT_TRUE(store.run_one(1, get(name)).items.empty());
    return done;
  }
  ADD_FAILURE() << "it is never full";
  return 0;
}

void expect_full_but_readable(PluginFixture& store, int done, const std::string& prefix,
                              const std::string& reason) {
  std::string why;
  EXPECT_EQ(store.health(0, &why), EVL_E_NO_SPACE);
  EXPECT_NE(why.find(reason), std::string::npos) << why;
  EXPECT_TRUE(store.logged(reason));
  const Reply reply = store.run(1, {get("total"), set_read("names"), set_size("names"), get(prefix + "0")});
  ASSERT_EQ(reply.results.size(), 4u);
  for (const OpResult& result : reply.results) EXPECT_EQ(result.status, EVL_OK);
  EXPECT_EQ(reply.results[0].items, Strings{std::to_string(done)});
  EXPECT_EQ(reply.results[1].items.size(), static_cast<std::size_t>(done));
  EXPECT_EQ(reply.results[2].integer, done);
  EXPECT_EQ(reply.results[3].items.size(), 1u);
}

bool recovers(PluginFixture& store) {
  return wait_until([&] { return store.health(0) == EVL_OK; });
}

TEST(LmdbSpace, AtMaxSizeRemovalsStillWorkAndMakeRoom) {
  for (const std::size_t value_size : {std::size_t{100}, std::size_t{1500}, std::size_t{100000}}) {
    TempDir folder;
    PluginFixture store(
        lmdb_plugin(folder.path(), {{"max_size", "3MiB"}, {"map_size", "1MiB"}, {"durability", "none"}}));
    const int done = fill(store, "a", value_size);
    EXPECT_GT(done, 10);
    expect_full_but_readable(store, done, "a", "max_size");
    int removed = 0;
    for (int i = 0; i < done; ++i) removed += store.run_one(0, remove("a" + std::to_string(i))).integer == 1;
    EXPECT_EQ(removed, done) << "values of " << value_size;
    EXPECT_TRUE(recovers(store));
    EXPECT_EQ(store.run_one(0, add("total")).integer, done + 1);
    EXPECT_EQ(store.run_one(0, put("new", std::string(value_size, 'y'))).status, EVL_OK);
  }
}

TEST(LmdbSpace, FillingAndEmptyingManyTimesStaysWithinMaxSize) {
  TempDir folder;
  PluginFixture store(
      lmdb_plugin(folder.path(), {{"max_size", "2MiB"}, {"map_size", "1MiB"}, {"durability", "none"}}));
  for (int round = 0; round < 10; ++round) {
    const std::string prefix = "r" + std::to_string(round) + "-";
    const int done = fill(store, prefix, 2000);
    EXPECT_GT(done, 50) << "round " << round;
    for (int i = 0; i < done; ++i) EXPECT_EQ(store.run_one(0, remove(prefix + std::to_string(i))).integer, 1);
    EXPECT_EQ(store.run_one(0, remove("names")).integer, 1);
    store.run_one(0, remove("total"));
    ASSERT_TRUE(recovers(store));
  }
  struct stat facts {};
  ASSERT_EQ(::stat((folder / "data.mdb").c_str(), &facts), 0);
  EXPECT_LE(facts.st_size, 2 << 20);
}

TEST(LmdbSpace, AGroupWithOneLargeSubmitDoesNotFailItsNeighbours) {
  TempDir folder;
  PluginFixture store(lmdb_plugin(folder.path(), {{"max_size", "2MiB"}, {"map_size", "1MiB"}}));
  const Reply reply = store.run(0, {put("a", std::string(1000000, 'x')), put("b", std::string(1000000, 'x')),
                                    put("c", std::string(1000000, 'x'))});
  ASSERT_EQ(reply.results.size(), 3u);
  for (const OpResult& result : reply.results) EXPECT_EQ(result.status, EVL_E_NO_SPACE);
  EXPECT_TRUE(store.run_one(0, get("a")).items.empty()) << "a submit is done whole or not at all";
  EXPECT_EQ(store.run_one(0, put("a", "small")).status, EVL_OK);
}

// No signal may end the process either: the kernel sends SIGXFSZ to the thread that writes.
TEST(LmdbSpace, ALimitOnTheSizeOfFilesIsAFullDisk) {
  TempDir folder;
  PluginFixture store(lmdb_plugin(folder.path()));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit tight{1 << 20, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const int done = fill(store, "a", 20000);
  expect_full_but_readable(store, done, "a", "make room on its disk");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(recovers(store));
  EXPECT_EQ(store.run_one(0, add("total")).integer, done + 1);
}

TEST(LmdbSpace, AFullDiskIsRefusedAndRecoversWhenThereIsRoom) {
  TempDir folder;
  // In a mount namespace of its own: nobody else sees the file system, and it goes with the process.
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "cannot mount a small tmpfs (" << std::strerror(errno)
                 << "): this test needs CAP_SYS_ADMIN";
  }
  {
    PluginFixture store(lmdb_plugin((folder / "db").string()));
    const int done = fill(store, "a", 20000);
    EXPECT_GT(done, 10);
    expect_full_but_readable(store, done, "a", "No space left on device");
    ASSERT_EQ(::mount(nullptr, folder.path().c_str(), nullptr, MS_REMOUNT, "size=8m"), 0)
        << std::strerror(errno);
    EXPECT_TRUE(recovers(store));
    EXPECT_TRUE(store.logged("takes data again"));
    EXPECT_EQ(store.run_one(0, add("total")).integer, done + 1);
    EXPECT_EQ(store.run_one(0, put("new", std::string(20000, 'y'))).status, EVL_OK);
  }
  EXPECT_EQ(::umount(folder.path().c_str()), 0);
}

}  // namespace
}  // namespace evloom::test

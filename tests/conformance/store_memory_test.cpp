// The memory backend against the store contract, and its own bound.
#include <limits>
#include <tuple>

#include "conformance/store_contract.hpp"

namespace evloom::test {
namespace {

PluginFile memory_plugin(OptionMap options = {}) {
  return {EVLOOM_PLUGIN_DIR "/memory.so", std::move(options)};
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract,
                         ::testing::Values(StoreCase{"memory",
                                                     [] {
                                                       return StoreSetup{memory_plugin(), {}};
                                                     },
                                                     0}),
                         store_case_name);

TEST(MemoryStore, AFullStoreRefusesWritesThatNeedRoomAndTakesThemAgainAfterADelete) {
  PluginFixture store(memory_plugin({{"max_memory", "1MiB"}}), 2);
  const std::string value(100000, 'x');
  int held = 0;
  while (store.run_one(0, put("v" + std::to_string(held), value)).status == EVL_OK) ASSERT_LT(++held, 100);
  EXPECT_GE(held, 7);
  EXPECT_LE(held, 10);
  EXPECT_EQ(store.run_one(0, put("more", value)).status, EVL_E_NO_SPACE);
  EXPECT_TRUE(store.run_one(0, get("more")).items.empty());
  EXPECT_EQ(store.run_one(1, get("v0")).items, Strings{value});
  for (int i = 0; i < held; ++i) EXPECT_EQ(store.run_one(0, remove("v" + std::to_string(i))).integer, 1);
  for (int i = 0; i < held / 2; ++i)
    EXPECT_EQ(store.run_one(0, put("w" + std::to_string(i), value)).status, EVL_OK);
}

TEST(MemoryStore, AFullSetStillTakesMembersThatItHas) {
  PluginFixture store(memory_plugin({{"max_memory", "256KiB"}}), 1);
  int next = 0;
  while (store.run_one(0, set_add("s", {std::to_string(next)})).status == EVL_OK) ASSERT_LT(++next, 100000);
  EXPECT_GT(next, 1000);
  const OpResult known = store.run_one(0, set_add("s", {"0", "1", "2"}));
  EXPECT_EQ(known.status, EVL_OK);
  EXPECT_EQ(known.fresh, (Fresh{0, 0, 0}));
  Strings many;
  for (int i = 0; i < 50; ++i) many.push_back("new" + std::to_string(i));
  EXPECT_EQ(store.run_one(0, set_add("s", many)).status, EVL_E_NO_SPACE);
  EXPECT_EQ(store.run_one(0, set_size("s")).integer, next) << "nothing of it may have been done";
  EXPECT_EQ(store.run_one(0, add("counter")).status, EVL_E_NO_SPACE);
}

TEST(MemoryStore, ExpiredKeysGiveTheirRoomBackThoughNobodyAsksForThem) {
  PluginFixture store(memory_plugin({{"max_memory", "1MiB"}}), 2);
  const std::string value(200000, 'x');
  for (const char* key : {"a", "b", "c", "d"}) {
    ASSERT_EQ(store.run_one(0, put(key, value)).status, EVL_OK);
    ASSERT_EQ(store.run_one(0, expire(key, 20)).integer, 1);
  }
  EXPECT_TRUE(
      wait_until([&] { return store.run_one(0, put("large", std::string(700000, 'y'))).status == EVL_OK; }));
}

// An old instance, what it leaves, and a successor: every key as it was.
Saved leave(PluginFixture& store) {
  Saved saved = store.save();
  store.close();
  return saved;
}

TEST(MemoryStore, ASuccessorTakesOverEveryKeyAsItWas) {
  Strings members;
  for (int i = 0; i < 10000; ++i)
    members.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i % 400), '\0'));
  const std::string large(EVL_STORE_VALUE_MAX, 'x');
  Saved saved;
  {
    PluginFixture old(memory_plugin(), 2);
    ASSERT_EQ(old.run_one(1, add("counter", -42)).status, EVL_OK);
    ASSERT_EQ(old.run_one(1, add("least", std::numeric_limits<std::int64_t>::min())).status, EVL_OK);
    for (std::size_t at = 0; at < members.size(); at += 100) {
      const auto from = members.begin() + static_cast<std::ptrdiff_t>(at);
      ASSERT_EQ(old.run_one(0, set_add("set", Strings(from, from + 100))).integer, 100);
    }
    ASSERT_EQ(old.run_one(0, put("empty", "")).status, EVL_OK);
    for (int i = 0; i < 3; ++i)
      ASSERT_EQ(old.run_one(0, put("large" + std::to_string(i), large)).status, EVL_OK);
    ASSERT_EQ(old.run_one(0, put("brief", "value")).status, EVL_OK);
    ASSERT_EQ(old.run_one(0, expire("brief", 1)).integer, 1);
    ASSERT_EQ(old.run_one(0, add("long")).status, EVL_OK);
    ASSERT_EQ(old.run_one(0, expire("long", 3600000)).integer, 1);
    saved = leave(old);
  }
  EXPECT_GT(saved.blobs.size(), 3u) << "one blob for everything grows without a bound";
  PluginFixture store(memory_plugin(), 3, &saved);
  EXPECT_EQ(store.run_one(2, add("counter")).integer, -41);
  EXPECT_EQ(store.run_one(2, add("least", -1)).status, EVL_E_LIMIT);
  EXPECT_EQ(store.run_one(0, set_read("set")).items, members);
  EXPECT_EQ(store.run_one(0, set_add("set", {members[9999], "fresh"})).fresh, (Fresh{0, 1}));
  EXPECT_EQ(store.run_one(1, get("empty")).items, Strings{""});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(store.run_one(1, get("large" + std::to_string(i))).items, Strings{large});
  EXPECT_EQ(store.run_one(0, add("long")).integer, 2);
  EXPECT_TRUE(wait_until([&] { return store.run_one(0, get("brief")).items.empty(); }));
  EXPECT_EQ(store.violations(), Strings{});
}

TEST(MemoryStore, ASuccessorKeepsTheTimesOfKeys) {
  PluginFixture old(memory_plugin(), 1);
  ASSERT_EQ(old.run_one(0, add("key")).status, EVL_OK);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(old.run_one(0, expire("key", 300)).integer, 1);
  const Saved saved = leave(old);
  PluginFixture store(memory_plugin(), 1, &saved);
  ASSERT_TRUE(wait_until([&] { return store.run_one(0, get("key")).items.empty(); }));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(300));
}

TEST(MemoryStore, ASuccessorThatHasLessRoomRefusesInsteadOfLosingKeys) {
  PluginFixture old(memory_plugin(), 1);
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(old.run_one(0, put("v" + std::to_string(i), std::string(100000, 'x'))).status, EVL_OK);
  const Saved saved = leave(old);
  try {
    PluginFixture store(memory_plugin({{"max_memory", "1MiB"}}), 1, &saved);
    ADD_FAILURE() << "it took over more than it may hold";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("max_memory is too small"), std::string::npos) << error.what();
  }
}

TEST(MemoryStore, ADamagedStateIsRefusedWhereverItEnds) {
  PluginFixture old(memory_plugin(), 1);
  ASSERT_EQ(old.run_one(0, add("counter")).status, EVL_OK);
  ASSERT_EQ(old.run_one(0, set_add("set", {"one", "two"})).status, EVL_OK);
  ASSERT_EQ(old.run_one(0, put("value", "text")).status, EVL_OK);
  const Saved saved = leave(old);
  ASSERT_EQ(saved.blobs.size(), 1u);
  int whole = 0;
  for (std::size_t size = 1; size < saved.blobs[0].second.size(); ++size) {
    Saved cut{saved.version, {{"keys-0", saved.blobs[0].second.substr(0, size)}}};
    try {
      PluginFixture store(memory_plugin(), 1, &cut);
      ++whole;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "blob 'keys-0' is damaged") << "cut at " << size;
    }
  }
  EXPECT_EQ(whole, 2) << "a cut between two records cannot be seen, any other must be";
  Saved doubled{saved.version, {saved.blobs[0], {"keys-1", saved.blobs[0].second}}};
  EXPECT_THROW(PluginFixture(memory_plugin(), 1, &doubled), std::runtime_error);
  Saved newer{saved.version + 1, saved.blobs};
  EXPECT_THROW(PluginFixture(memory_plugin(), 1, &newer), std::runtime_error);
}

TEST(MemoryStore, AnInstanceThatHasSavedCanGoOn) {
  PluginFixture store(memory_plugin(), 2);
  ASSERT_EQ(store.run_one(1, add("counter")).integer, 1);
  std::ignore = store.save();
  store.start();
  EXPECT_EQ(store.run_one(0, add("counter")).integer, 2);
  EXPECT_EQ(store.run_one(1, add("counter")).integer, 3);
}

}  // namespace
}  // namespace evloom::test

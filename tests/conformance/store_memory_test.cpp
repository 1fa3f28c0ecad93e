// The memory backend against the store contract, and its own bound.
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

}  // namespace
}  // namespace evloom::test

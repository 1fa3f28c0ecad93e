// FaultTable: one line a second per key, every record written or counted, never more entries than the limit.
#include "observe/fault_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace evloom::observe {
namespace {

constexpr std::int64_t kMs = 1'000'000;

class FaultTableTest : public testing::Test {
 protected:
  // "written" with the count, or "-".
  std::string offer(std::string_view key, std::int64_t at_ms, std::string_view text = "t",
                    FaultTable* table = nullptr, const LogModule* module = nullptr) {
    Fault fault{0, module == nullptr ? &module_ : module, 0, Level::kError, key, text, 0};
    if (!(table == nullptr ? table_ : *table).admit(fault, at_ms * kMs)) return "-";
    return std::to_string(fault.suppressed);
  }
  std::vector<std::string> expire(std::int64_t at_ms, bool all = false, FaultTable* table = nullptr) {
    std::vector<std::string> lines;
    (table == nullptr ? table_ : *table).expire(at_ms * kMs, all, [&](const Fault& fault) {
      lines.push_back(std::string(fault.key) + ":" + std::string(fault.text) + ":" +
                      std::to_string(fault.suppressed));
    });
    return lines;
  }

  LogModule module_{nullptr, "redis", Level::kInfo};
  LogModule other_{nullptr, "lmdb", Level::kInfo};
  FaultTable table_;
};

TEST_F(FaultTableTest, TheFirstIsWrittenTheNextAreCounted) {
  EXPECT_EQ(offer("connect", 0), "0");
  EXPECT_EQ(offer("connect", 1), "-");
  EXPECT_EQ(offer("connect", 999), "-");
  EXPECT_EQ(offer("connect", 1000), "2");
  EXPECT_EQ(offer("connect", 1001), "-");
  EXPECT_EQ(offer("connect", 2500), "1");
  EXPECT_EQ(offer("connect", 9000), "0");
}

TEST_F(FaultTableTest, KeysAndModulesAreLimitedSeparately) {
  EXPECT_EQ(offer("connect", 0), "0");
  EXPECT_EQ(offer("oom", 0), "0");
  EXPECT_EQ(offer("connect", 0, "t", nullptr, &other_), "0");
  EXPECT_EQ(offer("connect", 1), "-");
}

TEST_F(FaultTableTest, TheEndOfAStormIsToldWithItsLastRecord) {
  EXPECT_FALSE(table_.next_due());
  offer("connect", 0, "first");
  EXPECT_FALSE(table_.next_due()) << "nothing is held back";
  offer("connect", 10, "second");
  offer("connect", 20, "third");
  EXPECT_EQ(table_.next_due(), 1000 * kMs);
  EXPECT_TRUE(expire(999).empty());
  EXPECT_EQ(expire(1000), std::vector<std::string>{"connect:third:1"});
  EXPECT_FALSE(table_.next_due());
  EXPECT_TRUE(expire(5000).empty()) << "told once";
}

TEST_F(FaultTableTest, TheToldEndCountsAsTheLineOfItsSecond) {
  offer("connect", 0);
  offer("connect", 10);
  expire(1000);
  EXPECT_EQ(offer("connect", 1500), "-");
  EXPECT_EQ(offer("connect", 2000), "1");
}

TEST_F(FaultTableTest, AllThatIsHeldIsGivenAtTheEnd) {
  offer("a", 0);
  offer("a", 1);
  EXPECT_EQ(expire(2, true), std::vector<std::string>{"a:t:0"});
}

TEST_F(FaultTableTest, AFloodOfKeysSharesOneEntry) {
  FaultTable small(4);
  int written = 0;
  for (int i = 0; i < 10000; ++i)
    written += offer("key" + std::to_string(i), i / 100, "t", &small) != "-" ? 1 : 0;
  EXPECT_EQ(written, 5) << "four entries and the shared one";
  EXPECT_LE(small.size(), 5u);
  EXPECT_EQ(expire(1500, false, &small), std::vector<std::string>{"key9999:t:9994"});
}

TEST_F(FaultTableTest, QuietKeysMakeRoom) {
  FaultTable small(2);
  EXPECT_EQ(offer("a", 0, "t", &small), "0");
  EXPECT_EQ(offer("b", 0, "t", &small), "0");
  EXPECT_EQ(offer("c", 2000, "t", &small), "0");
  EXPECT_EQ(offer("d", 2000, "t", &small), "0");
  EXPECT_EQ(small.size(), 2u);
}

}  // namespace
}  // namespace evloom::observe

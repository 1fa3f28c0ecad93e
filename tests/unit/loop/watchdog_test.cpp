// The watchdog: who holds a loop up is told while it does and when it is over; a loop that turns is not told
// of.
#include "loop/watchdog.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

namespace evloom::loop {
namespace {

using namespace std::chrono_literals;

class WatchdogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pool = Pool::start(2);
    ASSERT_TRUE(pool.ok());
    pool_ = std::move(*pool);
    watchdog_ =
        std::make_unique<Watchdog>(*pool_, Watchdog::Hooks{[this](std::uint32_t loop, std::int64_t ns) {
                                                             const std::lock_guard lock(mutex_);
                                                             lags_.emplace_back(loop, ns);
                                                             asked_.release();
                                                           },
                                                           [this](const Held& held) {
                                                             const std::lock_guard lock(mutex_);
                                                             helds_.push_back(held);
                                                             told_.release();
                                                           }});
  }
  void TearDown() override {
    watchdog_.reset();
    pool_.reset();
  }

  std::mutex mutex_;
  std::vector<std::pair<std::uint32_t, std::int64_t>> lags_;
  std::vector<Held> helds_;
  std::counting_semaphore<> told_{0}, asked_{0};
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Watchdog> watchdog_;
};

TEST_F(WatchdogTest, TellsWhoHoldsALoopUpAndWhenItIsOver) {
  std::binary_semaphore go_on{0};
  Loop& loop = pool_->at(1);
  loop.mailbox().call([&] {
    const Duty::Scope outer(&loop.duty(), "stats", "on_request");
    { const Duty::Scope inner(&loop.duty(), "memory", "submit"); }
    go_on.acquire();
  });
  ASSERT_TRUE(told_.try_acquire_for(20s));
  go_on.release();
  ASSERT_TRUE(told_.try_acquire_for(20s));
  // How late it was is told as well, by the loop: it was asked while it was held, or is asked soon.
  const std::lock_guard lock(mutex_);
  ASSERT_EQ(helds_.size(), 2u);
  for (const Held& held : helds_) {
    EXPECT_EQ(held.loop, 1u);
    EXPECT_STREQ(held.who, "stats");
    EXPECT_STREQ(held.what, "on_request");
    EXPECT_TRUE(held.one_call);
    EXPECT_GE(held.ns, Watchdog::kTooLong);
  }
  EXPECT_FALSE(helds_[0].ended);
  EXPECT_TRUE(helds_[1].ended);
}

TEST_F(WatchdogTest, OfALoopThatIsInNoCallItTellsThatMuch) {
  std::binary_semaphore go_on{0};
  pool_->at(0).mailbox().call([&] { go_on.acquire(); });
  ASSERT_TRUE(told_.try_acquire_for(20s));
  go_on.release();
  ASSERT_TRUE(told_.try_acquire_for(20s));
  const std::lock_guard lock(mutex_);
  for (const Held& held : helds_) {
    EXPECT_EQ(held.loop, 0u);
    EXPECT_EQ(held.what, nullptr);
    EXPECT_FALSE(held.one_call);
  }
  EXPECT_FALSE(helds_[0].ended);
  EXPECT_TRUE(helds_[1].ended);
}

// One call that makes others all the time, or many short ones: nobody's alone, and over when the loop turns.
TEST_F(WatchdogTest, ALoopThatGoesFromCallToCallIsHeldUpTooAndTheNextCallIsNotTheEnd) {
  std::atomic<bool> enough{false};
  Loop& loop = pool_->at(1);
  loop.mailbox().call([&] {
    const Duty::Scope outer(&loop.duty(), "stats", "on_request");
    while (!enough) const Duty::Scope inner(&loop.duty(), "text", "items");
  });
  ASSERT_TRUE(told_.try_acquire_for(20s));
  EXPECT_FALSE(told_.try_acquire_for(400ms)) << "the end was told although it goes on";
  enough = true;
  ASSERT_TRUE(told_.try_acquire_for(20s));
  const std::lock_guard lock(mutex_);
  EXPECT_FALSE(helds_[0].one_call);
  EXPECT_NE(helds_[0].what, nullptr);
  EXPECT_TRUE(helds_[1].ended);
}

TEST_F(WatchdogTest, AsksEveryLoopHowLateItIs) {
  bool heard[2] = {};
  while (!heard[0] || !heard[1]) {
    ASSERT_TRUE(asked_.try_acquire_for(20s));
    const std::lock_guard lock(mutex_);
    for (const auto& [loop, ns] : lags_) {
      heard[loop] = true;
      EXPECT_GE(ns, 0);
    }
  }
}

}  // namespace
}  // namespace evloom::loop

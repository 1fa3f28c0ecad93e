// The pool and its mailboxes: every loop turns, messages arrive in order, nothing that was posted is lost.
#include "loop/pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace evloom::loop {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Pool> start(std::uint32_t threads, Pool::ThreadHooks hooks = {}) {
  auto pool = Pool::start(threads, std::move(hooks));
  EXPECT_TRUE(pool.ok());
  return std::move(*pool);
}

TEST(Pool, RunsOnEveryLoopOnItsOwnThread) {
  auto pool = start(4);
  std::vector<std::thread::id> threads(4);
  ASSERT_TRUE(pool->run_everywhere(
      [&](Loop& loop) {
        EXPECT_EQ(Loop::current(), &loop);
        threads[loop.index()] = std::this_thread::get_id();
      },
      10s));
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(threads[i], threads[j]);
  EXPECT_EQ(Loop::current(), nullptr);
}

TEST(Pool, CallsTheHooksOnEachThread) {
  std::atomic<int> entered{0}, left{0};
  start(3, {[&](std::uint32_t) { ++entered; }, [&](std::uint32_t) { ++left; }}).reset();
  EXPECT_EQ(entered, 3);
  EXPECT_EQ(left, 3);
}

TEST(Pool, SaysWhenALoopIsHeldUp) {
  auto pool = start(2);
  std::atomic<bool> go{false};
  EXPECT_FALSE(pool->run_on(
      0, [&](Loop&) { go.wait(false); }, 20ms));
  EXPECT_TRUE(pool->run_on(
      1, [](Loop&) {}, 10s));
  go = true;
  go.notify_all();
  EXPECT_TRUE(pool->run_on(
      0, [](Loop&) {}, 10s));
}

struct Numbered : evl_message {
  int sender;
  int number;
  std::vector<int>* last;
  std::atomic<int>* arrived;
};

TEST(Mailbox, KeepsTheOrderOfEachSenderAndLosesNothing) {
  constexpr int kSenders = 4, kEach = 5000;
  auto pool = start(1);
  Loop& loop = pool->at(0);
  std::vector<Numbered> messages(kSenders * kEach);
  std::vector<int> last(kSenders, -1);
  std::atomic<int> arrived{0};
  Pins pins;
  std::vector<std::thread> senders;
  for (int s = 0; s < kSenders; ++s) {
    senders.emplace_back([&, s] {
      for (int i = 0; i < kEach; ++i) {
        Numbered& m = messages[static_cast<std::size_t>(s * kEach + i)];
        m.sender = s;
        m.number = i;
        m.last = &last;
        m.arrived = &arrived;
        m.run = [](evl_message* raw, evl_loop*) {
          auto* self = static_cast<Numbered*>(raw);
          int& before = (*self->last)[static_cast<std::size_t>(self->sender)];
          EXPECT_EQ(self->number, before + 1);
          before = self->number;
          self->arrived->fetch_add(1);
        };
        loop.mailbox().post(&m, &pins);
      }
    });
  }
  for (auto& sender : senders) sender.join();
  ASSERT_TRUE(pool->run_everywhere([](Loop&) {}, 10s));
  EXPECT_EQ(arrived, kSenders * kEach);
  ASSERT_TRUE(pool->run_everywhere([](Loop&) {}, 10s));
  EXPECT_EQ(pins, 0u);
}

}  // namespace
}  // namespace evloom::loop

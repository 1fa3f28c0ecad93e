// MpscQueue: order, reuse of nodes, and a stress run with a consumer that sleeps (meant for ThreadSanitizer
// too).
#include "evloom/mpsc_queue.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace {

struct Item : evl::MpscNode {
  std::size_t producer = 0;
  std::size_t serial = 0;
};
using Queue = evl::MpscQueue<Item>;

TEST(MpscQueue, GivesNullWhenEmpty) {
  Queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(MpscQueue, KeepsTheOrderOfOneProducer) {
  Queue queue;
  std::vector<Item> items(100);
  for (Item& item : items) queue.push(&item);
  EXPECT_FALSE(queue.empty());
  for (Item& item : items) EXPECT_EQ(queue.pop(), &item);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST(MpscQueue, ANodeMayBePushedAgainAfterItWasPopped) {
  Queue queue;
  Item one;
  Item two;
  for (int round = 0; round < 1000; ++round) {
    queue.push(&one);
    ASSERT_EQ(queue.pop(), &one);
    queue.push(&two);
    queue.push(&one);
    ASSERT_EQ(queue.pop(), &two);
    ASSERT_EQ(queue.pop(), &one);
    ASSERT_EQ(queue.pop(), nullptr);
    ASSERT_TRUE(queue.empty());
  }
}

TEST(MpscQueue, ANodeThatWasPoppedIsNoLongerTouched) {
  Queue queue;
  for (int round = 0; round < 100; ++round) {
    auto first = std::make_unique<Item>();
    auto second = std::make_unique<Item>();
    queue.push(first.get());
    queue.push(second.get());
    EXPECT_EQ(queue.pop(), first.get());
    first.reset();  // AddressSanitizer reports it when the queue still looks at it
    EXPECT_EQ(queue.pop(), second.get());
    second.reset();
    EXPECT_EQ(queue.pop(), nullptr);
  }
}

// The consumer sleeps on an eventfd as the class comment says. When a wake-up were lost, the poll would run
// into its limit with items missing.
TEST(MpscQueue, LosesNeitherItemsNorWakeUpsUnderLoad) {
  constexpr std::size_t kProducers = 4;
  constexpr std::size_t kEach = 20000;
  Queue queue;
  std::atomic<bool> asleep{false};
  const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  ASSERT_GE(wake, 0);
  std::vector<std::vector<Item>> items(kProducers);
  for (auto& mine : items) mine = std::vector<Item>(kEach);

  std::vector<std::thread> producers;
  for (std::size_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (std::size_t i = 0; i < kEach; ++i) {
        items[p][i].producer = p;
        items[p][i].serial = i;
        queue.push(&items[p][i]);
        if (asleep.load() && asleep.exchange(false)) {
          const std::uint64_t one = 1;
          EXPECT_EQ(::write(wake, &one, sizeof one), static_cast<ssize_t>(sizeof one));
        }
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
  }

  std::vector<std::size_t> next(kProducers, 0);
  std::size_t seen = 0;
  bool timed_out = false;
  while (seen < kProducers * kEach && !timed_out) {
    Item* item = queue.pop();
    if (item == nullptr) {
      asleep.store(true);
      item = queue.pop();
      if (item == nullptr) {
        pollfd waiting{wake, POLLIN, 0};
        timed_out = ::poll(&waiting, 1, 20000) == 0;
        std::uint64_t ignored = 0;
        [[maybe_unused]] const ssize_t n = ::read(wake, &ignored, sizeof ignored);
        continue;
      }
      asleep.store(false);
    }
    ASSERT_EQ(item->serial, next[item->producer]) << "producer " << item->producer << " is out of order";
    ++next[item->producer];
    ++seen;
  }
  EXPECT_FALSE(timed_out) << "a wake-up was lost after " << seen << " items";
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(seen, kProducers * kEach);
  EXPECT_TRUE(queue.empty());
  ::close(wake);
}

// Nodes go round: the consumer hands each back to its producer, which pushes it again at once.
TEST(MpscQueue, NodesMayCircleBetweenTwoQueues) {
  constexpr std::size_t kRounds = 20000;
  Queue there;
  Queue back;
  std::vector<Item> items(8);
  for (Item& item : items) back.push(&item);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::atomic<bool> stop{false};

  std::thread producer([&] {
    for (std::size_t serial = 0; serial < kRounds && !stop.load();) {
      Item* item = back.pop();
      if (item == nullptr) {
        std::this_thread::yield();
        continue;
      }
      item->serial = serial++;
      there.push(item);
    }
  });
  std::size_t seen = 0;
  while (seen < kRounds && std::chrono::steady_clock::now() < deadline) {
    Item* item = there.pop();
    if (item == nullptr) {
      std::this_thread::yield();
      continue;
    }
    EXPECT_EQ(item->serial, seen);
    ++seen;
    back.push(item);
  }
  stop.store(true);
  producer.join();
  EXPECT_EQ(seen, kRounds);
}

}  // namespace

// Deadlines expire in time and in order, and cost nothing once disarmed.
#include "loop/deadline.hpp"

#include <event2/event.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/clock.hpp"

namespace evloom::loop {
namespace {

struct Base {
  event_base* base = event_base_new();
  ~Base() { event_base_free(base); }
};

struct Item {
  Item(std::vector<int>& to, int number) : log(to), n(number), deadline(&Item::expired, this) {}
  static void expired(void* self) {
    auto* item = static_cast<Item*>(self);
    item->log.push_back(item->n);
  }
  std::vector<int>& log;
  int n;
  Deadline deadline;
};

constexpr std::int64_t kMs = 1'000'000;

TEST(DeadlineQueue, ExpiresInOrderOfTimeWhateverTheOrderOfArming) {
  Base base;
  DeadlineQueue queue(base.base);
  std::vector<int> log;
  Item a(log, 1), b(log, 2), c(log, 3), d(log, 4);
  queue.arm(c.deadline, 0, 90 * kMs);
  queue.arm(a.deadline, 0, 10 * kMs);
  queue.arm(b.deadline, 0, 50 * kMs);
  queue.arm(d.deadline, 1, 130 * kMs);
  const std::int64_t from = monotonic_ns();
  event_base_dispatch(base.base);
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_GE(monotonic_ns() - from, 120 * kMs);
  EXPECT_TRUE(queue.empty());
}

TEST(DeadlineQueue, ADisarmedOrDestroyedDeadlineNeverExpires) {
  Base base;
  DeadlineQueue queue(base.base);
  std::vector<int> log;
  Item a(log, 1), b(log, 2);
  auto gone = std::make_unique<Item>(log, 3);
  queue.arm(a.deadline, 0, 10 * kMs);
  queue.arm(b.deadline, 0, 20 * kMs);
  queue.arm(gone->deadline, 0, 10 * kMs);
  a.deadline.disarm();
  gone.reset();
  event_base_dispatch(base.base);
  EXPECT_EQ(log, (std::vector<int>{2}));
  EXPECT_FALSE(a.deadline.armed());
}

TEST(DeadlineQueue, ArmingAgainMovesIt) {
  Base base;
  DeadlineQueue queue(base.base);
  std::vector<int> log;
  Item a(log, 1), b(log, 2);
  queue.arm(a.deadline, 0, 10 * kMs);
  queue.arm(b.deadline, 0, 40 * kMs);
  queue.arm(a.deadline, 1, 90 * kMs);
  event_base_dispatch(base.base);
  EXPECT_EQ(log, (std::vector<int>{2, 1}));
}

struct Chain {
  explicit Chain(DeadlineQueue& q) : queue(q), deadline(&Chain::expired, this) {}
  static void expired(void* self) {
    auto* chain = static_cast<Chain*>(self);
    if (++chain->count < 3) chain->queue.arm(chain->deadline, 0, 10 * kMs);
  }
  DeadlineQueue& queue;
  Deadline deadline;
  int count = 0;
};

TEST(DeadlineQueue, MayBeArmedFromItsOwnExpiry) {
  Base base;
  DeadlineQueue queue(base.base);
  Chain chain(queue);
  queue.arm(chain.deadline, 0, 10 * kMs);
  event_base_dispatch(base.base);
  EXPECT_EQ(chain.count, 3);
}

struct Restless {
  explicit Restless(DeadlineQueue& q) : queue(q), other(&Restless::done, this) {}
  static void again(evutil_socket_t, short, void* self) {
    auto* r = static_cast<Restless*>(self);
    r->queue.arm(r->shortest, 1, 5 * kMs);  // as a batch does that is always answered in time
  }
  static void done(void* self) { event_base_loopbreak(static_cast<Restless*>(self)->base); }
  DeadlineQueue& queue;
  event_base* base = nullptr;
  Deadline other;
  Deadline shortest{[](void*) {}, nullptr};
};

TEST(DeadlineQueue, ShortDeadlinesThatAreArmedAgainAndAgainKeepNoOtherFromExpiring) {
  Base base;
  DeadlineQueue queue(base.base);
  Restless restless(queue);
  restless.base = base.base;
  queue.arm(restless.other, 0, 50 * kMs);
  event* tick = event_new(base.base, -1, EV_PERSIST, &Restless::again, &restless);
  const timeval every{0, 2000};
  event_add(tick, &every);
  const timeval limit{5, 0};
  event_base_loopexit(base.base, &limit);
  const std::int64_t from = monotonic_ns();
  event_base_dispatch(base.base);
  EXPECT_LT(monotonic_ns() - from, 2000 * kMs);
  event_free(tick);
}

}  // namespace
}  // namespace evloom::loop

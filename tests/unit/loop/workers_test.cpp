// Work leaves the loop and comes back to it, bounded, and all of it is done before the workers go.
#include "loop/workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "loop/pool.hpp"

namespace evloom::loop {
namespace {

using namespace std::chrono_literals;

struct Piece : evl_work {
  std::thread::id ran_on;
  Loop* done_on = nullptr;
  std::atomic<bool>* gate = nullptr;
  std::atomic<int>* done_count = nullptr;
};

void prepare(Piece& piece, std::atomic<int>& done, std::atomic<bool>* gate = nullptr) {
  piece.gate = gate;
  piece.done_count = &done;
  piece.run = [](evl_work* raw) {
    auto* self = static_cast<Piece*>(raw);
    if (self->gate) self->gate->wait(false);
    self->ran_on = std::this_thread::get_id();
  };
  piece.done = [](evl_work* raw, evl_loop* loop) {
    auto* self = static_cast<Piece*>(raw);
    self->done_on = static_cast<Loop*>(loop);
    EXPECT_EQ(Loop::current(), loop);
    self->done_count->fetch_add(1);
    self->done_count->notify_all();
  };
}

// Returns when so many are done and the loops have left the last `done`.
void wait_for(Pool& pool, std::atomic<int>& count, int wanted) {
  for (int seen = count; seen < wanted; seen = count) count.wait(seen);
  ASSERT_TRUE(pool.run_everywhere([](Loop&) {}, 10s));
}

TEST(Workers, RunsEachPieceOffTheLoopAndEndsItOnIt) {
  auto pool = std::move(*Pool::start(2));
  std::atomic<int> done{0};
  Pins pins;
  std::vector<Piece> pieces(200);
  for (Piece& piece : pieces) prepare(piece, done);
  Workers workers(3, 1000);
  ASSERT_TRUE(pool->run_everywhere(
      [&](Loop& loop) {
        for (std::size_t i = loop.index(); i < pieces.size(); i += 2)
          EXPECT_TRUE(workers.submit(loop, &pieces[i], &pins));
      },
      10s));
  wait_for(*pool, done, 200);
  EXPECT_EQ(pins, 0u);
  for (std::size_t i = 0; i < pieces.size(); ++i) EXPECT_EQ(pieces[i].done_on, &pool->at(i % 2));
}

TEST(Workers, RefusesWhatIsTooMuch) {
  auto pool = std::move(*Pool::start(1));
  std::atomic<int> done{0};
  std::atomic<bool> gate{false};
  std::vector<Piece> pieces(4);
  for (Piece& piece : pieces) prepare(piece, done, &gate);
  Workers workers(1, 3);
  ASSERT_TRUE(pool->run_everywhere(
      [&](Loop& loop) {
        for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(workers.submit(loop, &pieces[i], nullptr));
        EXPECT_FALSE(workers.submit(loop, &pieces[3], nullptr));
      },
      10s));
  gate = true;
  gate.notify_all();
  wait_for(*pool, done, 3);
}

TEST(Workers, FinishesWhatWasSubmittedBeforeItGoes) {
  auto pool = std::move(*Pool::start(1));
  std::atomic<int> done{0};
  std::vector<Piece> pieces(100);
  for (Piece& piece : pieces) prepare(piece, done);
  {
    Workers workers(2, 1000);
    ASSERT_TRUE(pool->run_everywhere(
        [&](Loop& loop) {
          for (Piece& piece : pieces) EXPECT_TRUE(workers.submit(loop, &piece, nullptr));
        },
        10s));
  }
  wait_for(*pool, done, 100);
}

}  // namespace
}  // namespace evloom::loop

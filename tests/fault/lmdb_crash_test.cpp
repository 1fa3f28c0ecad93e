// A process with the lmdb plugin is killed under load, again and again. With durability commit every
// acknowledged count must be there afterwards, whole, and the environment opens again at once. EVLOOM_KILLS
// sets how many kills there are; the default is short.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <string>

#include "fault/lmdb_fixture.hpp"

namespace evloom::test {
namespace {

constexpr unsigned kLoops = 2;
constexpr int kChains = 8;  // submits under way per loop
constexpr std::int64_t kMost = 1 << 20;

// Memory that the child and the test share.
struct Books {
  std::atomic<std::int64_t> next_name;
  std::atomic<std::int64_t> done;
  std::atomic<std::int64_t> highest;
  std::atomic<bool> acknowledged[kMost];  // by name
};

// The child: counts as fast as it can until it is killed.
[[noreturn]] void count_for_ever(const PluginFile& plugin, Books& books) {
  struct Chain {
    PluginFixture* store;
    unsigned loop;
    Books* books;
    void next() {
      const std::int64_t name = books->next_name.fetch_add(1);
      if (name >= kMost) return;
      store->submit(loop, {add("total"), set_add("names", {std::to_string(name)})},
                    [this, name](const Reply& reply) {
                      if (reply.status == EVL_OK && reply.results[0].status == EVL_OK) {
                        books->acknowledged[name] = true;
                        books->done.fetch_add(1);
                        std::int64_t highest = books->highest.load();
                        while (highest < reply.results[0].integer &&
                               !books->highest.compare_exchange_weak(highest, reply.results[0].integer)) {
                        }
                      }
                      next();
                    });
    }
  };
  PluginFixture store(plugin, kLoops);
  std::vector<std::unique_ptr<Chain>> chains;
  for (unsigned loop = 0; loop < kLoops; ++loop)
    for (int i = 0; i < kChains; ++i) chains.push_back(std::make_unique<Chain>(Chain{&store, loop, &books}));
  for (auto& chain : chains) chain->next();
  for (;;) ::pause();
}

void kill_and_look(const std::string& durability, bool keeps_all) {
  TempDir folder;
  const PluginFile plugin = lmdb_plugin(folder.path(), {{"durability", durability}, {"map_size", "1MiB"}});
  void* shared = ::mmap(nullptr, sizeof(Books), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& books = *static_cast<Books*>(shared);  // zeroed pages are zeroed atomics
  const char* wanted = std::getenv("EVLOOM_KILLS");
  const int kills = wanted ? std::atoi(wanted) : 12;
  std::mt19937 random(20240607);
  std::int64_t unacknowledged_most = 0;
  for (int kill = 1; kill <= kills && books.next_name.load() < kMost; ++kill) {
    const std::int64_t before = books.done.load();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) count_for_ever(plugin, books);
    const bool counted = wait_until([&] { return books.done.load() >= before + 20; });
    ::usleep(static_cast<useconds_t>(random() % 30000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the child ended by itself: " << status;
    ASSERT_TRUE(counted) << "the child never counted";
    unacknowledged_most += std::int64_t{kLoops} * kChains;

    const auto start = std::chrono::steady_clock::now();
    PluginFixture store(plugin, 1);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1)) << "too slow to open";
    const Reply reply = store.run(0, {add("total", 0), set_read("names"), set_size("names")});
    ASSERT_EQ(reply.results.size(), 3u);
    const std::int64_t total = reply.results[0].integer;
    EXPECT_EQ(reply.results[2].integer, total) << "half a submit is there";
    EXPECT_LE(total, books.done.load() + unacknowledged_most) << "something was counted twice";
    std::int64_t acknowledged = 0;
    for (const std::string& name : reply.results[1].items)
      acknowledged += books.acknowledged[std::atoll(name.c_str())];
    if (keeps_all) {
      EXPECT_GE(total, books.highest.load()) << "an acknowledged count is lost";
      // Not books.done: a kill may come between the mark and the count.
      const std::int64_t names = std::min(books.next_name.load(), kMost);
      EXPECT_EQ(acknowledged, std::count(books.acknowledged, books.acknowledged + names, true))
          << "an acknowledged member is lost";
    }
    if (::testing::Test::HasFailure()) break;
  }
  ::munmap(shared, sizeof(Books));
}

TEST(LmdbCrash, AKilledProcessLosesNothingThatItHasAcknowledged) { kill_and_look("commit", true); }

// Not promised, but so: the kernel has the data of a process that is gone. Only a crash of the machine can
// lose it.
TEST(LmdbCrash, AKilledProcessLeavesWholeSubmitsWithoutSyncsToo) { kill_and_look("interval", true); }

}  // namespace
}  // namespace evloom::test

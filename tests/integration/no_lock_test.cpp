// No thread that serves requests takes a lock to do so: every lock of the process is counted from outside
// (support/lock_probe.cpp, preloaded), and while requests are served the loops add none.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>

#include "support/evloom_process.hpp"
#include "support/load.hpp"
#include "support/lock_probe.hpp"
#include "support/redis_server.hpp"

namespace evloom::test {
namespace {

// The file that both processes map; its name goes to the program in an environment variable.
class Probe {
 public:
  Probe() {
    const Fd fd(::open(file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd || ::ftruncate(fd.get(), sizeof(LockProbe)) != 0)
      throw std::runtime_error("cannot make " + file());
    void* const memory = ::mmap(nullptr, sizeof(LockProbe), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map " + file());
    table_ = static_cast<LockProbe*>(memory);
  }
  ~Probe() { ::munmap(table_, sizeof(LockProbe)); }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  Evloom::Options options() const {
    return {.environment = {{"LD_PRELOAD", LOCK_PROBE_LIBRARY}, {LockProbe::kVariable, file()}}};
  }

  // How many locks each row has taken so far.
  using Count = std::array<std::uint64_t, LockProbe::kRows>;
  Count count() const {
    Count count{};
    for (std::size_t i = 0; i < count.size(); ++i) count[i] = table_->rows[i].locks.load();
    return count;
  }
  std::uint64_t locks_in_all() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t one : count()) sum += one;
    return sum;
  }
  std::size_t loops() const {
    std::size_t loops = 0;
    for (const auto& row : table_->rows) loops += row.accepts.load() != 0 ? 1 : 0;
    return loops;
  }
  bool complete() const { return table_->lost.load() == 0; }

  // What the loops have locked since `before`, with the places, as `addr2line -e FILE OFFSET` takes them; ""
  // when it is nothing.
  std::string locked_since(const Count& before, pid_t pid) const {
    std::string text;
    const Count now = count();
    for (std::size_t i = 0; i < now.size(); ++i) {
      const LockProbe::Row& row = table_->rows[i];
      if (row.accepts.load() == 0 || now[i] == before[i]) continue;
      text += "thread " + std::to_string(row.thread.load()) + " took " + std::to_string(now[i] - before[i]) +
              " locks, the latest in";
      std::set<std::string> places;
      const std::uint64_t kept = std::min<std::uint64_t>(now[i] - before[i], LockProbe::kPlaces);
      for (std::uint64_t n = 1; n <= kept; ++n)
        places.insert(place(pid, row.places[(now[i] - n) % LockProbe::kPlaces]));
      for (const std::string& one : places) text += "\n  " + one;
      text += "\n";
    }
    return text;
  }

 private:
  std::string file() const { return folder_ / "locks"; }

  static std::string place(pid_t pid, std::uint64_t address) {
    std::istringstream maps(read_file("/proc/" + std::to_string(pid) + "/maps"));
    for (std::string line; std::getline(maps, line);) {
      unsigned long begin = 0, end = 0, offset = 0;
      int name = 0;
      if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx %*s %*s %n", &begin, &end, &offset, &name) != 3)
        continue;
      if (address < begin || address >= end) continue;
      char text[32];
      std::snprintf(text, sizeof text, " 0x%lx", static_cast<unsigned long>(address) - begin + offset);
      return line.substr(static_cast<std::size_t>(name)) + text;
    }
    return "an unknown place";
  }

  TempDir folder_;
  LockProbe* table_;
};

class NoLock : public ::testing::TestWithParam<std::string> {};

TEST_P(NoLock, IsTakenByLoopsWhileTheyServe) {
  std::unique_ptr<RedisServer> redis;
  std::string store = "{ plugin: " + GetParam();
  if (GetParam() == "lmdb") store += ", path: data";
  if (GetParam() == "redis") {
    redis = std::make_unique<RedisServer>();
    store += ", port: " + std::to_string(redis->port());
  }
  Probe probe;
  Evloom evloom(yaml({.counters = store + " }", .log = "{ access: true }"}), probe.options());
  ASSERT_TRUE(evloom.wait_ready());
  // Starting takes locks: were none counted, the probe would be blind.
  ASSERT_GT(probe.locks_in_all(), 0u) << LOCK_PROBE_LIBRARY << " counts nothing";

  const auto serve = [&](const char* target, std::uint64_t requests) {
    const LoadResult result = run_load(
        {.address = evloom.address(), .bytes = get(target), .connections = 32, .requests = requests});
    EXPECT_EQ(result.with(200), result.answered()) << result.summary();
    EXPECT_GE(result.answered(), requests) << result.summary();
  };
  serve("/", 200);  // what is made once, is made here
  serve("/hello", 200);
  ASSERT_EQ(probe.loops(), 2u) << "each loop has to have accepted somebody";

  const Probe::Count before = probe.count();
  serve("/", 2000);
  serve("/hello", 2000);
  serve("/?format=json", 200);
  const std::string locked = probe.locked_since(before, evloom.process().pid());
  EXPECT_TRUE(locked.empty()) << locked;
  EXPECT_TRUE(probe.complete()) << "more threads than rows";
  EXPECT_EQ(evloom.stop(), "");
}

INSTANTIATE_TEST_SUITE_P(Stores, NoLock, ::testing::Values("memory", "lmdb", "redis"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace evloom::test

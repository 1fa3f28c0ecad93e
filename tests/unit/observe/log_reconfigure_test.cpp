// A log whose output, format and levels change while it is written to.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "observe/log.hpp"
#include "unit/observe/temp_log.hpp"

namespace evloom::observe {
namespace {

using test::kPatience;
using test::make_log;
using test::read_lines;
using test::TempDir;

class LogReconfigure : public testing::Test {
 protected:
  LogReconfigure() {
    options_.output = dir_.file("a");
    options_.clock = test::test_clock();
  }
  std::vector<std::string> lines(Log& log, const std::string& name) {
    EXPECT_TRUE(log.flush(kPatience));
    return read_lines(dir_.file(name));
  }

  TempDir dir_;
  LogOptions options_;
};

TEST_F(LogReconfigure, EachLineGoesWhereAndHowItWasToWhenItWasLogged) {
  const auto log = make_log(options_);
  const Logger logger = log->logger("m");
  logger.info("one");
  options_.output = dir_.file("b");
  options_.format = LogFormat::kJson;
  ASSERT_TRUE(log->reconfigure(options_));
  logger.info("two");
  options_.format = LogFormat::kText;
  ASSERT_TRUE(log->reconfigure(options_));
  logger.info("three");
  options_.output = dir_.file("a");
  ASSERT_TRUE(log->reconfigure(options_));
  logger.info("four");
  const auto a = lines(*log, "a");
  const auto b = lines(*log, "b");
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(a[0], "2026-01-02T03:04:05.678901Z info  m - one");
  EXPECT_EQ(a[1], "2026-01-02T03:04:05.678901Z info  m - four");
  ASSERT_EQ(b.size(), 2u);
  EXPECT_EQ(b[0].front(), '{');
  EXPECT_NE(b[0].find("two"), std::string::npos);
  EXPECT_EQ(b[1], "2026-01-02T03:04:05.678901Z info  m - three");
}

TEST_F(LogReconfigure, LevelsAndAccessChange) {
  options_.modules = {{"quiet", Level::kError}};
  const auto log = make_log(options_);
  const Logger quiet = log->logger("quiet"), other = log->logger("other");
  options_.level = Level::kDebug;
  options_.modules = {{"other", Level::kOff}, {"later", Level::kTrace}};
  options_.access = true;
  ASSERT_TRUE(log->reconfigure(options_));
  EXPECT_TRUE(quiet.enabled(Level::kDebug));
  EXPECT_FALSE(quiet.enabled(Level::kTrace));
  EXPECT_FALSE(other.enabled(Level::kError));
  EXPECT_TRUE(log->logger("later").enabled(Level::kTrace));
  EXPECT_TRUE(log->logger("new").enabled(Level::kDebug));
  EXPECT_TRUE(log->access_enabled());
  options_.access = false;
  ASSERT_TRUE(log->reconfigure(options_));
  EXPECT_FALSE(log->access_enabled());
}

TEST_F(LogReconfigure, AnOutputThatCannotBeOpenedChangesNothing) {
  const auto log = make_log(options_);
  LogOptions wanted = options_;
  wanted.output = dir_.file("missing/log");
  wanted.format = LogFormat::kJson;
  wanted.level = Level::kTrace;
  wanted.modules = {{"m", Level::kOff}};
  wanted.access = true;
  const Status status = log->reconfigure(wanted);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("missing/log"), std::string::npos);
  const Logger logger = log->logger("m");
  EXPECT_TRUE(logger.enabled(Level::kInfo));
  EXPECT_FALSE(logger.enabled(Level::kDebug));
  EXPECT_FALSE(log->access_enabled());
  logger.info("still here");
  EXPECT_EQ(lines(*log, "a"), std::vector<std::string>{"2026-01-02T03:04:05.678901Z info  m - still here"});
  ASSERT_TRUE(log->reopen()) << "of the old file";
}

TEST_F(LogReconfigure, TheSameFileIsNotOpenedAgainButReopenKnowsTheNewOne) {
  const auto log = make_log(options_);
  const Logger logger = log->logger("m");
  std::filesystem::rename(dir_.file("a"), dir_.file("a.1"));
  options_.format = LogFormat::kJson;
  ASSERT_TRUE(log->reconfigure(options_));
  logger.info("one");
  EXPECT_EQ(lines(*log, "a.1").size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(dir_.file("a")));
  options_.output = dir_.file("b");
  ASSERT_TRUE(log->reconfigure(options_));
  std::filesystem::rename(dir_.file("b"), dir_.file("b.1"));
  ASSERT_TRUE(log->reopen());
  logger.info("two");
  EXPECT_EQ(lines(*log, "b").size(), 1u);
  EXPECT_EQ(lines(*log, "b.1").size(), 0u);
}

TEST_F(LogReconfigure, FromAFileToAStreamAndBack) {
  const auto log = make_log(options_);
  const Logger logger = log->logger("m");
  testing::internal::CaptureStderr();
  LogOptions wanted = options_;
  wanted.output = "stderr";
  ASSERT_TRUE(log->reconfigure(wanted));
  logger.info("to stderr");
  ASSERT_TRUE(log->reconfigure(options_));
  logger.info("to the file");
  EXPECT_EQ(lines(*log, "a").size(), 1u);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "2026-01-02T03:04:05.678901Z info  m - to stderr\n");
}

// Threads with rings of their own and threads without one write all the time; every line comes out once, and
// in each file those of a thread are in order.
TEST_F(LogReconfigure, NoLineIsLostOrDoubledWhileThreadsLog) {
  constexpr int kThreads = 4;
  constexpr int kBatch = 200;  // then a thread waits for the log, so that no ring overflows
  constexpr int kSwitches = 60;
  options_.ring_records = 4 * kBatch;
  const auto log = make_log(options_);
  std::atomic<bool> stop{false};
  std::atomic<int> batches{0};
  std::vector<int> written(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::unique_ptr<Log::ThreadRing> ring;
      if (t % 2 == 0) ring = std::make_unique<Log::ThreadRing>(*log, t);
      const Logger logger = log->logger("m");
      while (!stop) {
        for (int i = 0; i < kBatch; ++i)
          logger.info("thread {} line {} end", t, written[static_cast<std::size_t>(t)]++);
        EXPECT_TRUE(log->flush(kPatience));
        ++batches;
      }
    });
  }
  for (int i = 0; i < kSwitches; ++i) {
    options_.output = dir_.file(i % 3 == 0 ? "a" : "b");
    options_.format = i % 2 == 0 ? LogFormat::kText : LogFormat::kJson;
    EXPECT_TRUE(log->reconfigure(options_));
    const int before = batches;
    while (batches == before) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(log->flush(kPatience));
  EXPECT_EQ(log->lost(), 0u);

  std::map<std::pair<int, int>, int> seen;
  for (const char* name : {"a", "b"}) {
    std::vector<int> last(kThreads, -1);
    const auto all = read_lines(dir_.file(name));
    EXPECT_GT(all.size(), 100u) << name;
    for (const std::string& line : all) {
      int thread = -1;
      int number = -1;
      const std::size_t at = line.find("thread ");
      ASSERT_NE(at, std::string::npos) << line;
      ASSERT_EQ(std::sscanf(line.c_str() + at, "thread %d line %d end", &thread, &number), 2) << line;
      ASSERT_TRUE(line.ends_with(line.front() == '{' ? "end\"}" : "end")) << line;
      ++seen[{thread, number}];
      int& previous = last[static_cast<std::size_t>(thread)];
      EXPECT_LT(previous, number) << line;
      previous = number;
    }
  }
  for (int t = 0; t < kThreads; ++t) {
    const int count = written[static_cast<std::size_t>(t)];
    for (int number = 0; number < count; ++number) ASSERT_EQ((seen[{t, number}]), 1) << t << " " << number;
  }
}

}  // namespace
}  // namespace evloom::observe

// The log as its callers see it: both formats to the byte, levels, threads, overflow and the limit on faults.
#include "observe/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "unit/observe/temp_log.hpp"

namespace evloom::observe {
namespace {

using test::advance_ms;
using test::kPatience;
using test::make_log;
using test::read_file;
using test::read_lines;
using test::TempDir;

// While it is shut, the log thread stands still at the start of its next pass.
std::atomic<bool> gate_shut{false};

std::int64_t gated_monotonic() {
  gate_shut.wait(true);
  return test::test_monotonic.load();
}

void shut_gate() { gate_shut.store(true); }
void open_gate() {
  gate_shut.store(false);
  gate_shut.notify_all();
}

class LogTest : public testing::Test {
 protected:
  LogTest() {
    options_.output = dir_.file("log");
    options_.clock = test::test_clock();
    options_.clock.monotonic_ns = gated_monotonic;
  }
  ~LogTest() override { open_gate(); }

  std::string text(Log& log) {
    EXPECT_TRUE(log.flush(kPatience));
    return read_file(options_.output);
  }
  std::vector<std::string> lines(Log& log) {
    EXPECT_TRUE(log.flush(kPatience));
    return read_lines(options_.output);
  }

  TempDir dir_;
  LogOptions options_;
};

TEST_F(LogTest, TextLines) {
  const auto log = make_log(options_);
  log->logger("main").info("listening on {}:{}", "127.0.0.1", 9090);
  {
    const Log::ThreadRing ring(*log, 3);
    log->logger("http").error("bad \"head\"\nX-Evil: 1\x1b[0m");
    log->logger("http").fault(Level::kWarn, "accept", "cannot accept: {}", 24);
  }
  EXPECT_EQ(text(*log),
            "2026-01-02T03:04:05.678901Z info  main - listening on 127.0.0.1:9090\n"
            "2026-01-02T03:04:05.678901Z error http 3 bad \"head\"\\nX-Evil: 1\\x1b[0m\n"
            "2026-01-02T03:04:05.678901Z warn  http 3 cannot accept: 24\n");
}

TEST_F(LogTest, JsonLines) {
  options_.format = LogFormat::kJson;
  const auto log = make_log(options_);
  log->logger("main").info("listening on \"{}\"\n", "[::1]:9090");
  {
    const Log::ThreadRing ring(*log, 0);
    log->logger("redis").fault(Level::kError, "connect", "refused");
  }
  EXPECT_EQ(text(*log),
            "{\"time\":\"2026-01-02T03:04:05.678901Z\",\"level\":\"info\",\"module\":\"main\",\"loop\":null,"
            "\"message\":\"listening on \\\"[::1]:9090\\\"\\n\"}\n"
            "{\"time\":\"2026-01-02T03:04:05.678901Z\",\"level\":\"error\",\"module\":\"redis\",\"loop\":0,"
            "\"message\":\"refused\",\"fault\":\"connect\",\"suppressed\":0}\n");
}

TEST_F(LogTest, AccessLines) {
  const AccessRecord record{"[::1]:60310", "GET", "/a b\"\r\n?q=1", "stats", 200, 85, 412};
  {
    const auto log = make_log(options_);
    log->access(record);
    EXPECT_EQ(text(*log), "") << "off unless asked for";
    log->set_access(true);
    const Log::ThreadRing ring(*log, 1);
    log->access(record);
    log->access({"unix", "POST", "/", "", 503, 0, 7});
    EXPECT_EQ(text(*log),
              "2026-01-02T03:04:05.678901Z info  access 1 [::1]:60310 \"GET /a b\\\"\\r\\n?q=1\" 200 85 "
              "412us stats\n"
              "2026-01-02T03:04:05.678901Z info  access 1 unix \"POST /\" 503 0 7us -\n");
  }
  options_.output = dir_.file("json");
  options_.format = LogFormat::kJson;
  options_.access = true;
  const auto log = make_log(options_);
  log->access(record);
  EXPECT_EQ(
      text(*log),
      "{\"time\":\"2026-01-02T03:04:05.678901Z\",\"level\":\"info\",\"module\":\"access\",\"loop\":null,"
      "\"peer\":\"[::1]:60310\",\"method\":\"GET\",\"target\":\"/a "
      "b\\\"\\r\\n?q=1\",\"status\":200,\"bytes\":85,"
      "\"duration_us\":412,\"handler\":\"stats\"}\n");
}

TEST_F(LogTest, LongTextsAreCutAndSaySo) {
  options_.access = true;
  const auto log = make_log(options_);
  const std::string longer(5000, 'x');
  log->logger("m").info("{}", std::string(400, 'y'));
  log->logger("m").info("{}", longer);
  log->logger("m").write(Level::kInfo, longer);
  log->logger("m").fault(Level::kInfo, longer, "{}", longer);
  log->access({longer, longer, longer, longer, 200, 1, 1});
  const auto all = lines(*log);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_TRUE(all[0].ends_with(std::string(400, 'y')));
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_TRUE(all[i].ends_with("x…")) << all[i];
    EXPECT_GT(all[i].size(), 400u);
    EXPECT_LT(all[i].size(), 520u);
  }
  EXPECT_NE(all[4].find("x…\" 200 1 1us x"), std::string::npos) << all[4];
}

TEST_F(LogTest, EachModuleHasItsLevel) {
  options_.level = Level::kWarn;
  options_.modules = {{"store", Level::kDebug}, {"http", Level::kOff}};
  const auto log = make_log(options_);
  const Logger main = log->logger("main");
  const Logger store = log->logger("store");
  const Logger http = log->logger("http");
  EXPECT_FALSE(main.enabled(Level::kInfo));
  EXPECT_TRUE(main.enabled(Level::kWarn));
  EXPECT_TRUE(store.enabled(Level::kDebug));
  EXPECT_FALSE(store.enabled(Level::kTrace));
  EXPECT_FALSE(http.enabled(Level::kError));
  main.info("no");
  store.debug("yes");
  http.error("no");
  log->set_level("main", Level::kTrace);
  main.trace("yes");
  log->set_levels(Level::kError, {{"http", Level::kInfo}});
  main.warn("no");
  store.debug("no");
  http.info("yes");
  EXPECT_FALSE(log->logger("new").enabled(Level::kWarn));
  const auto all = lines(*log);
  EXPECT_EQ(all.size(), 3u);
  for (const std::string& line : all) EXPECT_TRUE(line.ends_with(" yes")) << line;
  EXPECT_EQ(parse_level("warn"), Level::kWarn);
  EXPECT_EQ(parse_level("off"), Level::kOff);
  EXPECT_EQ(parse_level("loud"), std::nullopt);
}

TEST_F(LogTest, TheSameNameIsTheSameModuleAndNamesAreMadeSafe) {
  const auto log = make_log(options_);
  const Logger one = log->logger("a b\n\"c");
  log->set_level("a b\n\"c", Level::kError);
  EXPECT_EQ(one.module(), "a_b__c");
  EXPECT_FALSE(log->logger("a_b__c").enabled(Level::kWarn));
  EXPECT_FALSE(Logger().enabled(Level::kError));
  Logger().error("nowhere");
}

TEST_F(LogTest, AFormatErrorAtRunTimeStillGivesALine) {
  const auto log = make_log(options_);
  log->logger("m").info(fmt::runtime("{:d} {}"), "text");
  EXPECT_TRUE(text(*log).ends_with(" m - {:d} {}\n"));
}

TEST_F(LogTest, ARecordBearsTheTimeAtWhichItWasMade) {
  const auto log = make_log(options_);
  ASSERT_TRUE(log->flush(kPatience));
  shut_gate();
  log->logger("m").info("made early");
  advance_ms(5000);
  open_gate();
  EXPECT_EQ(text(*log), "2026-01-02T03:04:05.678901Z info  m - made early\n");
}

TEST_F(LogTest, AFullRingDropsAndTheLogSaysHowMany) {
  options_.ring_records = 8;
  const auto log = make_log(options_);
  ASSERT_TRUE(log->flush(kPatience));
  shut_gate();
  {
    const Log::ThreadRing ring(*log, 5);
    for (int i = 0; i < 20; ++i) log->logger("m").info("{}", i);
  }
  advance_ms(1);
  log->logger("m").info("the other ring has room");
  open_gate();
  const auto all = lines(*log);
  ASSERT_EQ(all.size(), 10u);
  EXPECT_TRUE(all[7].ends_with("m 5 7"));
  EXPECT_TRUE(all[8].ends_with("m - the other ring has room"));
  EXPECT_TRUE(all[9].ends_with("warn  log 5 12 records lost: more were made than could be written"))
      << all[9];
  EXPECT_EQ(log->lost(), 12u);
}

TEST_F(LogTest, RecordsOfSeveralThreadsAreWrittenInTheOrderOfTheirTimes) {
  const auto log = make_log(options_);
  ASSERT_TRUE(log->flush(kPatience));
  shut_gate();
  const Logger m = log->logger("m");
  {
    const Log::ThreadRing ring(*log, 0);
    for (int i = 0; i < 30; ++i) {
      if (i % 3 == 0) {
        m.info("{}", i);
      } else {
        std::thread([&] {
          if (i % 3 == 1) {
            m.info("{}", i);
          } else {
            const Log::ThreadRing other(*log, 1);
            m.info("{}", i);
          }
        }).join();
      }
      advance_ms(1);
    }
  }
  open_gate();
  const auto all = lines(*log);
  ASSERT_EQ(all.size(), 30u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string loop = i % 3 == 0 ? "0" : i % 3 == 1 ? "-" : "1";
    EXPECT_TRUE(all[i].ends_with("m " + loop + " " + std::to_string(i))) << all[i];
  }
}

TEST_F(LogTest, RepeatedFaultsAreOneLineASecondOverAllThreads) {
  const auto log = make_log(options_);
  const Logger redis = log->logger("redis");
  const auto storm = [&] {
    std::vector<std::thread> threads;
    for (int loop = 0; loop < 4; ++loop) {
      threads.emplace_back([&, loop] {
        const Log::ThreadRing ring(*log, loop);
        for (int i = 0; i < 50; ++i) redis.fault(Level::kError, "connect", "refused");
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(log->flush(kPatience));
  };
  storm();
  EXPECT_EQ(lines(*log).size(), 1u);
  advance_ms(999);
  EXPECT_EQ(lines(*log).size(), 1u);
  advance_ms(1);
  auto all = lines(*log);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[1].ends_with(" refused (198 suppressed)")) << all[1];
  storm();
  advance_ms(1000);
  redis.fault(Level::kError, "connect", "again");
  all = lines(*log);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(all[2].ends_with(" again (200 suppressed)")) << all[2];
  EXPECT_EQ(log->lost(), 0u);
}

TEST_F(LogTest, WhatIsHeldBackIsWrittenAtTheEnd) {
  options_.format = LogFormat::kJson;
  {
    const auto log = make_log(options_);
    for (int i = 0; i < 3; ++i) log->logger("redis").write_fault(Level::kError, "oom", "full");
    log->logger("main").info("last");
  }
  const auto all = read_lines(options_.output);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(all[1].ends_with("\"message\":\"last\"}"));
  EXPECT_TRUE(all[2].ends_with("\"message\":\"full\",\"fault\":\"oom\",\"suppressed\":1}")) << all[2];
}

// The real clock: nobody calls flush, so the log thread itself has to wake up when the second is over.
TEST_F(LogTest, TheEndOfAStormIsWrittenByItself) {
  options_.clock = Clock{};
  const auto log = make_log(options_);
  for (int i = 0; i < 3; ++i) log->logger("redis").fault(Level::kError, "oom", "full");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (read_lines(options_.output).size() < 2 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto all = read_lines(options_.output);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[1].ends_with("full (1 suppressed)")) << all[1];
}

// For ThreadSanitizer: threads with and without a ring come and go while levels change and files are
// reopened.
TEST_F(LogTest, ManyThreadsLoseNothingAndKeepTheirOrder) {
  constexpr int kThreads = 6;
  constexpr int kEach = 3000;
  options_.clock = Clock{};
  options_.ring_records = 32768;
  {
    const auto log = make_log(options_);
    const Logger m = log->logger("m");
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::unique_ptr<Log::ThreadRing> ring;
        if (t % 2 == 0) ring = std::make_unique<Log::ThreadRing>(*log, t);
        for (int i = 0; i < kEach; ++i) {
          m.info("{} {}", t, i);
          if (i % 100 == 0) std::this_thread::yield();
        }
      });
    }
    for (int i = 0; i < 20; ++i) {
      log->set_level("other", i % 2 == 0 ? Level::kTrace : Level::kError);
      EXPECT_TRUE(log->reopen());
      EXPECT_TRUE(log->flush(kPatience));
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(log->lost(), 0u);
  }
  std::vector<int> next(kThreads, 0);
  int count = 0;
  for (const std::string& line : read_lines(options_.output)) {
    // "TIME info  m LOOP THREAD SERIAL"
    const std::size_t serial_at = line.rfind(' ');
    const std::size_t thread_at = line.rfind(' ', serial_at - 1);
    const auto thread =
        static_cast<std::size_t>(std::stoul(line.substr(thread_at + 1, serial_at - thread_at - 1)));
    ASSERT_LT(thread, next.size());
    ASSERT_EQ(std::stoi(line.substr(serial_at + 1)), next[thread]++) << line;
    const std::string loop = thread % 2 == 0 ? std::to_string(thread) : "-";
    ASSERT_NE(line.find(" m " + loop + " "), std::string::npos) << line;
    ++count;
  }
  EXPECT_EQ(count, kThreads * kEach);
}

TEST_F(LogTest, EveryRecordIsWrittenOrCountedAsLost) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 5000;
  options_.clock = Clock{};
  options_.ring_records = 16;
  std::uint64_t lost = 0;
  {
    const auto log = make_log(options_);
    const Logger m = log->logger("m");
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::unique_ptr<Log::ThreadRing> ring;
        if (t == 0) ring = std::make_unique<Log::ThreadRing>(*log, 0);
        for (std::size_t i = 0; i < kEach; ++i) m.info("{}", i);
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_TRUE(log->flush(kPatience));
    lost = log->lost();
  }
  const auto all = read_lines(options_.output);
  const auto written = std::count_if(all.begin(), all.end(), [](const std::string& line) {
    return line.find(" info  m ") != std::string::npos;
  });
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(static_cast<std::uint64_t>(written) + lost, kThreads * kEach);
}

}  // namespace
}  // namespace evloom::observe

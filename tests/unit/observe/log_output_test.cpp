// Where lines go, and what happens when they cannot: reopening, unwritable files, full disks, dead and stuck
// readers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "base/fd.hpp"
#include "observe/log.hpp"
#include "unit/observe/temp_log.hpp"

namespace evloom::observe {
namespace {

using test::kPatience;
using test::make_log;
using test::read_file;
using test::read_lines;
using test::TempDir;

class LogOutputTest : public testing::Test {
 protected:
  LogOutputTest() {
    options_.output = dir_.file("log");
    options_.clock = test::test_clock();
  }
  TempDir dir_;
  LogOptions options_;
};

TEST_F(LogOutputTest, StderrAndStdout) {
  testing::internal::CaptureStderr();
  options_.output = "stderr";
  {
    const auto log = make_log(options_);
    log->logger("m").info("to stderr");
    EXPECT_TRUE(log->reopen()) << "nothing to do";
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "2026-01-02T03:04:05.678901Z info  m - to stderr\n");
  testing::internal::CaptureStdout();
  options_.output = "stdout";
  make_log(options_)->logger("m").info("to stdout");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "2026-01-02T03:04:05.678901Z info  m - to stdout\n");
}

TEST_F(LogOutputTest, AFileIsAppendedTo) {
  for (const char* text : {"one", "two"}) make_log(options_)->logger("m").info("{}", text);
  EXPECT_EQ(read_lines(options_.output).size(), 2u);
  struct stat facts {};
  ASSERT_EQ(::stat(options_.output.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0137, 0u) << "not writable by the group, nothing for others";
}

TEST_F(LogOutputTest, ReopenAfterARename) {
  const auto log = make_log(options_);
  log->logger("m").info("one");
  ASSERT_TRUE(log->flush(kPatience));
  std::filesystem::rename(options_.output, dir_.file("log.1"));
  log->logger("m").info("two");
  ASSERT_TRUE(log->flush(kPatience));
  ASSERT_TRUE(log->reopen());
  ASSERT_TRUE(log->flush(kPatience));
  log->logger("m").info("three");
  ASSERT_TRUE(log->flush(kPatience));
  EXPECT_EQ(read_lines(dir_.file("log.1")).size(), 2u);
  const auto fresh = read_lines(options_.output);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_TRUE(fresh[0].ends_with(" three"));
}

TEST_F(LogOutputTest, WhenReopenFailsTheOldFileStaysInUse) {
  std::filesystem::create_directory(dir_.file("sub"));
  options_.output = dir_.file("sub/log");
  const auto log = make_log(options_);
  std::filesystem::rename(dir_.file("sub"), dir_.file("moved"));
  const Status status = log->reopen();
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("No such file or directory"), std::string::npos);
  log->logger("m").info("still here");
  ASSERT_TRUE(log->flush(kPatience));
  EXPECT_EQ(read_lines(dir_.file("moved/log")).size(), 1u);
}

TEST_F(LogOutputTest, AFileThatCannotBeOpenedIsAClearError) {
  options_.output = dir_.file("missing/log");
  auto log = Log::create(options_);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().message,
            "log: cannot open \"" + options_.output +
                "\" for appending: No such file or directory; make its folder exist and be "
                "writable for this user, or set log.output to stderr");
  options_.output = dir_.file("");
  EXPECT_FALSE(Log::create(options_)) << "a directory";
  options_.output = dir_.file("fifo");
  ASSERT_EQ(::mkfifo(options_.output.c_str(), 0600), 0);
  EXPECT_FALSE(Log::create(options_)) << "a FIFO without a reader, which must not block";
}

TEST_F(LogOutputTest, AFullDiskCostsLinesAndIsToldAfterwards) {
  std::filesystem::create_symlink("/dev/full", options_.output);
  testing::internal::CaptureStderr();
  const auto log = make_log(options_);
  for (int i = 0; i < 3; ++i) {
    log->logger("m").info("lost");
    ASSERT_TRUE(log->flush(kPatience));
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "evloom: log: cannot write to \"" + options_.output +
                "\": No space left on device; records are lost until it "
                "can\n")
      << "once, not per line";
  EXPECT_EQ(log->lost(), 3u);
  std::filesystem::remove(options_.output);
  ASSERT_TRUE(log->reopen());
  log->logger("m").info("there is room");
  ASSERT_TRUE(log->flush(kPatience));
  const auto all = read_lines(options_.output);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].ends_with("warn  log - 3 records lost: cannot write: No space left on device"))
      << all[0];
  EXPECT_TRUE(all[1].ends_with(" there is room"));
}

TEST_F(LogOutputTest, AReaderThatGoesAwayDoesNotKillTheHost) {
  options_.output = dir_.file("fifo");
  ASSERT_EQ(::mkfifo(options_.output.c_str(), 0600), 0);
  Fd reader(::open(options_.output.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader);
  testing::internal::CaptureStderr();
  {
    const auto log = make_log(options_);
    reader.reset();
    log->logger("m").info("nobody reads this");
    EXPECT_TRUE(log->flush(kPatience));
    EXPECT_EQ(log->lost(), 1u);
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("Broken pipe"), std::string::npos);
}

TEST_F(LogOutputTest, AReaderThatIsStuckStopsNeitherTheCallersNorTheEnd) {
  options_.output = dir_.file("fifo");
  ASSERT_EQ(::mkfifo(options_.output.c_str(), 0600), 0);
  const Fd reader(::open(options_.output.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader);
  testing::internal::CaptureStderr();
  const auto start = std::chrono::steady_clock::now();
  {
    const auto log = make_log(options_);
    for (int i = 0; i < 5000; ++i) log->logger("m").info("{}", std::string(300, 'x'));
    EXPECT_FALSE(log->flush(std::chrono::milliseconds(100)));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
  testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace evloom::observe

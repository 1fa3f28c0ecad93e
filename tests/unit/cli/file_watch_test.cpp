// The watch of `evloom dev`: every way in which a build puts a file there is seen, once it is whole, and
// nothing else.
#include "cli/file_watch.hpp"

#include <event2/event.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "support/process.hpp"

namespace evloom::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

struct FreeBase {
  void operator()(event_base* base) const { event_base_free(base); }
};

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    fs::create_directory(folder_ / "build");
    test::write_file(file(), "whole 0");
    auto watch = FileWatch::start(
        base_.get(), file(), [](const fs::path& path) { return test::read_file(path).starts_with("whole"); },
        [this](FileWatch::Clock::time_point) { seen_ = test::read_file(file()); });
    if (!watch) throw std::runtime_error(watch.error().message);
    watch_ = std::move(*watch);
  }

  fs::path file() const { return folder_ / "build/x.so"; }
  // Turns the base until something was seen, `limit` at most; what the file held then, "" for nothing.
  std::string seen(milliseconds limit = milliseconds(5000)) {
    seen_.clear();
    test::wait_until(limit, [this] {
      event_base_loop(base_.get(), EVLOOP_NONBLOCK);
      return !seen_.empty();
    });
    return seen_;
  }

  test::TempDir folder_;
  std::unique_ptr<event_base, FreeBase> base_{event_base_new()};
  std::string seen_;
  std::unique_ptr<FileWatch> watch_;
};

TEST_F(FileWatchTest, SeesARenameAndAWriteInPlace) {
  test::write_file(folder_ / "build/fresh", "whole 1");
  fs::rename(folder_ / "build/fresh", file());
  EXPECT_EQ(seen(), "whole 1");
  test::write_file(file(), "whole 2");
  EXPECT_EQ(seen(), "whole 2");
  fs::remove(file());
  test::write_file(file(), "whole 3");
  EXPECT_EQ(seen(), "whole 3");
}

TEST_F(FileWatchTest, LooksAtNoOtherFile) {
  test::write_file(folder_ / "build/x.so.o", "whole 1");
  test::write_file(folder_ / "build/y.so", "whole 1");
  fs::rename(folder_ / "build/y.so", folder_ / "build/z.so");
  EXPECT_EQ(seen(milliseconds(100)), "");
}

TEST_F(FileWatchTest, WaitsForOneThatIsWrittenInPieces) {
  test::write_file(file(), "who");
  EXPECT_EQ(seen(milliseconds(60)), "") << "it may still be on its way";
  test::write_file(file(), "whole");
  EXPECT_EQ(seen(), "whole");
}

TEST_F(FileWatchTest, TellsOfOneThatStaysBroken) {
  test::write_file(file(), "broken");
  EXPECT_EQ(seen(), "broken");
}

TEST_F(FileWatchTest, FindsAFolderThatWasRemovedAndMadeAgain) {
  fs::remove_all(folder_ / "build");
  EXPECT_EQ(seen(milliseconds(50)), "");
  fs::create_directory(folder_ / "build");
  test::write_file(file(), "whole again");
  EXPECT_EQ(seen(), "whole again");
  test::write_file(file(), "whole once more");
  EXPECT_EQ(seen(), "whole once more");
}

TEST(FileWatch, RefusesAFolderThatIsNotThere) {
  const std::unique_ptr<event_base, FreeBase> base(event_base_new());
  const auto watch =
      FileWatch::start(base.get(), "/nowhere/at/all/x.so", [](const fs::path&) { return true; }, {});
  ASSERT_FALSE(watch);
  EXPECT_NE(watch.error().message.find("cannot watch '/nowhere/at/all': No such file"), std::string::npos)
      << watch.error().message;
}

}  // namespace
}  // namespace evloom::cli

// `evloom dev`: what an author does with it. A file that is built anew, by a rename or by writing over it,
// serves within a second, and nobody who asks meanwhile fails; one that is broken is refused with the reason,
// and the one before serves on.
#include <gtest/gtest.h>
#include <signal.h>

#include <charconv>
#include <filesystem>
#include <memory>
#include <string>

#include "support/admin.hpp"
#include "support/evloom_process.hpp"
#include "support/http_client.hpp"
#include "support/load.hpp"

namespace evloom::test {
namespace {

namespace fs = std::filesystem;

void rename_over(const fs::path& from, const fs::path& to) {
  const fs::path fresh = to.string() + ".fresh";
  fs::copy_file(from, fresh);
  fs::rename(fresh, to);
}

void write_over(const fs::path& from, const fs::path& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
}

class Dev : public ::testing::Test {
 protected:
  // Starts it with `plugin` as `file` of the folder; `arguments` besides.
  void start(const fs::path& plugin, const std::string& file, std::vector<std::string> arguments = {}) {
    file_ = folder_ / file;
    fs::create_directories(file_.parent_path());
    write_over(plugin, file_);
    launch(std::move(arguments));
    ASSERT_TRUE(wait_until(widened(milliseconds(10000)), [this] { return said("Ctrl-C ends"); }))
        << process_->output() << process_->errors();
    const std::string text = process_->output();
    const std::string_view before = "curl http://127.0.0.1:";
    const std::size_t at = text.find(before);
    ASSERT_NE(at, std::string::npos) << text;
    std::from_chars(text.data() + at + before.size(), text.data() + text.size(), address_.port);
  }
  void launch(std::vector<std::string> arguments) {
    std::vector<std::string> command = {evloom_binary(), "dev", file_.string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    for (const char* said : {"dev.out", "dev.err"}) fs::remove(folder_ / said);  // by the one before
    process_ = std::make_unique<Process>(Process::Options{.command = command,
                                                          .environment = {{"TMPDIR", temporary().string()}},
                                                          .folder = folder_.path(),
                                                          .output = folder_ / "dev.out",
                                                          .errors = folder_ / "dev.err"});
  }
  // For its own folders; there, those of `evloom dev`.
  fs::path temporary() const {
    fs::path folder = folder_ / "tmp";
    fs::create_directories(folder);
    return folder;
  }
  std::vector<fs::path> run_folders() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(temporary()))
      if (entry.path().filename().string().starts_with("evloom-dev-")) found.push_back(entry.path());
    return found;
  }
  bool said(std::string_view text) const { return process_->output().find(text) != std::string::npos; }
  testing::AssertionResult says(std::string_view text) const {
    if (wait_until(widened(milliseconds(5000)), [&] { return said(text); }))
      return testing::AssertionSuccess();
    return testing::AssertionFailure() << "never said: " << text << "\n"
                                       << process_->output() << process_->errors();
  }
  std::string ask(std::string_view target = "/") const { return fetch(address_, get(target)).body; }
  // How long it takes until the answer is `body`.
  milliseconds until_answer(std::string_view body, Clock::time_point begin) const {
    if (!wait_until(milliseconds(10000), [&] { return ask() == body; })) return milliseconds(10000);
    return std::chrono::ceil<milliseconds>(Clock::now() - begin);
  }
  // Ctrl-C.
  void expect_end() {
    process_->signal(SIGINT);
    const auto exit = process_->wait(widened(milliseconds(10000)));
    ASSERT_TRUE(exit) << "it does not end";
    EXPECT_EQ(*exit, Exit{}) << describe(*exit) << process_->errors();
    EXPECT_EQ(sanitizer_report(process_->errors()), "");
  }

  TempDir folder_;
  fs::path file_;
  std::unique_ptr<Process> process_;
  Address address_;
};

TEST_F(Dev, ABuildIsLiveWithinASecondAndNoRequestFails) {
  start(plugin_file("generation"), "libgeneration.so");
  ASSERT_EQ(ask(), "generation 1 plain\n");
  EXPECT_TRUE(said("generation 1.0.0  build ")) << process_->output();
  Load load({.address = address_, .bytes = get("/"), .connections = 16});
  ASSERT_TRUE(load.wait_good(100, widened(milliseconds(10000))));

  milliseconds slowest{0};
  int epoch = 1;
  for (int round = 0; round < 3; ++round) {
    for (const int number : {2, 3}) {
      SCOPED_TRACE(number);
      const fs::path build = plugin_file("generation_" + std::to_string(number));
      const auto begin = Clock::now();
      (round % 2 == 0 ? rename_over : write_over)(build, file_);
      const milliseconds took = until_answer("generation " + std::to_string(number) + " plain\n", begin);
      EXPECT_LT(took, widened(milliseconds(1000)));
      slowest = std::max(slowest, took);
      EXPECT_TRUE(says("generation " + std::to_string(++epoch) + "  serving"));
      EXPECT_TRUE(load.wait_good(100, widened(milliseconds(10000))));
    }
  }
  RecordProperty("slowest_ms", std::to_string(slowest.count()));
  std::printf("from the end of the write to the first answer, at most: %lld ms\n",
              static_cast<long long>(slowest.count()));
  const LoadResult result = load.stop();
  EXPECT_EQ(result.with(200), result.answered()) << result.summary();
  EXPECT_EQ(result.lost(), 0u) << result.summary();
  EXPECT_EQ(process_->errors(), "");
  EXPECT_EQ(process_->output().find('\x1b'), std::string::npos) << "no colours: this is no terminal";
  expect_end();
}

TEST_F(Dev, ABrokenFileIsRefusedWithTheReasonAndTheOneBeforeServesOn) {
  start(plugin_file("generation"), "generation.so");
  const struct {
    std::string content;
    std::string words;
  } cases[] = {
      {read_file(plugin_file("generation_2")).substr(0, 3000), "the file is cut short (copy it again)"},
      {"no ELF file at all", "generation.so' is no plugin: not an ELF file"},
      {read_file(plugin_file("create_crashes")), "is plugin 'create_crashes', not 'generation'"},
  };
  for (const auto& one : cases) {
    write_file(file_, one.content);
    EXPECT_TRUE(says(one.words));
    EXPECT_TRUE(says(" serves on"));
    EXPECT_EQ(ask(), "generation 1 plain\n");
  }
  write_over(plugin_file("generation_2"), file_);
  EXPECT_LT(until_answer("generation 2 plain\n", Clock::now()), widened(milliseconds(1000)));
  write_over(plugin_file("generation_2"), file_);
  EXPECT_TRUE(says("unchanged"));
  expect_end();
}

TEST_F(Dev, WhatAKilledOneLeftBehindTheNextRemoves) {
  start(plugin_file("hello"), "hello.so");
  const std::vector<fs::path> first = run_folders();
  ASSERT_EQ(first.size(), 1u);
  process_->signal(SIGKILL);
  ASSERT_TRUE(process_->wait(widened(milliseconds(10000))));
  EXPECT_EQ(run_folders(), first);
  start(plugin_file("hello"), "hello.so");
  const std::vector<fs::path> second = run_folders();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_NE(second, first);
  // Of one that lives nothing is taken: another, beside it, ends at once.
  const Outcome other = run({evloom_binary(), "dev", (folder_ / "none.so").string()});
  EXPECT_EQ(other.exit.code, 2);
  EXPECT_EQ(run_folders(), second);
  expect_end();
  EXPECT_TRUE(run_folders().empty());
}

TEST_F(Dev, AFolderThatIsRemovedAndBuiltAnewIsFoundAgain) {
  start(plugin_file("generation"), "build/generation.so");
  fs::remove_all(folder_ / "build");
  EXPECT_EQ(ask(), "generation 1 plain\n");
  fs::create_directory(folder_ / "build");
  rename_over(plugin_file("generation_3"), file_);
  EXPECT_LT(until_answer("generation 3 plain\n", Clock::now()), widened(milliseconds(1000)));
  expect_end();
}

TEST_F(Dev, AFileWhoseInstancesTheConfigurationNamesIsSwappedInAllOfThem) {
  write_file(
      folder_ / "own.yaml",
      "threads: 2\nlisten: [{ http: \"127.0.0.1:0\" }]\nlog: { level: warn }\n"
      "handlers:\n  one: { plugin: generation, word: first }\n  two: { plugin: generation, word: second }\n"
      "routes:\n  - { path: /, handler: one }\n  - { path: /two, handler: two }\n");
  start(plugin_file("generation"), "generation.so", {"-c", (folder_ / "own.yaml").string()});
  EXPECT_EQ(ask(), "generation 1 first\n");
  rename_over(plugin_file("generation_2"), file_);
  EXPECT_LT(until_answer("generation 2 first\n", Clock::now()), widened(milliseconds(1000)));
  EXPECT_TRUE(says("two  build "));
  EXPECT_EQ(ask("/two"), "generation 2 second\n");
  expect_end();
}

TEST_F(Dev, AStoreServesBehindStatsAndAFormatFirst) {
  start(plugin_file("memory"), "memory.so");
  EXPECT_EQ(ask().substr(0, 19), "Total requests = 1\n");
  rename_over(variant(plugin_file("memory"), folder_.path(), 1), file_);
  EXPECT_TRUE(says("generation 2  serving"));
  EXPECT_EQ(ask().substr(0, 19), "Total requests = 2\n") << "what it knows goes over";
  expect_end();

  fs::remove(folder_ / "dev.out");
  start(plugin_file("json"), "json.so");
  EXPECT_EQ(ask().substr(0, 20), "{\"requests_total\":1,");
  expect_end();
}

TEST_F(Dev, WhatCannotBeServedIsSaidAtOnce) {
  file_ = folder_ / "nothing.so";
  launch({});
  auto exit = process_->wait(widened(milliseconds(10000)));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 2);
  EXPECT_NE(process_->errors().find("nothing.so': No such file or directory\n  build it first"),
            std::string::npos)
      << process_->errors();

  // Its options have no defaults.
  file_ = plugin_file("faulty");
  launch({});
  exit = process_->wait(widened(milliseconds(10000)));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 2);
  EXPECT_NE(process_->errors().find("missing key \"fault\" in stores.faulty"), std::string::npos)
      << process_->errors();
  EXPECT_NE(process_->errors().find("-c FILE"), std::string::npos) << process_->errors();

  file_ = plugin_file("generation");
  write_file(folder_ / "other.yaml",
             "listen: [{ http: \"127.0.0.1:0\" }]\nroutes: [{ path: /, handler: hello }]\n");
  launch({"-c", (folder_ / "other.yaml").string()});
  exit = process_->wait(widened(milliseconds(10000)));
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 2);
  EXPECT_NE(process_->errors().find("other.yaml uses no plugin 'generation'"), std::string::npos)
      << process_->errors();
}

}  // namespace
}  // namespace evloom::test

// Preflight: the process in which instances are tried before the host makes them, with good plugins and with
// every bad one that is not refused before any of its code runs.
#include "change/preflight.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/fd.hpp"
#include "config/config.hpp"
#include "support/evloom_process.hpp"

namespace evloom::change {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// The children of this process, and of them the zombies too.
std::set<std::string> children() {
  std::set<std::string> found;
  std::ifstream in("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  for (std::string pid; in >> pid;) found.insert(pid);
  return found;
}

std::size_t descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

class PreflightTest : public ::testing::Test {
 protected:
  PreflightTest() {
    spec_.timeout = test::sanitized() ? 60s : 20s;
    spec_.vault = folder_.path();
    spec_.program = test::evloom_binary();
  }
  // Nothing is left of the other process, however it ended.
  ~PreflightTest() override {
    EXPECT_EQ(children(), std::set<std::string>{});
    EXPECT_EQ(descriptors(), descriptors_);
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      EXPECT_EQ(entry.path().filename().string().find("evloom-plugins-"), std::string::npos) << entry.path();
  }

  void configure(const std::string& text) {
    auto loaded = config::load_text("test.yaml", text, folder_.path(), config::process_environment());
    ASSERT_TRUE(loaded.ok()) << config::render(loaded.diagnostics, false);
    spec_.config = loaded.config;
  }
  void try_out(const std::string& instance, const fs::path& file) {
    spec_.trials.push_back({instance, file, file});
  }
  static fs::path shipped(const std::string& name) { return fs::path(EVLOOM_PLUGINS) / (name + ".so"); }
  static fs::path bad(const std::string& name) { return fs::path(test::test_plugins()) / (name + ".so"); }

  // Tries a bad plugin as a handler, after a good one.
  PreflightResult bad_handler(const std::string& name) {
    configure(
        "formats: [text]\nroutes:\n  - { path: '/good', handler: hello }\n  - { path: '/bad', handler: " +
        name + " }\n");
    spec_.trials.clear();
    try_out("hello", shipped("hello"));
    try_out(name, bad(name));
    return preflight(spec_);
  }

  test::TempDir folder_;
  PreflightSpec spec_;
  const std::size_t descriptors_ = descriptors();
};

std::string told(const PreflightResult& result) {
  return result.good ? "good" : result.instance + " | " + result.step + " | " + result.reason;
}

TEST_F(PreflightTest, GoodPluginsPass) {
  configure(R"(
stores: { counters: { plugin: memory }, file: { plugin: lmdb, path: data } }
formats: [text, json]
routes: [{ path: "/", handler: stats, store: counters }, { path: "/hello", handler: hello }]
)");
  for (const auto& [instance, plugin] : {std::pair("counters", "memory"),
                                         {"file", "lmdb"},
                                         {"text", "text"},
                                         {"json", "json"},
                                         {"stats", "stats"},
                                         {"hello", "hello"}})
    try_out(instance, shipped(plugin));
  const auto begin = Clock::now();
  const PreflightResult result = preflight(spec_);
  RecordProperty("milliseconds", static_cast<int>((Clock::now() - begin) / 1ms));
  EXPECT_TRUE(result.good) << told(result);
  EXPECT_EQ(result.warnings, std::vector<std::string>{});
  EXPECT_FALSE(fs::exists(folder_ / "data")) << "the trial opened what the living instance has open";
}

TEST_F(PreflightTest, NothingToTryIsGood) { EXPECT_TRUE(preflight(spec_).good); }

// The configuration is what the host read, whatever has become of the file; variables come from the
// environment of the host.
TEST_F(PreflightTest, TakesTheConfigurationFromTheHostAndNotFromTheFile) {
  ::setenv("EVLOOM_TEST_TEXT", "never seen", 1);
  configure(
      "handlers: { it: { plugin: keeper, text: '${EVLOOM_TEST_TEXT}' } }\nformats: [text]\nroutes: [{ path: "
      "'/', handler: it }]\n");
  try_out("it", bad("keeper"));
  EXPECT_EQ(told(preflight(spec_)), "good");
  ::unsetenv("EVLOOM_TEST_TEXT");
  const PreflightResult result = preflight(spec_);
  EXPECT_FALSE(result.good);
  EXPECT_NE(result.reason.find("EVLOOM_TEST_TEXT"), std::string::npos) << told(result);
}

struct Case {
  const char* name;
  const char* step;
  const char* reason;  // "*": what changes from run to run
};

std::string case_name(const ::testing::TestParamInfo<Case>& one) { return one.param.name; }

class BadPlugin : public PreflightTest, public ::testing::WithParamInterface<Case> {};

TEST_P(BadPlugin, IsToldWithInstanceStepAndReason) {
  const auto [name, step, reason] = GetParam();
  const PreflightResult result = bad_handler(name);
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.instance, name);
  EXPECT_EQ(result.step, step) << told(result);
  std::string wanted = reason;
  if (const std::size_t star = wanted.find('*'); star != std::string::npos) {
    EXPECT_TRUE(result.reason.starts_with(wanted.substr(0, star))) << told(result);
    EXPECT_TRUE(result.reason.ends_with(wanted.substr(star + 1))) << told(result);
  } else {
    EXPECT_EQ(result.reason, wanted);
  }
}

#define OF(name) "instance '" name "' of plugin '" name "' 1.0.0 "

INSTANTIATE_TEST_SUITE_P(
    All, BadPlugin,
    ::testing::Values(
        Case{"constructor_throws", "load", "crashed (SIGABRT)"},
        Case{"constructor_crashes", "load", "crashed (SIGSEGV)"},
        Case{"wrong_major", "load", "plugin file '*(build it with this host's SDK)"},
        Case{"missing_symbol", "load", "plugin 'missing_symbol' 1.0.0*evloom_test_nobody_has_this"},
        Case{"mismatch", "load", "plugin 'mismatch' 9.9.9*EVL_PLUGIN"},
        Case{"create_crashes", "create", "crashed (SIGSEGV)"},
        Case{"create_exits", "create", "exited with status 0"},
        Case{"create_fails", "create", OF("create_fails") "cannot be made: the moon is in the wrong phase"},
        Case{"create_throws", "create", OF("create_throws") "cannot be made: create threw: thrown by create"},
        Case{"missing_need", "create",
             OF("missing_need") "needs evloom.host.teapot/1, which this host does not offer"},
        Case{"no_interface", "create",
             OF("no_interface") "cannot be used: its note promises "
                                "evloom.handler/1, get_interface does not give it"},
        Case{"start_fails", "thread_start",
             OF("start_fails") "failed to start on loop 1: no descriptor is left"},
        Case{"start_crashes", "thread_start", "crashed (SIGSEGV)"},
        Case{"destroy_crashes", "destroy", "crashed (SIGABRT)"},
        Case{"event_left", "unload",
             "its code could not be unmapped: 1 event was left on loop 0; 1 event was left on loop 1"},
        Case{"timer_left", "unload",
             "its code could not be unmapped: 1 event was left on loop 0; 1 event was left on loop 1"},
        Case{"thread_left", "unload",
             "its code could not be unmapped: thread *('bad-thread') of " OF("thread_left") "still runs"}),
    case_name);

// What takes its time: the limit decides, and nothing else does.
class SlowPlugin : public PreflightTest, public ::testing::WithParamInterface<Case> {};

TEST_P(SlowPlugin, IsKilledWhenItsTimeIsUp) {
  const auto [name, step, unused] = GetParam();
  spec_.timeout = test::sanitized() ? 5s : 1500ms;
  const auto begin = Clock::now();
  const PreflightResult result = bad_handler(name);
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.instance, name) << told(result);
  EXPECT_EQ(result.step, step);
  EXPECT_EQ(result.reason, test::sanitized() ? "did not return within 5 s" : "did not return within 1500 ms");
  EXPECT_GE(Clock::now() - begin, spec_.timeout);
}

INSTANTIATE_TEST_SUITE_P(All, SlowPlugin,
                         ::testing::Values(Case{"constructor_sleeps", "load", ""},
                                           Case{"create_hangs", "create", ""},  // and blocks every signal
                                           Case{"start_hangs", "thread_start", ""},
                                           Case{"stop_hangs", "thread_stop", ""}),
                         case_name);

// What a trial of two loops with no request cannot show is the host's to survive.
TEST_F(PreflightTest, FaultsThatOnlyServingShowsPass) {
  for (const char* name : {"start_fails_third", "never_answers", "throws_on_request"})
    EXPECT_EQ(told(bad_handler(name)), "good") << name;
}

TEST_F(PreflightTest, AFormatIsMadeToRender) {
  configure("formats: [format_throws]\nroutes: [{ path: '/', handler: hello }]\n");
  try_out("format_throws", bad("format_throws"));
  EXPECT_EQ(told(preflight(spec_)),
            "format_throws | self-test | instance 'format_throws' of plugin 'format_throws' 1.0.0: list "
            "threw: thrown by list");
}

TEST_F(PreflightTest, AStoreIsAskedForItsHealth) {
  configure(
      "stores: { bad: { plugin: health_crashes }, late: { plugin: late_reply } }\nformats: [text]\nroutes: "
      "[{ "
      "path: '/', handler: hello }]\n");
  try_out("late", bad("late_reply"));
  try_out("bad", bad("health_crashes"));
  EXPECT_EQ(told(preflight(spec_)), "bad | self-test | crashed (SIGSEGV)");
}

TEST_F(PreflightTest, CodeThatStaysMappedIsAWarning) {
  const PreflightResult result = bad_handler("thread_destructor");
  EXPECT_TRUE(result.good) << told(result);
  EXPECT_EQ(result.warnings, std::vector<std::string>{
                                 "thread_destructor: its code stays mapped: a thread_local variable has a "
                                 "destructor: once a loop has used it the code stays in memory"});
}

TEST_F(PreflightTest, IsGivenUpWhenTheHostIsToStop) {
  const Fd interrupt(::eventfd(0, EFD_CLOEXEC));
  spec_.interrupt = interrupt.get();
  std::jthread stopper([&] {
    // Once the trial is there, at the latest when it would hang.
    test::wait_until(10s, [] { return !children().empty(); });
    const std::uint64_t one = 1;
    std::ignore = ::write(interrupt.get(), &one, sizeof one);
  });
  const PreflightResult result = bad_handler("create_hangs");
  EXPECT_FALSE(result.good);
  EXPECT_EQ(result.reason, "given up, because the host is going down");
  stopper.join();
  spec_.interrupt = -1;
}

TEST_F(PreflightTest, MessagesNameTheOriginalAndNotACopy) {
  const fs::path copy = folder_ / "copy-17.so";
  fs::copy_file(bad("wrong_major"), copy);
  configure("formats: [text]\nroutes: [{ path: '/', handler: wrong_major }]\n");
  spec_.trials.push_back({"wrong_major", copy, "/original/wrong_major.so"});
  const PreflightResult result = preflight(spec_);
  EXPECT_NE(result.reason.find("'/original/wrong_major.so'"), std::string::npos) << told(result);
  EXPECT_EQ(result.reason.find("copy-17"), std::string::npos) << told(result);
}

TEST_F(PreflightTest, AProgramThatCannotBeStartedIsTold) {
  spec_.program = folder_ / "nothing";
  const PreflightResult result = bad_handler("create_fails");
  EXPECT_EQ(told(result), "hello | load | it cannot be tried: posix_spawn: No such file or directory");
}

TEST_F(PreflightTest, WhatAPluginInheritsIsNothingOfTheHost) {
  // Not close-on-exec, as a library's could be.
  const Fd open(::fcntl(STDERR_FILENO, F_DUPFD, 900));
  ASSERT_GE(open.get(), 900);
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const PreflightResult result = bad_handler("heir");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(result.reason, OF("heir") "cannot be made: signals 0, descriptors 0") << told(result);
}

}  // namespace
}  // namespace evloom::change

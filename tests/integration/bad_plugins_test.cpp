// Bad plugins, each with one fault, brought to a host under load: refused before their code runs, given up in
// preflight or in the host, or survived while they serve. What served before serves on, and nothing is left.
//
// The traps of replacing code in a running process, and where each is shown:
// - the same path gives the old handle; a mapped file is overwritten in place: swap_test, Swap.AFileThatIs...
// - STB_GNU_UNIQUE: unique_symbol in BadPlugins.AreTurnedAway..., refused before it is loaded
// - thread_local with a destructor: Survived.AThreadLocalsDestructorKeepsTheCodeAndTheReasonIsTold
// - a constructor throws, crashes, sleeps; create never returns: constructor_*, create_hangs in AreTurnedAway
// - thread_start fails on the third loop: start_fails_third in AreTurnedAway, with three loops
// - an event or timer on a base, a thread that runs on: *_left in AreTurnedAway, and on the third loop, where
// no
//   trial sees them, Left.*
// - a reply for an instance that is gone: Survived.AReplyThatComesAfterItsStoreHasGone...
// - an idle loop must be woken: Idle.ASwapWakesEveryLoop
// - a request that never finishes: Survived.RequestsThatAreNeverAnswered..., and swap_test, Drain.*
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include "support/admin.hpp"
#include "support/at_rest.hpp"
#include "support/evloom_process.hpp"
#include "support/load.hpp"

namespace evloom::test {
namespace {

std::string config(std::string epochs = "{ rollback_window: 0s }", std::string limits = "{}",
                   int threads = 3) {
  Settings settings;
  settings.threads = threads;
  settings.limits = std::move(limits);
  settings.epochs = std::move(epochs);
  settings.more = kAdminYaml;
  settings.more_routes = "  - { path: \"/generation\", handler: generation }\n";
  return yaml(settings);
}

enum class Kind { handler, store, format };

// That configuration and a bad plugin besides.
std::string with(const std::string& text, std::string_view plugin, Kind kind = Kind::handler) {
  const std::string name(plugin);
  switch (kind) {
    case Kind::store:
      return replaced(text, "stores: {",
                      "stores: { " + name + ": { plugin: " + name + ", timeout: 100ms },") +
             "  - { path: /bad, handler: stats, store: " + name + " }\n";
    case Kind::format:
      return replaced(text, "routes:", "formats: [text, json, " + name + "]\nroutes:");
    default:
      return text + "  - { path: /bad, handler: " + name + " }\n";
  }
}

// The lines of the log that tell of an error in a change, from `from` on.
std::vector<std::string> change_errors(const std::string& log, std::size_t from) {
  std::istringstream lines(log.substr(from));
  std::vector<std::string> found;
  for (std::string line; std::getline(lines, line);)
    if (line.find(" error change ") != std::string::npos) found.push_back(line);
  return found;
}

struct Bad {
  const char* plugin;
  const char* outcome;
  const char* step;   // the one that failed
  const char* words;  // of the error
  Kind kind = Kind::handler;
};

constexpr const char* kTime = "did not return within ";

const Bad kTurnedAway[] = {
    // By its note: no change is begun.
    {"garbage_note", "refused", "", "garbage_note.so' is no plugin: its id does not follow the rule"},
    {"no_note", "refused", "", "no_note.so' is no plugin: it has no evloom note"},
    // By what the file is: none of its code runs.
    {"executable_stack", "failed", "admit", "asks for an executable stack"},
    {"extra_export", "failed", "admit", "parse_everything: exported besides the entry"},
    {"newer_minor", "failed", "admit", "built for ABI 1.999, this host has only 1."},
    {"no_entry", "failed", "admit", "does not export its entry"},
    {"nodelete", "failed", "admit", "asks to stay in memory for good"},
    {"unique_symbol", "failed", "admit", "a unique symbol would pin it in memory for good"},
    {"wrong_major", "failed", "admit", "built for ABI 2.0, this host has 1."},
    // In a process of its own.
    {"constructor_throws", "failed", "preflight", "load: crashed (SIGABRT)"},
    {"constructor_crashes", "failed", "preflight", "load: crashed (SIGSEGV)"},
    {"constructor_sleeps", "failed", "preflight", kTime},
    {"mismatch", "failed", "preflight", "its entry and its note state different version"},
    {"missing_symbol", "failed", "preflight", "undefined symbol: evloom_test_nobody_has_this"},
    {"create_crashes", "failed", "preflight", "create: crashed (SIGSEGV)"},
    {"create_exits", "failed", "preflight", "create: exited with status 0"},
    {"create_fails", "failed", "preflight", "the moon is in the wrong phase"},
    {"create_hangs", "failed", "preflight", kTime},
    {"create_throws", "failed", "preflight", "create threw: thrown by create"},
    {"heir", "failed", "preflight", "signals 0, descriptors 0"},
    {"hollow_table", "failed", "preflight", "its table for evloom.handler/1 lacks on_request"},
    {"missing_need", "failed", "preflight", "needs evloom.host.teapot/1, which this host does not offer"},
    {"no_interface", "failed", "preflight", "promises evloom.handler/1, get_interface does not give it"},
    {"small_table", "failed", "preflight", "is too small (8 bytes"},
    {"start_crashes", "failed", "preflight", "thread_start: crashed (SIGSEGV)"},
    {"start_fails", "failed", "preflight", "failed to start on loop 1: no descriptor is left"},
    {"start_hangs", "failed", "preflight", kTime},
    {"format_throws", "failed", "preflight", "list threw: thrown by list", Kind::format},
    {"health_crashes", "failed", "preflight", "self-test: crashed (SIGSEGV)", Kind::store},
    {"stop_hangs", "failed", "preflight", kTime},
    {"destroy_crashes", "failed", "preflight", "destroy: crashed (SIGABRT)"},
    {"event_left", "failed", "preflight",
     "unload: its code could not be unmapped: 1 event was left on loop 0"},
    {"timer_left", "failed", "preflight",
     "unload: its code could not be unmapped: 1 event was left on loop 0"},
    {"thread_left", "failed", "preflight", "('bad-thread') of instance 'thread_left'"},
    // In the host.
    {"start_fails_third", "failed", "warm", "failed to start on loop 2: two loops are enough"},
};

// Shown by tests of their own below.
const char* const kSurvived[] = {"throws_on_request", "never_answers",    "late_reply",
                                 "thread_destructor", "event_left_third", "timer_left_third",
                                 "thread_left_third"};

TEST(BadPlugins, AreAllHere) {
  std::set<std::string> known, built;
  for (const Bad& bad : kTurnedAway) known.insert(bad.plugin);
  for (const char* plugin : kSurvived) known.insert(plugin);
  std::istringstream targets(BAD_PLUGINS);
  for (std::string target; targets >> target;) built.insert(target.substr(std::string("bad_").size()));
  EXPECT_EQ(known, built);
}

TEST(BadPlugins, AreTurnedAwayUnderLoadWithInstanceStepAndReason) {
  const std::string first = config();
  Evloom evloom(first);
  const Admin admin(evloom);
  Load stats({.address = evloom.address(), .bytes = get("/"), .connections = 16});
  Load generation({.address = evloom.address(), .bytes = get("/generation"), .connections = 16});
  ASSERT_TRUE(stats.wait_good(100, widened(milliseconds(10000))));
  ASSERT_TRUE(generation.wait_good(100, widened(milliseconds(10000))));
  const AtRest before(evloom);

  for (const Bad& bad : kTurnedAway) {
    SCOPED_TRACE(bad.plugin);
    const std::size_t logged = evloom.log().size();
    // Time is up at once for those who never come back, and for them alone.
    rewrite(evloom, bad.words == kTime
                        ? replaced(with(first, bad.plugin, bad.kind), "rollback_window: 0s",
                                   sanitized() ? "preflight_timeout: 5s" : "preflight_timeout: 300ms")
                        : with(first, bad.plugin, bad.kind));
    const Json change = admin.reload();
    const std::string error = change["error"];
    EXPECT_EQ(change["outcome"], bad.outcome) << error;
    EXPECT_EQ(change["failed_step"], bad.step) << error;
    EXPECT_NE(error.find(bad.words), std::string::npos) << error;
    EXPECT_NE(error.find(bad.plugin), std::string::npos) << error;
    EXPECT_EQ(change["failed_instance"], *bad.step ? bad.plugin : "");
    EXPECT_EQ(change["epoch"], 1);

    const std::string title = "change " + change["number"].dump() + ": reload " + bad.outcome;
    EXPECT_TRUE(wait_until(widened(milliseconds(5000)),
                           [&] { return evloom.log().find(title, logged) != std::string::npos; }));
    const std::vector<std::string> errors = change_errors(evloom.log(), logged);
    ASSERT_EQ(errors.size(), 1u) << ::testing::PrintToString(errors);
    EXPECT_NE(errors[0].find(bad.words), std::string::npos) << errors[0];
    EXPECT_NE(errors[0].find("epoch 1 serves on"), std::string::npos) << errors[0];

    before.expect(evloom, admin);
    EXPECT_EQ(admin.status()["epochs"][0]["number"], 1);
    EXPECT_TRUE(stats.wait_good(20, widened(milliseconds(10000))));
    EXPECT_TRUE(generation.wait_good(20, widened(milliseconds(10000))));
  }
  for (Load* load : {&stats, &generation}) {
    const LoadResult result = load->stop();
    EXPECT_EQ(result.with(200), result.answered()) << result.summary();
    EXPECT_EQ(result.lost(), 0u) << result.summary();
  }
  EXPECT_EQ(evloom.stop(), "");
}

TEST(BadPlugins, AHostThatIsToldToGoDoesNotWaitForOneThatHangs) {
  const std::string first = config("{ preflight_timeout: 1m }");
  Evloom evloom(first);
  const Admin admin(evloom);
  rewrite(evloom, with(first, "create_hangs"));
  evloom.process().signal(SIGHUP);
  ASSERT_TRUE(wait_until(widened(milliseconds(10000)), [&] { return !children(evloom).empty(); }));
  const auto begin = Clock::now();
  EXPECT_EQ(evloom.stop(), "");
  EXPECT_LT(Clock::now() - begin, widened(milliseconds(5000)));
  EXPECT_TRUE(evloom.log_has("given up, because the host is going down")) << evloom.log();
}

TEST(BadPlugins, AFileOfAnotherPluginIsNoSwap) {
  Evloom evloom(config());
  const Admin admin(evloom);
  const Json change = admin.swap("generation", plugin_file("create_crashes"));
  EXPECT_EQ(change["outcome"], "refused");
  EXPECT_NE(change["error"].get<std::string>().find("is plugin 'create_crashes', not 'generation'"),
            std::string::npos)
      << change;
  EXPECT_EQ(evloom.get("/generation").body, "generation 1 plain\n");
  EXPECT_EQ(evloom.stop(), "");
}

// A host that serves with a bad plugin at /bad, while others are asked something else.
class Survived : public ::testing::Test {
 protected:
  void begin(std::string_view plugin, Kind kind = Kind::handler,
             std::string epochs = "{ rollback_window: 0s }", std::string limits = "{}") {
    first_ = config(std::move(epochs), std::move(limits));
    plugin_ = plugin;
    evloom_ = std::make_unique<Evloom>(first_);
    admin_ = std::make_unique<Admin>(*evloom_);
    load_ = std::make_unique<Load>(
        LoadOptions{.address = evloom_->address(), .bytes = get("/generation"), .connections = 16});
    ASSERT_TRUE(load_->wait_good(100, widened(milliseconds(10000))));
    before_ = std::make_unique<AtRest>(*evloom_);
    rewrite(*evloom_, with(first_, plugin, kind));
    ASSERT_EQ(outcome(admin_->reload()), "serving ");
  }
  // Brings in another build of the same code by a swap.
  void swap() {
    ASSERT_EQ(outcome(admin_->swap(plugin_, variant(plugin_file(plugin_), evloom_->folder(), 1))),
              "serving ");
  }
  // Takes the plugin away again; what became of its code.
  Json end() {
    rewrite(*evloom_, first_);
    const Json change = admin_->reload();
    EXPECT_EQ(outcome(change), "serving ");
    EXPECT_TRUE(admin_->settle());
    const Json code = admin_->entry(change["number"])["before"]["code"];
    EXPECT_EQ(code.size(), 1u) << code;
    return code.empty() ? Json::object() : code[0];
  }
  void expect_alive() {
    EXPECT_TRUE(load_->wait_good(20, widened(milliseconds(10000))));
    const LoadResult result = load_->stop();
    EXPECT_EQ(result.with(200), result.answered()) << result.summary();
    EXPECT_EQ(result.lost(), 0u) << result.summary();
    EXPECT_EQ(evloom_->get("/bad").status, 404);
    EXPECT_EQ(evloom_->stop(), "");
  }

  std::string first_;
  std::string plugin_;
  std::unique_ptr<Evloom> evloom_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<AtRest> before_;
  std::unique_ptr<Load> load_;
};

TEST_F(Survived, AnExceptionOnEveryRequest) {
  begin("throws_on_request");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(evloom_->get("/bad").status, 500);
  swap();
  EXPECT_EQ(evloom_->get("/bad").status, 500);
  EXPECT_EQ(end()["unmapped"], true);
  before_->expect(*evloom_, *admin_);
  expect_alive();
}

TEST_F(Survived, RequestsThatAreNeverAnsweredGet503AndTheCodeGoes) {
  begin("never_answers", Kind::handler, "{ rollback_window: 0s, drain_timeout: 200ms }",
        "{ reply_timeout: 1h }");
  std::vector<Client> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(evloom_->connect());
    waiting.back().send(get("/bad"));
  }
  ASSERT_TRUE(wait_until(widened(milliseconds(5000)), [&] {
    const Json status = admin_->status();
    for (const Json& instance : status["instances"])
      if (instance["name"] == "never_answers") return instance["in_flight"] == 8;
    return false;
  })) << admin_->status();
  swap();
  for (Client& client : waiting) EXPECT_EQ(client.read().status, 503);
  waiting.front().send(get("/bad"));
  EXPECT_EQ(end()["unmapped"], true);
  EXPECT_EQ(waiting.front().read().status, 503);
  waiting.clear();
  before_->expect(*evloom_, *admin_);
  expect_alive();
}

TEST_F(Survived, AReplyThatComesAfterItsStoreHasGoneReachesNobody) {
  begin("late_reply", Kind::store);
  std::vector<Client> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(evloom_->connect());
    waiting.back().send(get("/bad"));
  }
  for (Client& client : waiting) {
    const Response response = client.read();
    EXPECT_EQ(response.status, 503);
    EXPECT_NE(response.body.find("unknown"), std::string::npos) << response.body;
  }
  swap();  // thread_stop of the old one replies
  for (Client& client : waiting) client.send(get("/bad"));
  EXPECT_EQ(end()["unmapped"], true);
  for (Client& client : waiting) EXPECT_EQ(client.read().status, 503);
  waiting.clear();
  before_->expect(*evloom_, *admin_);
  expect_alive();
}

TEST_F(Survived, AThreadLocalsDestructorKeepsTheCodeAndTheReasonIsTold) {
  begin("thread_destructor");
  EXPECT_EQ(evloom_->get("/bad").status, 500) << "it neither answers nor holds";
  const Json code = end();
  EXPECT_EQ(code["unmapped"], false);
  EXPECT_NE(code["reason"].get<std::string>().find("a thread_local variable has a destructor"),
            std::string::npos)
      << code;
  EXPECT_TRUE(evloom_->wait_log("stays mapped: a thread_local variable has a destructor"));
  EXPECT_EQ(mapped_plugins(*evloom_).size(), before_->mapped + 1);
  EXPECT_EQ(evloom_->descriptors_settled(before_->descriptors), before_->descriptors);
  expect_alive();
}

class Left : public Survived, public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

// Only the third loop has it, so only the host finds it.
TEST_P(Left, BehindKeepsTheCodeAndTheReasonIsTold) {
  const auto [plugin, reason] = GetParam();
  begin(plugin);
  EXPECT_EQ(evloom_->get("/bad").status, 500) << "it neither answers nor holds";
  swap();
  const Json code = end();
  EXPECT_EQ(code["unmapped"], false);
  EXPECT_NE(code["reason"].get<std::string>().find(reason), std::string::npos) << code;
  EXPECT_EQ(mapped_plugins(*evloom_).size(), before_->mapped + 2) << "both builds stay";
  EXPECT_TRUE(evloom_->wait_log(reason));
  expect_alive();
}

INSTANTIATE_TEST_SUITE_P(OnTheThirdLoop, Left,
                         ::testing::Values(std::pair("event_left_third", "1 event was left on loop 2"),
                                           std::pair("timer_left_third", "1 event was left on loop 2"),
                                           std::pair("thread_left_third", "('bad-thread') of instance")),
                         [](const auto& instance) { return std::string(instance.param.first); });

TEST(Idle, ASwapWakesEveryLoop) {
  Evloom evloom(config("{ rollback_window: 0s }", "{}", 4));
  const Admin admin(evloom);
  std::vector<Client> idle;
  for (int i = 0; i < 32; ++i) {
    idle.push_back(evloom.connect());
    EXPECT_EQ(idle.back().get("/generation").body, "generation 1 plain\n");
  }
  const auto begin = Clock::now();
  const Json change = admin.swap("generation", plugin_file("generation_2"));
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_LT(Clock::now() - begin, widened(milliseconds(1000)));
  EXPECT_TRUE(admin.settle()) << "every loop has let go of the old epoch, though nobody asked it anything";
  for (Client& client : idle) EXPECT_EQ(client.get("/generation").body, "generation 2 plain\n");
  EXPECT_EQ(evloom.stop(), "");
}

}  // namespace
}  // namespace evloom::test

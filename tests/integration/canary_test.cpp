// Canary: a change serves on one loop first. A good one goes on to the others by itself, a bad one is taken
// back by itself, and says why; whoever asks for something else notices neither.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <string>
#include <thread>

#include "support/admin.hpp"
#include "support/at_rest.hpp"
#include "support/evloom_process.hpp"
#include "support/load.hpp"

namespace evloom::test {
namespace {

constexpr milliseconds kSoon{10000};

// What is said of a step; "none" when the change has no such step.
std::string said(const Json& change, std::string_view step) {
  for (const Json& one : change["steps"])
    if (one["name"] == step) return one["text"].get<std::string>();
  return "none";
}

// A host whose /pace is answered by pace; a test gives it other options.
class Canary : public ::testing::Test {
 protected:
  void start(const std::string& canary, int threads = 2) {
    Settings settings;
    settings.threads = threads;
    settings.epochs = "{ rollback_window: 0s, canary: " + canary + " }";
    settings.more = std::string(kAdminYaml) + "handlers: { pace: { plugin: pace } }\n";
    settings.more_routes =
        "  - { path: \"/generation\", handler: generation }\n  - { path: \"/pace\", handler: pace }\n";
    text_ = yaml(settings);
    evloom_ = std::make_unique<Evloom>(text_);
    admin_ = std::make_unique<Admin>(*evloom_);
  }
  Json reload(std::string_view options) {
    rewrite(*evloom_, replaced(text_, "plugin: pace", "plugin: pace, " + std::string(options)));
    return admin_->reload();
  }
  std::unique_ptr<Load> load(std::string_view path, int connections = 32, milliseconds pause = {}) {
    auto load = std::make_unique<Load>(LoadOptions{
        .address = evloom_->address(), .bytes = get(path), .connections = connections, .pause = pause});
    EXPECT_TRUE(load->wait_good(100, widened(kSoon)));
    return load;
  }
  static void all_good(Load& load) {
    EXPECT_TRUE(load.wait_good(50, widened(kSoon)));
    const LoadResult result = load.stop();
    EXPECT_EQ(result.with(200), result.answered()) << result.summary();
    EXPECT_EQ(result.lost(), 0u) << result.summary();
  }
  // Whatever loop a connection is on, it is answered so.
  void expect_everywhere(std::string_view word) {
    bool loops[2] = {false, false};
    const int threads = admin_->status()["loops"];
    for (int i = 0; i < 200 && (i < 40 || !loops[0] || (threads > 1 && !loops[1])); ++i) {
      const std::string body = evloom_->get("/pace").body;
      for (int loop = 0; loop < 2; ++loop)
        loops[loop] |= body == std::string(word) + " on loop " + std::to_string(loop) + "\n";
      EXPECT_TRUE(body.starts_with(std::string(word) + " on loop ")) << body;
    }
    EXPECT_TRUE(loops[0] && (threads == 1 || loops[1]));
  }
  void expect_end() { EXPECT_EQ(evloom_->stop(), ""); }

  std::string text_;
  std::unique_ptr<Evloom> evloom_;
  std::unique_ptr<Admin> admin_;
};

TEST_F(Canary, AGoodOneGoesOnToAllLoops) {
  start("{ requests: 100, timeout: 1m, p99: 1000x }");
  const AtRest before(*evloom_);
  const auto pace = load("/pace");
  const auto others = load("/generation", 8);
  const Json change = reload("word: fancy");
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_GE(std::stoi(said(change, "canary")), 100) << change;
  EXPECT_NE(said(change, "canary").find("requests on loop 0, 0 errors, p99 "), std::string::npos) << change;
  EXPECT_NE(said(change, "flip"), "none");
  EXPECT_EQ(change["epoch"], 2);
  expect_everywhere("fancy");
  all_good(*pace);
  all_good(*others);
  before.expect(*evloom_, *admin_);
  expect_end();
}

TEST_F(Canary, OneWhoseAnswersAreErrorsIsTakenBackAndItsCodeIsUnmapped) {
  start("{ requests: 1000000, timeout: 1h, p99: 1000x }");
  // A file of its own, so that the bad one is other code as well.
  const std::filesystem::path file = evloom_->folder() / "mine.so";
  const std::string code = read_file(plugin_file("pace"));
  write_file(file, code + "good");
  rewrite(*evloom_, replaced(text_, "timeout: 1h", "timeout: 100ms"));
  ASSERT_EQ(outcome(admin_->reload()), "serving ");
  ASSERT_EQ(outcome(admin_->swap("pace", file)), "serving ");
  const AtRest before(*evloom_);
  const auto pace = load("/pace");
  const auto others = load("/generation", 8);

  write_file(file, code + "bad");
  const Json change = reload("status: 500, word: bad");
  EXPECT_EQ(change["outcome"], "failed");
  EXPECT_EQ(change["failed_step"], "canary");
  const std::string error = change["error"];
  EXPECT_NE(error.find("the canary was taken back: "), std::string::npos) << error;
  EXPECT_NE(error.find(" answers were errors ("), std::string::npos) << error;
  EXPECT_NE(error.find("epochs.canary.errors is 1 %"), std::string::npos) << error;
  EXPECT_EQ(change["epoch"], 3);
  EXPECT_EQ(said(change, "flip"), "none");
  EXPECT_TRUE(evloom_->wait_log("the canary was taken back: "));

  EXPECT_TRUE(pace->wait_good(50, widened(kSoon)));
  expect_everywhere("plain");
  EXPECT_TRUE(admin_->settle());
  EXPECT_EQ(admin_->status()["epochs"][0]["number"], 3);
  const LoadResult result = pace->stop();
  EXPECT_GE(result.with(500), 20u) << result.summary();
  EXPECT_EQ(result.with(200) + result.with(500), result.answered()) << result.summary();
  EXPECT_EQ(result.lost(), 0u) << result.summary();
  all_good(*others);
  before.expect(*evloom_, *admin_);
  EXPECT_TRUE(evloom_->wait_log("epoch 4 has retired"));
  const std::string log = evloom_->log();
  const std::string line = log.substr(log.find("epoch 4 has retired"));
  EXPECT_NE(line.substr(0, line.find('\n')).find("; pace build "), std::string::npos) << line;
  EXPECT_NE(line.substr(0, line.find('\n')).find(" unmapped"), std::string::npos) << line;
  expect_end();
}

TEST_F(Canary, OneThatIsSlowIsTakenBack) {
  start("{ requests: 1000000, timeout: 1h, p99: 3x }");
  const AtRest before(*evloom_);
  const auto pace = load("/pace", 64, milliseconds(2));
  const auto others = load("/generation", 4, milliseconds(20));
  const Json change = reload(sanitized() ? "delay: 1s" : "delay: 200ms");
  EXPECT_EQ(change["outcome"], "failed");
  EXPECT_EQ(change["failed_step"], "canary");
  const std::string error = change["error"];
  EXPECT_NE(error.find("the canary was taken back: its p99 is "), std::string::npos) << error;
  EXPECT_NE(error.find("epochs.canary.p99 is 3x"), std::string::npos) << error;
  EXPECT_EQ(change["epoch"], 1);
  all_good(*pace);
  all_good(*others);
  expect_everywhere("plain");
  before.expect(*evloom_, *admin_);
  expect_end();
}

// They began before the change, and end on the loop of the canary while it is watched.
TEST_F(Canary, IsNotBlamedForRequestsOfTheEpochBefore) {
  start("{ requests: 1000000, timeout: 1500ms, p99: 1000x }");
  std::vector<Client> late;
  for (int i = 0; i < 60; ++i) {
    late.push_back(evloom_->connect());
    late.back().send(get("/echo?sleep=700&status=500"));
  }
  ASSERT_TRUE(wait_until(widened(kSoon), [&] { return admin_->status()["epochs"][0]["requests"] == 60; }));
  const Json change = reload("word: fancy");
  EXPECT_EQ(outcome(change), "serving ") << change;
  EXPECT_TRUE(said(change, "canary").starts_with("0 requests on loop 0")) << change;
  for (Client& client : late) EXPECT_EQ(client.read().status, 500);
  expect_everywhere("fancy");
  expect_end();
}

TEST_F(Canary, WithoutTrafficItGoesOnWhenItsTimeIsUp) {
  start("{ timeout: 300ms }");
  const auto begin = Clock::now();
  const Json change = reload("word: fancy");
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_GE(Clock::now() - begin, milliseconds(300));
  EXPECT_TRUE(said(change, "canary").starts_with("0 requests on loop 0")) << change;
  expect_everywhere("fancy");
  EXPECT_TRUE(admin_->settle());
  expect_end();
}

TEST_F(Canary, SigtermEndsItAndTheHost) {
  start("{ requests: 1000000, timeout: 1h, p99: 1000x }");
  // None connects anew: who does so in the moment in which the host closes its listener is turned away.
  Load pace({.address = evloom_->address(), .bytes = get("/pace"), .connections = 16, .reconnect = false});
  rewrite(*evloom_, replaced(text_, "plugin: pace", "plugin: pace, word: fancy"));
  std::thread change([&] {
    try {
      admin_->reload();
    } catch (const std::exception&) {  // the API may be gone before it answers
    }
  });
  EXPECT_TRUE(wait_until(widened(kSoon), [&] {
    const Json under_way = admin_->status()["change"];
    return !under_way.is_null() && said(under_way, "canary") != "none";
  })) << admin_->status();
  EXPECT_TRUE(pace.wait_good(50, widened(kSoon))) << "it serves meanwhile";
  const auto begin = Clock::now();
  EXPECT_EQ(evloom_->stop(), "");
  EXPECT_LT(Clock::now() - begin, widened(milliseconds(5000)));
  change.join();
  EXPECT_TRUE(evloom_->log_has("the canary was taken back: the host is going down")) << evloom_->log();
  const LoadResult result = pace.stop();
  EXPECT_EQ(result.with(200), result.answered()) << result.summary();
  EXPECT_EQ(result.resets, 0u) << result.summary();
}

TEST_F(Canary, WithOneLoopErrorsDecideAndSlownessIsLetThrough) {
  start("{ requests: 100, timeout: 1m, p99: 2x }", 1);
  const AtRest before(*evloom_);
  const auto pace = load("/pace", 16);
  EXPECT_EQ(outcome(reload("delay: 10ms, word: slow")), "serving ");
  expect_everywhere("slow");
  const Json change = reload("status: 503, word: bad");
  EXPECT_EQ(change["outcome"], "failed");
  EXPECT_EQ(change["failed_step"], "canary");
  EXPECT_NE(change["error"].get<std::string>().find("answers were errors"), std::string::npos) << change;
  EXPECT_TRUE(pace->wait_good(20, widened(kSoon)));
  expect_everywhere("slow");
  EXPECT_EQ(pace->stop().lost(), 0u);
  before.expect(*evloom_, *admin_);
  expect_end();
}

TEST_F(Canary, OfAHandOverThereIsNone) {
  start("{ timeout: 1h }");
  const Json change = admin_->swap("counters", variant(plugin_file("memory"), evloom_->folder(), 1));
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_EQ(said(change, "canary"), "none");
  EXPECT_NE(said(change, "hand over").find("no canary"), std::string::npos) << change;
  expect_end();
}

}  // namespace
}  // namespace evloom::test

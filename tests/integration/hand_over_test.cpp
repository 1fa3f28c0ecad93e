// Hand-over: instances that cannot run beside their successor. What is asked meanwhile waits and is answered,
// their state goes on, and whatever fails on the way, at whatever step, ends with the old one as it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "support/admin.hpp"
#include "support/at_rest.hpp"
#include "support/evloom_process.hpp"
#include "support/ledger.hpp"
#include "support/load.hpp"
#include "support/stats.hpp"

namespace evloom::test {
namespace {

constexpr milliseconds kSoon{10000};

bool has_step(const Json& change, std::string_view name) {
  return std::any_of(change["steps"].begin(), change["steps"].end(),
                     [name](const Json& step) { return step["name"] == name; });
}

std::string config(std::string epochs, std::string limits) {
  Settings settings;
  settings.epochs = std::move(epochs);
  settings.limits = std::move(limits);
  settings.more = std::string(kAdminYaml) + "handlers: { fickle: { plugin: fickle, path: folder } }\n";
  settings.more_routes =
      "  - { path: \"/generation\", handler: generation }\n"
      "  - { path: \"/count\", handler: fickle, methods: [GET, POST] }\n";
  return yaml(settings);
}

// A host whose /count is answered by fickle, build 1: it counts, hands its count over, and has a folder.
class HandOver : public ::testing::Test {
 protected:
  void start(std::string epochs = "{ rollback_window: 0s }", std::string limits = "{}") {
    text_ = config(std::move(epochs), std::move(limits));
    evloom_ = std::make_unique<Evloom>(text_);
    admin_ = std::make_unique<Admin>(*evloom_);
  }
  // Where fickle is to fail from now on.
  void fault(std::string_view what) { write_file(evloom_->folder() / "folder/fault", what); }
  void heal() { std::filesystem::remove(evloom_->folder() / "folder/fault"); }

  Json swap(int build) { return admin_->swap("fickle", plugin_file(build == 1 ? "fickle" : "fickle_2")); }
  // Which request of all this one is, and who answered it: "12 of 2".
  std::string count() { return evloom_->get("/count").body; }
  std::unique_ptr<Load> load() {
    auto load = std::make_unique<Load>(
        LoadOptions{.address = evloom_->address(), .bytes = get("/count"), .connections = 16});
    EXPECT_TRUE(load->wait_good(100, widened(kSoon)));
    return load;
  }
  // Ends a load none of whose requests failed; how many they were.
  static std::int64_t all_good(Load& load) {
    EXPECT_TRUE(load.wait_good(50, widened(kSoon)));
    const LoadResult result = load.stop();
    EXPECT_EQ(result.with(200), result.answered()) << result.summary();
    EXPECT_EQ(result.lost(), 0u) << result.summary();
    return static_cast<std::int64_t>(result.answered());
  }
  static std::string of(std::int64_t count, int build) {
    return std::to_string(count) + " of " + std::to_string(build) + "\n";
  }

  std::string text_;
  std::unique_ptr<Evloom> evloom_;
  std::unique_ptr<Admin> admin_;
};

TEST_F(HandOver, ACountGoesOnExactlyThroughTwentySwapsUnderLoad) {
  start();
  const AtRest before(*evloom_);
  const auto clients = load();
  for (int i = 0; i < 20; ++i) {
    const Json change = swap(i % 2 == 0 ? 2 : 1);
    ASSERT_EQ(outcome(change), "serving ");
    EXPECT_TRUE(has_step(change, "hold") && has_step(change, "hand over")) << change;
    ASSERT_TRUE(clients->wait_good(20, widened(kSoon)));
  }
  EXPECT_EQ(count(), of(all_good(*clients) + 1, 1));
  before.expect(*evloom_, *admin_);
  EXPECT_EQ(evloom_->stop(), "");
}

struct Failing {
  const char* fault;
  const char* words;
};

class HandOverThatFails : public HandOver, public ::testing::WithParamInterface<Failing> {};

// Only in the host: a trial has a folder of its own, and no state to take over.
TEST_P(HandOverThatFails, MakesTheOldOneAgainWithItsStateAndNoRequestFails) {
  start();
  const AtRest before(*evloom_);
  const auto clients = load();
  fault(std::string("2 ") + GetParam().fault);
  for (int i = 0; i < 3; ++i) {
    const Json change = swap(2);
    EXPECT_EQ(change["outcome"], "failed");
    EXPECT_EQ(change["failed_step"], "hand over");
    EXPECT_EQ(change["failed_instance"], "fickle");
    EXPECT_NE(change["error"].get<std::string>().find(GetParam().words), std::string::npos)
        << change["error"];
    EXPECT_TRUE(has_step(change, "restore")) << change;
    EXPECT_EQ(change["epoch"], 3 + 2 * i) << "one was lost, one restores";
    EXPECT_TRUE(clients->wait_good(20, widened(kSoon)));
  }
  EXPECT_TRUE(evloom_->wait_log(GetParam().words));
  const std::int64_t answered = all_good(*clients);
  EXPECT_EQ(count(), of(answered + 1, 1));
  before.expect(*evloom_, *admin_);
  heal();
  ASSERT_EQ(outcome(swap(2)), "serving ");
  EXPECT_EQ(count(), of(answered + 2, 2));
  EXPECT_EQ(evloom_->stop(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Step, HandOverThatFails,
    ::testing::Values(Failing{"create", "cannot be made: create is in a bad mood"},
                      Failing{"start", "failed to start on loop 1: start is in a bad mood"},
                      Failing{"load", "load is in a bad mood"},
                      Failing{"accepts", "does not accept state version 1 of plugin 'fickle' 1.0.0"}),
    [](const auto& instance) { return std::string(instance.param.fault); });

TEST_F(HandOver, WhoCannotSaveItsStateGoesOnWhereItWas) {
  start();
  fault("1 save");
  // It reads its fault when it is made.
  rewrite(*evloom_, replaced(text_, "path: folder }", "path: folder, note: again }"));
  ASSERT_EQ(outcome(admin_->reload()), "serving ");
  const auto clients = load();
  const Json change = swap(2);
  EXPECT_EQ(change["outcome"], "failed");
  EXPECT_EQ(change["failed_step"], "hand over");
  EXPECT_NE(change["error"].get<std::string>().find("save is in a bad mood"), std::string::npos)
      << change["error"];
  const std::int64_t answered = all_good(*clients);
  EXPECT_EQ(count(), of(answered + 1, 1));
  heal();
  ASSERT_EQ(outcome(swap(2)), "serving ");
  EXPECT_EQ(count(), of(answered + 2, 2));
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, WhatCannotBeMadeAgainAnswers503UntilItCan) {
  start();
  EXPECT_EQ(count(), of(1, 1));
  Load others({.address = evloom_->address(), .bytes = get("/generation"), .connections = 4});
  fault("any create");
  const Json change = swap(2);
  EXPECT_EQ(change["outcome"], "failed");
  EXPECT_EQ(change["failed_step"], "hand over");
  EXPECT_TRUE(evloom_->wait_log("trying again every second"));
  for (int i = 0; i < 5; ++i) {
    const auto begin = Clock::now();
    const Response response = evloom_->get("/count");
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.header("Retry-After"));
    EXPECT_LT(Clock::now() - begin, widened(milliseconds(500))) << "it is not left to wait for its deadline";
  }
  EXPECT_TRUE(others.wait_good(20, widened(kSoon)));
  heal();
  EXPECT_TRUE(wait_until(widened(milliseconds(2500)), [&] { return evloom_->get("/count").status == 200; }));
  EXPECT_EQ(count(), of(3, 1)) << "with the count that it had";
  const LoadResult result = others.stop();
  EXPECT_EQ(result.with(200), result.answered()) << result.summary();
  EXPECT_EQ(result.lost(), 0u) << result.summary();
  EXPECT_TRUE(admin_->settle());
  ASSERT_EQ(outcome(swap(2)), "serving ");
  EXPECT_EQ(count(), of(4, 2));
  EXPECT_EQ(evloom_->stop(), "");
}

// Two fail one after the other: the state that the first one saved must outlive the second change.
TEST_F(HandOver, AStateThatWaitsForItsOwnerOutlivesAFurtherFailure) {
  start();
  EXPECT_EQ(count(), of(1, 1));
  EXPECT_EQ(evloom_->get("/").status, 200);
  fault("any create");
  EXPECT_EQ(swap(2)["outcome"], "failed");
  heal();
  // The store cannot take over what it is given, in so little memory.
  rewrite(*evloom_, replaced(text_, "{ plugin: memory }", "{ plugin: memory, max_memory: 1 }"));
  const Json change = admin_->reload();
  EXPECT_EQ(change["outcome"], "failed") << change;
  EXPECT_EQ(change["failed_instance"], "counters") << change;
  ASSERT_TRUE(wait_until(widened(milliseconds(2500)), [&] { return evloom_->get("/count").status == 200; }));
  EXPECT_EQ(count(), of(3, 1));
  const Response stats = evloom_->get("/");
  std::string why;
  const auto told = parse_stats(stats.body, why);
  ASSERT_TRUE(told) << why << stats.body;
  EXPECT_EQ(told->total, 2);
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, AStoreThatCannotTakeTheStateOverLeavesTheOldOneWithAllCounts) {
  start();
  const AtRest before(*evloom_);
  Ledger ledger;
  Load clients({.address = evloom_->address(), .bytes = get("/"), .connections = 16, .ledger = &ledger});
  ASSERT_TRUE(clients.wait_good(100, widened(kSoon)));
  rewrite(*evloom_, replaced(text_, "{ plugin: memory }", "{ plugin: memory, max_memory: 1 }"));
  for (int i = 0; i < 3; ++i) {
    const Json change = admin_->reload();
    EXPECT_EQ(change["outcome"], "failed");
    EXPECT_EQ(change["failed_step"], "hand over");
    EXPECT_EQ(change["failed_instance"], "counters");
    EXPECT_TRUE(clients.wait_good(20, widened(kSoon)));
  }
  all_good(clients);
  EXPECT_EQ(ledger.violations(), "");
  std::string why;
  const auto told = parse_stats(evloom_->get("/").body, why);
  ASSERT_TRUE(told) << why;
  EXPECT_EQ(ledger.violations(told->total - 1), "");
  before.expect(*evloom_, *admin_);
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, OneThatDoesNotBecomeQuietIsLeftAloneAndWhatWaitedGoesOn) {
  start("{ rollback_window: 0s, hold_timeout: 300ms }", "{ reply_timeout: 1h }");
  Client holder = evloom_->connect();
  holder.send(get("/count?hold"));
  const auto clients = load();
  const Json change = swap(2);
  EXPECT_EQ(change["outcome"], "failed");
  EXPECT_EQ(change["failed_step"], "hold");
  EXPECT_NE(change["error"].get<std::string>().find("1 requests or pieces of work under way"),
            std::string::npos)
      << change["error"];
  EXPECT_EQ(change["epoch"], 1);
  const std::int64_t answered = all_good(*clients);
  EXPECT_EQ(count(), of(answered + 1, 1));
  EXPECT_TRUE(holder.quiet(milliseconds(1))) << "nothing is killed";
  holder.reset();
  EXPECT_TRUE(wait_until(widened(kSoon), [&] { return outcome(swap(2)) == "serving "; }));
  EXPECT_EQ(count(), of(answered + 2, 2));
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, SigtermEndsTheWaitForOneThatDoesNotBecomeQuiet) {
  text_ = replaced(config("{ rollback_window: 0s, hold_timeout: 1h }", "{ reply_timeout: 1h }"),
                   "shutdown: {}", "shutdown: { timeout: 1s }");
  evloom_ = std::make_unique<Evloom>(text_);
  admin_ = std::make_unique<Admin>(*evloom_);
  Client holder = evloom_->connect();
  holder.send(get("/count?hold"));
  ASSERT_TRUE(wait_until(widened(kSoon), [&] { return admin_->status()["epochs"][0]["requests"] == 1; }));
  std::thread change([&] {
    try {
      swap(2);
    } catch (const std::exception&) {  // the API may be gone before it answers
    }
  });
  EXPECT_TRUE(wait_until(widened(kSoon), [&] {
    const Json under_way = admin_->status()["change"];
    return !under_way.is_null() && has_step(under_way, "hold");
  })) << admin_->status();
  EXPECT_EQ(evloom_->stop(), "");
  change.join();
  EXPECT_TRUE(evloom_->log_has("failed: the host is going down")) << evloom_->log();
}

TEST_F(HandOver, SigtermEndsAHostThatLacksAnInstance) {
  start();
  fault("any create");
  EXPECT_EQ(swap(2)["outcome"], "failed");
  EXPECT_EQ(evloom_->get("/count").status, 503);
  EXPECT_EQ(evloom_->stop(), "");
}

// Its epoch still drains, and nothing of an epoch that is not the serving one is handed over.
TEST_F(HandOver, WhatADrainingEpochHasIsNotTakenFromIt) {
  start("{ rollback_window: 0s, drain_timeout: 1h }", "{ reply_timeout: 1h }");
  const AtRest before(*evloom_);
  Client holder = evloom_->connect();
  holder.send(get("/count?hold"));
  ASSERT_TRUE(wait_until(widened(kSoon), [&] { return admin_->status()["epochs"][0]["requests"] == 1; }));
  rewrite(*evloom_, replaced(replaced(text_, "handlers: {", "# handlers: {"), "  - { path: \"/count\"", "#"));
  ASSERT_EQ(outcome(admin_->reload()), "serving ");
  rewrite(*evloom_, replaced(text_, "path: folder", "path: folder, note: another"));
  const Json change = admin_->reload();
  EXPECT_EQ(change["outcome"], "failed");
  EXPECT_NE(change["error"].get<std::string>().find(
                "what instance 'fickle' has, which still drains: try again when its epoch has retired"),
            std::string::npos)
      << change["error"];
  EXPECT_EQ(evloom_->get("/count").status, 404);
  EXPECT_TRUE(holder.quiet(milliseconds(1))) << "nothing is killed";
  holder.reset();
  ASSERT_TRUE(admin_->settle());
  ASSERT_EQ(outcome(admin_->reload()), "serving ");
  EXPECT_EQ(count(), of(1, 1));
  before.expect(*evloom_, *admin_);
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, AClientThatGoesWhileItsRequestIsHeldIsForgotten) {
  start();
  const AtRest before(*evloom_);
  fault("2 slow");
  std::string answer;
  std::thread change([&] { answer = outcome(swap(2)); });
  EXPECT_TRUE(wait_until(widened(kSoon), [&] {
    const Json under_way = admin_->status()["change"];
    return !under_way.is_null() && has_step(under_way, "hand over");
  }));
  std::vector<Client> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(evloom_->connect());
    clients.back().send(get("/count"));
    clients.back().settle();
  }
  for (std::size_t i = 0; i < 4; ++i) clients[i].reset();
  change.join();
  EXPECT_EQ(answer, "serving ");
  for (std::size_t i = 4; i < 8; ++i) EXPECT_EQ(clients[i].read().status, 200);
  EXPECT_EQ(count(), of(5, 2)) << "those of the four that went were never begun";
  clients.clear();
  before.expect(*evloom_, *admin_);
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, RequestsThatWaitTooLongForASuccessorGet503) {
  start("{ rollback_window: 0s }", "{ reply_timeout: 200ms }");
  fault("2 slow");
  Load clients({.address = evloom_->address(), .bytes = get("/count"), .connections = 4});
  ASSERT_TRUE(clients.wait_good(20, widened(kSoon)));
  ASSERT_EQ(outcome(swap(2)), "serving ");
  EXPECT_TRUE(clients.wait_good(20, widened(kSoon)));
  const LoadResult result = clients.stop();
  EXPECT_GE(result.with(503), 4u) << result.summary();
  EXPECT_EQ(result.with(200) + result.with(503), result.answered()) << result.summary();
  EXPECT_EQ(result.no_retry_after, 0u);
  EXPECT_EQ(result.lost(), 0u) << result.summary();
  EXPECT_EQ(count(), of(static_cast<std::int64_t>(result.with(200)) + 1, 2));
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, ARollbackHandsOverOnceMore) {
  start("{ rollback_window: 1h }");
  EXPECT_EQ(count(), of(1, 1));
  ASSERT_EQ(outcome(swap(2)), "serving ");
  EXPECT_EQ(count(), of(2, 2));
  for (int i = 0; i < 2; ++i) {
    const Json change = admin_->rollback();
    ASSERT_EQ(outcome(change), "serving ");
    EXPECT_TRUE(has_step(change, "hand over")) << change;
    EXPECT_EQ(count(), of(3 + i, i == 0 ? 1 : 2));
  }
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, ABodyThatArrivesMeanwhileIsForTheSuccessor) {
  start();
  const std::string post = request("POST", "/count", {}, std::string(1000, 'x'));
  Client slow = evloom_->connect();
  slow.send(post.substr(0, post.size() - 500));
  slow.settle();
  const Json change = swap(2);
  ASSERT_EQ(outcome(change), "serving ");
  slow.send(post.substr(post.size() - 500));
  EXPECT_EQ(slow.read("POST").body, of(1, 2));
  EXPECT_TRUE(admin_->settle());
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, PipelinedRequestsAreAnsweredInTheirOrderByBoth) {
  start();
  Client client = evloom_->connect();
  client.send(get("/count?sleep=1") + get("/count") + get("/count"));
  ASSERT_TRUE(wait_until(widened(kSoon), [&] { return admin_->status()["epochs"][0]["requests"] == 1; }));
  const Json change = swap(2);
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_EQ(client.read().body, of(1, 1)) << "it had begun";
  EXPECT_EQ(client.read().body, of(2, 2));
  EXPECT_EQ(client.read().body, of(3, 2));
  EXPECT_EQ(evloom_->stop(), "");
}

TEST_F(HandOver, ABodyThatTakesLongerThanTheOldEpochMayDrainIsForTheNewOne) {
  start("{ rollback_window: 0s, drain_timeout: 100ms }");
  const AtRest before(*evloom_);
  const std::string post = request("POST", "/echo", {}, std::string(1000, 'x') + "end");
  Client slow = evloom_->connect();
  slow.send(post.substr(0, post.size() - 500));
  ASSERT_TRUE(wait_until(widened(kSoon), [&] { return admin_->status()["epochs"][0]["requests"] == 1; }));
  const Json change = admin_->swap("echo", variant(plugin_file("echo"), evloom_->folder(), 1));
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_TRUE(admin_->settle()) << "the old epoch does not wait for it";
  EXPECT_EQ(admin_->entry(change["number"])["before"]["cut_off"], 0);
  slow.send(post.substr(post.size() - 500));
  const Response echoed = slow.read("POST");
  EXPECT_EQ(echoed.status, 200);
  EXPECT_TRUE(echoed.body.ends_with("end")) << echoed.body;
  slow.close();
  before.expect(*evloom_, *admin_);
  EXPECT_EQ(evloom_->stop(), "");
}

// Across a flip without anything to hand over.
TEST_F(HandOver, IsNotNeededForABodyOrAPipelineAcrossAFlip) {
  start();
  const std::string post = request("POST", "/echo", {}, std::string(1000, 'x') + "end");
  Client slow = evloom_->connect();
  slow.send(post.substr(0, post.size() - 500));
  slow.settle();
  Client pipeline = evloom_->connect();
  std::string many = get("/echo?sleep=1500");
  for (int i = 0; i < 20; ++i) many += get("/generation");
  pipeline.send(many);
  ASSERT_TRUE(wait_until(widened(kSoon), [&] { return admin_->status()["epochs"][0]["requests"] == 2; }));

  const Json change = admin_->swap("generation", plugin_file("generation_2"));
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_EQ(change["before"]["pinned"], 2);
  ASSERT_EQ(outcome(admin_->swap("echo", variant(plugin_file("echo"), evloom_->folder(), 1))), "serving ");
  slow.send(post.substr(post.size() - 500));
  const Response echoed = slow.read("POST");
  EXPECT_EQ(echoed.status, 200);
  EXPECT_NE(echoed.body.find("body 1003\n"), std::string::npos) << echoed.body;
  EXPECT_TRUE(echoed.body.ends_with("end")) << echoed.body;
  EXPECT_EQ(pipeline.read().status, 200);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pipeline.read().body, "generation 2 plain\n");
  EXPECT_TRUE(admin_->settle());
  EXPECT_EQ(evloom_->stop(), "");
}

}  // namespace
}  // namespace evloom::test

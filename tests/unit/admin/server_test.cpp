// The admin API, endpoint by endpoint, over a real unix socket: what it says, what it hands to Control, what
// it refuses.
#include <sys/stat.h>

#include "admin_fixture.hpp"

namespace evloom::test {
namespace {

using AdminApi = AdminTest;

change::HostReport some_report() {
  change::HostReport report;
  report.version = "0.3.0";
  report.config = "/etc/evloom.yaml";
  report.pid = 4711;
  report.loops = 4;
  report.started = some_time();
  report.listeners = {"http://127.0.0.1:9090"};
  report.epochs = {{7, change::EpochState::serving, some_time(), 31, {"stats", "text"}}};
  change::InstanceReport instance;
  instance.name = "stats";
  instance.kind = "handler";
  instance.plugin = "stats";
  instance.version = "1.1.0";
  instance.epochs = {6, 7};
  instance.in_flight = 3;
  instance.started = some_time();
  report.instances = {instance};
  report.changes = 7;
  return report;
}

TEST_F(AdminApi, TellsTheStatus) {
  start_unix();
  control_.set_report(some_report());
  const Response response = get("/v1/status");
  EXPECT_EQ(response.status, 200);
  const Json status = json(response);
  EXPECT_EQ(status["version"], "0.3.0");
  EXPECT_EQ(status["pid"], 4711);
  EXPECT_EQ(status["started"], "2026-11-23T07:04:43.210276Z");
  EXPECT_EQ(status["draining"], false);
  EXPECT_EQ(status["listeners"], Json::array({"http://127.0.0.1:9090"}));
  EXPECT_EQ(status["epochs"][0]["state"], "serving");
  EXPECT_EQ(status["epochs"][0]["requests"], 31);
  EXPECT_EQ(status["instances"][0]["epochs"], Json::array({6, 7}));
  EXPECT_EQ(status["instances"][0]["in_flight"], 3);
  EXPECT_TRUE(status["change"].is_null());
  EXPECT_EQ(status["changes"], 7);
}

TEST_F(AdminApi, TellsTheHistory) {
  start_unix();
  control_.set_history({failed(), swapped()});
  const Json changes = json(get("/v1/history"))["changes"];
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0]["outcome"], "failed");
  EXPECT_EQ(changes[0]["failed_step"], "plan");
  EXPECT_TRUE(changes[0]["before"].is_null());
  EXPECT_EQ(changes[1]["took_us"], 143'210);
  EXPECT_EQ(changes[1]["steps"][3],
            Json({{"name", "flip"}, {"took_us", 950}, {"text", "31 requests pinned to epoch 6"}}));
  const Json& before = changes[1]["before"];
  EXPECT_EQ(before["pinned"], 31);
  EXPECT_EQ(before["drained_us"], 12'000);
  EXPECT_TRUE(before["retired_us"].is_null()) << "it has not retired yet";
  EXPECT_EQ(before["code"][0]["unmapped"], false);
}

TEST_F(AdminApi, TellsWhatAReloadWouldChange) {
  start_unix();
  control_.set_answer(Result<change::PlanReport>(planned()));
  const Response response = get("/v1/plan?discard_swaps=true");
  EXPECT_EQ(response.status, 200);
  const Json plan = json(response);
  EXPECT_EQ(plan["differences"][2], Json({{"sign", "~"},
                                          {"kind", "setting"},
                                          {"name", "limits.idle_timeout"},
                                          {"before", "60s"},
                                          {"after", "30s"}}));
  EXPECT_EQ(plan["warnings"].size(), 1u);
  EXPECT_TRUE(std::get<change::PlanCommand>(control_.asked(1).at(0).first).discard_swaps);

  control_.set_answer(Result<change::PlanReport>(Error{"evloom.yaml:1:1: error: no"}));
  EXPECT_EQ(error(get("/v1/plan")), "422 evloom.yaml:1:1: error: no");
  EXPECT_FALSE(std::get<change::PlanCommand>(control_.asked(2).at(1).first).discard_swaps);
  EXPECT_EQ(error(get("/v1/plan?dicsard_swaps=true")),
            "400 unknown query \"dicsard_swaps=true\": there is discard_swaps=true or false");
}

TEST_F(AdminApi, HandsCommandsToControl) {
  start_unix();
  EXPECT_EQ(post("/v1/reload", R"({"discard_swaps": true})").status, 200);
  EXPECT_EQ(post("/v1/reload", "").status, 200);
  EXPECT_EQ(post("/v1/swap", R"({"instance": "stats", "file": "/opt/stats.so"})",
                 {{"Content-Type", "application/json; charset=utf-8"}})
                .status,
            200);
  EXPECT_EQ(post("/v1/rollback", "{}").status, 200);
  control_.set_answer(Status());
  EXPECT_EQ(json(post("/v1/drain", "")), Json({{"draining", true}}));
  EXPECT_EQ(json(post("/v1/drain", R"({"on": false})")), Json({{"draining", false}}));

  const auto asked = control_.asked(6);
  ASSERT_EQ(asked.size(), 6u);
  EXPECT_TRUE(std::get<change::ReloadCommand>(asked[0].first).discard_swaps);
  EXPECT_FALSE(std::get<change::ReloadCommand>(asked[1].first).discard_swaps);
  EXPECT_EQ(std::get<change::SwapCommand>(asked[2].first).instance, "stats");
  EXPECT_EQ(std::get<change::SwapCommand>(asked[2].first).file, "/opt/stats.so");
  EXPECT_TRUE(std::holds_alternative<change::RollbackCommand>(asked[3].first));
  EXPECT_TRUE(std::get<change::DrainCommand>(asked[4].first).on);
  EXPECT_FALSE(std::get<change::DrainCommand>(asked[5].first).on);
  for (const auto& [command, by] : asked) EXPECT_EQ(by, "admin");
}

TEST_F(AdminApi, SaysTheOutcomeOfAChangeByItsStatus) {
  start_unix();
  for (const auto& [outcome, status] : {std::pair{change::Outcome::serving, 200},
                                        {change::Outcome::unchanged, 200},
                                        {change::Outcome::refused, 409},
                                        {change::Outcome::failed, 422}}) {
    change::ChangeReport change = swapped();
    change.outcome = outcome;
    control_.set_answer(change);
    const Response response = post("/v1/reload", "{}");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(json(response)["outcome"], to_string(outcome));
    EXPECT_EQ(json(response)["number"], 7);
  }
  control_.answer_inside();
  control_.set_answer(Status(Error{"too many changes are waiting"}));
  const Response response = post("/v1/reload", "{}");
  EXPECT_EQ(error(response), "503 too many changes are waiting");
  EXPECT_EQ(response.header("retry-after"), "1");
}

TEST_F(AdminApi, TellsLifeReadinessAndMetrics) {
  reasons_ = {"store 'counters', loop 0: away"};
  start_unix();
  EXPECT_EQ(json(get("/livez")), Json({{"live", true}}));
  const Response unready = get("/readyz");
  EXPECT_EQ(unready.status, 503);
  EXPECT_EQ(json(unready), Json({{"ready", false}, {"reasons", {"store 'counters', loop 0: away"}}}));
  const Response metrics = get("/metrics");
  EXPECT_EQ(metrics.body, "evloom_up 1\n");
  EXPECT_EQ(metrics.header("content-type"), observe::kPrometheusContentType);
}

TEST_F(AdminApi, IsReadyWithoutReasons) {
  start_unix();
  const Response ready = get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(json(ready), Json({{"ready", true}, {"reasons", Json::array()}}));
}

TEST_F(AdminApi, AnswersSeveralRequestsOnOneConnection) {
  start_unix();
  Client client = connect();
  EXPECT_EQ(client.get("/v1/status").status, 200);
  EXPECT_EQ(client.ask(post_request("/v1/rollback", "")).status, 200);
  client.send(request("HEAD", "/v1/status"));
  EXPECT_EQ(client.read("HEAD").status, 200);
  EXPECT_EQ(client.get("/nowhere").status, 404);
  EXPECT_EQ(client.get("/livez").status, 200);
}

TEST_F(AdminApi, RefusesWrongPathsAndMethods) {
  start_unix();
  EXPECT_EQ(error(get("/v2/status")), "404 the admin API has no such path");
  EXPECT_EQ(get("/v1/status/").status, 404);
  const Response wrong = get("/v1/swap");
  EXPECT_EQ(error(wrong), "405 this path takes POST");
  EXPECT_EQ(wrong.header("allow"), "POST");
  const Response posted = post("/v1/status", "");
  EXPECT_EQ(error(posted), "405 this path takes GET");
  EXPECT_EQ(posted.header("allow"), "GET, HEAD");
  EXPECT_EQ(fetch(address_, request("DELETE", "/v1/plan")).status, 405);
}

TEST_F(AdminApi, NamesTheKeyThatIsWrong) {
  start_unix();
  struct Case {
    const char* path;
    const char* body;
    const char* words;
  };
  const Case cases[] = {
      {"/v1/reload", "{", "400 the body is not JSON"},
      {"/v1/reload", "[]", "400 the body must be a JSON object"},
      {"/v1/reload", R"({"discard": true})", R"(400 unknown key "discard": there are "discard_swaps")"},
      {"/v1/reload", R"({"discard_swaps": 1})", R"(400 "discard_swaps" must be true or false)"},
      {"/v1/swap", "", R"(400 "instance" is missing)"},
      {"/v1/swap", R"({"instance": "stats"})", R"(400 "file" is missing)"},
      {"/v1/swap", R"({"instance": 7, "file": "/x"})", R"(400 "instance" must be a string)"},
      {"/v1/swap", R"({"instance": "", "file": "/x"})", R"(400 "instance" must not be empty)"},
      {"/v1/swap", R"({"instance": "a", "file": "/x\u0000y"})", R"(400 "file" must not hold a NUL)"},
      {"/v1/swap", R"({"instance": "a", "file": "x.so"})",
       R"(400 "file" must be an absolute path of the host's machine)"},
      {"/v1/swap", R"({"instance": "a", "file": "/x", "now": true})",
       R"(400 unknown key "now": there are "instance", "file")"},
      {"/v1/rollback", R"({"to": 3})", R"(400 unknown key "to": this request takes no keys)"},
      {"/v1/drain", R"({"on": "yes"})", R"(400 "on" must be true or false)"},
  };
  for (const Case& c : cases) EXPECT_EQ(error(post(c.path, c.body)), c.words) << c.body;
  EXPECT_TRUE(control_.asked(0).empty());
}

TEST_F(AdminApi, RefusesWhatBrowsersSend) {
  start_unix();
  EXPECT_EQ(error(post("/v1/reload", "", {{"Origin", "http://evil.example"}})),
            "403 the admin API takes nothing from web pages");
  EXPECT_EQ(error(post("/v1/reload", "{}", {{"Content-Type", "text/plain"}})),
            "415 the body must be application/json");
  EXPECT_TRUE(control_.asked(0).empty());
}

TEST_F(AdminApi, BoundsWhatItIsSent) {
  start_unix();
  EXPECT_EQ(fetch(address_, request("POST", "/v1/reload", {{"Content-Length", "65537"}})).status, 413);
  EXPECT_EQ(get("/v1/status", {{"X-Long", std::string(9000, 'x')}}).status, 431);
  EXPECT_EQ(error(post("/v1/reload", std::string(65536, '['))), "400 the body is not JSON");
}

TEST_F(AdminApi, TheSocketHasItsMode) {
  admin::AdminOptions options;
  options.listen.address = *http::unix_address(socket());
  options.listen.mode = 0600;
  start(options);
  struct stat found {};
  ASSERT_EQ(::stat(socket().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_EQ(server_->url(), "unix:" + socket());
  server_.reset();
  EXPECT_NE(::stat(socket().c_str(), &found), 0) << "the socket's file goes with the server";
}

TEST_F(AdminApi, TwoServersDoNotShareAnAddress) {
  start_unix();
  admin::AdminOptions options;
  options.listen.address = *http::unix_address(socket());
  const auto second = try_start(options);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("another process listens there"), std::string::npos)
      << second.error().message;
  EXPECT_EQ(get("/livez").status, 200) << "the first one is unharmed";
}

}  // namespace
}  // namespace evloom::test

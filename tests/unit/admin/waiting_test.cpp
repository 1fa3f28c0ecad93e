// While a change is under way: others are served, clients go away, the server ends; and the answer that comes
// after all of that.
#include <thread>

#include "admin_fixture.hpp"

namespace evloom::test {
namespace {

class AdminWaiting : public AdminTest {
 protected:
  void SetUp() override {
    control_.hold();
    start_unix();
  }
};

TEST_F(AdminWaiting, ReportsAreGivenWhileControlIsBusy) {
  Client waiting = connect();
  waiting.send(post_request("/v1/reload", "{}"));
  ASSERT_EQ(control_.asked(1).size(), 1u);

  change::HostReport report;
  report.change = swapped();
  report.change->outcome = change::Outcome::running;
  control_.set_report(report);
  const Json change = json(get("/v1/status"))["change"];
  EXPECT_EQ(change["outcome"], "running");
  EXPECT_EQ(change["steps"][0]["name"], "plan");
  EXPECT_EQ(get("/v1/history").status, 200);
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(waiting.pending(), "");

  control_.release();
  EXPECT_EQ(waiting.read().status, 200);
}

TEST_F(AdminWaiting, EachClientGetsItsOwnAnswer) {
  std::vector<Client> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(connect());
    clients.back().send(post_request("/v1/reload", "{}"));
  }
  ASSERT_EQ(control_.asked(8).size(), 8u);
  control_.release();
  for (Client& client : clients) EXPECT_EQ(json(client.read())["number"], 7);
}

TEST_F(AdminWaiting, TheAnswerOfAClientThatHasGoneGoesNowhere) {
  for (const bool reset : {false, true}) {
    Client client = connect();
    client.send(post_request("/v1/reload", "{}"));
    ASSERT_FALSE(control_.asked(reset ? 2 : 1).empty());
    if (reset) {
      client.reset();
    } else {
      client.close();
    }
  }
  ASSERT_EQ(control_.asked(2).size(), 2u);
  control_.release();
  ASSERT_TRUE(control_.answered(2));
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(post("/v1/reload", "{}").status, 200);
}

TEST_F(AdminWaiting, AClientThatClosesItsSideStillGetsItsAnswer) {
  Client client = connect();
  client.send(post_request("/v1/reload", "{}"));
  client.half_close();
  ASSERT_EQ(control_.asked(1).size(), 1u);
  control_.release();
  EXPECT_EQ(json(client.read())["number"], 7);
}

TEST_F(AdminWaiting, TheServerMayEndAndTheAnswerComesLater) {
  Client client = connect();
  client.send(post_request("/v1/swap", R"({"instance": "stats", "file": "/opt/stats.so"})"));
  Client planning = connect();
  planning.send(test::get("/v1/plan"));
  ASSERT_EQ(control_.asked(2).size(), 2u);
  server_.reset();
  EXPECT_EQ(error(client.read()), "503 the host is going down");
  EXPECT_EQ(error(planning.read()), "503 the host is going down");
  control_.release();
  EXPECT_TRUE(control_.answered(2));
}

TEST_F(AdminWaiting, TheServerMayEndAtAnyMoment) {
  control_.release();
  for (int round = 0; round < 50; ++round) {
    const std::size_t before = control_.asked(0).size();
    std::vector<Client> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(connect());
      clients.back().send(post_request("/v1/reload", "{}"));
    }
    if (round % 2 == 0) {
      ASSERT_GT(control_.asked(before + 1).size(), before);
    }
    server_.reset();  // while answers are on their way
    start_unix();
  }
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(AdminWaiting, ReadinessMayComeFromAnotherThreadAndLate) {
  server_.reset();
  std::function<void(std::vector<std::string>)> later;
  std::mutex mutex;
  admin::AdminOptions options;
  options.listen.address = *http::unix_address(socket());
  admin::Sources sources;
  sources.metrics = [] { return std::string(); };
  sources.readiness = [&](auto done) {
    const std::lock_guard lock(mutex);
    later = std::move(done);
  };
  auto made = admin::AdminServer::start(options, control_, sources, *log_);
  ASSERT_TRUE(made.ok()) << made.error().message;
  const auto asked = [&] {
    const std::lock_guard lock(mutex);
    return static_cast<bool>(later);
  };
  Client first = connect();
  first.send(test::get("/readyz"));
  ASSERT_TRUE(wait_until(milliseconds(20000), asked));
  std::thread([&] { std::exchange(later, nullptr)({"not yet"}); }).join();
  EXPECT_EQ(first.read().status, 503);

  Client second = connect();
  second.send(test::get("/readyz"));
  ASSERT_TRUE(wait_until(milliseconds(20000), asked));
  made->reset();
  later({});
  EXPECT_EQ(error(second.read()), "503 the host is going down");
}

}  // namespace
}  // namespace evloom::test

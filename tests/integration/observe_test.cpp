// What the host says of itself: liveness, readiness, metrics, the access log, and how much it writes when
// things break.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "support/evloom_process.hpp"
#include "support/load.hpp"
#include "support/redis_server.hpp"

namespace evloom::test {
namespace {

std::size_t lines(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Health, IsGoodWhenAllIsWell) {
  Evloom evloom(yaml({}));
  EXPECT_EQ(evloom.get("/livez").status, 200);
  EXPECT_EQ(evloom.get("/readyz").status, 200);
  EXPECT_EQ(fetch(evloom.address(), request("HEAD", "/readyz")).status, 200);
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Health, ReadinessSaysWhatIsMissing) {
  RedisServer redis;
  Evloom evloom(yaml({.counters = "{ plugin: redis, port: " + std::to_string(redis.port()) + " }"}));
  ASSERT_TRUE(evloom.wait_ready());
  redis.kill();
  EXPECT_TRUE(wait_until(widened(milliseconds(3000)), [&] { return evloom.get("/readyz").status == 503; }));
  const Response away = evloom.get("/readyz");
  EXPECT_NE(away.body.find("counters"), std::string::npos) << "which store? " << away.body;
  EXPECT_NE(away.body.find(std::to_string(redis.port())), std::string::npos) << "where? " << away.body;
  EXPECT_EQ(evloom.get("/livez").status, 200);
  EXPECT_EQ(evloom.get("/hello").status, 200);
  const Response refused = evloom.get("/");
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.header("Retry-After"));
  redis.start();
  EXPECT_TRUE(evloom.wait_ready(milliseconds(7000)));
  EXPECT_EQ(evloom.get("/").status, 200);
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Health, HostStartsWhileItsStoreIsAway) {
  const std::uint16_t port = unused_port();
  Evloom evloom(yaml({.counters = "{ plugin: redis, port: " + std::to_string(port) + " }"}));
  EXPECT_EQ(evloom.get("/livez").status, 200);
  EXPECT_EQ(evloom.get("/readyz").status, 503);
  EXPECT_EQ(evloom.get("/").status, 503);
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Metrics, CountWhatHappened) {
  Evloom evloom(yaml({}));
  Client client = evloom.connect();
  for (int i = 0; i < 7; ++i) client.get("/hello");
  client.get("/nowhere");
  const Response response = client.get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.header("Content-Type").value_or("").starts_with("text/plain"))
      << "Prometheus reads text/plain";
  EXPECT_NE(response.body.find("evloom_requests_total"), std::string::npos) << response.body;
  // Every line is a comment, or NAME{labels} VALUE.
  std::size_t at = 0;
  while (at < response.body.size()) {
    const std::size_t end = response.body.find('\n', at);
    ASSERT_NE(end, std::string::npos) << "the last line does not end";
    const std::string line = response.body.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('#')) continue;
    const std::size_t blank = line.rfind(' ');
    ASSERT_NE(blank, std::string::npos) << line;
    char* rest = nullptr;
    strtod(line.c_str() + blank + 1, &rest);
    EXPECT_EQ(*rest, '\0') << line;
  }
  EXPECT_EQ(evloom.stop(), "");
}

TEST(LoopLag, IsMeasuredAndWhoHoldsALoopUpIsNamed) {
  Evloom evloom(yaml({}));
  Client client = evloom.connect();
  for (const char* loop : {"0", "1"}) {
    const std::string series = std::string("evloom_loop_lag_seconds_count{loop=\"") + loop + "\"} ";
    EXPECT_TRUE(wait_until(widened(milliseconds(10000)), [&] {
      const std::string figures = client.get("/metrics").body;
      const std::size_t at = figures.find(series);
      return at != std::string::npos && figures[at + series.size()] != '0';
    })) << series;
  }
  EXPECT_EQ(evloom.log().find("held"), std::string::npos) << evloom.log();
  EXPECT_EQ(client.get("/echo?block=1000").status, 200);
  EXPECT_TRUE(wait_until(widened(milliseconds(10000)), [&] {
    return evloom.log_has("on_request held loop ");
  })) << evloom.log();
  EXPECT_TRUE(evloom.log_has("warn  echo - on_request has held loop ")) << evloom.log();
  EXPECT_TRUE(evloom.log_has("hand what takes long to the workers")) << evloom.log();
  EXPECT_EQ(evloom.stop(), "");
}

TEST(AccessLog, HasOneLineForEachRequest) {
  Evloom evloom(yaml({.log = "{ access: true }"}));
  Client client = evloom.connect();
  EXPECT_EQ(client.get("/hello?a=1").status, 200);
  EXPECT_EQ(client.get("/nowhere%0d%0ainjected").status, 404);
  Client bad = evloom.connect();
  bad.send("nonsense\r\n\r\n");
  EXPECT_EQ(bad.read().status, 400);
  EXPECT_TRUE(evloom.wait_log("/hello?a=1")) << evloom.log();
  EXPECT_TRUE(evloom.wait_log("/nowhere")) << evloom.log();
  EXPECT_TRUE(evloom.wait_log("400")) << evloom.log();
  const std::string log = evloom.log();
  const std::size_t at = log.find("/hello?a=1");
  const std::size_t from = log.rfind('\n', at) + 1;
  const std::string line = log.substr(from, log.find('\n', at) - from);
  for (const char* part : {"127.0.0.1", "GET", "200"}) EXPECT_NE(line.find(part), std::string::npos) << line;
  EXPECT_EQ(log.find("\ninjected"), std::string::npos) << "a client wrote a line of its own";
  EXPECT_EQ(evloom.stop(), "");
}

TEST(AccessLog, IsJsonWhenAskedFor) {
  Evloom evloom(yaml({.log = "{ access: true, format: json }"}));
  evloom.get("/hello?q=\"%22\xc3");  // refused, but logged
  evloom.get("/hello?fine");
  EXPECT_TRUE(evloom.wait_log("/hello?fine")) << evloom.log();
  EXPECT_EQ(evloom.stop(), "");
  const std::string log = evloom.log();
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = std::min(log.find('\n', at), log.size());
    EXPECT_TRUE(nlohmann::json::accept(log.substr(at, end - at))) << log.substr(at, end - at);
    at = end + 1;
  }
}

TEST(Log, HasNoAccessLinesByDefault) {
  Evloom evloom(yaml({}));
  for (int i = 0; i < 20; ++i) evloom.get("/hello");
  EXPECT_LT(lines(evloom.log()), 20u) << evloom.log();
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Log, FileIsOpenedAnewOnSighup) {
  Evloom evloom(yaml({.log = "{ output: err.log, access: true }"}));  // where the tools look for it
  evloom.get("/hello?first");
  EXPECT_TRUE(evloom.wait_log("/hello?first"));
  std::filesystem::rename(evloom.folder() / "err.log", evloom.folder() / "err.log.1");
  evloom.get("/hello?second");
  EXPECT_TRUE(wait_until(widened(milliseconds(3000)), [&] {
    return read_file(evloom.folder() / "err.log.1").find("/hello?second") != std::string::npos;
  })) << "a file that was moved is written on until the signal";
  evloom.process().signal(SIGHUP);
  EXPECT_TRUE(wait_until(widened(milliseconds(3000)),
                         [&] { return std::filesystem::exists(evloom.folder() / "err.log"); }));
  evloom.get("/hello?third");
  EXPECT_TRUE(evloom.wait_log("/hello?third"));
  EXPECT_FALSE(evloom.log_has("/hello?second"));
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Welcome, IsSomethingToTry) {
  Evloom evloom(yaml({}));
  const std::string url = "http://127.0.0.1:" + std::to_string(evloom.address().port);
  EXPECT_TRUE(wait_until(widened(milliseconds(2000)), [&] {
    return evloom.process().output().find("curl " + url) != std::string::npos;
  })) << evloom.process().output();
  EXPECT_EQ(evloom.stop(), "");
}

// A store that is away under load must not fill the disk: of one fault there is at most one line a second.
TEST(Log, IsNotFloodedByOneFault) {
  const std::uint16_t nobody = unused_port();
  Evloom evloom(yaml({.counters = "{ plugin: redis, port: " + std::to_string(nobody) + " }"}));
  const std::size_t before = evloom.log().size();
  const auto begun = Clock::now();
  const LoadResult result = run_load({.address = evloom.address(), .bytes = get("/"), .requests = 20000});
  EXPECT_EQ(result.with(503), 20000u) << result.summary();
  EXPECT_EQ(result.no_retry_after, 0u);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begun).count() + 2;
  const std::string written = evloom.log().substr(before);
  EXPECT_LT(lines(written), static_cast<std::size_t>(10 * seconds)) << written.substr(0, 4000);
  EXPECT_EQ(evloom.stop(), "");
}

}  // namespace
}  // namespace evloom::test

// The main job: requests per address and the ports they came from, the same to the byte over every store, in
// each format, over each kind of listener, and together with the published technique on one Redis.
#include "support/stats.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "support/direct_process.hpp"
#include "support/evloom_process.hpp"
#include "support/ledger.hpp"
#include "support/load.hpp"
#include "support/redis_server.hpp"

namespace evloom::test {
namespace {

std::string redis_store(const RedisServer& redis) {
  return "{ plugin: redis, host: 127.0.0.1, port: " + std::to_string(redis.port()) + " }";
}

constexpr char kLmdb[] = "{ plugin: lmdb, path: data }";

// Everything once for each store.
class StatsOver : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "redis") redis_ = std::make_unique<RedisServer>();
    const std::string store = redis_                 ? redis_store(*redis_)
                              : GetParam() == "lmdb" ? kLmdb
                                                     : "{ plugin: memory }";
    evloom_ = std::make_unique<Evloom>(yaml({.counters = store}));
    ASSERT_TRUE(evloom_->wait_ready());
  }
  void TearDown() override {
    if (evloom_) {
      EXPECT_EQ(evloom_->stop(), "");
    }
  }

  std::unique_ptr<RedisServer> redis_;
  std::unique_ptr<Evloom> evloom_;
};

TEST_P(StatsOver, GivesTheFiveLinesToTheByte) {
  Client client = evloom_->connect();
  const std::string port = std::to_string(client.port());
  const Response first = client.get("/");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(first.body,
            "Total requests = 1\nRequests from this source IP = 1\nThis source port has never been seen.\n"
            "source ports which have been seen for your ip:\n" +
                port + " \n");
  EXPECT_EQ(client.get("/").body,
            "Total requests = 2\nRequests from this source IP = 2\nThis source port has been seen already.\n"
            "source ports which have been seen for your ip:\n" +
                port + " \n");

  Client other = evloom_->connect();
  std::string why;
  const auto stats = parse_stats(other.get("/").body, why);
  ASSERT_TRUE(stats) << why;
  EXPECT_EQ(stats->total, 3);
  EXPECT_EQ(stats->from_address, 3);
  EXPECT_TRUE(stats->port_is_new);
  EXPECT_EQ(stats->ports.size(), 2u);
  EXPECT_TRUE(stats->has(client.port()) && stats->has(other.port()));
}

TEST_P(StatsOver, CountsEveryRequestOfManyConnections) {
  Ledger ledger;
  const LoadResult result = run_load({.address = evloom_->address(),
                                      .bytes = get("/"),
                                      .connections = 64,
                                      .requests = sanitized() ? 4000u : 10000u,
                                      .ledger = &ledger});
  EXPECT_EQ(result.answered(), result.with(200)) << result.summary();
  EXPECT_EQ(result.lost(), 0u) << result.summary();
  std::string why;
  const auto last = parse_stats(evloom_->get("/").body, why);
  ASSERT_TRUE(last) << why;
  EXPECT_EQ(ledger.violations(last->total - 1), "");
}

TEST_P(StatsOver, AnswersFiftyPipelinedRequestsInOrder) {
  Client client = evloom_->connect();
  std::string bytes;
  for (int i = 0; i < 50; ++i) bytes += get("/");
  client.send(bytes);
  Ledger ledger;
  for (int i = 0; i < 50; ++i) {
    const Response response = client.read();
    ASSERT_EQ(response.status, 200);
    ledger.acknowledged("127.0.0.1", client.port(), response.body);
  }
  EXPECT_EQ(ledger.violations(50), "");  // order included: totals of one port must grow
  EXPECT_TRUE(client.quiet(milliseconds(50)));
}

TEST_P(StatsOver, PipelineGivesTheSameAtEverySplit) {
  const std::string bytes = get("/") + get("/hello") + get("/") + get("/?format=json") + get("/");
  Ledger ledger;
  for (std::size_t split = 1; split < bytes.size(); split += GetParam() == "memory" && !sanitized() ? 1 : 7) {
    Client client = evloom_->connect();
    client.send(std::string_view(bytes).substr(0, split));
    client.settle();
    client.send(std::string_view(bytes).substr(split));
    for (int i = 0; i < 5; ++i) {
      const Response response = client.read();
      ASSERT_EQ(response.status, 200) << "split at " << split;
      if (i == 1) {
        ASSERT_EQ(response.body, "Hello\n") << "split at " << split;
      } else if (i == 3) {
        ASSERT_TRUE(response.body.starts_with("{")) << "split at " << split;
        ledger.unknown("127.0.0.1", client.port());
      } else {
        ledger.acknowledged("127.0.0.1", client.port(), response.body);
      }
    }
  }
  EXPECT_EQ(ledger.violations(), "");
}

TEST_P(StatsOver, HeadCountsAndHasNoBody) {
  Client client = evloom_->connect();
  const Response response = client.ask(request("HEAD", "/"));
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.header("Content-Length").value_or("0"), "0");
  std::string why;
  const auto stats = parse_stats(client.get("/").body, why);
  ASSERT_TRUE(stats) << why;
  EXPECT_EQ(stats->total, 2);
  EXPECT_FALSE(stats->port_is_new);
}

INSTANTIATE_TEST_SUITE_P(Stores, StatsOver, ::testing::Values("memory", "lmdb", "redis"),
                         [](const auto& store) { return store.param; });

TEST(Stats, ShareTheKeysOfThePublishedTechnique) {
  RedisServer redis;
  Evloom evloom(yaml({.counters = redis_store(redis)}));
  ASSERT_TRUE(evloom.wait_ready());
  Direct direct(redis.port());
  Client to_evloom = evloom.connect(), to_direct(direct.address());
  to_evloom.get("/");
  to_direct.get("/");
  to_evloom.get("/");
  EXPECT_EQ(redis.command({"GET", "requests:total"}), "3");
  EXPECT_EQ(redis.command({"GET", "requests:ip:127.0.0.1"}), "3");
  EXPECT_EQ(redis.command({"TYPE", "requests:ip:127.0.0.1:ports"}), "set");
  EXPECT_EQ(redis.command({"SCARD", "requests:ip:127.0.0.1:ports"}), "2");
  EXPECT_EQ(redis.command({"DBSIZE"}), "3") << "evloom keeps keys of its own there";
  // The fourth and the fifth differ in nothing but the number.
  std::string a = to_evloom.get("/").body, b = to_direct.get("/").body;
  std::string why;
  auto stats = parse_stats(a, why);
  ASSERT_TRUE(stats) << why;
  stats->total = stats->from_address = 5;
  EXPECT_EQ(render_stats(*stats), b);
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Stats, FleetOfBothOnOneRedisCountsAsOne) {
  RedisServer redis;
  Evloom evloom(yaml({.counters = redis_store(redis)}));
  ASSERT_TRUE(evloom.wait_ready());
  Direct direct(redis.port());
  const std::uint64_t each = sanitized() ? 3000 : 10000;
  Ledger ledger;  // of both: it must hold for the two together
  LoadOptions options{.address = evloom.address(),
                      .bytes = get("/"),
                      .connections = 32,
                      .threads = 1,
                      .requests = each,
                      .own_ports = true,
                      .ledger = &ledger};
  Load to_evloom(options);
  options.address = direct.address();
  Load to_direct(options);
  const LoadResult from_evloom = to_evloom.finish(), from_direct = to_direct.finish();
  EXPECT_EQ(from_evloom.with(200), each) << from_evloom.summary();
  EXPECT_EQ(from_direct.with(200), each) << from_direct.summary();
  EXPECT_EQ(from_evloom.lost() + from_direct.lost(), 0u) << from_evloom.summary() << from_direct.summary();
  EXPECT_EQ(redis.command({"GET", "requests:total"}), std::to_string(2 * each));
  EXPECT_EQ(redis.command({"GET", "requests:ip:127.0.0.1"}), std::to_string(2 * each));
  EXPECT_EQ(ledger.violations(static_cast<std::int64_t>(2 * each)), "");
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Stats, FormatsAreChosenByTheClient) {
  Evloom evloom(yaml({}));
  Client client = evloom.connect();
  const auto type = [&](HeaderList headers, const char* target = "/") {
    const Response response = client.get(target, headers);
    return std::to_string(response.status) + " " + response.header("Content-Type").value_or("");
  };
  const std::string text = "200 text/plain; charset=utf-8", json = "200 application/json";
  EXPECT_EQ(type({}), text);
  EXPECT_EQ(type({{"Accept", "*/*"}}), text);
  EXPECT_EQ(type({{"Accept", "text/plain"}}), text);
  EXPECT_EQ(type({{"Accept", "text/*"}}), text);
  EXPECT_TRUE(type({{"Accept", "application/json"}}).starts_with(json));
  EXPECT_TRUE(type({{"Accept", "text/plain;q=0.5, application/json"}}).starts_with(json));
  EXPECT_TRUE(type({{"Accept", "text/html, application/*;q=0.9, text/plain;q=0.1"}}).starts_with(json));
  EXPECT_EQ(type({{"Accept", "application/json;q=0.1, text/plain"}}), text);
  EXPECT_TRUE(type({{"Accept", "image/png"}, {"Accept", "application/json"}}).starts_with(json));
  EXPECT_TRUE(type({}, "/?format=json").starts_with(json));
  EXPECT_EQ(type({{"Accept", "application/json"}}, "/?format=text"), text);
  const auto refused = [&](HeaderList headers, const char* target) {
    return client.get(target, headers).status;
  };
  EXPECT_EQ(refused({{"Accept", "image/png"}}, "/"), 406);
  EXPECT_EQ(refused({{"Accept", "text/plain;q=0, application/json;q=0"}}, "/"), 406);
  EXPECT_TRUE(refused({}, "/?format=nonsense") == 406 || refused({}, "/?format=nonsense") == 400);
  EXPECT_EQ(client.get("/").header("Vary").value_or("").find("Accept") != std::string::npos, true)
      << "an answer that depends on Accept must say so";
  std::string why;
  const auto stats = parse_stats(client.get("/").body, why);
  ASSERT_TRUE(stats) << why;
  EXPECT_EQ(stats->total, 13) << "a request that was refused must not count";
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Stats, JsonHoldsTheSameFacts) {
  Evloom evloom(yaml({}));
  Client client = evloom.connect();
  EXPECT_EQ(client.get("/?format=json").body,
            R"({"requests_total":1,"requests_from_address":1,"port_is_new":true,"ports":[)" +
                std::to_string(client.port()) + "]}\n");
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Listeners, Ipv6AndUnixCountUnderTheirOwnAddress) {
  const TempDir folder;
  const std::string path = (folder / "http.sock").string();
  Evloom evloom(
      yaml({.listen = R"([{ http: "127.0.0.1:0" }, { http: "[::1]:0" }, { unix: ")" + path + "\" }]"}));
  ASSERT_EQ(evloom.addresses().size(), 3u);
  const auto total_and_own = [](Client& client) {
    std::string why;
    const auto stats = parse_stats(client.get("/").body, why);
    EXPECT_TRUE(stats) << why;
    return stats ? std::pair(stats->total, stats->from_address) : std::pair<std::int64_t, std::int64_t>(0, 0);
  };
  Client ipv4(evloom.addresses()[0]), ipv6(evloom.addresses()[1]), local(evloom.addresses()[2]);
  EXPECT_EQ(evloom.addresses()[2].host, path);
  EXPECT_EQ(total_and_own(ipv4), (std::pair<std::int64_t, std::int64_t>(1, 1)));
  EXPECT_EQ(total_and_own(ipv6), (std::pair<std::int64_t, std::int64_t>(2, 1)));
  EXPECT_EQ(total_and_own(local), (std::pair<std::int64_t, std::int64_t>(3, 1)));
  EXPECT_EQ(total_and_own(ipv6), (std::pair<std::int64_t, std::int64_t>(4, 2)));

  const std::string uid = std::to_string(getuid()), pid = std::to_string(getpid());
  EXPECT_NE(local.get("/echo?peer").body.find("peer 1 unix:" + uid + " " + pid + "\n"), std::string::npos);
  EXPECT_NE(ipv6.get("/echo?peer").body.find("peer 6 ::1 " + std::to_string(ipv6.port()) + "\n"),
            std::string::npos);
  EXPECT_NE(ipv4.get("/echo?peer").body.find("peer 4 127.0.0.1 " + std::to_string(ipv4.port()) + "\n"),
            std::string::npos);
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0660));
  EXPECT_EQ(evloom.stop(), "");
  EXPECT_FALSE(std::filesystem::exists(path)) << "the socket is left behind";
}

TEST(Listeners, UnixSocketOfADeadHostIsTakenOver) {
  const TempDir folder;
  const std::string listen = "[{ unix: \"" + (folder / "http.sock").string() + "\" }]";
  Evloom evloom(yaml({.listen = listen}));
  EXPECT_EQ(evloom.get("/hello").status, 200);
  evloom.kill();
  evloom.start_again();
  EXPECT_EQ(evloom.get("/hello").status, 200);
  EXPECT_EQ(evloom.stop(), "");
}

}  // namespace
}  // namespace evloom::test

// A client goes away by FIN, RST or half-close at each state of a request. No crash, no descriptor or request
// left behind, and whoever only closed its own side still gets its answer.
#include <gtest/gtest.h>

#include <memory>

#include "support/evloom_process.hpp"
#include "support/redis_server.hpp"
#include "support/stats.hpp"

namespace evloom::test {
namespace {

constexpr int kRounds = 8;

class ClientGone : public ::testing::Test {
 protected:
  void SetUp() override { start(yaml({})); }

  void start(const std::string& text) {
    evloom_ = std::make_unique<Evloom>(text);
    ASSERT_TRUE(evloom_->wait_ready());
    evloom_->get("/");
    descriptors_ = evloom_->descriptors_at_rest();
  }

  void TearDown() override {
    ASSERT_TRUE(evloom_->process().running()) << evloom_->log();
    EXPECT_LE(evloom_->descriptors_settled(descriptors_), descriptors_) << "descriptors leaked";
    // Each request that a handler began has ended for it, exactly once.
    const auto counter = [](const std::string& text, const std::string& name) {
      const std::size_t at = text.find(name + " ");
      return at == std::string::npos ? -1 : std::stol(text.substr(at + name.size() + 1));
    };
    std::string counters;
    EXPECT_TRUE(wait_until(widened(milliseconds(3000)), [&] {
      counters = evloom_->get("/echo?counters").body;
      return counter(counters, "begun") == counter(counters, "finished") + 1;  // the one that asks
    })) << counters;
    EXPECT_EQ(counter(counters, "strays"), 0) << counters;
    EXPECT_EQ(counter(counters, "lent"), 0) << counters;
    // The connection of the question before may still count: the host has yet to see it close.
    EXPECT_TRUE(wait_until(widened(milliseconds(3000)), [&] {
      return evloom_->get("/metrics").body.find("\nevloom_connections 1\n") != std::string::npos;
    })) << "the count of open connections has drifted";
    EXPECT_EQ(evloom_->stop(), "");
  }

  // Sends `bytes`, waits until the host has read them, and goes away in each of the two hard ways.
  void leave_after(std::string_view bytes) {
    for (int round = 0; round < kRounds; ++round) {
      for (const bool by_reset : {false, true}) {
        Client client = evloom_->connect();
        if (!bytes.empty()) client.send(bytes);
        client.settle();
        if (by_reset)
          client.reset();
        else
          client.close();
      }
    }
  }

  // Sends `bytes` and half-closes; what the host then says until the end.
  std::string half_close_after(std::string_view bytes) {
    Client client = evloom_->connect();
    if (!bytes.empty()) client.send(bytes);
    client.settle();
    client.half_close();
    const std::string answer = client.read_until_end();
    EXPECT_EQ(client.ending(), Ending::closed);
    return answer;
  }

  std::unique_ptr<RedisServer> redis_;  // of the tests that need one
  std::unique_ptr<Evloom> evloom_;
  int descriptors_ = 0;
};

TEST_F(ClientGone, BeforeTheHead) {
  leave_after("");
  EXPECT_EQ(half_close_after(""), "");
}

TEST_F(ClientGone, InTheHead) {
  leave_after("GET /hello HTTP/1.1\r\nHost: te");
  const std::string answer = half_close_after("GET /hello HTTP/1.1\r\nHost: te");
  EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 400")) << answer;
}

TEST_F(ClientGone, AfterTheHead) {
  leave_after(get("/hello"));
  EXPECT_TRUE(half_close_after(get("/hello")).starts_with("HTTP/1.1 200"));
}

TEST_F(ClientGone, AfterTheHeadOfARequestWithBody) {
  leave_after(request("POST", "/echo", {{"Content-Length", "10"}}));
  leave_after(request("POST", "/echo", {{"Transfer-Encoding", "chunked"}}));
}

TEST_F(ClientGone, InTheBody) {
  for (const std::string& bytes :
       {request("POST", "/echo", {{"Content-Length", "10"}}) + "abc",
        request("POST", "/echo", {{"Transfer-Encoding", "chunked"}}) + "5\r\nab",
        request("POST", "/echo", {{"Transfer-Encoding", "chunked"}}) + "5\r\nabcde\r\n0\r\nX"}) {
    leave_after(bytes);
    const std::string answer = half_close_after(bytes);
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 400")) << answer;
  }
}

TEST_F(ClientGone, WhileTheHandlerWaits) {
  leave_after(get("/echo?sleep=150"));
  leave_after(get("/echo?sleep=150") + get("/echo?sleep=1"));
  leave_after(request("POST", "/echo?sleep=150", {}, "body"));
  for (int round = 0; round < kRounds; ++round)
    EXPECT_TRUE(half_close_after(get("/echo?sleep=30")).starts_with("HTTP/1.1 200"));
}

TEST_F(ClientGone, ByResetWhileTheHandlerWaitsIsNoticedAtOnce) {
  Client client = evloom_->connect();
  client.send(get("/echo?sleep=3000"));
  client.settle();
  client.reset();
  EXPECT_TRUE(wait_until(widened(milliseconds(1000)), [&] {
    return evloom_->get("/echo?counters").body.find("cancelled 1\n") != std::string::npos;
  })) << "the handler works on for nobody";
}

TEST_F(ClientGone, InTheReply) {
  for (const char* target : {"/echo?size=5000000", "/echo?size=5000000&release"}) {
    for (int round = 0; round < kRounds; ++round) {
      for (const bool by_reset : {false, true}) {
        Client client(evloom_->address(), 4096);
        client.send(get(target));
        ASSERT_NE(client.read_some(100, kPatience), "");
        if (by_reset)
          client.reset();
        else
          client.close();
      }
    }
  }
}

TEST_F(ClientGone, HalfClosedSlowReaderGetsAll) {
  for (const char* target :
       {"/echo?size=3000000", "/echo?size=3000000&release", "/echo?size=3000000&sleep=20"}) {
    Client client(evloom_->address(), 8192);
    client.send(get(target));
    client.half_close();
    const Response response = client.read();
    EXPECT_EQ(response.status, 200) << target;
    EXPECT_EQ(response.body.size(), 3000000u) << target;
    EXPECT_EQ(client.wait_end(), Ending::closed);
  }
}

TEST_F(ClientGone, HalfClosedPipelineIsAnsweredWhole) {
  std::string bytes;
  for (int i = 0; i < 20; ++i) bytes += get("/echo?x=" + std::to_string(i) + (i % 3 ? "" : "&sleep=5"));
  for (int round = 0; round < kRounds; ++round) {
    Client client = evloom_->connect();
    client.send(bytes);
    client.half_close();
    for (int i = 0; i < 20; ++i) {
      const Response response = client.read();
      EXPECT_NE(response.body.find("query x " + std::to_string(i) + "\n"), std::string::npos);
    }
    EXPECT_EQ(client.wait_end(), Ending::closed);
  }
}

TEST_F(ClientGone, AfterAnAnswer) {
  for (int round = 0; round < kRounds; ++round) {
    Client by_close = evloom_->connect(), by_reset = evloom_->connect();
    EXPECT_EQ(by_close.get("/hello").status, 200);
    EXPECT_EQ(by_reset.get("/hello").status, 200);
    by_reset.reset();
  }
}

TEST_F(ClientGone, AfterARefusal) {
  for (int round = 0; round < kRounds; ++round) {
    Client client = evloom_->connect();
    client.send("nonsense\r\n\r\n");
    client.reset();
    Client reader = evloom_->connect();
    reader.send("nonsense\r\n\r\n");
    reader.half_close();
    EXPECT_EQ(reader.read().status, 400);
    EXPECT_EQ(reader.wait_end(), Ending::closed);
  }
}

// The store has the request when the client goes: Redis is stopped in the meantime.
TEST_F(ClientGone, WhileTheStoreWorks) {
  redis_ = std::make_unique<RedisServer>();
  start(yaml({.counters = "{ plugin: redis, timeout: 5s, command_timeout: 5s, port: " +
                          std::to_string(redis_->port()) + " }",
              .limits = "{ reply_timeout: 10s }"}));
  redis_->stop();
  leave_after(get("/"));
  leave_after(get("/") + get("/"));
  std::vector<Client> half;
  for (int i = 0; i < kRounds; ++i) {
    half.push_back(evloom_->connect());
    half.back().send(get("/"));
    half.back().half_close();
  }
  redis_->resume();
  for (Client& client : half) {
    const Response response = client.read();
    EXPECT_EQ(response.status, 200);
    std::string why;
    EXPECT_TRUE(parse_stats(response.body, why)) << why;
    EXPECT_EQ(client.wait_end(), Ending::closed);
  }
  evloom_->get("/");
}

// Four hundred connections that end badly, each in another way, as fast as they can.
TEST_F(ClientGone, FourHundredAbusiveConnections) {
  const std::string requests[] = {"",
                                  "GET",
                                  get("/hello"),
                                  get("/echo?sleep=20"),
                                  get("/echo?size=2000000"),
                                  request("POST", "/echo", {{"Content-Length", "99"}}) + "x",
                                  "\r\n\r\n",
                                  "x\r\n\r\n"};
  for (int i = 0; i < 400; ++i) {
    Client client = evloom_->connect();
    client.send_some(requests[static_cast<std::size_t>(i) % std::size(requests)], milliseconds(100));
    switch (i / 8 % 4) {
      case 0:
        client.reset();
        break;
      case 1:
        client.half_close();
        client.reset();
        break;
      case 2:
        client.half_close();
        break;
      default:
        break;
    }
  }
}

}  // namespace
}  // namespace evloom::test

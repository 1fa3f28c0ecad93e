// Limits: time, number, size. A client that takes too much is told so and cut; the others never notice.
#include <algorithm>
#include <thread>

#include "conformance/http_fixture.hpp"

namespace evloom::test {
namespace {

class HttpLimits : public ::testing::Test {
 protected:
  void start(const std::string& limits) { host_ = std::make_unique<Evloom>(yaml({.limits = limits})); }
  void TearDown() override {
    if (host_) {
      EXPECT_EQ(host_->stop(), "");
    }
  }
  Evloom& host() { return *host_; }

  // Milliseconds until something comes.
  static long until_answer(Client& client) {
    const auto begun = Clock::now();
    EXPECT_FALSE(client.quiet(kPatience)) << "nothing came";
    return static_cast<long>(std::chrono::duration_cast<milliseconds>(Clock::now() - begun).count());
  }
  static void expect_about(long took, long limit) {
    EXPECT_GE(took, limit - 30);
    EXPECT_LE(took, widened(milliseconds(limit + 400)).count());
  }

 private:
  std::unique_ptr<Evloom> host_;
};

TEST_F(HttpLimits, UnfinishedHeadIsAnsweredWith408) {
  start("{ head_timeout: 200ms }");
  Client client = host().connect();
  client.send("GET /hello HT");
  expect_about(until_answer(client), 200);
  expect_refused(client, 408);
}

TEST_F(HttpLimits, UnfinishedBodyIsAnsweredWith408) {
  start("{ body_timeout: 200ms }");
  for (const char* framing : {"Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    Client client = host().connect();
    client.send(head("POST", "/echo") + framing);
    expect_about(until_answer(client), 200);
    expect_refused(client, 408);
  }
}

TEST_F(HttpLimits, SecondRequestHasTheSameLimits) {
  start("{ head_timeout: 200ms }");
  Client client = host().connect();
  EXPECT_EQ(client.get("/hello").status, 200);
  client.send("GET /hel");
  expect_about(until_answer(client), 200);
  expect_refused(client, 408);
}

TEST_F(HttpLimits, IdleConnectionIsClosedWithoutAWord) {
  start("{ idle_timeout: 200ms }");
  Client used = host().connect();
  EXPECT_EQ(used.get("/hello").status, 200);
  expect_about(until_answer(used), 200);
  EXPECT_EQ(used.wait_end(), Ending::closed);
}

TEST_F(HttpLimits, ConnectionThatNeverSaysAnythingIsClosed) {
  start("{ idle_timeout: 200ms, head_timeout: 200ms }");
  Client silent = host().connect();
  EXPECT_EQ(silent.read_until_end(milliseconds(3000)), "") << "nobody asked, so nobody is answered";
  EXPECT_EQ(silent.ending(), Ending::closed);
}

TEST_F(HttpLimits, HandlerThatTakesTooLongIsAnsweredFor) {
  start("{ reply_timeout: 200ms }");
  for (const char* target : {"/echo?hold", "/echo?sleep=5000"}) {
    Client client = host().connect();
    client.send(get(target));
    expect_about(until_answer(client), 200);
    const Response response = client.read();
    EXPECT_EQ(response.status, 503) << target;
    EXPECT_TRUE(response.header("Retry-After")) << target;
  }
  Response counters;
  EXPECT_TRUE(wait_until(widened(milliseconds(1000)), [&] {  // the end is told after the answer is sent
    counters = host().get("/echo?counters");
    return std::stol(echoed(counters, "begun")) == std::stol(echoed(counters, "finished")) + 1;
  })) << counters.body;
  EXPECT_EQ(echoed(counters, "cancelled"), "2");
  EXPECT_EQ(echoed(counters, "strays"), "0");
}

TEST_F(HttpLimits, AnswerInTimeIsNotCutByTheLimitBefore) {
  start("{ reply_timeout: 300ms, head_timeout: 300ms }");
  Client client = host().connect();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(client.get("/echo?sleep=100").status, 200) << i;
}

TEST_F(HttpLimits, SlowReaderIsCut) {
  start("{ send_timeout: 300ms }");
  const std::string bytes = get("/echo?size=20000000");
  Client client(host().address(), 4096);
  client.send(bytes);
  ASSERT_NE(client.read_some(1000, kPatience), "");
  const int open = host().descriptors();
  EXPECT_EQ(host().descriptors_settled(open - 1, milliseconds(3000)), open - 1)
      << "a client that reads nothing is kept";
}

// Twenty times as fast as the limit asks for, but far slower than it takes the kernel to find half of its
// send buffer free: progress must be counted in what the client took, not in what the kernel took over.
TEST_F(HttpLimits, SteadyReaderIsNotCut) {
  start("{ send_timeout: 300ms }");
  Client client(host().address(), 65536);
  client.send(get("/echo?size=20000000"));
  std::size_t got = 0;
  for (int i = 0; i < 30; ++i) {
    for (std::size_t part = 0; part < 65536;) {
      const std::string some = client.read_some(65536 - part, kPatience);
      ASSERT_NE(some, "") << "cut after " << got;
      part += some.size();
    }
    got += 65536;
    std::this_thread::sleep_for(milliseconds(50));  // the slowness that is tested
  }
  while (got < 20000000) {
    const std::string some = client.read_some(200000, kPatience);
    ASSERT_NE(some, "") << "cut after " << got;
    got += some.size();
  }
}

TEST_F(HttpLimits, RequestsPerConnection) {
  start("{ requests_per_connection: 3 }");
  Client client = host().connect();
  client.send(get("/hello") + get("/hello") + get("/hello") + get("/hello"));
  EXPECT_FALSE(client.read().closes());
  EXPECT_FALSE(client.read().closes());
  EXPECT_TRUE(client.read().connection("close"));
  EXPECT_EQ(client.wait_end(), Ending::closed);
}

TEST_F(HttpLimits, TooManyConnectionsAreTurnedAway) {
  start("{ connections: 10 }");
  std::vector<Client> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(host().connect());
    EXPECT_EQ(clients.back().get("/hello").status, 200) << i;
  }
  for (int i = 0; i < 5; ++i) {
    Client late = host().connect();
    late.send_some(get("/hello"), milliseconds(100));
    const Response response = late.read();
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.header("Retry-After"));
    EXPECT_TRUE(response.closes());
    EXPECT_EQ(late.wait_end(), Ending::closed);
  }
  for (Client& client : clients) EXPECT_EQ(client.get("/hello").status, 200);
  clients.pop_back();
  EXPECT_TRUE(wait_until(milliseconds(2000), [&] { return host().connect().get("/hello").status == 200; }));
}

TEST_F(HttpLimits, HeadOfExactlyTheLimit) {
  start("{ head_bytes: 2KiB }");
  const std::string start = head("GET", "/hello") + "X: ";
  const auto with_size = [&](std::size_t size) {
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(fetch(host().address(), with_size(2048)).status, 200);
  EXPECT_EQ(fetch(host().address(), with_size(2049)).status, 431);
}

TEST_F(HttpLimits, NumberOfHeadersOfExactlyTheLimit) {
  start("{ headers: 10 }");
  const auto with_count = [](int count) {  // Host is one of them
    std::string bytes = head("GET", "/hello");
    for (int i = 1; i < count; ++i) bytes += "X: y\r\n";
    return bytes + "\r\n";
  };
  EXPECT_EQ(fetch(host().address(), with_count(10)).status, 200);
  EXPECT_EQ(fetch(host().address(), with_count(11)).status, 431);
}

TEST_F(HttpLimits, SlowClientsDoNotSlowTheOthers) {
  start("{ head_timeout: 2s, connections: 2000 }");
  const auto slowest = [&] {
    Client client = host().connect();
    std::vector<long> took;
    for (int i = 0; i < 200; ++i) {
      const auto begun = Clock::now();
      EXPECT_EQ(client.get("/hello").status, 200);
      took.push_back(static_cast<long>(
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun).count()));
    }
    std::sort(took.begin(), took.end());
    return took[took.size() / 2];
  };
  const long alone = slowest();
  std::vector<Client> slow;
  for (int i = 0; i < 1000; ++i) {
    slow.push_back(host().connect());
    slow.back().send("GET /hello HTTP/1.1\r\nX: ");
  }
  EXPECT_LT(slowest(), 3 * alone + 2000) << "microseconds; alone it took " << alone;
  // And they are cut, every one.
  for (Client& client : slow)
    ASSERT_TRUE(client.read_until_end(widened(milliseconds(6000))).starts_with("HTTP/1.1 408 "));
}

}  // namespace
}  // namespace evloom::test

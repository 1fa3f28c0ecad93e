// What a change of the running host asks of connections and requests that are there already.
#include "unit/http/server_fixture.hpp"

namespace evloom::http {
namespace {

using test::Client;
using test::Ending;
using test::get;
using test::milliseconds;
using test::Response;

class Changes : public test::Servers {
 protected:
  void SetUp() override {
    Servers::SetUp();
    served_ = std::make_unique<BoundListener>(listening(tcp("127.0.0.1:0")));
  }
  Client connect() { return Client(address_of(*served_)); }
  void expire() {
    everywhere([](Place& place, loop::Loop&) { place.service.expire(); });
  }
  void limits(const std::function<void(Limits&)>& change) {
    servers([&](Server& server) {
      Limits limits = server.limits();
      change(limits);
      server.set_limits(limits);
    });
  }

  std::unique_ptr<BoundListener> served_;
};

TEST_F(Changes, KeepAliveEndsAndComesBack) {
  Client before = connect(), idle = connect(), later = connect();
  EXPECT_FALSE(before.get("/").closes());
  EXPECT_FALSE(idle.get("/").closes());
  servers([](Server& server) { server.end_keep_alive(true); });
  const Response last = before.get("/");
  EXPECT_EQ(last.status, 200);
  EXPECT_TRUE(last.connection("close"));
  EXPECT_EQ(before.wait_end(), Ending::closed);
  EXPECT_TRUE(connect().get("/").connection("close")) << "new connections are accepted, for one request";
  EXPECT_TRUE(later.get("/").connection("close")) << "an idle one is not closed";
  servers([](Server& server) { server.end_keep_alive(false); });
  EXPECT_FALSE(idle.get("/").closes());
}

TEST_F(Changes, LimitsCountFromTheNextRequestOfAConnectionOn) {
  Client client = connect();
  const std::string padding(2000, 'x');
  EXPECT_EQ(client.ask(get("/", {{"X", padding}})).status, 200);
  limits([](Limits& limits) { limits.head.head_bytes = 1024; });
  EXPECT_EQ(client.get("/").status, 200);
  EXPECT_EQ(client.ask(get("/", {{"X", padding}})).status, 431);
  Client other = connect();
  EXPECT_FALSE(other.get("/").closes());
  limits([](Limits& limits) { limits.requests_per_connection = 2; });
  EXPECT_TRUE(other.get("/").closes());
}

TEST_F(Changes, LimitsOfTimeCountFromTheNextRequestOfAConnectionOn) {
  Client client = connect(), under_way = connect();
  EXPECT_EQ(client.get("/").status, 200);
  under_way.send(get("/hold"));
  ASSERT_TRUE(wait_open(1));
  limits([](Limits& limits) { limits.reply_timeout = 50'000'000; });
  client.send(get("/hold"));
  EXPECT_EQ(client.read().status, 503);
  EXPECT_TRUE(wait_open(1)) << "the one from before keeps the limit that it began with";
  everywhere([](Place& place, loop::Loop&) { place.service.release(); });
  EXPECT_EQ(under_way.read().status, 200);
}

TEST_F(Changes, AnExpiredRequestIsAnsweredByTheServiceAndTheConnectionGoesOn) {
  Client client = connect();
  client.send(get("/hold") + get("/"));
  ASSERT_TRUE(wait_open(1));
  expire();
  const Response late = client.read();
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.body, "too late");
  EXPECT_TRUE(late.header("Retry-After"));
  EXPECT_FALSE(late.closes());
  EXPECT_EQ(client.read().status, 200) << "the pipelined one";
  EXPECT_EQ(client.get("/").status, 200);
  EXPECT_EQ(abandoned(), "deadline ");
  EXPECT_TRUE(wait_open(0));
}

TEST_F(Changes, AnExpiredRequestThatTheServiceLeavesIsAnsweredForIt) {
  Client client = connect();
  client.send(get("/mute"));
  ASSERT_TRUE(wait_open(1));
  expire();
  const Response late = client.read();
  EXPECT_EQ(late.status, 503);
  EXPECT_TRUE(late.header("Retry-After"));
  EXPECT_EQ(client.wait_end(), Ending::closed);
  EXPECT_EQ(abandoned(), "deadline gone ");
  EXPECT_TRUE(wait_open(0));
}

TEST_F(Changes, AnExpiredRequestWhoseBodyIsStillArrivingIsRefused) {
  for (const std::string framing :
       {"Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    Client client = connect();
    client.send("POST / HTTP/1.1\r\nHost: test\r\n" + framing);
    ASSERT_TRUE(wait_open(1));
    expire();
    const Response late = client.read("POST");
    EXPECT_EQ(late.status, 503);
    EXPECT_TRUE(late.header("Retry-After"));
    EXPECT_TRUE(late.connection("close"));
    EXPECT_EQ(client.wait_end(), Ending::closed);
    EXPECT_TRUE(wait_open(0));
  }
  EXPECT_EQ(abandoned(), "gone gone ");
}

TEST_F(Changes, OneRequestThatExpiresHurtsNoOther) {
  std::vector<Client> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(connect());
  for (Client& client : clients) client.send(get("/hold"));
  ASSERT_TRUE(wait_open(8));
  Client idle = connect();
  EXPECT_EQ(idle.get("/").status, 200);
  Client beginning = connect();
  beginning.send("GET / HT");  // not accepted yet
  beginning.settle();
  expire();
  for (Client& client : clients) {
    EXPECT_EQ(client.read().status, 503);
    EXPECT_EQ(client.get("/").status, 200);
  }
  beginning.send("TP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_EQ(beginning.read().status, 200);
  EXPECT_EQ(idle.get("/").status, 200);
}

TEST_F(Changes, ExpireFindsAnAnsweredOrLostRequestClosed) {
  Client lost = connect();
  lost.send(get("/hold"));
  ASSERT_TRUE(wait_open(1));
  everywhere([](Place& place, loop::Loop&) {
    Exchange* const exchange = place.service.first();
    if (exchange == nullptr) return;
    exchange->pin();
    place.service.release();
    exchange->expire();  // answered
    exchange->unpin();
  });
  EXPECT_EQ(lost.read().status, 200);
  EXPECT_FALSE(lost.get("/").closes());
  lost.send(get("/hold"));
  ASSERT_TRUE(wait_open(1));
  everywhere([](Place& place, loop::Loop&) {
    Exchange* const exchange = place.service.first();
    if (exchange != nullptr) exchange->pin();
    place.server->close_all();
    if (exchange == nullptr) return;
    exchange->expire();  // its connection is gone
    exchange->unpin();
  });
  EXPECT_EQ(abandoned(), "gone ");
}

}  // namespace
}  // namespace evloom::http

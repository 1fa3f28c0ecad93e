// Each status code that the host answers with by itself, and what stands beside it.
#include "conformance/http_fixture.hpp"

namespace evloom::test {
namespace {

using HttpStatus = Http;

TEST_F(HttpStatus, GoodAnswersSayWhatTheyAre) {
  const Response response = evloom().get("/hello");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.reason, "OK");
  EXPECT_EQ(response.minor, 1);
  EXPECT_EQ(response.header("Content-Length"), std::to_string(response.body.size()));
  EXPECT_EQ(response.header("Content-Type"), "text/plain; charset=utf-8");
  ASSERT_TRUE(response.header("Date"));
  EXPECT_TRUE(response.header("Date")->ends_with(" GMT"));
  EXPECT_EQ(response.header("Date")->size(), 29u);
  EXPECT_FALSE(response.closes());
}

TEST_F(HttpStatus, HandlersChooseTheStatus) {
  for (const int status : {200, 201, 202, 301, 404, 418, 500, 599})
    EXPECT_EQ(evloom().get("/echo?status=" + std::to_string(status)).status, status);
  for (const char* status : {"0", "42", "199", "600", "1000"})
    EXPECT_EQ(evloom().get(std::string("/echo?status=") + status).status, 500) << status;
}

TEST_F(HttpStatus, 400_WithoutEndingMoreThanItsConnection) {
  Client good = connect(), bad = connect();
  EXPECT_EQ(good.get("/hello").status, 200);
  bad.send("nonsense\r\n\r\n");
  expect_refused(bad, 400);
  EXPECT_EQ(good.get("/hello").status, 200);
}

TEST_F(HttpStatus, 404_ForUnknownPathsKeepsTheConnection) {
  Client client = connect();
  const Response response = client.get("/nowhere");
  EXPECT_EQ(response.status, 404);
  EXPECT_FALSE(response.closes());
  EXPECT_FALSE(response.body.empty());
  EXPECT_EQ(client.get("/hello").status, 200);
  EXPECT_EQ(client.get("/Hello").status, 404);
  EXPECT_EQ(client.get("/hello/").status, 404);
  // With a body behind it, which may be read or make the connection end, but never becomes the next request.
  client.send(request("POST", "/nowhere", {}, get("/hello")));
  EXPECT_EQ(client.read().status, 404);
  EXPECT_EQ(client.read_until_end(milliseconds(100)), "");
}

TEST_F(HttpStatus, 404_DoesNotEchoThePathUnescaped) {
  const Response response = evloom().get("/<script>alert(1)</script>");
  EXPECT_EQ(response.body.find("<script>"), std::string::npos);
}

TEST_F(HttpStatus, 405_NamesWhatIsAllowed) {
  Client client = connect();
  const Response response = client.ask(request("DELETE", "/hello"));
  EXPECT_EQ(response.status, 405);
  EXPECT_FALSE(response.closes());
  ASSERT_TRUE(response.header("Allow"));
  EXPECT_NE(response.header("Allow")->find("GET"), std::string::npos);
  EXPECT_NE(response.header("Allow")->find("HEAD"), std::string::npos);
  EXPECT_EQ(response.header("Allow")->find("POST"), std::string::npos);
  EXPECT_EQ(client.ask(request("OPTIONS", "/hello")).status, 405);
  EXPECT_EQ(client.get("/hello").status, 200);
  EXPECT_EQ(raw(request("POST", "/hello", {}, "x")).status, 405);
  EXPECT_EQ(raw(request("POST", "/livez", {}, "x")).status, 405);
}

TEST_F(HttpStatus, 501_ForMethodsThatTheHostDoesNotKnow) {
  for (const char* method : {"BREW", "get", "PROPFIND", "TRACE", "G"}) {
    SCOPED_TRACE(method);
    EXPECT_EQ(raw(request(method, "/hello")).status, 501);
  }
  EXPECT_EQ(raw("CONNECT test:80 HTTP/1.1\r\nHost: test:80\r\n\r\n").status, 501);
  EXPECT_EQ(raw(request(std::string(100, 'M'), "/hello")).status, 501);
}

TEST_F(HttpStatus, 411_ForABodyWithoutLength) {
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    SCOPED_TRACE(method);
    EXPECT_EQ(raw(request(method, "/echo")).status, 411);
    EXPECT_EQ(raw(request(method, "/echo", {{"Content-Length", "0"}})).status, 200);
  }
  EXPECT_EQ(raw(request("DELETE", "/echo")).status, 200);
}

TEST_F(HttpStatus, 413_BeforeTheBodyHasCome) {
  Client client = connect();
  client.send(head("POST", "/echo") + "Content-Length: 1048577\r\n\r\n");
  expect_refused(client, 413, "POST");
  Client huge = connect();
  huge.send(head("POST", "/echo") + "Content-Length: 99999999999999999999999999\r\n\r\n");
  const Response response = huge.read();
  EXPECT_TRUE(response.status == 413 || response.status == 400) << response.status;
}

TEST_F(HttpStatus, 413_ReachesAClientThatGoesOnSending) {
  for (int i = 0; i < 10; ++i) {
    Client client = connect();
    client.send_some(head("POST", "/echo") + "Content-Length: 5000000\r\n\r\n" + std::string(3000000, 'b'),
                     milliseconds(300));
    EXPECT_EQ(client.read().status, 413);
  }
}

TEST_F(HttpStatus, 414_ForALongTarget) {
  Client client = connect();
  client.send(get("/" + std::string(15000, 'a')));
  expect_refused(client, 414);
  // The line never ends: it must not be waited for.
  Client endless = connect();
  endless.send_some("GET /" + std::string(1 << 20, 'a'), milliseconds(300));
  const Response response = endless.read();
  EXPECT_TRUE(response.status == 414 || response.status == 431) << response.status;
}

TEST_F(HttpStatus, 417_ForOtherExpectations) {
  EXPECT_EQ(raw(get("/hello", {{"Expect", "miracles"}})).status, 417);
}

TEST_F(HttpStatus, 500_WhenAHandlerFails) {
  Client client = connect();
  EXPECT_EQ(client.get("/echo?throw").status, 500);
  EXPECT_EQ(client.get("/echo?nothing").status, 500);
  const Response response = client.get("/hello");
  EXPECT_EQ(response.status, 200);
}

TEST_F(HttpStatus, 503_ComesWithRetryAfter) {
  // By evl_status: unavailable, timeout, unknown, overloaded.
  const auto of = [&](const char* why) { return evloom().get(std::string("/echo?fail=") + why); };
  int unavailable = 0;
  for (const char* why : {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"}) {
    const Response response = of(why);
    EXPECT_TRUE(response.status == 400 || response.status == 404 || response.status == 500 ||
                response.status == 503)
        << why << ": " << response.status;
    if (response.status != 503) continue;
    ++unavailable;
    EXPECT_TRUE(response.header("Retry-After")) << why;
  }
  EXPECT_GE(unavailable, 3);
}

TEST_F(HttpStatus, 505_ForOtherVersionsOfHttp) {
  Client client = connect();
  client.send("GET /hello HTTP/2.0\r\nHost: test\r\n\r\n");
  expect_refused(client, 505);
}

TEST_F(HttpStatus, OptionsOfTheServerAsAWholeIsNoCrash) {
  const Response response = raw("OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_TRUE(response.status == 200 || response.status == 204 || response.status == 405 ||
              response.status == 404)
      << response.status;
  EXPECT_EQ(raw("GET * HTTP/1.1\r\nHost: test\r\n\r\n").status, 400);
}

TEST_F(HttpStatus, WhatTheHostDoesNotOfferIsIgnored) {
  for (const HeaderList& headers : {HeaderList{{"Connection", "Upgrade, HTTP2-Settings"},
                                               {"Upgrade", "h2c"},
                                               {"HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"}},
                                    HeaderList{{"Range", "bytes=0-1"}}, HeaderList{{"If-None-Match", "*"}},
                                    HeaderList{{"TE", "trailers"}, {"Connection", "TE"}}}) {
    Client client = connect();
    EXPECT_EQ(client.get("/hello", headers).status, 200);
    EXPECT_EQ(client.get("/hello").body, "Hello\n");
  }
}

TEST_F(HttpStatus, ParametersOfRoutesAreDecoded) {
  EXPECT_EQ(echoed(evloom().get("/echo/a%20b"), "param id"), "a b");
  EXPECT_EQ(evloom().get("/echo/a/b").status, 404);
  EXPECT_EQ(echoed(evloom().get("/files/a/b/c"), "path"), "/files/a/b/c");
}

}  // namespace
}  // namespace evloom::test

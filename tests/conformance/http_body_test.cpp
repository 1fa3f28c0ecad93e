// Request bodies: by length, in chunks, split at every byte; the answer never depends on how the bytes came.
#include "conformance/http_fixture.hpp"

namespace evloom::test {
namespace {

using HttpBody = Http;

// Sends `bytes` in two reads, split at every place, each time on a connection of its own, and gives every
// answer to `check`. A second request behind it must be answered as well.
template <typename Check>
void at_every_split(const Evloom& evloom, const std::string& bytes, Check check) {
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    SCOPED_TRACE("split at " + std::to_string(split));
    Client client = evloom.connect();
    client.send(std::string_view(bytes).substr(0, split));
    client.settle();
    client.send(bytes.substr(split) + get("/echo?x=next"));
    check(client.read());
    ASSERT_EQ(echoed(client.read(), "query x"), "next");
    if (::testing::Test::HasFailure()) return;
  }
}

TEST_F(HttpBody, ByLengthAtEverySplit) {
  at_every_split(evloom(), request("POST", "/echo?x=1", {}, "hello body"), [](const Response& response) {
    ASSERT_EQ(response.status, 200);
    ASSERT_TRUE(response.body.ends_with("body 10\nhello body")) << response.body;
  });
}

TEST_F(HttpBody, ChunkedAtEverySplit) {
  const std::string bytes =
      head("POST", "/echo") +
      "Transfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;name=value;q=\"a\"\r\n \r\n00a\r\nchunkworld\r\n0\r\nTrailer: x\r\n\r\n";
  at_every_split(evloom(), bytes, [](const Response& response) {
    ASSERT_EQ(response.status, 200);
    ASSERT_TRUE(response.body.ends_with("body 16\nhello chunkworld")) << response.body;
  });
}

TEST_F(HttpBody, ByteByByte) {
  const std::string bytes =
      head("POST", "/echo") + "tRANSFER-eNCODING:  Chunked \r\n\r\n3\r\nabc\r\nB\r\n0123456789A\r\n0\r\n\r\n";
  Client client = connect();
  for (const char c : bytes) {
    client.send(std::string_view(&c, 1));
    client.settle();
  }
  EXPECT_TRUE(client.read().body.ends_with("body 14\nabc0123456789A"));
}

TEST_F(HttpBody, AnyByteInABody) {
  std::string body;
  for (int i = 0; i < 1024; ++i) body += static_cast<char>(i);
  EXPECT_TRUE(raw(request("POST", "/echo", {}, body)).body.ends_with(body));
  EXPECT_TRUE(
      raw(head("POST", "/echo") + "Transfer-Encoding: chunked\r\n\r\n400\r\n" + body + "\r\n0\r\n\r\n")
          .body.ends_with(body));
}

TEST_F(HttpBody, LargeBodiesComeWhole) {
  std::string body(1 << 20, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  Client client = connect();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.ask(request("PUT", "/echo", {}, body)).body.ends_with(body));
  std::string chunked = head("POST", "/echo") + "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 4096)
    chunked += "1000\r\n" + body.substr(at, 4096) + "\r\n";
  EXPECT_TRUE(client.ask(chunked + "0\r\n\r\n").body.ends_with(body));
}

TEST_F(HttpBody, OneByteChunks) {
  std::string bytes = head("POST", "/echo") + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20000; ++i) bytes += "1\r\nx\r\n";
  const Response response = raw(bytes + "0\r\n\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(echoed(response, "body"), "20000");
}

TEST_F(HttpBody, ExtensionsAndTrailersHaveBounds) {
  const std::string start = head("POST", "/echo") + "Transfer-Encoding: chunked\r\n\r\n";
  Client extension = connect();
  extension.send_some(start + "5;" + std::string(1 << 20, 'e'), milliseconds(300));
  EXPECT_GE(extension.read().status, 400);
  Client many = connect();
  std::string chunks;
  for (int i = 0; i < 5000; ++i) chunks += "1;" + std::string(100, 'e') + "\r\nx\r\n";
  many.send_some(start + chunks + "0\r\n\r\n", milliseconds(300));
  EXPECT_GE(many.read().status, 400);
  Client trailer = connect();
  trailer.send_some(start + "0\r\nX: " + std::string(1 << 20, 't'), milliseconds(300));
  EXPECT_GE(trailer.read().status, 400);
  Client zeros = connect();
  zeros.send_some(start + std::string(100000, '0'), milliseconds(300));
  EXPECT_GE(zeros.read().status, 400);
}

TEST_F(HttpBody, GetMayHaveOne) {
  Client client = connect();
  EXPECT_EQ(echoed(client.ask(request("GET", "/echo", {}, "abc")), "body"), "3");
  EXPECT_EQ(client.ask(request("GET", "/hello", {}, "ignored")).status, 200);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(HttpBody, HeadersArriveAsTheyWereSent) {
  const Response response =
      raw(head("GET", "/echo") + "X-A:  spaced out \t\r\nX-Empty:\r\nX-High: \xc3\xa4\r\nX-A: again\r\n\r\n");
  EXPECT_EQ(echoed(response, "header X-A"), "spaced out");
  EXPECT_EQ(echoed(response, "header X-Empty"), "");
  EXPECT_EQ(echoed(response, "header X-High"), "\xc3\xa4");
  EXPECT_NE(response.body.find("header X-A again\n"), std::string::npos);
}

// A short pipeline of different requests, cut in two at every byte: the same answers each time.
TEST_F(HttpBody, PipelineAtEverySplit) {
  const std::string bytes = get("/echo?x=1") + request("POST", "/echo?x=2", {}, "two") + get("/nowhere") +
                            head("POST", "/echo?x=3") +
                            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
                            get("/echo?x=4&sleep=1") + get("/hello", {{"Connection", "close"}});
  std::string expected;
  for (std::size_t split = 0; split < bytes.size(); ++split) {
    SCOPED_TRACE("split at " + std::to_string(split));
    Client client = connect();
    if (split) {
      client.send(std::string_view(bytes).substr(0, split));
      client.settle();
    }
    client.send(std::string_view(bytes).substr(split));
    std::string seen;
    for (int i = 0; i < 6; ++i) {
      const Response response = client.read();
      seen += std::to_string(response.status) + " " + response.body;
    }
    ASSERT_EQ(client.wait_end(), Ending::closed);
    if (split == 0) expected = seen;
    ASSERT_EQ(seen, expected);
  }
  EXPECT_NE(expected.find("query x 3"), std::string::npos);
  EXPECT_NE(expected.find("404"), std::string::npos);
}

}  // namespace
}  // namespace evloom::test

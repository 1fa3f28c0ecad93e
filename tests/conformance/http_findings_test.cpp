// What libevhtp gets wrong on its own, by the number of the finding in docs: the host must get each right.
// Those that no client can reach (TLS, allocation failures, the pause of libevhtp) are not here.
#include <sys/socket.h>

#include <numeric>
#include <thread>

#include "conformance/http_fixture.hpp"
#include "support/load.hpp"

namespace evloom::test {
namespace {

using Finding = Http;

TEST_F(Finding, 01_LargeFormPostWithoutQueryIsServed) {
  Evloom host(yaml({.limits = "{ body_bytes: 8MiB }"}));
  const std::string body(6 << 20, 'a');
  Client client = host.connect();
  const Response response =
      client.ask(request("POST", "/echo", {{"Content-Type", "application/x-www-form-urlencoded"}}, body));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(echoed(response, "body"), std::to_string(body.size()));
  EXPECT_TRUE(response.body.ends_with("\n" + body));
  EXPECT_EQ(host.stop(), "");
}

TEST_F(Finding, 02_TargetAcrossReadsStaysWhole) {
  const std::string bytes = get("/files/abcdef/ghi?x=yz");
  for (std::size_t split = 1; split < bytes.size(); ++split) {
    Client client = connect();
    client.send(bytes.substr(0, split));
    client.settle();
    client.send(bytes.substr(split));
    const Response response = client.read();
    ASSERT_EQ(response.status, 200) << split;
    ASSERT_EQ(echoed(response, "target"), "/files/abcdef/ghi?x=yz") << split;
    ASSERT_EQ(echoed(response, "query x"), "yz") << split;
  }
}

TEST_F(Finding, 02_TargetLongerThanOneReadStaysWhole) {
  std::string target = "/files/";
  while (target.size() < 6000) target += std::to_string(target.size()) + "_";
  EXPECT_EQ(echoed(evloom().get(target), "path"), target);
}

// Each of these hides a second request from one reader and shows it to another. The first must be refused,
// and the hidden one never answered.
TEST_F(Finding, 03_SmugglingIsRefused) {
  const std::string hidden = get("/hello");
  const std::string size = std::to_string(hidden.size());
  struct Case {
    const char* name;
    std::string headers;
    std::string body;
    int status;
  };
  const std::string chunk = "0\r\n\r\n";
  const Case cases[] = {
      {"CL.TE", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunk, 400},
      {"TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunk, 400},
      {"TE.TE", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunk, 400},
      {"gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n", chunk, 501},
      {"identity", "Transfer-Encoding: identity\r\n", chunk, 400},
      {"xchunked", "Transfer-Encoding: xchunked\r\n", chunk, 400},
      {"chunked, identity", "Transfer-Encoding: chunked, identity\r\n", chunk, 0},
      {"chunked then nothing", "Transfer-Encoding: chunked,\r\n", chunk, 0},
      {"vertical tab",
       "Transfer-Encoding: \x0b"
       "chunked\r\n",
       chunk, 400},
      {"two lengths", "Content-Length: 0\r\nContent-Length: " + size + "\r\n", "", 400},
      {"two equal lengths", "Content-Length: " + size + "\r\nContent-Length: " + size + "\r\n", "", 400},
      {"list of lengths", "Content-Length: " + size + ", " + size + "\r\n", "", 400},
      {"blank before colon", "Content-Length : " + size + "\r\n", "", 400},
      {"tab before colon", "Content-Length\t: " + size + "\r\n", "", 400},
      {"folded", "X: y\r\n Content-Length: " + size + "\r\n", "", 400},
      {"folded length", "Content-Length:\r\n " + size + "\r\n", "", 400},
      {"plus", "Content-Length: +" + size + "\r\n", "", 400},
      {"minus", "Content-Length: -" + size + "\r\n", "", 400},
      {"hex", "Content-Length: 0x10\r\n", "", 400},
      {"empty length", "Content-Length: \r\n", "", 400},
      {"blank inside", "Content-Length: 1 0\r\n", "", 400},
      {"huge", "Content-Length: 18446744073709551617\r\n", "", 0},
      {"bare CR", "X: y\rContent-Length: " + size + "\r\n", "", 400},
      {"bare LF", "X: y\nContent-Length: " + size + "\r\n", "", 400},
      {"NUL", std::string("X: y\0Content-Length: 9\r\n", 23), "", 400},
      {"name with blank", "Content Length: " + size + "\r\n", "", 400},
      {"no colon", "Content-Length\r\n", "", 400},
      {"17 digits", "Transfer-Encoding: chunked\r\n", "10000000000000000\r\n" + chunk, 0},
      {"sign", "Transfer-Encoding: chunked\r\n", "-5\r\n", 400},
      {"0x", "Transfer-Encoding: chunked\r\n", "0x5\r\nabcde\r\n" + chunk, 400},
      {"byte over 0x7f as hex", "Transfer-Encoding: chunked\r\n", "\xb5\r\nabcde\r\n" + chunk, 400},
      {"blank before size", "Transfer-Encoding: chunked\r\n", " 5\r\nabcde\r\n" + chunk, 400},
      {"no size", "Transfer-Encoding: chunked\r\n", "\r\nabcde\r\n" + chunk, 400},
      {"bare LF after size", "Transfer-Encoding: chunked\r\n", "5\nabcde\r\n" + chunk, 400},
      {"too long a chunk", "Transfer-Encoding: chunked\r\n", "5\r\nabcdefgh\r\n" + chunk, 400},
      {"bare LF after data", "Transfer-Encoding: chunked\r\n", "5\r\nabcde\n" + chunk, 400},
      {"fold in trailer", "Transfer-Encoding: chunked\r\n", "0\r\nX: y\r\n z: a\r\n\r\n", 400},
      {"trailer without colon", "Transfer-Encoding: chunked\r\n", "0\r\nGET /hello HTTP/1.1\r\n\r\n", 400},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    Client client = connect();
    client.send(head("POST", "/echo") + one.headers + "\r\n" + one.body + hidden);
    const std::string answers = client.read_until_end();
    EXPECT_NE(client.ending(), Ending::open) << "the connection stays open";
    Response response;
    const ParseOutcome parsed = parse_response(answers, false, true, response);
    ASSERT_EQ(parsed.state, Parsed::complete) << parsed.why << " in '" << answers << "'";
    if (one.status)
      EXPECT_EQ(response.status, one.status) << answers;
    else
      EXPECT_TRUE(response.status == 400 || response.status == 413 || response.status == 501) << answers;
    EXPECT_TRUE(response.closes());
    EXPECT_EQ(answers.substr(parsed.used), "") << "more than one answer";
  }
}

TEST_F(Finding, 03_TransferEncodingInHttp10IsRefused) {
  Client client = connect();
  client.send("POST /echo HTTP/1.0\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
              get("/hello"));
  const std::string answers = client.read_until_end();
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 400 ")) << answers;
  EXPECT_EQ(answers.find("HTTP/1.1 ", 5), std::string::npos) << answers;
}

TEST_F(Finding, 03_MessageEndsBehindAllTrailers) {
  Client client = connect();
  client.send(head("POST", "/echo") +
              "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\nC: d\r\n\r\n" +
              get("/echo?x=second"));
  const Response first = client.read();
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(echoed(first, "body"), "3");
  EXPECT_EQ(echoed(first, "header C"), "(nothing)") << "a trailer must not count as a header";
  EXPECT_EQ(echoed(client.read(), "query x"), "second");
}

TEST_F(Finding, 04_MultipartOfNineBytesKeepsTheLength) {
  Client client = connect();
  const Response response =
      client.ask(request("POST", "/echo", {{"Content-Type", "multipart"}}, "123456789"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.framing, Framing::length);
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(Finding, 05_ParameterWithoutValueIsEmpty) {
  EXPECT_EQ(echoed(evloom().get("/echo?x"), "query x"), "");
  EXPECT_EQ(echoed(evloom().get("/echo?x="), "query x"), "");
  EXPECT_EQ(echoed(evloom().get("/echo?&&x&"), "query x"), "");
  EXPECT_EQ(echoed(evloom().get("/echo?=y"), "query x"), "(nothing)");
  EXPECT_EQ(echoed(evloom().get("/echo?"), "query x"), "(nothing)");
}

TEST_F(Finding, 06_WritingToAResetConnectionIsSurvived) {
  for (int i = 0; i < 20; ++i) {
    Client client(evloom().address(), 4096);
    client.send(get("/echo?size=3000000"));
    ASSERT_NE(client.read_some(16, kPatience), "");
    client.reset();
  }
  EXPECT_EQ(evloom().get("/hello").status, 200);
}

TEST_F(Finding, 07_SecondRequestWaitsForAHeldOne) {
  Client client = connect();
  client.send(get("/echo?sleep=60&x=1"));
  client.settle();
  client.send(get("/echo?x=2"));
  EXPECT_EQ(echoed(client.read(), "query x"), "1");
  EXPECT_EQ(echoed(client.read(), "query x"), "2");
}

TEST_F(Finding, 08_HandlersCannotInjectHeaders) {
  for (const char* value : {"X:a%0d%0aEvil:1", "X:a%0aEvil:1", "X:a%0dEvil:1", "X:a%01", "X:a%7f",
                            "X%0d%0aEvil:1", "X%20Y:1", ":1"}) {
    SCOPED_TRACE(value);
    Client client = connect();
    const Response response = client.get(std::string("/echo?set=") + value);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.header("Evil"), std::nullopt);
    EXPECT_EQ(client.get("/hello").status, 200);
  }
  EXPECT_EQ(evloom().get("/echo?set=X-Fine:a%20b").header("x-fine"), "a b");
}

TEST_F(Finding, 08_HandlersCannotSetTheHostsOwnHeaders) {
  for (const char* value :
       {"Content-Length:1", "Transfer-Encoding:chunked", "Connection:close", "content-length:99"}) {
    SCOPED_TRACE(value);
    Client client = connect();
    const Response response =
        client.get(std::string("/echo?set=") + value);  // read() refuses what contradicts itself
    EXPECT_EQ(response.header("Transfer-Encoding"), std::nullopt);
    EXPECT_EQ(client.get("/hello").status, 200);
  }
}

TEST_F(Finding, 11_NulAndControlBytesInTargetsAreRefused) {
  for (const std::string& target : {std::string("/files/a\0b", 10),
                                    std::string("/files/a\x01"
                                                "b"),
                                    std::string("/files/a\x7f"
                                                "b"),
                                    std::string("/files/a\xff"
                                                "b"),
                                    std::string("/files/a\tb"), std::string("/files/a%00b")}) {
    SCOPED_TRACE(target);
    EXPECT_EQ(raw(get(target)).status, 400);
  }
}

TEST_F(Finding, 12_FiftyPipelinedRequestsAreAnsweredInOrder) {
  Client client = connect();
  std::string bytes;
  for (int i = 0; i < 50; ++i) bytes += get("/echo?x=" + std::to_string(i) + (i % 7 == 3 ? "&sleep=2" : ""));
  client.send(bytes);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(echoed(client.read(), "query x"), std::to_string(i));
}

TEST_F(Finding, 13_LeadingLineEndsDoNotHoldUpTheRequest) {
  Client client = connect();
  client.send("\r\n" + get("/echo?x=1") + "\r\n" + get("/echo?x=2"));
  EXPECT_EQ(echoed(client.read(), "query x"), "1");
  EXPECT_EQ(echoed(client.read(), "query x"), "2");
  client.send("\r\n");
  client.settle();
  client.send(get("/echo?x=3"));
  EXPECT_EQ(echoed(client.read(), "query x"), "3");
}

TEST_F(Finding, 14_RequestWithoutVersionIsRefused) {
  for (const char* line :
       {"GET /x\r\n\r\n", "GET /x \r\n\r\n", "GET\r\n\r\n", "GET /x HTTP\r\n\r\n", "/x\r\n\r\n",
        "GET  /x HTTP/1.1\r\n\r\n", "GET /x  HTTP/1.1\r\n\r\n", "GET /x y HTTP/1.1\r\n\r\n",
        " GET /x HTTP/1.1\r\n\r\n", "GET\t/x\tHTTP/1.1\r\n\r\n", "GET /x http/1.1\r\n\r\n",
        "GET x HTTP/1.1\r\nHost: test\r\n\r\n", "G(T /x HTTP/1.1\r\nHost: test\r\n\r\n"}) {
    SCOPED_TRACE(line);
    Client client = connect();
    client.send(line);
    expect_refused(client, 400);
  }
}

TEST_F(Finding, 16_IdleConnectionsLive) {
  Client client = connect();
  EXPECT_EQ(client.get("/hello").status, 200);
  EXPECT_TRUE(client.quiet(milliseconds(300)));
  EXPECT_EQ(client.get("/hello").status, 200);
}

TEST_F(Finding, 17_RunningOutOfDescriptorsIsNoBusyLoop) {
  Evloom host(yaml({}), {.descriptors = 64});
  Client served = host.connect();
  EXPECT_EQ(served.get("/hello").status, 200);
  std::vector<Client> clients;
  for (int i = 0; i < 120; ++i) clients.emplace_back(host.address());
  const double cpu = host.cpu_seconds();
  const std::size_t log = host.log().size();
  std::this_thread::sleep_for(milliseconds(1000));  // the time over which is measured
  EXPECT_LT(host.cpu_seconds() - cpu, 0.3) << "spins while it can accept nobody";
  EXPECT_LT(host.log().size() - log, 4000u) << host.log().substr(host.log().size() - 1000);
  EXPECT_EQ(served.get("/hello").status, 200);
  clients.clear();
  EXPECT_TRUE(wait_until(widened(milliseconds(3000)), [&] {
    try {
      return host.get("/hello").status == 200;
    } catch (const std::runtime_error&) {
      return false;
    }
  })) << "does not recover";
  EXPECT_EQ(host.stop(), "");
}

TEST_F(Finding, 18_OneByteAtATimeDoesNotOutliveTheLimit) {
  Evloom host(yaml({.limits = "{ head_timeout: 300ms, body_timeout: 300ms }"}));
  for (const std::string& bytes :
       {get("/hello"), head("POST", "/echo") + "Content-Length: 50\r\n\r\n" + std::string(50, 'a')}) {
    Client client = host.connect();
    const std::size_t whole = bytes.find("\r\n\r\n") + 4;
    std::size_t sent = whole == bytes.size() ? 0 : whole;  // the body alone drips
    client.send(bytes.substr(0, sent));
    const auto start = Clock::now();
    bool answered = false;
    for (; sent < bytes.size() - 1 && !answered; ++sent) {
      client.send_some(bytes.substr(sent, 1), milliseconds(100));
      answered = !client.quiet(milliseconds(50));
    }
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
    EXPECT_TRUE(answered) << "still waiting after " << took.count() << " ms";
    EXPECT_LT(took, widened(milliseconds(900)));
    expect_refused(client, 408);
  }
  EXPECT_EQ(host.stop(), "");
}

TEST_F(Finding, 19_HeadersAreLimitedInNumberAndSize) {
  std::string many = head("GET", "/echo");
  for (int i = 0; i < 200; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  Client counted = connect();
  counted.send(many + "\r\n");
  expect_refused(counted, 431);

  Client sized = connect();
  sized.send(head("GET", "/echo") + "X: " + std::string(20000, 'y') + "\r\n\r\n");
  expect_refused(sized, 431);

  // It must not wait for the end of what never ends.
  Client endless = connect();
  endless.send_some(head("GET", "/echo") + "X: " + std::string(3 << 20, 'y'), milliseconds(500));
  expect_refused(endless, 431);

  std::string fits = head("GET", "/echo");
  for (int i = 0; i < 90; ++i) fits += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(echoed(raw(fits + "\r\n"), "header X-89"), "y");
}

TEST_F(Finding, 20_RoutesMatchExactlyAndAtOnce) {
  EXPECT_EQ(evloom().get("/hellox").status, 404);
  EXPECT_EQ(evloom().get("/hello/x").status, 404);
  EXPECT_EQ(evloom().get("/hell").status, 404);
  std::string target = "/";
  for (int i = 0; i < 2000; ++i) target += "a/";
  const auto start = Clock::now();
  EXPECT_EQ(evloom().get(target).status, 404);
  EXPECT_LT(Clock::now() - start, widened(milliseconds(500)));
}

TEST_F(Finding, 21_ConnectionsSpreadOverTheThreads) {
  Evloom host(yaml({}));
  const auto busy = [&] {
    std::vector<double> seconds;  // of each thread
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(host.process().pid()) + "/task")) {
      const std::string stat = read_file(task.path() / "schedstat");
      seconds.push_back(std::stod("0" + stat.substr(0, stat.find(' '))) / 1e9);
    }
    std::sort(seconds.rbegin(), seconds.rend());
    return seconds;
  };
  const LoadResult result =
      run_load({.address = host.address(), .bytes = get("/hello"), .connections = 64, .requests = 20000});
  EXPECT_EQ(result.with(200), 20000u) << result.summary();
  const auto seconds = busy();
  ASSERT_GE(seconds.size(), 2u);
  EXPECT_GT(seconds[1], 0.3 * seconds[0]) << "one thread works, the other looks on";
  EXPECT_EQ(host.stop(), "");
}

TEST_F(Finding, 22_LargeReplyReachesAHalfClosedClient) {
  for (const char* more : {"", "&sleep=50", "&release"}) {
    Client client = connect();
    client.send(get(std::string("/echo?size=2000000") + more));
    client.half_close();
    const Response response = client.read();
    EXPECT_EQ(response.status, 200) << more;
    EXPECT_EQ(response.body.size(), 2000000u) << more;
    EXPECT_EQ(client.wait_end(), Ending::closed) << more;
  }
}

TEST_F(Finding, 23_CloseIsHeededWithPipelinedInput) {
  for (const char* more : {"", "&sleep=20"}) {
    Client client = connect();
    client.send(get(std::string("/echo?x=1") + more) +
                get(std::string("/echo?x=2") + more, {{"Connection", "close"}}) + get("/echo?x=3"));
    EXPECT_EQ(echoed(client.read(), "query x"), "1");
    const Response last = client.read();
    EXPECT_EQ(echoed(last, "query x"), "2");
    EXPECT_TRUE(last.connection("close"));
    EXPECT_EQ(client.wait_end(), Ending::closed);
  }
}

TEST_F(Finding, 23_BodiesOfPipelinedRequestsDoNotAddUp) {
  Evloom host(yaml({.limits = "{ body_bytes: 1000 }"}));
  Client client = host.connect();
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += request("POST", "/echo?x=" + std::to_string(i), {}, std::string(900, 'b'));
  client.send(bytes);
  for (int i = 0; i < 8; ++i) {
    const Response response = client.read();
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(echoed(response, "query x"), std::to_string(i));
    ASSERT_EQ(echoed(response, "body"), "900");
  }
  EXPECT_EQ(host.stop(), "");
}

TEST_F(Finding, 24_BodyOfExactlyTheLimitIsServed) {
  Evloom host(yaml({.limits = "{ body_bytes: 1000 }"}));
  EXPECT_EQ(fetch(host.address(), request("POST", "/echo", {}, std::string(1000, 'b'))).status, 200);
  const std::string chunks =
      head("POST", "/echo") + "Transfer-Encoding: chunked\r\n\r\n1F4\r\n" + std::string(500, 'b') + "\r\n";
  EXPECT_EQ(fetch(host.address(), chunks + "1f4\r\n" + std::string(500, 'b') + "\r\n0\r\n\r\n").status, 200);
  Client by_length = host.connect();
  by_length.send(request("POST", "/echo", {}, std::string(1001, 'b')));
  expect_refused(by_length, 413);
  Client by_chunks = host.connect();
  by_chunks.send(chunks + "1f5\r\n" + std::string(501, 'b') + "\r\n0\r\n\r\n");
  expect_refused(by_chunks, 413);
  by_length.close();
  by_chunks.close();
  EXPECT_EQ(host.stop(), "");
}

TEST_F(Finding, 25_HeadAnd204And304HaveNoBody) {
  Client client = connect();
  const Response body = client.get("/echo?size=1234");
  const Response response = client.ask(request("HEAD", "/echo?size=1234"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("Content-Length"), "1234");
  EXPECT_EQ(response.header("Content-Type"), body.header("Content-Type"));
  EXPECT_EQ(client.get("/echo?status=204").status, 204);
  EXPECT_EQ(client.get("/echo?status=304").status, 304);
  EXPECT_EQ(client.ask(request("HEAD", "/nowhere")).status, 404);
  EXPECT_EQ(client.ask(request("HEAD", "/")).status, 200);
  EXPECT_EQ(echoed(client.get("/echo?x=after"), "query x"), "after");
  EXPECT_TRUE(client.quiet(milliseconds(50)));
}

TEST_F(Finding, 26_Http10GetsNoChunks) {
  for (const char* target : {"/echo?size=200000", "/echo", "/metrics"}) {
    const Response response = raw(std::string("GET ") + target + " HTTP/1.0\r\n\r\n");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("Transfer-Encoding"), std::nullopt);
  }
}

TEST_F(Finding, 26_ASecondReplyIsNotSent) {
  Client client = connect();
  EXPECT_EQ(client.get("/echo?x=1&twice").status, 200);
  EXPECT_EQ(echoed(client.get("/echo?x=2"), "query x"), "2");
  EXPECT_TRUE(client.quiet(milliseconds(50)));
  EXPECT_EQ(echoed(client.get("/echo?counters"), "strays"), "0") << "the host took a second reply";
}

TEST_F(Finding, 27_OtherVersionsAreRefused) {
  for (const char* version : {"HTTP/9.9", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/3.0"}) {
    SCOPED_TRACE(version);
    Client client = connect();
    client.send(std::string("GET /hello ") + version + "\r\nHost: test\r\n\r\n");
    expect_refused(client, 505);  // and the answer itself is HTTP/1.x, or read() would throw
  }
  for (const char* version :
       {"HTTP/1", "HTTP/1.", "HTTP/1.1.1", "HTTP/11.1", "HTTP/1.01", "HTTP/a.b", "HTTPS/1.1", "HTTP 1.1"}) {
    SCOPED_TRACE(version);
    Client client = connect();
    client.send(std::string("GET /hello ") + version + "\r\nHost: test\r\n\r\n");
    expect_refused(client, 400);
  }
}

TEST_F(Finding, 27_ConnectionTokensAreReadAsAList) {
  struct Case {
    const char* version;
    const char* value;
    bool stays;
  };
  for (const Case& one : std::initializer_list<Case>{{"1.1", "close", false},
                                                     {"1.1", "Close", false},
                                                     {"1.1", "foo, CLOSE", false},
                                                     {"1.1", "close,foo", false},
                                                     {"1.1", "keep-alive, close", false},
                                                     {"1.1", ", ,close ,", false},
                                                     {"1.1", "closed", true},
                                                     {"1.1", "keep-alive", true},
                                                     {"1.1", "Upgrade", true},
                                                     {"1.0", "Keep-Alive", true},
                                                     {"1.0", "foo,keep-alive", true},
                                                     {"1.0", "close", false},
                                                     {"1.0", "keep-alive, close", false},
                                                     {"1.0", "keep-alivex", false}}) {
    SCOPED_TRACE(std::string(one.version) + " " + one.value);
    Client client = connect();
    client.send(std::string("GET /hello HTTP/") + one.version + "\r\nHost: test\r\nConnection: " + one.value +
                "\r\n\r\n");
    const Response response = client.read();
    EXPECT_EQ(response.status, 200);
    if (one.stays) {
      EXPECT_FALSE(response.connection("close"));
      EXPECT_TRUE(response.minor == 1 && (one.version[2] == '1' || response.connection("keep-alive")));
      EXPECT_EQ(client.get("/hello").status, 200);
    } else {
      EXPECT_TRUE(response.connection("close") || one.version[2] == '0');
      EXPECT_EQ(client.wait_end(), Ending::closed);
    }
  }
  // Two lines are one list.
  Client client = connect();
  client.send(head("GET", "/hello") + "Connection: foo\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.wait_end(), Ending::closed);
}

TEST_F(Finding, 28_BadRequestsAreAnsweredBeforeTheEnd) {
  for (const char* bytes : {"\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n", "!!!\r\n\r\n",
                            "GET / HTTP/1.1\r\nno colon\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    Client client = connect();
    client.send(bytes);
    const Response response = client.read();
    EXPECT_TRUE(response.status == 400 || response.status == 505) << response.status;
    EXPECT_TRUE(response.closes());
    EXPECT_FALSE(response.body.empty());
    EXPECT_EQ(client.wait_end(), Ending::closed);
  }
}

TEST_F(Finding, 28_TheAnswerToABadRequestSurvivesWhatTheClientStillSends) {
  for (int i = 0; i < 20; ++i) {
    Client client = connect();
    client.send_some("bad request line\r\n\r\n" + std::string(400000, 'x'), milliseconds(200));
    EXPECT_EQ(client.read().status, 400);  // a close with unread input would reset, and take the answer along
  }
}

TEST_F(Finding, 29_HostIsRequiredOnce) {
  const auto with = [&](const char* version, const std::string& hosts) {
    return raw(std::string("GET /hello HTTP/") + version + "\r\n" + hosts + "\r\n").status;
  };
  EXPECT_EQ(with("1.1", ""), 400);
  EXPECT_EQ(with("1.0", ""), 200);
  EXPECT_EQ(with("1.1", "Host: a\r\nHost: a\r\n"), 400);
  EXPECT_EQ(with("1.0", "Host: a\r\nHost: b\r\n"), 400);
  EXPECT_EQ(with("1.1", "Host: a/b\r\n"), 400);
  EXPECT_EQ(with("1.1", "Host: a b\r\n"), 400);
  EXPECT_EQ(with("1.1", "Host: a:b\r\n"), 400);
  EXPECT_EQ(with("1.1", "Host: a@b\r\n"), 400);
  EXPECT_EQ(with("1.1", "Host:\r\n"), 400);
  EXPECT_EQ(with("1.1", "Host: example.org:8080\r\n"), 200);
  EXPECT_EQ(with("1.1", "Host: [::1]:80\r\n"), 200);
  EXPECT_EQ(with("1.1", "hOsT: 127.0.0.1\r\n"), 200);
}

TEST_F(Finding, 29_TargetsAreDecodedAndNormalised) {
  struct Case {
    const char* target;
    const char* path;
  };
  for (const Case& one : std::initializer_list<Case>{{"/files/a%20b", "/files/a b"},
                                                     {"/files/%41%62c", "/files/Abc"},
                                                     {"/files/./a", "/files/a"},
                                                     {"/files/x/../a", "/files/a"},
                                                     {"/files//a", "/files/a"},
                                                     {"/x/../files/a", "/files/a"},
                                                     {"/files/%2e%2e/files/a", "/files/a"},
                                                     {"/files/a?x=/../..", "/files/a"},
                                                     {"http://test/files/a", "/files/a"},
                                                     {"http://other:80/files/a", "/files/a"}})
    EXPECT_EQ(echoed(evloom().get(one.target), "path"), one.path) << one.target;
  EXPECT_EQ(echoed(evloom().get("/files/a%2"), "path"), "(nothing)");
  for (const char* target :
       {"/files/a%2", "/files/a%zz", "/files/%", "/../etc/passwd", "/files/../../x", "/%2e%2e/x"})
    EXPECT_EQ(evloom().get(target).status, 400) << target;
  EXPECT_EQ(echoed(evloom().get("/echo?x=a%2Bb+c%26"), "query x"), "a+b c&");
}

TEST_F(Finding, 30_ContinueIsSentWhenItIsDue) {
  Client client = connect();
  client.send(head("POST", "/echo") + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.send("hello");
  EXPECT_EQ(echoed(client.read(), "body"), "5");

  // The body is there already: both with and without the interim answer is right.
  client.send(head("POST", "/echo") + "Content-Length: 5\r\nExpect: 100-Continue\r\n\r\nhello");
  Response response = client.read();
  if (response.status == 100) response = client.read();
  EXPECT_EQ(echoed(response, "body"), "5");

  Client old = connect();
  old.send("POST /echo HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(old.quiet(milliseconds(100))) << "HTTP/1.0 knows no interim answers";
  old.send("hello");
  EXPECT_EQ(old.read().status, 200);
}

TEST_F(Finding, 30_NoContinueForWhatIsRefusedAnyway) {
  Client large = connect();
  large.send(head("POST", "/echo") + "Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(large.read().status, 413);
  Client nowhere = connect();
  nowhere.send(head("POST", "/nowhere") + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(nowhere.read().status, 404);
  Client other = connect();
  other.send(head("POST", "/echo") + "Content-Length: 5\r\nExpect: 200-ok\r\n\r\n");
  EXPECT_EQ(other.read().status, 417);
}

}  // namespace
}  // namespace evloom::test

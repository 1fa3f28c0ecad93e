// Random requests in random pieces, from fixed seeds: mixes of good ones must be answered each by its own
// answer, in order; mutated ones must be answered or refused in well-formed HTTP, never hang and never do
// harm.
#include <random>

#include "conformance/http_fixture.hpp"

namespace evloom::test {
namespace {

using HttpRandom = Http;
using Random = std::mt19937;

std::size_t below(Random& random, std::size_t bound) { return random() % bound; }

std::string chunked(Random& random, std::string_view body) {
  std::string bytes;
  while (!body.empty()) {
    const std::size_t size = 1 + below(random, body.size());
    char digits[32];
    snprintf(digits, sizeof digits, below(random, 2) ? "%zx" : "0%zX", size);
    bytes.append(digits).append(below(random, 4) ? "" : ";ext=1").append("\r\n");
    bytes.append(body.substr(0, size)).append("\r\n");
    body.remove_prefix(size);
  }
  return bytes + "0\r\n" + (below(random, 4) ? "" : "X-Trailer: 1\r\n") + "\r\n";
}

// A good request, and what its answer must hold.
struct Exchange {
  std::string bytes;
  std::string method = "GET";
  int status = 200;
  std::string holds;
  std::size_t size = 0;  // of the body, when not 0
};

Exchange make_exchange(Random& random, int number) {
  const std::string mark = std::to_string(number);
  std::string body;
  for (std::size_t i = below(random, 3000); i > 0; --i) body += static_cast<char>(random());
  switch (below(random, 9)) {
    case 0:
      return {request("POST", "/echo?x=" + mark, {}, body + "."), "POST", 200, "query x " + mark + "\n", 0};
    case 1:
      return {head("PUT", "/echo?x=" + mark) + "Transfer-Encoding: chunked\r\n\r\n" + chunked(random, body),
              "PUT", 200, "\nbody " + std::to_string(body.size()) + "\n" + body, 0};
    case 2:
      return {get("/echo?x=" + mark + "&sleep=" + std::to_string(below(random, 4))), "GET", 200,
              "query x " + mark + "\n", 0};
    case 3:
      return {get("/nowhere/" + mark), "GET", 404, "404", 0};
    case 4:
      return {request("HEAD", "/echo?size=" + std::to_string(1 + number)), "HEAD", 200, "", 0};
    case 5:
      return {get("/echo?size=" + std::to_string(100000 + number)), "GET", 200, "abc",
              static_cast<std::size_t>(100000 + number)};
    case 6:
      return {get("/echo?status=204"), "GET", 204, "", 0};
    case 7:
      return {"\r\n" + get("/hello"), "GET", 200, "Hello\n", 0};
    default:
      return {get("/?" + mark), "GET", 200, "Total requests = ", 0};
  }
}

TEST_F(HttpRandom, MixesAreAnsweredInOrderHoweverTheyAreCut) {
  for (unsigned seed = 1; seed <= (sanitized() ? 20u : 60u); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::vector<Exchange> exchanges;
    std::string bytes;
    for (std::size_t i = 0, count = 20 + below(random, 21); i < count; ++i) {
      exchanges.push_back(make_exchange(random, static_cast<int>(i)));
      bytes += exchanges.back().bytes;
    }
    Client client = connect();
    std::size_t sent = 0, answered = 0;
    while (answered < exchanges.size()) {
      // Some bytes, sometimes waited for; then some of the answers that are due.
      if (sent < bytes.size()) {
        const std::size_t piece =
            std::min(bytes.size() - sent, 1 + below(random, below(random, 3) ? 60 : 8000));
        client.send(std::string_view(bytes).substr(sent, piece));
        sent += piece;
        if (below(random, 4) == 0) client.settle();
        if (sent < bytes.size() && below(random, 8)) continue;
      }
      std::size_t due = 0;
      for (std::size_t end = 0; due < exchanges.size(); ++due)
        if ((end += exchanges[due].bytes.size()) > sent) break;
      while (answered < due) {
        const Exchange& expected = exchanges[answered++];
        const Response response = client.read(expected.method);
        ASSERT_EQ(response.status, expected.status)
            << "answer " << answered << " to " << expected.bytes.substr(0, 80);
        ASSERT_NE(response.body.find(expected.holds), std::string::npos) << "answer " << answered;
        if (expected.size) {
          ASSERT_EQ(response.body.size(), expected.size);
        }
      }
    }
  }
}

std::string mutated(Random& random, std::string bytes) {
  static constexpr std::string_view kPieces[] = {"\r\n",
                                                 "\n",
                                                 "\r",
                                                 " ",
                                                 "\t",
                                                 ":",
                                                 "Content-Length: 3\r\n",
                                                 "0\r\n\r\n",
                                                 "%",
                                                 "/..",
                                                 "Transfer-Encoding: chunked\r\n",
                                                 "HTTP/1.1",
                                                 "\xff",
                                                 "?",
                                                 ",",
                                                 "Host: x\r\n",
                                                 "f"};
  for (std::size_t i = 1 + below(random, 4); i > 0 && !bytes.empty(); --i) {
    const std::size_t at = below(random, bytes.size());
    switch (below(random, 5)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.erase(at, 1 + below(random, 8));
        break;
      case 2:
        bytes.insert(at, kPieces[below(random, std::size(kPieces))]);
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(random, bytes.size()), below(random, 40)));
        break;
      default:
        bytes.resize(at + 1);
        break;
    }
  }
  return bytes;
}

TEST_F(HttpRandom, MutationsAreAnsweredOrRefused) {
  for (unsigned seed = 1; seed <= (sanitized() ? 600u : 2000u); ++seed) {
    Random random(seed);
    std::string bytes;
    for (std::size_t i = 0, count = 1 + below(random, 3); i < count; ++i)
      bytes += make_exchange(random, 1).bytes;
    bytes = mutated(random, bytes);
    Client client = connect();
    client.send_some(bytes, milliseconds(100));
    client.half_close();
    const std::string answers = client.read_until_end();
    ASSERT_EQ(client.ending(), Ending::closed)
        << "seed " << seed << ": not ended after the client's end: " << bytes.substr(0, 300);
    std::string_view rest = answers;
    // A HEAD among them makes the lengths ambiguous from here: then the first status line must do.
    if (bytes.find("HEAD") != std::string::npos) {
      ASSERT_TRUE(rest.empty() || rest.starts_with("HTTP/1.1 ")) << "seed " << seed;
      continue;
    }
    while (!rest.empty()) {
      Response response;
      const ParseOutcome parsed = parse_response(rest, false, true, response);
      ASSERT_EQ(parsed.state, Parsed::complete)
          << "seed " << seed << ": " << parsed.why << " in " << rest.substr(0, 300);
      rest.remove_prefix(parsed.used);
      ASSERT_TRUE(rest.empty() || !response.connection("close"))
          << "seed " << seed << ": more behind the last answer";
    }
  }
  EXPECT_EQ(evloom().get("/hello").status, 200);
}

}  // namespace
}  // namespace evloom::test

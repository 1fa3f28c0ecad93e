// The tools themselves: a ledger or a reader that overlooks a fault would make every test of the host
// worthless.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <thread>

#include "support/http_client.hpp"
#include "support/ledger.hpp"
#include "support/process.hpp"
#include "support/stats.hpp"

namespace evloom::test {
namespace {

std::string answer(std::int64_t total, std::int64_t count, bool fresh, std::vector<std::uint32_t> ports) {
  return render_stats({total, count, fresh, std::move(ports)});
}

TEST(Stats, ReadsTheFiveLinesToTheByte) {
  const std::string text =
      "Total requests = 2\nRequests from this source IP = 2\nThis source port has never been seen.\n"
      "source ports which have been seen for your ip:\n60310 60322 \n";
  std::string why;
  const auto stats = parse_stats(text, why);
  ASSERT_TRUE(stats) << why;
  EXPECT_EQ(stats->total, 2);
  EXPECT_TRUE(stats->port_is_new);
  EXPECT_EQ(stats->ports, (std::vector<std::uint32_t>{60310, 60322}));
  EXPECT_EQ(render_stats(*stats), text);
}

TEST(Stats, RefusesAnyOtherByte) {
  const std::string right = answer(17, 4, false, {60310, 60322});
  std::string why;
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string wrong = right;
    wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_stats(wrong, why)) << wrong;
    EXPECT_FALSE(parse_stats(right.substr(0, i), why)) << i;
  }
  EXPECT_FALSE(parse_stats(right + "\n", why));
}

TEST(Ledger, AcceptsWhatIsTrue) {
  Ledger ledger;
  ledger.acknowledged("a", 1, answer(1, 1, true, {1}));
  ledger.acknowledged("a", 2, answer(3, 3, true, {1, 2}));
  ledger.acknowledged("a", 1, answer(2, 2, false, {1}));
  ledger.acknowledged("b", 1, answer(4, 1, true, {1}));
  EXPECT_EQ(ledger.violations(4), "");
}

TEST(Ledger, FindsEachKindOfLie) {
  const auto lie = [](std::string_view second, std::uint32_t port = 1) {
    Ledger ledger;
    ledger.acknowledged("a", 1, answer(5, 5, true, {1}));
    ledger.acknowledged("a", port, second);
    return ledger.violations();
  };
  EXPECT_NE(lie(answer(5, 6, false, {1})), "");          // a total twice
  EXPECT_NE(lie(answer(6, 5, false, {1})), "");          // a count twice
  EXPECT_NE(lie(answer(4, 6, false, {1})), "");          // going back
  EXPECT_NE(lie(answer(6, 6, true, {1})), "");           // new twice
  EXPECT_NE(lie(answer(6, 6, true, {1}), 2), "");        // own port missing
  EXPECT_NE(lie(answer(6, 6, false, {1, 2}), 2), "");    // seen, but never asked
  EXPECT_NE(lie(answer(6, 6, true, {1, 2, 1}), 2), "");  // a port twice
  EXPECT_NE(lie("Total requests = 6\n"), "");            // cut
  EXPECT_EQ(lie(answer(6, 6, false, {1})), "");
}

TEST(Ledger, LostAndInventedCountsShowInTheStore) {
  Ledger ledger;
  ledger.acknowledged("a", 1, answer(1, 1, true, {1}));
  ledger.unknown("a", 2);
  EXPECT_NE(ledger.violations(0), "");
  EXPECT_EQ(ledger.violations(1), "");
  EXPECT_EQ(ledger.violations(2), "");
  EXPECT_NE(ledger.violations(3), "");
  ledger.acknowledged("a", 2, answer(3, 3, false, {1, 2}));  // right: the unknown one had been counted
  EXPECT_EQ(ledger.violations(3), "");
}

TEST(Ledger, AfterABarrierTotalsGoOn) {
  Ledger ledger;
  ledger.acknowledged("a", 1, answer(10, 10, true, {1}));
  ledger.barrier();
  ledger.acknowledged("a", 2, answer(9, 9, true, {1, 2}));
  EXPECT_NE(ledger.violations(), "");
}

Parsed parsed(std::string_view bytes, Response& response, bool to_head = false, bool ended = false) {
  return parse_response(bytes, to_head, ended, response).state;
}

TEST(Response, IsReadAtEverySplit) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: "
      "t\r\n\r\n";
  Response response;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    EXPECT_EQ(parsed(bytes.substr(0, i), response), Parsed::need_more) << i;
  EXPECT_EQ(parsed(bytes, response), Parsed::complete);
  EXPECT_EQ(response.body, "abc0123456789");
  EXPECT_EQ(response.header("x"), "y");
}

TEST(Response, RefusesWhatIsWrong) {
  Response response;
  for (const char* head :
       {"HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx", "HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n"})
    EXPECT_EQ(parsed(head, response), Parsed::bad) << head;
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", response, true), Parsed::complete);
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\n\r\nabc", response, false, false), Parsed::need_more);
  EXPECT_EQ(parsed("HTTP/1.1 200 OK\r\n\r\nabc", response, false, true), Parsed::complete);
  EXPECT_TRUE(response.closes());
}

TEST(Process, EndsAsItSays) {
  EXPECT_EQ(run({"sh", "-c", "echo out; echo err >&2; exit 3"}).exit, (Exit{3, 0}));
  EXPECT_EQ(run({"sh", "-c", "echo out; echo err >&2"}).output, "out\n");
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"}).exit, (Exit{0, SIGKILL}));
  Process sleeper({.command = {"sleep", "60"}});
  EXPECT_TRUE(sleeper.running());
  EXPECT_FALSE(sleeper.wait(milliseconds(20)));
  EXPECT_EQ(sleeper.kill(), (Exit{0, SIGKILL}));
}

}  // namespace
}  // namespace evloom::test

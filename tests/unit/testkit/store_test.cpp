// Stores of the kit: exact, or as wrong as a test wants; and backend plugins behind batches.
#include <random>

#include "evloom/base.hpp"

#include "fixture.hpp"

namespace evl::testkit {
namespace {

class Stores : public ::testing::Test {
 protected:
  Stores() : store_(host_.store()) { host_.route("/", host_.start(shipped("stats")), {.store = &store_}); }
  Exchange& send() {
    Exchange& exchange = host_.send({});
    host_.run();
    return exchange;
  }
  void clean() {
    host_.stop();
    EXPECT_EQ(host_.complaints(), "");
  }
  Host host_{{.reply_timeout = 1h}};
  Store& store_;
};

TEST_F(Stores, AHeldSubmitIsSeenAndAnsweredLate) {
  store_.hold();
  Exchange& exchange = send();
  ASSERT_EQ(store_.held().size(), 1u);
  StoreCall& call = *store_.held().front();
  const std::vector<Op> ops = call.ops();
  ASSERT_EQ(ops.size(), 4u);
  EXPECT_EQ(ops[0].key, "requests:total");
  EXPECT_EQ(ops[2].items, std::vector<std::string>{"40000"});
  EXPECT_EQ(&call.exchange(), &exchange);
  EXPECT_EQ(host_.leftovers().store_calls, 1u);
  EXPECT_FALSE(exchange.answered());
  call.answer();
  host_.run();
  EXPECT_EQ(exchange.answer().status, 200u);
  EXPECT_FALSE(call.wanted());
  EXPECT_NE(refusal([&] { call.answer(); }), "");
  clean();
}

TEST_F(Stores, AnswersComeInAnyOrder) {
  store_.hold();
  Exchange& first = send();
  Exchange& second = send();
  const auto held = store_.held();
  held[1]->answer();
  host_.run();
  EXPECT_EQ(second.answer().body.substr(0, 18), "requests_total = 1");
  held[0]->answer();
  host_.run();
  EXPECT_EQ(first.answer().body.substr(0, 18), "requests_total = 2");
  clean();
}

TEST_F(Stores, AnswersAreAsWrongAsTheTestWants) {
  store_.hold();
  Exchange& wrong = send();
  store_.held()[0]->answer({{EVL_OK, 7}, {EVL_OK, 8}, {EVL_OK, 1, {}, {1}}, {EVL_OK, 0, {"1", "2"}}});
  host_.run();
  EXPECT_EQ(wrong.answer().body,
            "requests_total = 7\nrequests_from_address = 8\nport_is_new = true\nports: 1 2\n");
  Exchange& one_fails = send();
  store_.held()[0]->answer({{}, {EVL_E_TYPE}, {}, {}});
  host_.run();
  EXPECT_EQ(one_fails.answer().status, 500u);
  Exchange& fails = send();
  store_.held()[0]->fail(EVL_E_UNAVAILABLE);
  host_.run();
  EXPECT_EQ(fails.answer().body,
            "503 Service Unavailable: the store did not count this request: unavailable\n");
  EXPECT_EQ(store_.counter("requests:total"), 0);
  Exchange& lost = send();
  store_.held()[0]->lose();
  host_.run();
  EXPECT_EQ(lost.answer().status, 503u);
  EXPECT_NE(lost.answer().body.find("outcome: unknown"), std::string::npos);
  EXPECT_EQ(store_.counter("requests:total"), 1);
  clean();
}

TEST_F(Stores, AnswersNeverComeWhereNobodyGivesThem) {
  store_.hold();
  Exchange& exchange = send();
  StoreCall& call = *store_.held().front();
  host_.advance(2s);  // stores.NAME.timeout
  EXPECT_EQ(exchange.answer().status, 503u);
  EXPECT_NE(exchange.answer().body.find("outcome: unknown"), std::string::npos);
  EXPECT_FALSE(call.wanted());
  call.answer();  // too late: carried out, and nobody is told
  host_.run();
  EXPECT_EQ(store_.counter("requests:total"), 1);
  clean();
}

TEST_F(Stores, ASubmitIsRefusedOrFailsAsPlanned) {
  store_.refuse(EVL_E_OVERLOADED);
  EXPECT_NE(send().answer().body.find("overloaded"), std::string::npos);
  store_.fail(EVL_E_DENIED);
  EXPECT_NE(send().answer().body.find("denied"), std::string::npos);
  EXPECT_EQ(send().answer().status, 200u);
  EXPECT_EQ(store_.submits(), 3u);
  store_.delay(30ms);
  Exchange& slow = send();
  EXPECT_FALSE(slow.answered());
  host_.advance(30ms);
  EXPECT_EQ(slow.answer().status, 200u);
  clean();
}

TEST_F(Stores, AHeldSubmitWhoseClientHasGoneIsNotWanted) {
  store_.hold();
  Exchange& exchange = send();
  StoreCall& call = *store_.held().front();
  exchange.hang_up();
  EXPECT_FALSE(call.wanted());
  EXPECT_EQ(host_.leftovers().text(), "");
  call.answer();
  host_.run();
  EXPECT_EQ(store_.counter("requests:total"), 1);
  clean();
}

// The kit's store and the shipped one agree on every operation, also on wrong ones.
TEST(StoreOperations, AreThoseOfTheMemoryPlugin) {
  std::mt19937_64 random(20261123);
  Host host({.loops = 2});
  Instance& memory = host.start(shipped("memory"));
  Store& exact = host.store();
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  for (int round = 0; round < 3000; ++round) {
    Op op;
    op.kind = static_cast<evl_op_kind>(pick(10));
    op.key = std::string(1, static_cast<char>('a' + pick(5)));
    if (pick(50) == 0) op.key = std::string(pick(2) * 512, 'k');
    if (op.kind == EVL_OP_ADD) op.amount = pick(20) == 0 ? INT64_MAX : static_cast<std::int64_t>(pick(9)) - 4;
    if (op.kind == EVL_OP_EXPIRE) op.amount = static_cast<std::int64_t>(pick(3)) - 1;
    const std::size_t items = op.kind == EVL_OP_PUT ? (pick(20) != 0 ? 1 : pick(3)) : pick(4);
    for (std::size_t i = 0; i < items; ++i)
      op.items.push_back(pick(2) != 0 ? std::to_string(static_cast<int>(pick(9)) - 4)
                                      : std::string(1, 'm') + "05"[pick(2)]);
    if (op.kind != EVL_OP_PUT && op.kind != EVL_OP_SET_ADD) op.items.clear();
    const Batched& theirs = memory.submit({op}, static_cast<std::uint32_t>(pick(2)));
    host.run();
    ASSERT_TRUE(theirs.done);
    Result ours = exact.carry_out(op);
    Result other = theirs.results.at(0);
    std::sort(other.items.begin(), other.items.end());
    std::sort(ours.items.begin(), ours.items.end());
    const std::string what = "round " + std::to_string(round) + " kind " + std::to_string(op.kind);
    ASSERT_EQ(ours.status, other.status) << what;
    if (ours.status != EVL_OK) continue;
    ASSERT_EQ(ours.integer, other.integer) << what;
    ASSERT_EQ(ours.items, other.items) << what;
    ASSERT_EQ(ours.fresh, other.fresh) << what;
    if (op.kind == EVL_OP_EXPIRE) host.advance(2ms);
  }
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(Backends, GetWhatComesMeanwhileInOneBatch) {
  Host host;
  Instance& memory = host.start(shipped("memory"));
  Store& store = host.store(memory);
  host.route("/", host.start(shipped("stats")), {.store = &store});
  for (int i = 0; i < 10; ++i) host.send({});
  host.run();
  EXPECT_EQ(host.get({}).body.substr(0, 19), "requests_total = 11");
  EXPECT_EQ(memory.health(), EVL_OK);
  EXPECT_NE(refusal([&] { std::ignore = store.counter("requests:total"); }), "");
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

}  // namespace
}  // namespace evl::testkit

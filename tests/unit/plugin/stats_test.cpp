// stats against a request, a store and a rendering of the test's own: what it asks the store and what it
// answers.
#include <optional>

#include "epoch/list.hpp"
#include "host_fixture.hpp"
#include "string_writer.hpp"

// The host's request, as far as stats uses it.
struct evl_request {
  std::string address = "192.0.2.7";
  std::uint32_t port = 60322;
  bool has_store = true;

  std::vector<std::unique_ptr<char[]>> arena;
  std::vector<evl_op> ops;
  std::vector<std::vector<evl_bytes>> items;
  evl_status submit_status = EVL_OK;
  evl_store_reply reply = nullptr;
  void* context = nullptr;

  const evloom::plugin::Instance* format = nullptr;
  evloom::plugin::StringWriter writer;
  bool finished = false;
  evl_status failed = EVL_OK;
  std::string failure;
};

namespace evloom::plugin {
namespace {

class StatsTest : public HostTest {
 protected:
  StatsTest() {
    request_.size = sizeof request_;
    request_.peer = [](const evl_request* request, evl_peer* peer) {
      peer->family = EVL_PEER_IPV4;
      peer->address = evl::bytes(request->address);
      peer->port = request->port;
    };
    request_.allocate = [](evl_request* request, std::size_t size, std::size_t) -> void* {
      request->arena.emplace_back(new char[size]);
      return request->arena.back().get();
    };
    request_.fail = [](evl_request* request, evl_status why, evl_bytes text) -> evl_status {
      request->failed = why;
      request->failure = evl::view(text);
      return EVL_OK;
    };
    store_.size = sizeof store_;
    store_.find = [](evl_request* request, const char* role) -> evl_store* {
      EXPECT_STREQ(role, "");
      return request->has_store ? reinterpret_cast<evl_store*>(request) : nullptr;
    };
    store_.submit = [](evl_request* request, evl_store*, const evl_op* ops, std::size_t count,
                       evl_store_reply reply, void* context) -> evl_status {
      // Copied, as the host does it: what the operations point to is the handler's only until this returns.
      request->ops.assign(ops, ops + count);
      request->items.clear();
      for (evl_op& op : request->ops) {
        request->items.emplace_back(op.items, op.items + op.item_count);
        op.items = request->items.back().data();
      }
      request->reply = reply;
      request->context = context;
      return request->submit_status;
    };
    render_.size = sizeof render_;
    render_.begin = [](evl_request* request, std::uint32_t status, evl_rendering* rendering) -> evl_status {
      EXPECT_EQ(status, 200u);
      rendering->format = request->format->interface<evl_format>();
      rendering->instance = request->format->object();
      rendering->slot = nullptr;
      rendering->writer = request->writer.raw();
      return rendering->format->begin(rendering->instance, nullptr, rendering->writer);
    };
    render_.finish = [](evl_request* request) -> evl_status {
      const auto* format = request->format->interface<evl_format>();
      request->finished = true;
      return format->end(request->format->object(), nullptr, request->writer.raw());
    };
    render_.items = [](evl_request*, evl_rendering* rendering, const evl_result* result,
                       evl_value_kind kind) {
      return evloom::epoch::write_list(*rendering, {result->items, result->item_count}, kind);
    };
    stats_ = make(shipped("stats")).value();
    format_ = make(shipped("text"), "{}", "text").value();
  }

  void ask(evl_request& request, const Instance& stats) {
    request.format = format_.get();
    EXPECT_EQ(stats.interface<evl_handler>()->on_request(stats.object(), nullptr, &request), EVL_OK);
  }
  void answer(evl_request& request, std::int64_t total, std::int64_t mine, bool is_new,
              const std::vector<std::string>& ports, evl_status third = EVL_OK) {
    std::vector<evl_bytes> items;
    for (const std::string& port : ports) items.push_back(evl::bytes(port));
    const std::uint8_t fresh = is_new ? 1 : 0;
    evl_result results[4] = {};
    for (evl_result& result : results) result.size = sizeof result;
    results[0].integer = total;
    results[1].integer = mine;
    results[2].status = third;
    results[2].integer = fresh;
    results[2].fresh = &fresh;
    results[3].items = items.data();
    results[3].item_count = items.size();
    request.reply(request.context, &request, EVL_OK, results, 4);
  }

  std::shared_ptr<Instance> stats_;
  std::shared_ptr<Instance> format_;
};

TEST_F(StatsTest, AsksForEverythingInOneSubmit) {
  evl_request request;
  ask(request, *stats_);
  ASSERT_EQ(request.ops.size(), 4u);
  EXPECT_EQ(request.ops[0].kind, std::uint32_t{EVL_OP_ADD});
  EXPECT_EQ(evl::view(request.ops[0].key), "requests:total");
  EXPECT_EQ(request.ops[0].amount, 1);
  EXPECT_EQ(request.ops[1].kind, std::uint32_t{EVL_OP_ADD});
  EXPECT_EQ(evl::view(request.ops[1].key), "requests:ip:192.0.2.7");
  EXPECT_EQ(request.ops[1].amount, 1);
  EXPECT_EQ(request.ops[2].kind, std::uint32_t{EVL_OP_SET_ADD});
  EXPECT_EQ(evl::view(request.ops[2].key), "requests:ip:192.0.2.7:ports");
  ASSERT_EQ(request.ops[2].item_count, 1u);
  EXPECT_EQ(evl::view(request.ops[2].items[0]), "60322");
  EXPECT_EQ(request.ops[3].kind, std::uint32_t{EVL_OP_SET_READ});
  EXPECT_EQ(evl::view(request.ops[3].key), "requests:ip:192.0.2.7:ports");
}

TEST_F(StatsTest, AnswersToTheByte) {
  evl_request request;
  ask(request, *stats_);
  answer(request, 2, 2, true, {"60310", "60322"});
  EXPECT_TRUE(request.finished);
  EXPECT_EQ(request.writer.text(),
            "Total requests = 2\n"
            "Requests from this source IP = 2\n"
            "This source port has never been seen.\n"
            "source ports which have been seen for your ip:\n"
            "60310 60322 \n");
  evl_request again;
  ask(again, *stats_);
  answer(again, 3, 3, false, {"60322"});
  EXPECT_NE(again.writer.text().find("\nThis source port has been seen already.\n"), std::string::npos);
}

TEST_F(StatsTest, ListsMorePortsThanFitIntoOnePiece) {
  evl_request request;
  ask(request, *stats_);
  std::vector<std::string> ports;
  std::string line;
  for (int i = 0; i < 1000; ++i) {
    ports.push_back(std::to_string(2000 + i));
    line += ports.back() + " ";
  }
  answer(request, 1, 1, true, ports);
  EXPECT_NE(request.writer.text().find(":\n" + line + "\n"), std::string::npos);
}

TEST_F(StatsTest, CountsUnixPeersByUserAndProcess) {
  evl_request request;
  request.address = "unix:1000";
  request.port = 4194303;
  ask(request, *stats_);
  EXPECT_EQ(evl::view(request.ops[1].key), "requests:ip:unix:1000");
  EXPECT_EQ(evl::view(request.ops[2].items[0]), "4194303");
}

TEST_F(StatsTest, TakesAnotherPrefix) {
  const auto other = make(shipped("stats"), "{key_prefix: 'x/'}").value();
  evl_request request;
  ask(request, *other);
  EXPECT_EQ(evl::view(request.ops[0].key), "x/total");
  EXPECT_EQ(evl::view(request.ops[3].key), "x/ip:192.0.2.7:ports");
  const auto refused = make(shipped("stats"), "{key_prefix: " + std::string(257, 'x') + "}");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "instance 'mine' of plugin 'stats' 1.0.0 cannot be made: test.yaml:1:14: longer than 256 bytes; "
            "choose a "
            "shorter one");
}

TEST_F(StatsTest, FailsWithTheStatusOfTheStore) {
  evl_request refused;
  refused.submit_status = EVL_E_OVERLOADED;
  ask(refused, *stats_);
  EXPECT_EQ(refused.failed, EVL_E_OVERLOADED);
  EXPECT_EQ(refused.failure, "the store did not count this request: overloaded");

  evl_request unknown;
  ask(unknown, *stats_);
  unknown.reply(unknown.context, &unknown, EVL_E_UNKNOWN, nullptr, 0);
  EXPECT_EQ(unknown.failed, EVL_E_UNKNOWN);
  EXPECT_EQ(unknown.failure, "this request may have been counted or not; outcome: unknown");

  evl_request one;
  ask(one, *stats_);
  answer(one, 1, 1, true, {}, EVL_E_TYPE);
  EXPECT_EQ(one.failed, EVL_E_TYPE);
  EXPECT_FALSE(one.finished);

  evl_request none;
  none.has_store = false;
  ask(none, *stats_);
  EXPECT_EQ(none.failed, EVL_E_INTERNAL);
  EXPECT_EQ(none.failure, "the route of this handler names no store");
}

}  // namespace
}  // namespace evloom::plugin

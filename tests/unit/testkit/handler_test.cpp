// Requests to handlers: first-party ones as they are, with formats and stores, and what a client sees.
#include "fixture.hpp"

namespace evl::testkit {
namespace {

constexpr char kFirst[] =
    "Total requests = 1\nRequests from this source IP = 1\nThis source port has never been seen.\n"
    "source ports which have been seen for your ip:\n60310 \n";

TEST(Handlers, StatsOverAStoreOfTheKitAnswersToTheByte) {
  Host host;
  Store& store = host.store();
  Instance& text = host.start(shipped("text"));
  Instance& json = host.start(shipped("json"));
  Instance& stats = host.start(shipped("stats"));
  host.route("/", stats, {.store = &store, .formats = {&text, &json}});

  const Message from{.peer = {EVL_PEER_IPV4, "192.0.2.7", 60310}};
  const Answer& first = host.get(from);
  EXPECT_EQ(first.status, 200u);
  EXPECT_EQ(first.media_type, "text/plain; charset=utf-8");
  EXPECT_EQ(first.header("vary"), "Accept");
  EXPECT_EQ(first.body, kFirst);
  EXPECT_EQ(store.counter("requests:total"), 1);
  EXPECT_EQ(store.members("requests:ip:192.0.2.7:ports"), std::vector<std::string>{"60310"});

  Message other = from;
  other.peer.port = 60322;
  other.target = "/?format=json";
  const Answer& second = host.get(other);
  EXPECT_EQ(second.media_type, "application/json");
  EXPECT_NE(second.body.find("\"requests_total\":2"), std::string::npos) << second.body;
  other.target = "/?format=xml";
  EXPECT_EQ(host.get(other).status, 406u);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

TEST(Handlers, AnAnswerIsRenderedPlainlyWhereNoFormatIsOffered) {
  Host host;
  Store& store = host.store();
  host.route("/", host.start(shipped("stats")), {.store = &store});
  const Answer& answer = host.get({.peer = {EVL_PEER_UNIX, "unix:1000", 77}});
  EXPECT_EQ(answer.media_type, Host::plain_type);
  EXPECT_EQ(answer.body, "requests_total = 1\nrequests_from_address = 1\nport_is_new = true\nports: 77\n");
}

TEST(Handlers, StatsOverTheMemoryPluginOnThreeLoopsInAnyOrderCountsEveryRequestOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Host host({.loops = 3, .seed = seed});
    Instance& memory = host.start(shipped("memory"));
    Store& store = host.store(memory);
    host.route("/", host.start(shipped("stats")), {.store = &store});
    std::vector<Exchange*> all;
    for (std::uint32_t i = 0; i < 60; ++i) {
      Message message;
      message.loop = i % 3;
      message.peer.port = 1000 + i;
      all.push_back(&host.send(message));
    }
    host.run();
    std::vector<bool> seen(60);
    for (const Exchange* one : all) {
      const std::string& body = one->answer().body;
      ASSERT_EQ(body.substr(0, 17), "requests_total = ") << body;
      const auto total = static_cast<std::size_t>(std::stoi(body.substr(17)));
      ASSERT_TRUE(total >= 1 && total <= 60 && !seen[total - 1]) << total << " seed " << seed;
      seen[total - 1] = true;
    }
    host.stop();
    EXPECT_EQ(host.complaints(), "") << "seed " << seed;
  }
}

TEST(Handlers, TheSameSeedGivesTheSameRunAndAnotherOneAnother) {
  const auto order = [](std::uint64_t seed) {
    Host host({.loops = 4, .seed = seed});
    Store& store = host.store();
    host.route("/*", host.start(tricks()), {.store = &store});
    for (std::uint32_t i = 0; i < 12; ++i) host.send({.target = "/loop", .loop = i % 4});
    std::string turns;
    std::vector<Exchange*> all;
    Host again({.loops = 4, .seed = seed});
    Instance& instance = again.start(tricks());
    again.route("/*", instance);
    for (std::uint32_t i = 0; i < 12; ++i) all.push_back(&again.send({.target = "/loop", .loop = i % 4}));
    std::vector<bool> told(all.size());
    while (again.step())
      for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i]->answered() && !told[i]) turns += std::to_string(i) + " ", told[i] = true;
    return turns;
  };
  EXPECT_EQ(order(0), "0 1 2 3 4 5 6 7 8 9 10 11 ");
  EXPECT_EQ(order(7), order(7));
  EXPECT_NE(order(7), order(8));
}

TEST(Handlers, WhatHasNoRouteGetsTheHostsOwnAnswer) {
  Host host;
  host.route("/greet", host.start(tricks()), {.methods = {"GET"}});
  EXPECT_EQ(host.get({.target = "/nowhere"}).body, "404 Not Found: there is nothing at this path\n");
  EXPECT_EQ(host.get({.method = "POST", .target = "/greet"}).status, 405u);
  EXPECT_EQ(host.get({.method = "POST", .target = "/greet"}).header("allow"), "GET, HEAD");
  EXPECT_EQ(host.get({.method = "BREW", .target = "/greet"}).status, 501u);
  EXPECT_EQ(host.get({.target = "/%zz"}).status, 400u);
  EXPECT_EQ(host.get({.target = "/x/..//greet"}).body, "hello");
}

TEST(Handlers, OptionsAreCheckedAgainstTheSchemaWithTheirPlaces) {
  Host host;
  const auto refused = [&](const Options& options) {
    return refusal([&] { host.create(tricks(), options); });
  };
  EXPECT_EQ(refused("{greeting: hi}"), "");
  const std::string unknown = refused(Options("greeting: hi\ntime: 3\n", "mine.yaml"));
  EXPECT_EQ(unknown.substr(0, 19), "mine.yaml:2:1: erro") << unknown;
  EXPECT_NE(unknown.find("times"), std::string::npos) << unknown;
  EXPECT_NE(refused(Options::of({{"greeting", "hi"}, {"times", "0"}})).find("options.yaml:2:8: error: "),
            std::string::npos);
  EXPECT_EQ(
      refused("{greeting: 'no'}"),
      "instance 'tricks' of plugin 'tricks' 1.0.0 cannot be made: options.yaml:1:12: that is no greeting");
  Instance& instance = host.start(tricks(), "{greeting: moin}", "mine");
  host.route("/*", instance);
  EXPECT_EQ(host.get({.target = "/greet"}).body, "moin");
  EXPECT_EQ(instance.metric("calls_total"), 1);
  EXPECT_NE(refusal([&] { std::ignore = instance.metric("none"); }), "");
}

TEST(Handlers, AClientThatGoesAwayIsACancelAtEveryPoint) {
  for (std::size_t point = 0; point < 3; ++point) {
    Host host;
    Store& store = host.store();
    store.hold();
    host.route("/", host.start(shipped("stats")), {.store = &store});
    Exchange& exchange = host.send({});
    for (std::size_t i = 0; i < point; ++i) host.step();
    if (point == 2) {
      store.held().at(0)->answer();  // under way when the client goes
    }
    exchange.hang_up();
    EXPECT_TRUE(exchange.finished()) << point;
    EXPECT_FALSE(exchange.answered()) << point;
    host.run();
    EXPECT_EQ(store.counter("requests:total"), point == 2 ? 1 : 0);
    host.stop();
    EXPECT_EQ(host.complaints(), "") << point;
  }
}

TEST(Handlers, AHandlerThatIsTooSlowIsCancelledByTheReplyDeadline) {
  Host host({.reply_timeout = 200ms});
  host.route("/*", host.start(tricks()));
  Exchange& slow = host.send({.target = "/sleep?ms=1000"});
  host.advance(199ms);
  EXPECT_FALSE(slow.finished());
  host.advance(1ms);
  EXPECT_EQ(slow.answer().status, 503u);
  EXPECT_EQ(slow.answer().header("Retry-After"), "1");
  EXPECT_TRUE(host.logged("cancelled: timeout"));
  EXPECT_TRUE(host.logged("did not answer within limits.reply_timeout"));
  host.advance(2s);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

// As evl_request_access::fail says.
TEST(Handlers, AFailuresStatusSaysWithWhichCodeARequestFails) {
  Host host;
  host.route("/*", host.start(tricks()));
  for (int why = EVL_OK; why <= EVL_E_INTERNAL + 1; ++why) {
    const bool passes = why == EVL_E_UNAVAILABLE || why == EVL_E_TIMEOUT || why == EVL_E_UNKNOWN ||
                        why == EVL_E_OVERLOADED || why == EVL_E_DENIED || why == EVL_E_NO_SPACE ||
                        why == EVL_E_CANCELLED;
    const Answer& answer = host.get({.target = "/fail?why=" + std::to_string(why)});
    const std::uint32_t expected = why == EVL_E_INVALID     ? 400
                                   : why == EVL_E_NOT_FOUND ? 404
                                   : passes                 ? 503
                                                            : 500;
    EXPECT_EQ(answer.status, expected) << why;
    EXPECT_EQ(answer.header("Retry-After"), passes ? "1" : "") << why;
  }
}

TEST(Handlers, AStructThatIsLargerThanItsHeaderSaysIsUnderstood) {
  Host host({.loops = 2, .extra_bytes = 64});
  Instance& memory = host.start(shipped("memory"));
  Store& store = host.store(memory);
  Store& exact = host.store();
  Instance& stats = host.start(shipped("stats"));
  host.route("/memory", stats, {.store = &store});
  host.route("/exact", stats, {.store = &exact});
  for (const char* path : {"/memory", "/exact"}) {
    std::ignore = host.get({.target = path, .loop = 1});
    EXPECT_EQ(host.get({.target = path, .loop = 1}).body,
              "requests_total = 2\nrequests_from_address = 2\nport_is_new = false\nports: 40000\n");
  }
  host.swap(memory, shipped("memory"));
  EXPECT_EQ(host.get({.target = "/memory"}).body.substr(0, 18), "requests_total = 3");
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

}  // namespace
}  // namespace evl::testkit

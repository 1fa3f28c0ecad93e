// What plugins do wrong is seen, in the words of the real host.
#include "fixture.hpp"

namespace evl::testkit {
namespace {

class Misbehaving : public ::testing::Test {
 protected:
  const Answer& tricks_do(const char* target) {
    if (!instance_) {
      Store& store = host_.store();
      instance_ = &host_.start(tricks());
      host_.route("/*", *instance_, {.store = &store});
    }
    return host_.get({.target = target});
  }
  // The one misbehaviour so far.
  std::string only() const {
    const auto all = host_.misbehaviours();
    return all.size() == 1 ? all[0].kind + ": " + all[0].text : std::to_string(all.size()) + " misbehaviours";
  }
  // What the kit says of the plugin that is linked into this program.
  static std::string by_tricks(const std::string& what) {
    return what + " [" + std::filesystem::read_symlink("/proc/self/exe").string() + "]";
  }
  Host host_;
  Instance* instance_ = nullptr;
};

TEST_F(Misbehaving, AnswersTwice) {
  EXPECT_EQ(tricks_do("/twice_in_store").body, "first");
  EXPECT_EQ(only(), by_tricks("wrong_state: answered a request twice: respond for /twice_in_store; return "
                              "after the first respond, fail or finish"));
}

TEST_F(Misbehaving, AnswersNotAtAll) {
  EXPECT_EQ(tricks_do("/nothing_of_that_name").body,
            "500 Internal Server Error: the handler gave no answer\n");
  EXPECT_EQ(only(),
            by_tricks("wrong_state: neither answered a request nor held it (suspend, or submit to a store)"));
}

TEST_F(Misbehaving, AStaleTicketLeadsNowhere) {
  Exchange& held = (tricks_do("/greet"), host_.send({.target = "/hold"}));
  host_.run();
  held.hang_up();
  EXPECT_EQ(tricks_do("/stale").body, "stale");
  EXPECT_EQ(only(), "0 misbehaviours");
  EXPECT_TRUE(host_.logged(by_tricks(
      " is stale: its request was answered, cancelled or cut off by its deadline; drop it in on_cancel or "
      "on_finish, and test what resume gives for null")));
}

TEST_F(Misbehaving, UsesARequestThatIsOver) {
  tricks_do("/late");
  tricks_do("/use_late");
  EXPECT_EQ(only(), by_tricks("wrong_state: used a request after on_finish"));
}

TEST_F(Misbehaving, UsesARequestOnAnotherThread) {
  EXPECT_EQ(tricks_do("/elsewhere").body, "back");
  EXPECT_EQ(only(), by_tricks("wrong_thread: used a request on a thread that is not its loop's"));
}

TEST_F(Misbehaving, AnswersOnAnotherThread) {
  EXPECT_EQ(tricks_do("/respond_elsewhere").body, "not allowed now, not allowed now, invalid");
  EXPECT_EQ(host_.misbehaviours().size(), 2u);
  EXPECT_TRUE(host_.misbehaved("wrong_thread", "used a request on a thread that is not its loop's"));
}

TEST_F(Misbehaving, ThrowsOutOfAStoreReply) {
  EXPECT_EQ(tricks_do("/reply_throws?failure").body, "503 Service Unavailable: the handler failed\n");
  EXPECT_TRUE(host_.logged("a store reply threw: a secret of the plugin; the request fails (unavailable)"));
  EXPECT_EQ(tricks_do("/reply_throws").body, "500 Internal Server Error: the handler failed\n");
  EXPECT_TRUE(host_.logged("a store reply threw: an exception that is no std::exception"));
}

TEST_F(Misbehaving, ThrowsWhereNobodyCanBeTold) {
  EXPECT_EQ(tricks_do("/throw_later").body, "will throw");
  EXPECT_TRUE(host_.logged("on_finish threw: thrown by on_finish"));
  instance_->drain();
  EXPECT_TRUE(host_.logged("drain threw: thrown by drain"));
  instance_->destroy();
  EXPECT_TRUE(host_.logged("thread_stop threw: thrown by a destructor"));
  EXPECT_EQ(only(), "0 misbehaviours") << "no exception crossed";
}

TEST_F(Misbehaving, LeavesATimer) {
  tricks_do("/leave_timer");
  host_.stop();
  EXPECT_EQ(only(), by_tricks("left_behind: thread_stop left 1 timers behind; they were cancelled"));
  EXPECT_EQ(host_.leftovers().text(), "1 timer");
  EXPECT_EQ(host_.complaints(),
            "instance 'tricks': " +
                by_tricks("left_behind: thread_stop left 1 timers behind; they were cancelled") +
                "\nleft over: 1 timer\n");
}

TEST_F(Misbehaving, ThrowsOutOfATimer) {
  tricks_do("/timer_throws");
  EXPECT_EQ(only(), by_tricks("exception: a timer threw: thrown by a timer; catch it inside: no exception "
                              "may leave a function of the ABI"));
}

TEST_F(Misbehaving, CountsDown) {
  tricks_do("/count_down");
  EXPECT_EQ(only(), by_tricks("bad_argument: metric: a counter cannot go down"));
}

TEST_F(Misbehaving, SubmitsNonsense) {
  EXPECT_EQ(tricks_do("/bad_op").body, "invalid");
  EXPECT_EQ(only(), by_tricks("bad_argument: a key has to be 1 to 511 bytes long"));
}

TEST(BadPlugins, UsesALoopThatIsNotItsOwn) {
  Host host({.loops = 2});
  host.route("/*", host.start(tricks()));
  host.get({.target = "/greet", .loop = 0});
  host.get({.target = "/foreign_loop", .loop = 1});
  EXPECT_TRUE(host.misbehaved("wrong_thread", "timer called off the loop that it names"));
}

TEST(BadPlugins, AreRefusedWithTheReason) {
  Host host({.loops = 3});
  const auto refused = [&](const std::string& name) {
    return refusal([&] { host.start(for_tests(name), {}, "mine"); });
  };
  const auto named = [](const std::string& name) {
    return "instance 'mine' of plugin '" + name + "' 1.0.0 ";
  };
  EXPECT_EQ(refused("create_fails"),
            named("create_fails") + "cannot be made: the moon is in the wrong phase");
  EXPECT_EQ(refused("create_throws"),
            named("create_throws") + "cannot be made: create threw: thrown by create");
  EXPECT_EQ(refused("missing_need"),
            named("missing_need") + "needs evloom.host.teapot/1, which this host does not offer");
  EXPECT_EQ(refused("no_interface"),
            named("no_interface") +
                "cannot be used: its note promises evloom.handler/1, get_interface does not give it");
  EXPECT_EQ(refused("small_table"),
            named("small_table") +
                "cannot be used: its table for evloom.handler/1 is too small (8 bytes, 32 at least)");
  EXPECT_EQ(refused("hollow_table"),
            named("hollow_table") + "cannot be used: its table for evloom.handler/1 lacks on_request");
  EXPECT_EQ(refused("start_fails"),
            named("start_fails") + "failed to start on loop 1: no descriptor is left");
  EXPECT_TRUE(host.logged("stopped on 2"));
  EXPECT_FALSE(host.logged("stopped on 1"));
  EXPECT_NE(refused("wrong_major").find("it was built for ABI"), std::string::npos);
  EXPECT_NE(refused("no_entry").find("it does not export evloom_entry"), std::string::npos);
  EXPECT_NE(refused("there_is_no_such_file").find("cannot be read: No such file"), std::string::npos);
}

TEST(BadPlugins, AHandlerThatThrowsThroughCIsA500) {
  Host host;
  host.route("/", host.start(for_tests("throws_on_request")));
  EXPECT_EQ(host.get({}).body, "500 Internal Server Error: the handler failed\n");
  EXPECT_TRUE(host.misbehaved("exception", "on_request threw: thrown by on_request"));
}

TEST(BadPlugins, AHandlerThatNeverAnswersLeavesItsRequest) {
  Host host;
  host.route("/", host.start(for_tests("never_answers")));
  host.send({});
  host.stop();
  EXPECT_EQ(host.leftovers().text(), "1 request, 1 ticket");
}

TEST(BadPlugins, EventsLeftOnABaseAreTakenOff) {
  for (const char* name : {"event_left", "timer_left"}) {
    Host host({.loops = 2});
    host.start(for_tests(name));
    host.stop();
    EXPECT_EQ(host.leftovers().events, 2u) << name;
    EXPECT_TRUE(host.misbehaved("left_behind", "1 event was left on loop 1; taken off")) << name;
  }
}

TEST(BadPlugins, AThreadThatIsLeftIsNamed) {
  Host host;
  host.start(for_tests("thread_left"));
  host.stop();
  EXPECT_TRUE(host.misbehaved("left_behind", "('bad-thread') running"));
}

// Its reply comes by a message that it sends while it is stopped.
TEST(BadPlugins, AStoreThatAnswersAfterItsStopStillAnswers) {
  Host host;
  Instance& late = host.start(for_tests("late_reply"));
  const Batched& batch = late.submit({{EVL_OP_ADD, "a", 1}});
  host.run();
  EXPECT_FALSE(batch.done);
  late.stop();
  EXPECT_TRUE(batch.done);
  EXPECT_EQ(batch.status, EVL_E_UNAVAILABLE);
  EXPECT_EQ(late.in_flight(), 0u);
  host.stop();
  EXPECT_EQ(host.complaints(), "");
}

}  // namespace
}  // namespace evl::testkit

#include "plugin/instance.hpp"

#include "../../plugins/probe/probe.h"
#include "host_fixture.hpp"

namespace evloom::plugin {
namespace {

class InstanceTest : public HostTest {
 protected:
  std::string create_error(const std::string& name) {
    auto made = make(bad(name));
    return made ? "made" : made.error().message;
  }
  static std::string named(const std::string& name) {
    return "instance 'mine' of plugin '" + name + "' 1.0.0 ";
  }
};

TEST_F(InstanceTest, LivesOnEveryLoopFromCreateToDestroy) {
  auto instance = make(bad("probe"), "{journal: journal}").value();
  EXPECT_EQ(instance->label(), "instance 'mine' of plugin 'probe' 1.0.0");
  EXPECT_EQ(journal(), "create;");
  EXPECT_TRUE(instance->start(10s).ok());
  on_loop(1, [&](loop::Loop& loop) { EXPECT_NE(instance->slot(loop), nullptr); });
  ASSERT_NE(instance->interface<evl_handler>(), nullptr);
  EXPECT_EQ(instance->interface<evl_format>(), nullptr);
  instance->drain();
  EXPECT_TRUE(instance->stop(10s).ok());
  on_loop(1, [&](loop::Loop& loop) { EXPECT_EQ(instance->slot(loop), nullptr); });
  const std::string steps = journal();
  for (const char* step : {"start 0;", "start 1;", "start 2;", "stop 0;", "stop 1;", "stop 2;"})
    EXPECT_NE(steps.find(step), std::string::npos) << step << " in " << steps;
  for (int i = 0; i < 3; ++i) {
    const auto at = [&](const char* step) { return steps.find(step + std::to_string(i)); };
    EXPECT_LT(at("drain "), at("stop ")) << steps;
    if (i != 0) {
      EXPECT_LT(at("stop "), steps.find("stop " + std::to_string(i - 1)))
          << "not in reverse order: " << steps;
    }
  }
  EXPECT_EQ(steps.find("destroy"), std::string::npos);
  const std::string file = instance->library().file().path().string();
  instance.reset();
  EXPECT_EQ(journal(), steps + "destroy;");
  EXPECT_EQ(slurp("/proc/self/maps").find(file), std::string::npos) << "the library is still mapped";
  EXPECT_EQ(slots_.take(), 0u) << "the slot was not given back";
}

TEST_F(InstanceTest, IsStoppedWhenItsOwnerJustLetsGo) {
  auto instance = make(bad("probe"), "{journal: journal}").value();
  ASSERT_TRUE(instance->start(10s).ok());
  instance.reset();
  EXPECT_NE(journal().find("stop 2;stop 1;stop 0;destroy;"), std::string::npos) << journal();
}

TEST_F(InstanceTest, TellsWhyItCouldNotBeMade) {
  EXPECT_EQ(create_error("create_fails"),
            named("create_fails") + "cannot be made: the moon is in the wrong phase");
  EXPECT_EQ(create_error("create_throws"),
            named("create_throws") + "cannot be made: create threw: thrown by create");
  EXPECT_EQ(create_error("missing_need"),
            named("missing_need") + "needs evloom.host.teapot/1, which this host does not offer");
  EXPECT_EQ(create_error("no_interface"),
            named("no_interface") +
                "cannot be used: its note promises evloom.handler/1, get_interface "
                "does not give it");
  EXPECT_EQ(create_error("small_table"),
            named("small_table") +
                "cannot be used: its table for evloom.handler/1 is too small (8 bytes, 32 at least)");
  EXPECT_EQ(create_error("hollow_table"),
            named("hollow_table") + "cannot be used: its table for evloom.handler/1 lacks on_request");
}

TEST_F(InstanceTest, StopsWhatHadStartedWhenOneLoopFails) {
  auto instance = make(bad("start_fails")).value();
  const Status status = instance->start(10s);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            named("start_fails") + "failed to start on loop 1: no descriptor is left");
  instance.reset();
  const std::string text = log_text();
  const auto at = [&](const char* step) { return text.find(step); };
  EXPECT_NE(at("started on 0"), std::string::npos) << text;
  EXPECT_NE(at("started on 2"), std::string::npos) << text;
  EXPECT_LT(at("stopped on 2"), at("stopped on 0")) << "not in reverse order";
  EXPECT_LT(at("stopped on 0"), at("destroyed")) << text;
  EXPECT_EQ(at("stopped on 1"), std::string::npos);
}

TEST_F(InstanceTest, GivesUpOnALoopThatHangsAndCleansUpOnceItReturns) {
  auto instance = make(bad("probe"), "{journal: journal, hang_on_loop: 1, hang: 1500ms}").value();
  const Status status = instance->start(500ms);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, named("probe") + "failed to start on loop 1: no answer within 500 ms");
  ASSERT_TRUE(eventually([&] { return journal().find("stop 1;") != std::string::npos; })) << journal();
  on_loop(1, [&](loop::Loop& loop) { EXPECT_EQ(instance->slot(loop), nullptr); });
  instance.reset();
  EXPECT_NE(journal().find("destroy;"), std::string::npos);
}

TEST_F(InstanceTest, CannotBeStoppedWhileALoopHoldsIt) {
  auto instance = make(bad("probe"), "{journal: journal}").value();
  ASSERT_TRUE(instance->start(10s).ok());
  instance->pin(2);
  EXPECT_FALSE(instance->idle());
  const Status status = instance->stop(1s);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(
      status.error().message,
      named("probe") +
          "could not be stopped: 1 of its requests, messages or pieces of work are under way after 1000 ms");
  instance->unpin(2);
  EXPECT_TRUE(instance->idle());
}

TEST_F(InstanceTest, SurvivesFunctionsThatThrow) {
  auto instance = make(bad("probe"), "{journal: journal, stop_throws: true}").value();
  ASSERT_TRUE(instance->start(10s).ok());
  on_loop(0, [&](loop::Loop& loop) {
    ProbeCall call{ProbeWish::kThrow};
    const auto* handler = instance->interface<evl_handler>();
    EXPECT_EQ(instance->call("on_request",
                             [&] {
                               return handler->on_request(instance->object(), instance->slot(loop),
                                                          reinterpret_cast<evl_request*>(&call));
                             }),
              EVL_E_INTERNAL);
  });
  EXPECT_EQ(instance->misbehaviours(Misbehaviour::exception), 1u);
  EXPECT_TRUE(instance->stop(10s).ok());
  EXPECT_EQ(instance->misbehaviours(Misbehaviour::exception), 1u + kLoops);
  instance.reset();
  EXPECT_NE(log_text().find("on_request threw: thrown by C"), std::string::npos) << log_text();
}

TEST_F(InstanceTest, TakesTheTimersThatAStoppedInstanceLeftOffTheLoop) {
  auto instance = make(bad("probe"), "{journal: journal, leave_timers: 4}").value();
  ASSERT_TRUE(instance->start(10s).ok());
  EXPECT_TRUE(instance->stop(10s).ok());
  EXPECT_EQ(instance->misbehaviours(Misbehaviour::left_behind), std::uint64_t{kLoops});
  instance.reset();
  EXPECT_NE(log_text().find("thread_stop left 4 timers behind; they were cancelled"), std::string::npos);
}

TEST_F(InstanceTest, OfOneLibraryThereCanBeMany) {
  auto library = load(bad("probe")).value();
  std::vector<std::shared_ptr<Instance>> all;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "n" + std::to_string(i);
    auto made = Instance::create({name, library, options(*library, "{journal: " + name + "}")}, *context_);
    ASSERT_TRUE(made.ok()) << made.error().message;
    ASSERT_TRUE((*made)->start(10s).ok());
    all.push_back(std::move(*made));
  }
  all.clear();
  EXPECT_EQ(library.use_count(), 1);
}

TEST_F(InstanceTest, AnUnknownStatusMeansAnInternalError) {
  EXPECT_EQ(known(EVL_E_STALE), EVL_E_STALE);
  EXPECT_EQ(known(12345), EVL_E_INTERNAL);
  EXPECT_EQ(known(-1), EVL_E_INTERNAL);
}

// A table of an older plugin ends before what was added later; one of a newer plugin goes on after what we
// know.
TEST_F(InstanceTest, ReadsTablesOfOtherSizes) {
  const InterfaceRule* rule = interface_rule(EVL_FORMAT);
  ASSERT_NE(rule, nullptr);
  struct Newer {
    evl_format known{};
    void* unknown = nullptr;
  } newer;
  auto library = load(shipped("text")).value();
  auto instance = Instance::create({"text", library, options(*library, "{}")}, *context_).value();
  newer.known = *instance->interface<evl_format>();
  newer.known.size = sizeof newer;
  evl_format copy;
  EXPECT_TRUE(copy_table(*rule, &newer, &copy).ok());
  newer.known.size = static_cast<std::uint32_t>(rule->first_size) - 1;
  EXPECT_FALSE(copy_table(*rule, &newer, &copy).ok());
}

}  // namespace
}  // namespace evloom::plugin

#include "plugin/library.hpp"

#include <event2/event.h>

#include <atomic>

#include "host_fixture.hpp"

namespace evloom::plugin {
namespace {

class LibraryTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::shared_ptr<Vault> vault_ = Vault::open(folder_.path()).value();

  std::string why(const std::string& name) {
    auto admitted = admit(vault_, bad(name));
    if (!admitted) return admitted.error().message;
    auto library = Library::load(std::move(*admitted));
    return library ? "loaded" : library.error().message;
  }
  static std::string named(const std::string& name) {
    return "plugin '" + name + "' 1.0.0 ('" + bad(name).string() + "') cannot be loaded: ";
  }
};

TEST_F(LibraryTest, LoadsTwiceAndUnloads) {
  auto first = Library::load(admit(vault_, shipped("hello")).value()).value();
  auto second = Library::load(admit(vault_, shipped("hello")).value()).value();
  EXPECT_NE(first->entry().create, second->entry().create) << "both generations share one mapping";
  EXPECT_EQ(first->label(), "plugin 'hello' 1.0.0");
  const std::string path = first->file().path().string();
  EXPECT_NE(slurp("/proc/self/maps").find(path), std::string::npos);
  first.reset();
  EXPECT_EQ(slurp("/proc/self/maps").find(path), std::string::npos) << "still mapped";
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(LibraryTest, NamesAMissingSymbol) {
  EXPECT_EQ(why("missing_symbol"), named("missing_symbol") + "undefined symbol: evloom_test_nobody_has_this");
}

TEST_F(LibraryTest, RefusesAnEntryThatDiffersFromTheNote) {
  EXPECT_EQ(why("mismatch"),
            "plugin 'mismatch' 9.9.9 ('" + bad("mismatch").string() +
                "') cannot be loaded: its entry and its note state different version; write both "
                "with EVL_PLUGIN");
}

class UnloadTest : public HostTest {
 protected:
  // What becomes of the code when an instance of the plugin has lived its life.
  UnloadResult live(const std::string& name) {
    auto library = load(bad(name)).value();
    path_ = library->file().path().string();
    auto instance = Instance::create({"mine", library, options(*library, "{}")}, *context_).value();
    EXPECT_TRUE(instance->start(10s).ok());
    EXPECT_TRUE(instance->stop(10s).ok());
    instance.reset();
    return Library::unload(std::move(library));
  }
  bool mapped() const { return is_mapped(path_); }
  // Every loop has turned once more: what had been left there would have run.
  void turn() {
    for (int i = 0; i < 2; ++i) {
      const auto later = std::make_shared<std::atomic<int>>(0);
      for (std::uint32_t loop = 0; loop < kLoops; ++loop) {
        on_loop(loop, [&](loop::Loop& on) {
          const timeval soon{0, 5000};
          event_base_once(
              on.base(), -1, EV_TIMEOUT,
              [](evutil_socket_t, short, void* counter) { ++*static_cast<std::atomic<int>*>(counter); },
              later.get(), &soon);
        });
      }
      ASSERT_TRUE(eventually([&] { return *later == static_cast<int>(kLoops); }));
    }
  }

  std::string path_;
};

TEST_F(UnloadTest, ProvesThatTheCodeIsGone) {
  const UnloadResult result = live("keeper");
  EXPECT_TRUE(result.unmapped) << result.reason;
  EXPECT_EQ(result.reason, "");
  EXPECT_FALSE(mapped());
}

TEST_F(UnloadTest, RefusesWhileOthersHoldIt) {
  auto library = load(shipped("hello")).value();
  auto other = library;
  UnloadResult result = Library::unload(std::move(library));
  EXPECT_FALSE(result.unmapped);
  EXPECT_EQ(result.reason, "it is still in use");
  result = Library::unload(std::move(other));
  EXPECT_TRUE(result.unmapped) << result.reason;
}

TEST_F(UnloadTest, TakesAwayEventsAndKeepsTheCodeThatTheyLeadInto) {
  for (const char* name : {"event_left", "timer_left"}) {
    const UnloadResult result = live(name);
    EXPECT_FALSE(result.unmapped);
    EXPECT_EQ(result.reason,
              "1 event was left on loop 0; 1 event was left on loop 1; 1 event was left on loop 2");
    EXPECT_TRUE(mapped());
    turn();
    EXPECT_NE(log_text().find("1 event was left on loop 2; taken off"), std::string::npos) << log_text();
  }
}

TEST_F(UnloadTest, KeepsTheCodeOfAThreadThatStillRuns) {
  const UnloadResult result = live("thread_left");
  EXPECT_FALSE(result.unmapped);
  EXPECT_TRUE(mapped());
  EXPECT_TRUE(result.reason.starts_with("thread ")) << result.reason;
  EXPECT_TRUE(
      result.reason.ends_with(" ('bad-thread') of instance 'mine' of plugin 'thread_left' 1.0.0 still runs"))
      << result.reason;
  EXPECT_NE(log_text().find("('bad-thread') running"), std::string::npos) << log_text();
}

TEST_F(UnloadTest, TellsWhatTheAuditKnewWhenTheLoaderKeepsTheCode) {
  const UnloadResult result = live("thread_destructor");
  EXPECT_FALSE(result.unmapped);
  EXPECT_EQ(result.reason,
            "a thread_local variable has a destructor: once a loop has used it the code stays in memory");
  EXPECT_TRUE(mapped());
}

TEST_F(UnloadTest, AnInstanceThatIsKeptKeepsItsCode) {
  auto library = load(bad("probe")).value();
  path_ = library->file().path().string();
  auto instance =
      Instance::create({"mine", library, options(*library, "{journal: journal}")}, *context_).value();
  ASSERT_TRUE(instance->start(10s).ok());
  ASSERT_TRUE(instance->stop(10s).ok());
  instance->pin(1);
  static const Instance* kept = nullptr;  // for good, which is no leak
  kept = instance.get();
  instance.reset();
  EXPECT_EQ(kept->name(), "mine");
  const UnloadResult result = Library::unload(std::move(library));
  EXPECT_FALSE(result.unmapped);
  EXPECT_EQ(result.reason, "instance 'mine' of plugin 'probe' 1.0.0 is still in use by a loop");
  EXPECT_TRUE(mapped());
}

TEST_F(UnloadTest, AnotherInstancesEventsAreNotTakenAway) {
  auto library = load(bad("timer_left")).value();
  const auto make_one = [&](const char* name) {
    auto made = Instance::create({name, library, options(*library, "{}")}, *context_).value();
    EXPECT_TRUE(made->start(10s).ok());
    return made;
  };
  auto first = make_one("first");
  auto second = make_one("second");
  first.reset();
  EXPECT_EQ(second->misbehaviours(Misbehaviour::left_behind), 0u);
  ASSERT_TRUE(second->stop(10s).ok());
  EXPECT_EQ(second->misbehaviours(Misbehaviour::left_behind), std::uint64_t{kLoops});
  second.reset();
  EXPECT_EQ(Library::unload(std::move(library)).reason,
            "2 events were left on loop 0; 2 events were left on loop 1; 2 events were left on loop 2");
}

TEST(Tasks, AThreadIsSeenUntilItEnds) {
  const auto before = tasks();
  std::atomic<bool> go{false};
  std::thread thread([&] { go.wait(false); });
  auto fresh = tasks_since(before);
  ASSERT_EQ(fresh.size(), 1u);
  EXPECT_TRUE(is_alive(fresh[0]));
  Task earlier = fresh[0];
  --earlier.start;
  EXPECT_FALSE(is_alive(earlier)) << "another thread of that number";
  go = true;
  go.notify_all();
  thread.join();
  EXPECT_TRUE(eventually([&] { return !is_alive(fresh[0]); }));
}

}  // namespace
}  // namespace evloom::plugin

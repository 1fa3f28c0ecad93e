#include "plugin/state.hpp"

#include "host_fixture.hpp"

namespace evloom::plugin {
namespace {

class StateTest : public HostTest {
 protected:
  std::shared_ptr<Instance> keeper(const std::string& text, const std::string& fault = "") {
    return make(bad("keeper"), "{text: '" + text + "', fault: '" + fault + "'}").value();
  }
  // What save_state says of an instance with that fault, once it was started and stopped.
  std::string save_error(const std::string& fault) {
    auto instance = keeper("text", fault);
    EXPECT_TRUE(instance->start(10s).ok());
    EXPECT_TRUE(instance->stop(10s).ok());
    auto saved = instance->save_state();
    misbehaviours_ = instance->misbehaviours();
    return saved ? "saved" : saved.error().message;
  }
  std::string load_error(const std::string& fault, const SavedState& state) {
    const Status status = keeper("new", fault)->load_state(state);
    return status ? "loaded" : status.error().message;
  }
  std::string text_of(Instance& instance) {
    std::string text;
    on_loop(0, [&](loop::Loop& loop) {
      const auto* handler = instance.interface<evl_handler>();
      handler->on_request(instance.object(), instance.slot(loop), reinterpret_cast<evl_request*>(&text));
    });
    return text;
  }

  const std::string named_ = "instance 'mine' of plugin 'keeper' 1.2.3 ";
  const SavedState good_{"keeper", "1.2.3", 3, {{"text", "bytes"}}};
  std::uint64_t misbehaviours_ = 0;
};

TEST_F(StateTest, TravelsFromOneGenerationToTheNext) {
  SavedState state;
  {
    auto old = keeper("what was known");
    ASSERT_TRUE(old->has_state());
    ASSERT_TRUE(old->start(10s).ok());
    ASSERT_TRUE(old->stop(10s).ok());
    auto saved = old->save_state();
    ASSERT_TRUE(saved.ok()) << saved.error().message;
    state = std::move(*saved);
  }
  EXPECT_EQ(state.plugin, "keeper");
  EXPECT_EQ(state.plugin_version, "1.2.3");
  EXPECT_EQ(state.version, 3u);
  EXPECT_EQ(state.blobs, (decltype(state.blobs){{"text", "what was known"}, {"nothing", ""}}));

  auto successor = keeper("new");
  const Status loaded = successor->load_state(state);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  ASSERT_TRUE(successor->start(10s).ok());
  EXPECT_EQ(text_of(*successor), "3;text=what was known;nothing=");
}

TEST_F(StateTest, IsAskedForOnlyWhileNoLoopHasTheInstance) {
  auto instance = keeper("text");
  ASSERT_TRUE(instance->start(10s).ok());
  auto saved = instance->save_state();
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().message,
            named_ + "cannot hand over its state: it has not been stopped on every loop");
  EXPECT_EQ(instance->load_state(good_).error().message,
            named_ + "cannot take over state version 3 of plugin 'keeper' 1.2.3: it has been started");
}

TEST_F(StateTest, AnInstanceWhoseSaveFailedGoesOn) {
  auto instance = keeper("text", "save throws");
  ASSERT_TRUE(instance->start(10s).ok());
  ASSERT_TRUE(instance->stop(10s).ok());
  EXPECT_EQ(instance->save_state().error().message, named_ + "cannot hand over its state: the pen is dry");
  ASSERT_TRUE(instance->start(10s).ok());
  EXPECT_EQ(text_of(*instance), "text");
}

TEST_F(StateTest, WhatMustNotBePutIsRefusedAndFailsTheSave) {
  const std::string failed = named_ + "cannot hand over its state: put: ";
  EXPECT_EQ(save_error("save twice"), failed + "'text' was put before");
  EXPECT_EQ(misbehaviours_, 1u);
  EXPECT_EQ(save_error("save nameless"), failed + "a name has 1 to 255 bytes, not 0");
  EXPECT_EQ(save_error("save long name"), failed + "a name has 1 to 255 bytes, not 256");
  EXPECT_EQ(save_error("save many"), failed + "more than 4096 blobs");
  EXPECT_EQ(save_error("save much"), failed + "more than 1024 MiB in all");
  EXPECT_EQ(save_error("save elsewhere"), "saved");
  EXPECT_EQ(misbehaviours_, 1u);
  EXPECT_NE(log_text().find("put called on another thread than save"), std::string::npos);
}

TEST_F(StateTest, ASuccessorThatDoesNotAcceptItSaysSo) {
  const std::string of = "state version 3 of plugin 'keeper' 1.2.3";
  EXPECT_EQ(load_error("accepts nothing", good_), named_ + "does not accept " + of);
  EXPECT_EQ(load_error("load throws", good_), named_ + "could not take over " + of + ": illegible");
  SavedState other = good_;
  other.version = 4;
  EXPECT_EQ(load_error("", other), named_ + "does not accept state version 4 of plugin 'keeper' 1.2.3");
  EXPECT_EQ(load_error("accepts throws", good_), named_ + "does not accept " + of);
  EXPECT_EQ(load_error("", good_), "loaded");
}

TEST_F(StateTest, APluginWithoutStateNeitherGivesNorTakes) {
  auto probe = make(bad("probe"), "{journal: journal}").value();
  EXPECT_FALSE(probe->has_state());
  EXPECT_EQ(probe->save_state().error().message,
            "instance 'mine' of plugin 'probe' 1.0.0 cannot hand over its state: it does not offer "
            "evloom.state/1");
  EXPECT_EQ(probe->load_state(good_).error().message,
            "instance 'mine' of plugin 'probe' 1.0.0 does not offer evloom.state/1, so it cannot take over "
            "state version 3 of plugin 'keeper' 1.2.3");
}

}  // namespace
}  // namespace evloom::plugin

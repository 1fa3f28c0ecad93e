#include "plugin/services.hpp"

#include "../../plugins/probe/probe.h"
#include "host_fixture.hpp"

namespace evloom::plugin {
namespace {

class ServicesTest : public HostTest {
 protected:
  ServicesTest() {
    instance_ = make(bad("probe"), "{journal: journal}", "prober").value();
    EXPECT_TRUE(instance_->start(10s).ok());
  }
  ~ServicesTest() override {
    EXPECT_TRUE(instance_->stop(10s).ok());
    instance_.reset();
  }

  void ask(std::uint32_t index, ProbeCall& call) {
    on_loop(index, [&](loop::Loop& loop) {
      const auto* handler = instance_->interface<evl_handler>();
      instance_->call("on_request", [&] {
        return handler->on_request(instance_->object(), instance_->slot(loop),
                                   reinterpret_cast<evl_request*>(&call));
      });
    });
  }

  std::shared_ptr<Instance> instance_;
};

TEST_F(ServicesTest, ATimerFiresOnceAndNotWhenCancelled) {
  ProbeCall cancelled{ProbeWish::kStartAndCancelTimer}, fires{ProbeWish::kStartTimer};
  cancelled.delay = 1'000'000;
  fires.delay = 20'000'000;
  ask(1, cancelled);
  const auto begin = std::chrono::steady_clock::now();
  ask(1, fires);
  ASSERT_TRUE(eventually([&] { return fires.fired == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 15ms);
  EXPECT_EQ(cancelled.fired, 0);
}

TEST_F(ServicesTest, AMessageRunsOnItsLoopAndPinsTheInstance) {
  std::vector<std::unique_ptr<ProbeCall>> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back(std::make_unique<ProbeCall>());
    calls.back()->wish = ProbeWish::kPost;
    calls.back()->loop = &pool_->at(static_cast<std::uint32_t>(i) % kLoops);
    ask(static_cast<std::uint32_t>(i / 3) % kLoops, *calls.back());
  }
  ASSERT_TRUE(eventually([&] { return instance_->idle(); }));
  for (const auto& call : calls) EXPECT_EQ(call->fired, 1);
}

TEST_F(ServicesTest, WorkRunsOffTheLoopAndPinsTheInstanceUntilItIsDone) {
  ProbeCall call{ProbeWish::kWork};
  call.delay = 30'000'000;
  ask(0, call);
  EXPECT_EQ(call.status, EVL_OK);
  EXPECT_FALSE(instance_->idle());
  ASSERT_TRUE(eventually([&] { return instance_->idle(); }));
  EXPECT_EQ(call.fired, 1);
  EXPECT_TRUE(call.ran_on_worker);
}

TEST_F(ServicesTest, TooMuchWorkIsRefused) {
  std::vector<std::unique_ptr<ProbeCall>> calls;
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(std::make_unique<ProbeCall>());
    calls.back()->wish = ProbeWish::kWork;
    calls.back()->delay = 50'000'000;
    ask(0, *calls.back());
    refused += calls.back()->status == EVL_E_OVERLOADED ? 1 : 0;
  }
  EXPECT_GT(refused, 0);
  EXPECT_TRUE(eventually([&] { return instance_->idle(); }));
}

TEST_F(ServicesTest, WhatTimersMessagesAndWorkThrowEndsThere) {
  ProbeCall timer{ProbeWish::kTimerThatThrows}, message{ProbeWish::kPostThatThrows},
      work{ProbeWish::kWorkThatThrows};
  message.loop = &pool_->at(2);
  ask(0, timer);
  ask(1, message);
  ask(2, work);
  ASSERT_TRUE(eventually([&] { return instance_->misbehaviours(Misbehaviour::exception) == 3; }));
  ASSERT_TRUE(eventually([&] { return work.fired == 1 && instance_->idle(); }));
  const std::string text = log_text();
  EXPECT_NE(text.find(" threw: thrown by "), std::string::npos)
      << text;  // of one kind only the first has a line
}

TEST_F(ServicesTest, MetricsBearTheNameOfTheInstance) {
  ProbeCall up{ProbeWish::kCount}, down{ProbeWish::kCount};
  up.amount = 5;
  down.amount = -2;
  ask(0, up);
  ask(2, down);
  const std::string page = render_prometheus(*registry_);
  EXPECT_NE(page.find("evloom_plugin_probe_calls_total{instance=\"prober\"} 2\n"), std::string::npos) << page;
  EXPECT_NE(page.find("evloom_plugin_probe_level{instance=\"prober\"} 3\n"), std::string::npos) << page;
}

TEST_F(ServicesTest, LogLinesBearTheNameOfTheInstanceAndFaultsAreLimited) {
  ProbeCall call{ProbeWish::kLog};
  call.text = "said by the probe\nforged";
  ask(1, call);
  const std::string text = log_text();
  EXPECT_NE(text.find("prober"), std::string::npos) << text;
  EXPECT_NE(text.find("said by the probe\\nforged"), std::string::npos) << text;
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = text.find("said by the probe", at)) != std::string::npos; ++at) ++lines;
  EXPECT_EQ(lines, 2u) << text;  // one line, and one of three faults
}

TEST_F(ServicesTest, MistakesAreAnsweredAndCounted) {
  ProbeCall call{ProbeWish::kMistakes};
  call.loop = &pool_->at(2);
  ask(0, call);
  EXPECT_EQ(instance_->misbehaviours(Misbehaviour::bad_argument), 11u);
  EXPECT_EQ(instance_->misbehaviours(Misbehaviour::wrong_thread), 2u);
  EXPECT_EQ(instance_->misbehaviours(Misbehaviour::wrong_state), 1u);
  EXPECT_EQ(call.fired, 0);
  const std::string page = render_prometheus(*registry_);
  for (const char* line :
       {"evloom_instance_misbehaviour_total{instance=\"prober\",kind=\"bad_argument\"} 11\n",
        "evloom_instance_misbehaviour_total{instance=\"prober\",kind=\"exception\"} 0\n"})
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
}

TEST_F(ServicesTest, AMessageAfterTheStopIsRefused) {
  ASSERT_TRUE(instance_->stop(10s).ok());
  const auto* access = static_cast<const evl_loop_access*>(services_.find(EVL_HOST_LOOP));
  struct Counted : evl_message {
    std::atomic<int> runs{0};
  } message;
  message.run = [](evl_message* self, evl_loop*) { static_cast<Counted*>(self)->runs++; };
  access->post(instance_->host(), &pool_->at(0), &message);
  on_loop(0, [](loop::Loop&) {});
  EXPECT_EQ(message.runs, 0);
  EXPECT_EQ(instance_->misbehaviours(Misbehaviour::wrong_state), 1u);
}

TEST_F(ServicesTest, OptionsAreReadWithTheirTypesAndPlaces) {
  const auto* config = static_cast<const evl_config_reader*>(services_.find(EVL_HOST_CONFIG));
  auto schema =
      config::parse_plugin_schema("p", config::InstanceKind::handler, R"({"type": "object", "properties": {
      "on": {"type": "boolean"}, "n": {"type": "integer"}, "x": {"type": "number"},
      "wait": {"type": "string", "format": "duration"}, "room": {"type": "string", "format": "size"},
      "file": {"type": "string", "format": "path"}, "name": {"type": "string", "default": "nobody"},
      "list": {"type": "array", "items": {"type": "integer"}}}})");
  ASSERT_TRUE(schema.ok()) << schema.error().message;
  config::Diagnostics problems;
  auto source = std::make_shared<config::Source>(
      "t.yaml", "on: true\nn: -7\nx: 2.5\nwait: 250ms\nroom: 64KiB\nfile: a/b\nlist: [1, 2, 3]\n",
      folder_.path());
  const config::Node tree = config::validate(schema->options, config::parse_yaml(source, problems), problems);
  ASSERT_FALSE(problems.has_errors()) << config::render(problems, false);
  const auto* root = reinterpret_cast<const evl_config*>(&tree);
  const auto at = [&](const char* key) { return config->member(root, key); };

  EXPECT_EQ(config->kind(root), EVL_CONFIG_MAP);
  EXPECT_EQ(config->kind(at("list")), EVL_CONFIG_LIST);
  EXPECT_EQ(config->kind(at("n")), EVL_CONFIG_SCALAR);
  EXPECT_EQ(config->kind(nullptr), EVL_CONFIG_NULL);
  EXPECT_EQ(at("none"), nullptr);
  EXPECT_EQ(config->member(at("n"), "x"), nullptr);

  int32_t truth = 0;
  int64_t number = 0;
  double real = 0;
  uint64_t size = 0;
  evl_bytes text{};
  EXPECT_EQ(config->boolean(at("on"), &truth), EVL_OK);
  EXPECT_EQ(truth, 1);
  EXPECT_EQ(config->integer(at("n"), &number), EVL_OK);
  EXPECT_EQ(number, -7);
  EXPECT_EQ(config->number(at("x"), &real), EVL_OK);
  EXPECT_EQ(real, 2.5);
  EXPECT_EQ(config->duration(at("wait"), &number), EVL_OK);
  EXPECT_EQ(number, 250'000'000);
  EXPECT_EQ(config->bytes(at("room"), &size), EVL_OK);
  EXPECT_EQ(size, 65536u);
  EXPECT_EQ(config->path(at("file"), &text), EVL_OK);
  EXPECT_EQ(evl::view(text), (folder_ / "a/b").string());
  EXPECT_EQ(config->text(at("name"), &text), EVL_OK);
  EXPECT_EQ(evl::view(text), "nobody");

  EXPECT_EQ(config->count(at("list")), 3u);
  EXPECT_EQ(config->integer(config->at(at("list"), 2, nullptr), &number), EVL_OK);
  EXPECT_EQ(number, 3);
  EXPECT_EQ(config->at(at("list"), 3, nullptr), nullptr);
  EXPECT_NE(config->at(root, 0, &text), nullptr);
  EXPECT_EQ(evl::view(text), "on");

  EXPECT_EQ(config->integer(at("on"), &number), EVL_E_TYPE);
  EXPECT_EQ(config->boolean(at("n"), &truth), EVL_E_TYPE);
  EXPECT_EQ(config->text(at("list"), &text), EVL_E_TYPE);
  EXPECT_EQ(config->duration(at("n"), &number), EVL_E_TYPE);
  EXPECT_EQ(config->integer(nullptr, &number), EVL_E_NOT_FOUND);
  EXPECT_EQ(config->integer(at("n"), nullptr), EVL_E_INVALID);

  char buffer[256] = "";
  evl_error error{sizeof error, sizeof buffer, buffer};
  EXPECT_EQ(config->reject(at("x"), &error, "too hot"), EVL_E_INVALID);
  EXPECT_STREQ(buffer, "t.yaml:3:4: too hot");
}

}  // namespace
}  // namespace evloom::plugin

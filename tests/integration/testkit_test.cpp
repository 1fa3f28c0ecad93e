// The test kit and the host agree: the same requests to the same plugins get the same answers from both, also
// where the plugin misbehaves.
#include "evloom/testkit.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/evloom_process.hpp"

namespace evloom::test {
namespace {

namespace kit = evl::testkit;

struct Asked {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

// What an answer is to a client, without what belongs to the connection.
std::string shown(int status, std::string_view type, std::string_view retry, std::string_view vary,
                  std::string_view allow, std::string_view mine, std::string_view body) {
  std::string text = std::to_string(status) + "\ntype " + std::string(type);
  if (!retry.empty()) text += "\nretry " + std::string(retry);
  if (!vary.empty()) text += "\nvary " + std::string(vary);
  if (!allow.empty()) text += "\nallow " + std::string(allow);
  if (!mine.empty()) text += "\nmine " + std::string(mine);
  return text + "\n" + std::string(body);
}

class Agreement : public ::testing::Test {
 protected:
  Agreement() {
    real_.emplace(yaml({.threads = 1}));
    const auto plugin = [](const std::string& folder, const std::string& name) {
      return kit::Plugin::file(std::filesystem::path(folder) / (name + ".so"));
    };
    const std::string shipped =
        (std::filesystem::path(evloom_binary()).parent_path().parent_path() / "lib/evloom/plugins").string();
    kit::Instance& text = kit_.start(plugin(shipped, "text"));
    kit::Instance& json = kit_.start(plugin(shipped, "json"));
    kit::Instance& memory = kit_.start(plugin(shipped, "memory"), {}, "counters");
    kit::Instance& echo = kit_.start(plugin(test_plugins(), "echo"));
    kit::Store& store = kit_.store(memory);
    const std::vector<std::string> methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    kit_.route("/", kit_.start(plugin(shipped, "stats")), {.store = &store, .formats = {&text, &json}});
    kit_.route("/hello", kit_.start(plugin(shipped, "hello")));
    for (const char* path : {"/echo", "/echo/{id}", "/files/*"}) kit_.route(path, echo, {.methods = methods});
  }
  void TearDown() override { EXPECT_EQ(real_->stop(), ""); }

  void ask(const Asked& asked) {
    std::string bytes = asked.method + " " + asked.target + " HTTP/1.1\r\n";
    kit::Message message{.method = asked.method, .target = asked.target, .body = asked.body};
    message.headers = {{"Host", "test"}};
    message.headers.insert(message.headers.end(), asked.headers.begin(), asked.headers.end());
    if (!asked.body.empty() || asked.method == "POST")
      message.headers.emplace_back("Content-Length", std::to_string(asked.body.size()));
    for (const auto& [name, value] : message.headers)
      bytes.append(name).append(": ").append(value).append("\r\n");
    if (!client_) client_.emplace(real_->address());
    message.peer = {EVL_PEER_IPV4, "127.0.0.1", client_->port()};

    const Response theirs = client_->ask(bytes + "\r\n" + asked.body);
    kit::Exchange& exchange = kit_.send(message);
    for (int i = 0; i < 100 && !exchange.answered(); ++i) kit_.advance(std::chrono::milliseconds(10));
    const kit::Answer& ours = exchange.answer();
    const auto header = [&](const char* name) { return theirs.header(name).value_or(""); };
    EXPECT_EQ(shown(static_cast<int>(ours.status), ours.media_type, ours.header("Retry-After"),
                    ours.header("Vary"), ours.header("Allow"), ours.header("X-Mine"), ours.body),
              shown(theirs.status, header("Content-Type"), header("Retry-After"), header("Vary"),
                    header("Allow"), header("X-Mine"), theirs.body))
        << asked.method << " " << asked.target;
    if (theirs.closes()) client_.reset();
  }

  // What the host counted for the instance, by kind.
  std::uint64_t counted(const std::string& instance, const std::string& kind) {
    const std::string metrics = real_->get("/metrics").body;
    const std::string name =
        "evloom_instance_misbehaviour_total{instance=\"" + instance + "\",kind=\"" + kind + "\"} ";
    const std::size_t at = metrics.find(name);
    return at == std::string::npos ? 0 : std::stoull(metrics.substr(at + name.size()));
  }

  std::optional<Evloom> real_;
  std::optional<Client> client_;
  kit::Host kit_;
};

TEST_F(Agreement, OnWhatAClientGets) {
  const std::vector<Asked> all = {
      {"GET", "/"},
      {"GET", "/?format=json"},
      {"GET", "/", {{"Accept", "application/json"}}},
      {"GET", "/", {{"Accept", "image/png"}}},
      {"GET", "/?format=nonsense"},
      {"GET", "/?format=%zz"},
      {"GET", "/hello"},
      {"GET", "/nowhere"},
      {"POST", "/hello", {}, "body"},
      {"PUT", "/echo", {}, "a body"},
      {"OPTIONS", "/echo"},
      {"BREW", "/echo"},
      {"GET", "/echo/a%20b?x=%41+1&peer"},
      {"GET", "/echo/../echo/./x"},
      {"GET", "/../x"},
      {"GET", "/files/one/two?x"},
      {"GET", "/echo?status=404"},
      {"GET", "/echo?status=99"},
      {"GET", "/echo?set=X-Mine:yes"},
      {"GET", "/echo?set=Content-Length:3"},
      {"GET", "/echo?set=bad%20name:3"},
      {"GET", "/echo?set=X-Mine:a%0ab"},
      {"GET", "/echo?release&size=70000"},
      {"GET", "/echo?sleep=20"},
      {"GET", "/echo?twice"},
      {"GET", "/echo?nothing"},
      {"GET", "/echo?throw"},
      {"GET", "/echo?counters"},
  };
  for (const Asked& asked : all) ask(asked);
  for (int status = EVL_E_INVALID; status <= EVL_E_INTERNAL; ++status)
    ask({"GET", "/echo?fail=" + std::to_string(status)});
  ask({"GET", "/"});

  // And on what the plugin did wrong.
  for (const char* kind : {"exception", "bad_argument", "wrong_thread", "wrong_state", "left_behind"}) {
    std::uint64_t ours = 0;
    for (const kit::Misbehaviour& one : kit_.misbehaviours()) {
      if (one.kind != kind) continue;
      // Of those that come within a second the host logs the first.
      if (ours++ == 0) {
        EXPECT_TRUE(real_->log_has(one.text)) << one.text;
      }
    }
    EXPECT_EQ(ours, counted("echo", kind)) << kind;
  }
  EXPECT_TRUE(kit_.misbehaved("wrong_state", "answered a request twice: respond for /echo; return after"));
  kit_.stop();
  EXPECT_EQ(kit_.leftovers().text(), "");
}

}  // namespace
}  // namespace evloom::test

// Servers: two loops with a Server each, in this process, and a service that answers, or holds requests until
// it is told. What a reload asks of host/http is asked of it here directly, and seen through real sockets.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "http/server.hpp"
#include "loop/pool.hpp"
#include "support/http_client.hpp"
#include "support/temp_dir.hpp"

namespace evloom::http::test {

using evloom::test::Client;
using evloom::test::Ending;
using evloom::test::get;
using evloom::test::Response;
using evloom::test::TempDir;
using std::chrono::milliseconds;
using std::chrono::seconds;

// GET /hold is held, and answered by `release` or when its time is up; /mute is held and never answered. All
// else is answered at once with the body that came, or "ok". [loop]
class TestService : public Service {
 public:
  void on_head(Exchange& exchange) override {
    exchange.pin();
    open_.push_back(&exchange);
  }
  void on_request(Exchange& exchange) override {
    const std::string_view target = exchange.head().target();
    if (target == "/hold" || target == "/mute") return;
    answer(exchange, 200, exchange.body().empty() ? std::string_view("ok") : exchange.body());
  }
  void on_abandon(Exchange& exchange, Abandon why) override {
    abandoned_ += why == Abandon::deadline ? "deadline " : "gone ";
    if (why == Abandon::client_gone) {
      done(exchange);
    } else if (exchange.head().target() == "/hold") {
      answer(exchange, 503, "too late", 1);
    }
  }

  void release() {
    for (Exchange* exchange : std::vector<Exchange*>(open_)) answer(*exchange, 200, "released");
  }
  void expire() {
    for (Exchange* exchange : std::vector<Exchange*>(open_)) exchange->expire();
  }
  Exchange* first() const { return open_.empty() ? nullptr : open_.front(); }
  std::size_t open() const { return open_.size(); }
  const std::string& abandoned() const { return abandoned_; }

 private:
  void answer(Exchange& exchange, std::uint16_t status, std::string_view body,
              std::int64_t retry_after = -1) {
    Reply reply;
    reply.status = status;
    reply.content_type = "text/plain";
    reply.retry_after = retry_after;
    reply.body.bytes = body;
    exchange.reply(reply);
    done(exchange);
  }
  void done(Exchange& exchange) {
    std::erase(open_, &exchange);
    exchange.unpin();
  }

  std::vector<Exchange*> open_;
  std::string abandoned_;
};

class Servers : public testing::Test {
 protected:
  static constexpr std::uint32_t kLoops = 2;
  static constexpr seconds kPatience{20};

  struct Place {
    TestService service;
    std::unique_ptr<Server> server;
  };

  void SetUp() override {
    observe::LogOptions options;
    options.output = file("log");
    auto log = observe::Log::create(options);
    ASSERT_TRUE(log.ok());
    log_ = std::move(*log);
    auto metrics = ServerMetrics::create(group_);
    ASSERT_TRUE(metrics.ok());
    metrics_ = *metrics;
    auto pool = loop::Pool::start(kLoops);
    ASSERT_TRUE(pool.ok());
    pool_ = std::move(*pool);
    places_.resize(kLoops);
    everywhere([this](Place& place, loop::Loop& loop) {
      place.server = std::make_unique<Server>(loop, place.service, Limits{}, shared_, metrics_, *log_);
    });
  }

  void TearDown() override {
    if (!pool_) return;
    everywhere([](Place& place, loop::Loop&) { place.server.reset(); });
    EXPECT_EQ(shared_.connections, 0U);
    EXPECT_EQ(shared_.body_bytes, 0U);
    pool_.reset();
  }

  template <typename F>
  void everywhere(F function) {
    ASSERT_TRUE(
        pool_->run_everywhere([&](loop::Loop& loop) { function(places_[loop.index()], loop); }, kPatience));
  }
  void servers(const std::function<void(Server&)>& function) {
    everywhere([&](Place& place, loop::Loop&) { function(*place.server); });
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  static ListenerSpec tcp(const std::string& address) {
    ListenerSpec spec;
    spec.address = *parse_address(address);
    return spec;
  }
  ListenerSpec unix_socket(const std::string& name) const {
    ListenerSpec spec;
    spec.address = *unix_address(file(name));
    return spec;
  }
  static evloom::test::Address address_of(const BoundListener& bound) {
    const SocketAddress& address = bound.spec().address;
    if (bound.spec().is_unix()) return {address.text(), 0};
    return {"127.0.0.1", address.port()};
  }
  static BoundListener bound(const ListenerSpec& spec, std::span<const BoundListener> own = {}) {
    auto made = BoundListener::bind(spec, kLoops, own);
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(*made);
  }
  // Begins to accept on all loops.
  void accept(BoundListener& bound) {
    everywhere([&](Place& place, loop::Loop& loop) {
      const Status status = place.server->listen(bound.spec(), bound.take(loop.index()));
      EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    });
  }
  BoundListener listening(const ListenerSpec& spec) {
    BoundListener made = bound(spec);
    accept(made);
    return made;
  }
  void unlisten(const BoundListener& bound) {
    servers([&](Server& server) { server.unlisten(bound.spec()); });
  }
  template <typename Condition>
  static bool wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }
  // Until no loop has a socket for that address any more.
  bool wait_closed(const BoundListener& bound) {
    return wait_until([&] {
      std::atomic<int> open{0};
      servers([&](Server& server) { open += server.listens(bound.spec()) ? 1 : 0; });
      return open == 0;
    });
  }
  // Until the service has that many requests.
  bool wait_open(std::size_t requests) {
    return wait_until([&] {
      std::atomic<std::size_t> open{0};
      everywhere([&](Place& place, loop::Loop&) { open += place.service.open(); });
      return open == requests;
    });
  }
  std::string abandoned() {
    std::string all;
    for (std::uint32_t i = 0; i < kLoops; ++i)
      EXPECT_TRUE(pool_->run_on(
          i, [&](loop::Loop&) { all += places_[i].service.abandoned(); }, kPatience));
    return all;
  }
  static bool refused(const evloom::test::Address& address) {
    try {
      Client client(address);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }

  TempDir folder_;
  std::unique_ptr<observe::Log> log_;
  observe::Registry registry_{kLoops};
  observe::MetricGroup group_ = registry_.group();
  ServerMetrics metrics_;
  Shared shared_;
  std::unique_ptr<loop::Pool> pool_;
  std::vector<Place> places_;
};

}  // namespace evloom::http::test

// A handler whose on_request is a coroutine. Each path is one way in which a coroutine waits, ends or fails.
#include <stdexcept>
#include <string>

#include "evloom/task.hpp"

namespace {

class Paths {
 public:
  Paths(evl::Host host, evl::Config) : host_(host) {}

  evl::Task<> on_request(evl::Request& request) {
    const Trace trace(host_, "handler");
    const std::string_view path = request.path();
    if (path == "/now") request.text(200, "now");
    if (path == "/single") co_await single(request);
    if (path == "/all") co_await all(request);
    if (path == "/named") co_await named(request);
    if (path == "/many_ops") co_await many_ops(request);
    if (path == "/attempt") co_await attempt(request);
    if (path == "/catch") co_await caught(request);
    if (path == "/two_stores") co_await two_stores(request);
    if (path == "/sleep") {
      co_await evl::sleep(std::chrono::milliseconds(20));
      co_await evl::sleep(std::chrono::milliseconds(0));
      request.text(200, "slept");
    }
    if (path == "/work") {
      const std::string text = co_await evl::work([](const std::string& target) { return target + " done"; },
                                                  std::string(request.target()));
      request.text(200, text);
    }
    if (path == "/work_throws")
      co_await evl::work([] { throw evl::Failure(EVL_E_NOT_FOUND, "no such file"); });
    if (path == "/every") co_await every(request);
    if (path == "/nested") request.text(200, std::to_string(co_await fibonacci(request, 12)));
    if (path == "/unnamed") request.text(200, std::to_string(co_await unnamed(request, 7)));
    if (path == "/many") {
      for (int i = 0; i < 10000; ++i) co_await one(request, "many");
      request.text(200, "many");
    }
    if (path == "/throw_first") throw std::runtime_error("thrown at once");
    if (path == "/throw_later") {
      co_await one(request, "a");
      throw std::runtime_error("thrown later");
    }
    if (path == "/throw_int") throw 42;
    if (path == "/throw_nested") co_await thrower(request);
    if (path == "/swallow") co_await swallow(request);
    if (path == "/after") {
      request.text(200, "answered");
      co_await evl::sleep(std::chrono::milliseconds(1));
    }
    if (path == "/after_throws") {
      request.text(200, "answered");
      throw std::runtime_error("thrown too late");
    }
    if (path == "/after_store") {
      request.text(200, "answered");
      co_await one(request, "a");
    }
    if (path == "/cancel_throws") co_await cancel_throws(request);
    if (path == "/no_store") co_await evl::Store(request, "nowhere").incr("a");
    if (path == "/long_value")
      co_await evl::Store(request).put("k", std::string(EVL_STORE_VALUE_MAX + 1, 'v'));
    if (path == "/own_invalid") throw evl::Failure(EVL_E_INVALID, "what a stupid question");
    if (path == "/nothing") co_await one(request, "a");
    if (path == "/user") {
      request.set_user(this);
      co_await one(request, "a");
      request.text(200, request.user() == this ? "mine" : "lost");
    }
    if (path == "/large") {
      char large[8192] = "large";
      co_await one(request, "a");
      request.text(200, large);
    }
  }

  void on_cancel(evl::Request& request, evl_status why) {
    host_.log(EVL_LOG_INFO,
              std::string("on_cancel ") + evl::status_name(why) + (request.user() ? " user" : ""));
  }
  void on_finish(evl::Request&) { host_.log(EVL_LOG_INFO, "on_finish"); }

 private:
  // Says when it goes: that destructors run.
  struct Trace {
    Trace(evl::Host its_host, const char* its_name) : host(its_host), name(its_name) {}
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;
    ~Trace() { host.log(EVL_LOG_INFO, std::string("gone: ") + name); }
    evl::Host host;
    const char* name;
  };

  static evl::Task<std::int64_t> one(evl::Request& request, std::string_view key) {
    evl::Store store(request);
    co_return co_await store.incr(key);
  }

  static evl::Task<> single(evl::Request& request) {
    evl::Store store(request);
    std::string text = std::to_string(co_await store.incr("n")) + std::to_string(co_await store.add("n", 10));
    const evl::Added added = co_await store.set_add("s", "x");
    text += added[0] ? " new" : " old";
    const evl_bytes items[] = {evl::bytes("x"), evl::bytes("y")};
    const evl::Added more = co_await store.set_add("s", items);
    text += std::to_string(more.count()) + (more[0] ? "1" : "0") + (more[1] ? "1" : "0");
    text += " " + std::to_string(co_await store.set_size("s"));
    const evl::Members members = co_await store.set_read("s");
    text += " " + std::string(members[0]) + std::string(members[1]);
    co_await store.put("v", "value");
    const auto value = co_await store.get("v");
    text += " " + std::string(value.value_or("none"));
    text += co_await store.expire("v", 1000) ? " will go" : " is not there";
    text += co_await store.remove("v") ? " gone" : " was not there";
    const auto none = co_await store.get("v");
    request.text(200, text + (none ? " some" : " none"));
  }

  static evl::Task<> all(evl::Request& request) {
    evl::Store store(request);
    const evl_bytes port = evl::bytes("1234");
    auto [total, mine, fresh, ports, value] =
        co_await store.all(evl::incr("total"), evl::add("mine", 5), evl::set_add("ports", port),
                           evl::set_read("ports"), evl::get("v"));
    request.text(200, std::to_string(total) + " " + std::to_string(mine) + " " + (fresh[0] ? "new" : "seen") +
                          " " + std::string(ports[0]) + " " + std::string(value.value_or("none")));
  }

  // Operations that are kept in variables, copied and assigned before they are awaited.
  static evl::Task<> named(evl::Request& request) {
    evl::Store store(request);
    const std::string a = "aaaa", b = "bbbb";
    const auto one = evl::set_add("set", evl::bytes(a));
    auto two = evl::set_add("set", b);
    const auto text = evl::put("text", "a text");
    co_await store.all(one, two, text, evl::put("view", std::string_view("a view")));
    two = one;
    const auto again = two;
    const evl_bytes item = evl::bytes(b);
    const auto [c, d, e] = co_await store.all(again, evl::set_add("set", item), evl::set_add("set", "cccc"));
    request.text(200, std::to_string(c.count()) + std::to_string(d.count()) + std::to_string(e.count()));
  }

  // As many operations as the query says, of keys and items that are gone when they are awaited.
  static evl::Task<> many_ops(evl::Request& request) {
    evl::Store store(request);
    evl::Ops ops(request);
    const int count = std::stoi(std::string(request.query("count").value_or("0")));
    for (int i = 0; i < count; ++i) {
      ops.push(evl::add("a long key of number " + std::to_string(i), i));
      ops.push(evl::set_add("set", "a long item of number " + std::to_string(i)));
    }
    std::int64_t sum = 0;
    const evl::Results all = co_await store.all(ops);
    for (std::size_t i = 0; i < all.size(); ++i) sum += all[i].integer;
    ops.clear();
    ops.push(evl::set_size("set"));
    ops.push(evl::incr("set"));
    const evl::Results some = co_await store.attempt(ops);
    request.text(200, std::to_string(sum) + " " + std::to_string(some[0].integer) + " " +
                          evl::status_name(some[1].status));
  }

  static evl::Task<> attempt(evl::Request& request) {
    evl::Store store(request);
    co_await store.put("text", "no number");
    const evl::Results results = co_await store.attempt(evl::incr("a"), evl::incr("text"));
    std::string text = evl::status_name(results.status());
    for (std::size_t i = 0; i < results.size(); ++i)
      text += std::string(", ") + evl::status_name(results[i].status);
    request.text(200, text);
  }

  static evl::Task<> caught(evl::Request& request) {
    evl::Store store(request);
    std::string text;
    try {
      co_await store.put("text", "no number");
      co_await store.incr("text");
    } catch (const evl::Failure& failure) {
      text = failure.what();
    }
    text += " " + std::to_string(co_await store.incr("a"));  // and it goes on
    request.text(200, text);
  }

  static evl::Task<> two_stores(evl::Request& request) {
    evl::Store counters(request);
    evl::Store names(request, "names");
    const auto name = co_await names.get("name");
    const std::string kept(name.value_or("nobody"));
    request.text(200, kept + " " + std::to_string(co_await counters.incr(kept)));
  }

  // Waits in every way there is, one after the other.
  evl::Task<> every(evl::Request& request) {
    const Trace trace(host_, "every");
    co_await one(request, "a");
    co_await evl::sleep(std::chrono::milliseconds(5));
    const std::string text = co_await evl::work([] { return std::string(100, 'w'); });
    evl::Store store(request);
    auto [a, b] = co_await store.all(evl::incr("a"), evl::incr("b"));
    request.text(200, std::to_string(a + b) + std::to_string(text.size()));
  }

  static evl::Task<int> fibonacci(evl::Request& request, int n) {
    if (n < 2) co_return n;
    const int before = co_await fibonacci(request, n - 2);
    co_return before + co_await fibonacci(request, n - 1);
  }

  static evl::Task<int> unnamed(evl::Request&, int n) { co_return n + 42; }

  evl::Task<> thrower(evl::Request& request) {
    const Trace trace(host_, "thrower");
    co_await one(request, "a");
    throw evl::Failure(EVL_E_UNAVAILABLE, "thrown by a nested one");
  }

  static evl::Task<> cancel_throws(evl::Request&) {
    try {
      co_await evl::sleep(std::chrono::hours(1));
    } catch (const evl::Cancelled&) {
      throw std::runtime_error("thrown when cancelled");
    }
  }

  // What no handler should do: it is cancelled again at the next co_await.
  evl::Task<> swallow(evl::Request& request) {
    try {
      co_await evl::sleep(std::chrono::hours(1));
    } catch (const evl::Cancelled& cancelled) {
      host_.log(EVL_LOG_INFO, std::string("swallowed ") + evl::status_name(cancelled.why));
    }
    co_await one(request, "after");
    request.text(200, "unreachable");
  }

  evl::Host host_;
};

}  // namespace

EVL_HANDLER_PLUGIN(Paths, "paths", "1.0.0", "Waits in many ways", "MIT", "", "{}");

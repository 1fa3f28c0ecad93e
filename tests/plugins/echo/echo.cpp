// echo: says what the host made of a request, and misbehaves when asked to. Only tests load it.
//
// The query tells it what to do besides:
// - status=N: the status of the answer
// - size=N: a body of N bytes instead
// - set=NAME:VALUE: a further header of the answer
// - sleep=MS: answers after so long, by a timer
// - block=MS: holds its loop up for so long
// - release: the body is lent to the host
// - twice: answers once more; the second must be refused
// - stale: takes the request from its ticket after the answer; there must be none
// - nothing: neither answers nor holds
// - throw: throws an exception
// - fail=N: request.fail with that evl_status
// - hold: suspends and never answers
// - peer: adds the peer's address
// - counters: how many requests began, finished, were cancelled
#include <atomic>
#include <charconv>
#include <stdexcept>
#include <string>
#include <thread>

#include "evloom/handler.hpp"

namespace {

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(" ").append(value).append("\n");
}

class Echo {
 public:
  Echo(evl::Host host, evl::Config) : host_(host) {}

  void on_request(evl::Request& request) {
    begun_.fetch_add(1);
    if (request.query("throw")) throw std::runtime_error("asked to throw");
    if (request.query("nothing")) return;
    if (const auto why = request.query("fail")) {
      request.fail(static_cast<evl_status>(number(*why)), "asked to fail");
      return;
    }
    if (request.query("hold")) {
      request.suspend();
      return;
    }
    if (request.query("stale")) return resume_answered(request);
    if (const auto block = request.query("block"))
      std::this_thread::sleep_for(std::chrono::milliseconds(number(*block)));
    if (const auto sleep = request.query("sleep")) return wait(request, number(*sleep));
    answer(request);
  }

  void on_cancel(evl::Request& request, evl_status) {
    cancelled_.fetch_add(1);
    if (auto* waiting = static_cast<Waiting*>(request.user()))
      host_.interfaces().timer->cancel(std::exchange(waiting->timer, nullptr));
  }

  void on_finish(evl::Request& request) {
    finished_.fetch_add(1);
    if (auto* waiting = static_cast<Waiting*>(request.user()); waiting && waiting->timer)
      strays_.fetch_add(1);
  }

 private:
  void resume_answered(evl::Request& request) {
    const evl::HostInterfaces& host = request.interfaces();
    evl_loop* const loop = request.loop().raw();
    const evl_ticket ticket = request.suspend();
    if (!host.request->resume(host.host, loop, ticket)) strays_.fetch_add(1);
    answer(request);
    if (host.request->resume(host.host, loop, ticket)) strays_.fetch_add(1);
  }

  // A request that its timer will answer; in the request's arena.
  struct Waiting {
    Echo* echo;
    const evl::HostInterfaces* interfaces;
    evl_loop* loop;
    evl_ticket ticket;
    evl_timer* timer;
  };

  void wait(evl::Request& request, std::uint32_t ms) {
    auto* waiting =
        request.make<Waiting>(this, &request.interfaces(), request.loop().raw(), evl_ticket{}, nullptr);
    request.set_user(waiting);
    waiting->ticket = request.suspend();
    waiting->timer = host_.interfaces().timer->start(host_.interfaces().host, waiting->loop,
                                                     std::int64_t{ms} * 1'000'000, &Echo::woken, waiting);
    if (!waiting->timer) throw std::runtime_error("no timer");
  }

  static void woken(void* context) {
    auto* waiting = static_cast<Waiting*>(context);
    waiting->timer = nullptr;
    const evl::HostInterfaces& interfaces = *waiting->interfaces;
    evl_request* raw = interfaces.request->resume(interfaces.host, waiting->loop, waiting->ticket);
    if (!raw) return void(waiting->echo->strays_.fetch_add(1));  // on_cancel should have stopped the timer
    evl::Request request(&interfaces, raw);
    waiting->echo->answer(request);
  }

  void answer(evl::Request& request) {
    const std::string body = describe(request);
    evl_response response{};
    response.size = sizeof response;
    const auto status = request.query("status");
    response.status = status ? number(*status) : 200;
    response.media_type = evl::bytes("text/plain; charset=utf-8");
    response.body = evl::bytes(body);
    evl_header header{};
    if (const auto set = request.query("set")) {
      const std::size_t colon = set->find(':');
      header.name = evl::bytes(set->substr(0, colon));
      header.value =
          evl::bytes(colon == std::string_view::npos ? std::string_view{} : set->substr(colon + 1));
      response.headers = &header;
      response.header_count = 1;
    }
    if (request.query("release")) {
      auto* lent = new std::string(body);
      lent_.fetch_add(1);
      response.body = evl::bytes(*lent);
      response.release_context = new Lent{this, lent};
      response.release = [](void* context) {
        auto* back = static_cast<Lent*>(context);
        back->echo->lent_.fetch_sub(1);
        delete back->text;
        delete back;
      };
    }
    const evl_status sent = request.respond(response);
    if (sent == EVL_E_INVALID) {
      if (response.release) response.release(response.release_context);
      request.respond(500, "text/plain", "the host refused this answer\n");
      return;
    }
    if (request.query("twice") && request.text(200, "a second answer\n") != EVL_E_STATE) strays_.fetch_add(1);
  }

  std::string describe(const evl::Request& request) {
    if (const auto size = request.query("size")) {
      std::string body(number(*size), 'x');
      for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 26);
      return body;
    }
    std::string text;
    if (request.query("counters")) {
      line(text, "begun", std::to_string(begun_.load()));
      line(text, "finished", std::to_string(finished_.load()));
      line(text, "cancelled", std::to_string(cancelled_.load()));
      line(text, "lent", std::to_string(lent_.load()));
      line(text, "strays", std::to_string(strays_.load()));
      return text;
    }
    line(text, "method", request.method());
    line(text, "target", request.target());
    line(text, "path", request.path());
    for (const char* name : {"id", "name", "*"})
      if (const auto value = request.param(name)) line(text, std::string("param ") + name, *value);
    if (const auto value = request.query("x")) line(text, "query x", *value);
    if (request.query("peer")) {
      const evl::Peer peer = request.peer();
      line(text, "peer",
           std::to_string(peer.family) + " " + std::string(peer.address) + " " + std::to_string(peer.port));
    }
    evl_header header{};
    for (std::size_t i = 0; request.interfaces().request->header_at(request.raw(), i, &header) == EVL_OK; ++i)
      line(text, std::string("header ").append(evl::view(header.name)), evl::view(header.value));
    line(text, "body", std::to_string(request.body().size()));
    return text.append(request.body());
  }

  struct Lent {
    Echo* echo;
    std::string* text;
  };

  evl::Host host_;
  std::atomic<std::int64_t> begun_{0}, finished_{0}, cancelled_{0}, lent_{0};
  std::atomic<std::int64_t> strays_{0};  // what must never happen, counted
};

}  // namespace

EVL_HANDLER_PLUGIN(Echo, "echo", "1.0.0", "Says what the host made of a request", "MIT", "", "{}");

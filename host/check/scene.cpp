#include "check/scene.hpp"

#include <chrono>

namespace evloom::check {

namespace {

namespace kit = evl::testkit;
using namespace std::chrono_literals;

constexpr int kSlices = 49;  // of 100 ms: below the reply deadline of 5 s

}  // namespace

kit::Options kit_options(const Subject& subject) {
  auto options = subject.options();
  if (!options) throw kit::Refused(options.error().message);
  return kit::Options(config::dump(*options), "options").folder(subject.scratch());
}

Scene::Scene(const Subject& subject, const kit::Plugin& plugin, kit::HostOptions options)
    : host_(options), loops_(options.loops) {
  store_ = &host_.store();
  handler_ = &host_.start(plugin, kit_options(subject));
  host_.route("/*", *handler_, {.store = store_});
}

kit::Message Scene::request(std::mt19937_64& random) const {
  static constexpr const char* kTargets[] = {
      "/",      "/a",    "/a/b/c",       "/%20%C3%A4",  "/?x=1&y=2&x=3",
      "/?name", "/-/+~", "/index.html?", "/1234567890", "/?q=%26%3D%00"};
  kit::Message message;
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  message.target = kTargets[pick(std::size(kTargets))];
  message.loop = static_cast<std::uint32_t>(pick(loops_));
  message.peer.address = "192.0.2." + std::to_string(1 + pick(200));
  message.peer.port = static_cast<std::uint32_t>(1024 + pick(60000));
  if (pick(4) == 0)
    message.headers = {{"Accept", "application/json"}, {"X-Long", std::string(pick(2000), 'x')}};
  if (pick(4) == 0) {
    message.method = "POST";
    for (std::size_t n = pick(300); n > 0; --n) message.body += static_cast<char>(random());
  }
  return message;
}

bool Scene::settle(const kit::Exchange& exchange) {
  host_.run();
  for (int i = 0; i < kSlices && !exchange.answered(); ++i) host_.advance(100ms);
  // It may be waiting for a thread or a descriptor of its own.
  if (!exchange.answered()) host_.wait([&] { return exchange.answered(); }, 500ms);
  return exchange.answered();
}

std::string Scene::ask(kit::Message message) {
  const std::string what = message.method + " " + message.target;
  const kit::Exchange& exchange = host_.send(std::move(message));
  if (!settle(exchange)) {
    return what +
           " was held and is not answered after 5 s of its clock (under way: " + host_.leftovers().text() +
           "): answer each request, or fail it when what it waits for does not come";
  }
  host_.run();
  if (std::string wrong = problems(); !wrong.empty()) return what + ": " + wrong;
  if (exchange.answer().status == 500) return what + " is answered with 500: " + exchange.answer().body;
  return {};
}

std::string Scene::end() {
  host_.stop();
  return host_.complaints();
}

std::string Scene::problems() {
  const auto all = host_.misbehaviours();
  if (!all.empty()) {
    return all.front().text + " (" + all.front().kind + ")" +
           (all.size() > 1 ? ", and " + std::to_string(all.size() - 1) + " more" : "");
  }
  const kit::Leftovers left = host_.leftovers();
  kit::Leftovers of_requests = left;
  of_requests.timers = of_requests.events = 0;  // an instance's own affair while it runs
  return of_requests.none() ? "" : "left over though every request has ended: " + of_requests.text();
}

}  // namespace evloom::check

#include "admin/service.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "admin/bodies.hpp"
#include "admin/json.hpp"
#include "http/method.hpp"
#include "observe/metrics.hpp"

namespace evloom::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kGoingDown = "the host is going down";

WallTime now() { return std::chrono::system_clock::now(); }

void reply_json(http::Exchange& exchange, std::uint16_t status, const Json& body) {
  const std::string text = line_of(body);
  http::Reply reply;
  reply.status = status;
  reply.content_type = kJson;
  reply.retry_after = status == 503 ? 1 : -1;
  reply.body.bytes = text;
  exchange.reply(reply);
}

// How long it takes tells nothing of where two texts differ, only of their lengths.
bool same_secret(std::string_view given, std::string_view wanted) {
  unsigned difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |=
        static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(wanted[i % wanted.size()]);
  const volatile unsigned kept = difference;  // so that no compiler ends the loop early
  return kept == 0;
}

bool has_prefix_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                    [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

// The media type without its parameters is JSON, or there is none.
bool json_or_absent(const http::Head& head) {
  if (!head.has(http::Known::content_type)) return true;
  std::string_view type = head.value(http::Known::content_type);
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return type.size() == kJson.size() && has_prefix_ignoring_case(type, kJson);
}

std::string_view path_of(const http::Head& head) { return head.origin().substr(0, head.origin().find('?')); }

std::string_view query_of(const http::Head& head) {
  const std::size_t mark = head.origin().find('?');
  return mark == std::string_view::npos ? std::string_view() : head.origin().substr(mark + 1);
}

struct Told {
  std::uint16_t status;
  Json body;
};

std::uint16_t status_of(change::Outcome outcome) {
  switch (outcome) {
    case change::Outcome::serving:
    case change::Outcome::unchanged:
      return 200;
    case change::Outcome::refused:
      return 409;
    case change::Outcome::failed:
      return 422;
    case change::Outcome::running:
      break;
  }
  return 202;
}

// What Control answered, in HTTP. `done` is what a bare success says.
Told told(const change::CommandAnswer& answer, const Json& done) {
  return std::visit(
      [&](const auto& it) -> Told {
        using T = std::decay_t<decltype(it)>;
        if constexpr (std::is_same_v<T, change::ChangeReport>) {
          return {status_of(it.outcome), json_of(it, now())};
        } else if constexpr (std::is_same_v<T, Result<change::PlanReport>>) {
          if (it) return {200, json_of(*it)};
          return {422, error_json(it.error().message)};
        } else {
          if (it) return {200, done};
          return {503, error_json(it.error().message)};
        }
      },
      answer);
}

}  // namespace

// One row per endpoint.
struct AdminService::Endpoint {
  std::string_view path;
  http::Method method;
  void (AdminService::*serve)(http::Exchange&);
  Read read = nullptr;  // of a command: its body, or the query of a GET
};

const std::vector<AdminService::Endpoint>& AdminService::endpoints() {
  using http::Method;
  static const std::vector<Endpoint> all = {
      {"/v1/status", Method::get, &AdminService::status},
      {"/v1/history", Method::get, &AdminService::history},
      {"/v1/plan", Method::get, &AdminService::command, read_plan},
      {"/v1/reload", Method::post, &AdminService::command, read_reload},
      {"/v1/swap", Method::post, &AdminService::command, read_swap},
      {"/v1/rollback", Method::post, &AdminService::command, read_rollback},
      {"/v1/drain", Method::post, &AdminService::command, read_drain},
      {"/livez", Method::get, &AdminService::live},
      {"/readyz", Method::get, &AdminService::ready},
      {"/metrics", Method::get, &AdminService::metrics},
  };
  return all;
}

AdminService::AdminService(change::Control& control, const Sources& sources, std::string token,
                           std::shared_ptr<Home> home, observe::Logger logger)
    : control_(control),
      sources_(sources),
      token_(std::move(token)),
      home_(std::move(home)),
      logger_(logger) {}

// ---- a request --------------------------------------------------------------------------------------------

bool AdminService::admits(const http::Exchange& exchange) const {
  if (token_.empty()) return true;
  constexpr std::string_view kScheme = "Bearer ";
  const http::Head& head = exchange.head();
  const std::size_t at = head.find("authorization");
  if (at == head.header_count()) return false;
  const std::string_view value = head.header(at).value;
  return has_prefix_ignoring_case(value, kScheme) && same_secret(value.substr(kScheme.size()), token_);
}

void AdminService::on_head(http::Exchange& exchange) {
  exchange.set_handler("admin");
  const http::Head& head = exchange.head();
  if (!admits(exchange)) {
    logger_.fault(observe::Level::kWarn, "token", "{} asked the admin API without its token",
                  exchange.peer().address());
    const http::Header challenge{"WWW-Authenticate", "Bearer realm=\"evloom\""};
    const std::string text = line_of(error_json("the admin API wants \"Authorization: Bearer TOKEN\""));
    http::Reply reply;
    reply.status = 401;
    reply.content_type = kJson;
    reply.headers = {&challenge, 1};
    reply.body.bytes = text;
    return exchange.reply(reply);
  }
  const std::string_view path = path_of(head);
  const auto found = std::find_if(endpoints().begin(), endpoints().end(),
                                  [&](const Endpoint& endpoint) { return endpoint.path == path; });
  if (found == endpoints().end())
    return reply_json(exchange, 404, error_json("the admin API has no such path"));
  const bool get = found->method == http::Method::get;
  if (head.method() != found->method && !(get && head.method() == http::Method::head)) {
    const std::string text = line_of(error_json(get ? "this path takes GET" : "this path takes POST"));
    http::Reply reply;
    reply.status = 405;
    reply.content_type = kJson;
    reply.allow = get ? "GET, HEAD" : "POST";
    reply.body.bytes = text;
    return exchange.reply(reply);
  }
  if (!get) {
    // Browsers send it with every POST of a page's; nobody else does.
    if (head.find("origin") != head.header_count())
      return reply_json(exchange, 403, error_json("the admin API takes nothing from web pages"));
    if (!json_or_absent(head))
      return reply_json(exchange, 415, error_json("the body must be application/json"));
  }
  exchange.set_context(const_cast<Endpoint*>(&*found));
  exchange.pin();
}

void AdminService::on_request(http::Exchange& exchange) {
  (this->*static_cast<const Endpoint*>(exchange.context())->serve)(exchange);
  exchange.unpin();
}

void AdminService::on_abandon(http::Exchange& exchange, http::Abandon why) {
  if (why == http::Abandon::deadline)
    reply_json(exchange, 503, error_json("still under way; GET /v1/status tells how it goes on"));
  const auto found =
      std::find_if(held_.begin(), held_.end(), [&](const auto& entry) { return entry.second == &exchange; });
  if (found != held_.end()) held_.erase(found);
  // One pin either way: that of hold(), or that of on_head when the body has not come.
  exchange.unpin();
}

void AdminService::give_up() {
  while (!held_.empty()) settle(held_.begin()->first, 503, error_json(kGoingDown));
}

std::uint64_t AdminService::hold(http::Exchange& exchange) {
  exchange.pin();
  held_.emplace(++held_so_far_, &exchange);
  return held_so_far_;
}

void AdminService::settle(std::uint64_t number, std::uint16_t status, const Json& body) {
  const auto found = held_.find(number);
  if (found == held_.end()) return;  // the client has gone
  http::Exchange& exchange = *found->second;
  held_.erase(found);
  reply_json(exchange, status, body);
  exchange.unpin();
}

// ---- the endpoints ----------------------------------------------------------------------------------------

void AdminService::status(http::Exchange& exchange) {
  reply_json(exchange, 200, json_of(control_.report(), now()));
}

void AdminService::history(http::Exchange& exchange) {
  reply_json(exchange, 200, json_of(control_.history(), now()));
}

void AdminService::live(http::Exchange& exchange) { reply_json(exchange, 200, Json{{"live", true}}); }

void AdminService::metrics(http::Exchange& exchange) {
  const std::string text = sources_.metrics();
  http::Reply reply;
  reply.content_type = observe::kPrometheusContentType;
  reply.body.bytes = text;
  exchange.reply(reply);
}

void AdminService::ready(http::Exchange& exchange) {
  sources_.readiness([this, home = home_, number = hold(exchange)](std::vector<std::string> reasons) {
    home->call([this, number, reasons = std::move(reasons)] {
      settle(number, reasons.empty() ? 200 : 503, readiness_json(reasons));
    });
  });
}

void AdminService::command(http::Exchange& exchange) {
  const auto& endpoint = *static_cast<const Endpoint*>(exchange.context());
  const bool get = endpoint.method == http::Method::get;
  auto command = endpoint.read(get ? query_of(exchange.head()) : exchange.body());
  if (!command) return reply_json(exchange, 400, error_json(command.error().message));
  Json done = Json::object();
  if (const auto* drain = std::get_if<change::DrainCommand>(&*command)) done = {{"draining", drain->on}};
  control_.ask(std::move(*command), "admin",
               [this, home = home_, number = hold(exchange), done](change::CommandAnswer answer) {
                 // `this` is safe where it is used: what was posted runs before the service goes.
                 home->call([this, number, done, answer = std::move(answer)] {
                   const Told what = told(answer, done);
                   settle(number, what.status, what.body);
                 });
               });
}

}  // namespace evloom::admin

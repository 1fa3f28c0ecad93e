#include "epoch/loop_host.hpp"

#include <event2/event.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>

#include "epoch/services/rules.hpp"
#include "epoch/store_call.hpp"
#include "epoch/watch.hpp"
#include "http/negotiate.hpp"
#include "http/target.hpp"

namespace evloom::epoch {

namespace {

bool contains(const std::vector<const plugin::Instance*>& instances, const plugin::Instance* one) {
  return std::find(instances.begin(), instances.end(), one) != instances.end();
}

// What is offered, for the body of a 406.
std::string offered(const Route& route) {
  std::string text = "this resource is offered as";
  const char* separator = " ";
  for (const Offer& offer : route.offers) {
    text.append(separator)
        .append(offer.table->media_type)
        .append(" (?format=")
        .append(offer.name)
        .append(")");
    separator = ", ";
  }
  return text;
}

}  // namespace

LoopHost::LoopHost(loop::Loop& loop, const Epoch& epoch, Common& common)
    : loop_(loop),
      epoch_(&epoch),
      common_(common),
      logger_(common.log.logger("epoch")),
      settle_event_(event_new(loop.base(), -1, 0, &LoopHost::on_settle, this)),
      server_(loop, *this, epoch.limits, common.connections, common.server_metrics, common.log) {
  epoch.take_up();
  loop.set_context(this);
}

LoopHost::~LoopHost() {
  loop_.set_context(nullptr);
  epoch_->give_up();
}

// ---- changes of the epoch --------------------------------------------------------------------------------

void LoopHost::flip(const Epoch& next) {
  next.take_up();
  std::exchange(epoch_, &next)->give_up();
  server_.set_limits(next.limits);
  gone_.clear();
  release();
}

void LoopHost::release() {
  on_hold_.clear();
  for (Request* request : std::exchange(held_, {})) restart(*request);
}

void LoopHost::refuse_held() {
  gone_.insert(gone_.end(), on_hold_.begin(), on_hold_.end());
  release();
}

std::vector<std::string_view> LoopHost::expire(const Epoch& epoch) {
  std::vector<std::string_view> labels;
  std::vector<http::Exchange*> late;
  std::vector<Request*> unbegun;
  for (Request* request = first_; request; request = request->after_) {
    if (request->epoch_ != &epoch) continue;
    if (!request->started_) {
      unbegun.push_back(request);
      continue;
    }
    request->exchange_.pin();
    late.push_back(&request->exchange_);
    labels.push_back(request->route_->label);
  }
  expiring_ = true;
  for (http::Exchange* exchange : late) {
    exchange->expire();
    exchange->unpin();
  }
  expiring_ = false;
  // Their bodies are still on the way. They would be routed once more when those are whole: now will do.
  for (Request* request : unbegun) {
    http::Exchange& exchange = forget(*request);
    route(exchange);
    if (!exchange.context()) exchange.unpin();  // refused
  }
  return labels;
}

// ---- from HTTP -------------------------------------------------------------------------------------------

void LoopHost::on_head(http::Exchange& exchange) {
  exchange.pin();
  route(exchange);
  if (!exchange.context()) exchange.unpin();  // refused
}

void LoopHost::route(http::Exchange& exchange) {
  const http::Head& head = exchange.head();
  if (head.method() == http::Method::trace || head.method() == http::Method::connect)
    return exchange.refuse(501, "this host does neither trace nor tunnel");
  std::string_view path = "*";
  std::string_view query;
  if (!head.asterisk()) {
    const http::Target target = http::split_target(head.origin());
    const http::PathResult result = http::normalize_path(target.path, exchange.arena());
    if (result.refusal) return exchange.refuse(result.refusal.status, result.refusal.reason);
    path = result.path;
    query = target.query;
  }

  const http::Match match = epoch_->router.match(head.method(), path);
  switch (match.outcome) {
    case http::MatchOutcome::matched:
      break;
    case http::MatchOutcome::not_found:
      return exchange.refuse(404, "there is nothing at this path");
    case http::MatchOutcome::method_not_allowed:
      return exchange.refuse(405, "this path does not take this method", match.allow);
    case http::MatchOutcome::not_implemented:
      return exchange.refuse(501, "this method is unknown here");
    case http::MatchOutcome::server_options: {
      http::Reply reply;
      reply.status = 204;
      reply.allow = match.allow;
      return exchange.reply(reply);
    }
  }

  const Route& route = epoch_->routes[match.value];
  exchange.set_handler(route.label);
  void* memory = exchange.arena().allocate(sizeof(Request), alignof(Request));
  auto* params = static_cast<http::RouteParam*>(
      exchange.arena().allocate(match.param_count * sizeof(http::RouteParam), alignof(http::RouteParam)));
  if (!memory || !params) return exchange.refuse(503, "out of memory", {}, http::kRetryAfter);
  auto* request = new (memory) Request(*this, exchange, *epoch_, route);
  request->path_ = path;
  request->query_ = query;
  request->param_count_ = match.param_count;
  request->params_ = params;
  std::uninitialized_copy_n(match.param_array.begin(), match.param_count, params);
  if (route.renders && !choose_offer(*request)) return;

  exchange.set_context(request);
  request->after_ = first_;
  if (first_) first_->before_ = request;
  first_ = request;
  ++requests_;
  epoch_->enter(loop_.index());
}

bool LoopHost::choose_offer(Request& request) {
  http::Exchange& exchange = request.exchange_;
  const Route& route = *request.route_;
  if (!request.query_.empty()) {
    http::QueryReader reader(request.query_, exchange.arena());
    std::string_view name, value;
    while (reader.next(name, value)) {
      if (name != "format") continue;
      for (const Offer& offer : route.offers)
        if (offer.name == value) request.offer_ = &offer;
      if (request.offer_) return true;
      exchange.refuse(406, offered(route));
      return false;
    }
    if (reader.refusal()) {
      exchange.refuse(reader.refusal().status, reader.refusal().reason);
      return false;
    }
  }
  request.offer_ = &route.offers.front();
  if (!exchange.head().has(http::Known::accept)) return true;
  std::array<std::string_view, 8> accept;
  const std::size_t count = exchange.head().find_all("accept", accept);
  const auto index = http::negotiate(std::span(accept.data(), count), route.media_types);
  if (!index) {
    exchange.refuse(406, offered(route));
    return false;
  }
  request.offer_ = &route.offers[*index];
  return true;
}

void LoopHost::on_request(http::Exchange& exchange) {
  Request& request = *static_cast<Request*>(exchange.context());
  // Its body came while the epoch changed.
  if (request.epoch_ != epoch_) return restart(request);
  const Route& route = *request.route_;
  if (route.builtin) {
    route.builtin->on_request(exchange, *this);
    finish(request);
    return;
  }
  if (contains(gone_, route.handler)) return refuse(request, "its handler cannot be made at the moment");
  if (contains(on_hold_, route.handler)) return held_.push_back(&request);
  request.started_ = true;
  route.handler->pin(loop_.index());
  call(request, "on_request", [&] {
    return route.table->on_request(route.handler->object(), route.handler->slot(loop_), &request);
  });
}

void LoopHost::on_abandon(http::Exchange& exchange, http::Abandon why) {
  if (!exchange.context()) return;  // a builtin has it, which looks itself whether it is still open
  Request& request = *static_cast<Request*>(exchange.context());
  const Route& route = *request.route_;
  if (route.builtin) return finish(request);
  const bool waits_for_store = request.calls_ != nullptr;
  if (!request.started_ && why == http::Abandon::deadline) {
    // It was held, and the handler that it was held for may be no more.
    logger_.fault(observe::Level::kWarn, "held",
                  "a request for {} waited too long for a successor of its handler", route.label);
    return refuse(request, "no answer in time");
  }
  request.cancelled_ = true;
  detach(request);
  if (request.started_ && route.table->on_cancel) {
    const evl_status status = why == http::Abandon::deadline ? EVL_E_TIMEOUT : EVL_E_CANCELLED;
    route.handler->call("on_cancel", [&] {
      route.table->on_cancel(route.handler->object(), route.handler->slot(loop_), &request, status);
    });
  }
  if (why == http::Abandon::deadline) {
    const char* const limit = expiring_ ? "epochs.drain_timeout" : "limits.reply_timeout";
    logger_.fault(observe::Level::kWarn, limit, "{} did not answer within {}", route.handler->label(), limit);
    exchange.refuse(503, waits_for_store ? "no answer in time; outcome: unknown" : "no answer in time", {},
                    http::kRetryAfter);
  }
  finish(request);
}

void LoopHost::refuse(Request& request, std::string_view why) {
  request.exchange_.refuse(503, why, {}, http::kRetryAfter);
  finish(request);
}

void LoopHost::restart(Request& request) {
  http::Exchange& exchange = forget(request);
  route(exchange);
  if (exchange.context()) {
    on_request(exchange);
  } else {
    exchange.unpin();  // refused
  }
}

// ---- the life of a request -------------------------------------------------------------------------------

void LoopHost::settle(Request& request) {
  if (request.depth_ != 0) return;
  if (request.open()) {
    if (request.held()) return;
    request.handler().misbehaved(plugin::Misbehaviour::wrong_state,
                                 "neither answered a request nor held it (suspend, or submit to a store)");
    ++request.depth_;  // the answer must not settle it again
    request.fail(EVL_E_INTERNAL, "the handler gave no answer");
    --request.depth_;
  }
  finish(request);
}

Request* LoopHost::resume(plugin::Instance& handler, evl_ticket ticket) {
  Request* request = tickets_.find(ticket);
  if (!request || &request->handler() != &handler) {
    const observe::Logger logger = handler.logger();
    if (logger.enabled(observe::Level::kDebug))
      logger.write_fault(observe::Level::kDebug, "stale_ticket", stale_ticket_text(ticket, handler.file()));
    return nullptr;
  }
  tickets_.retire(std::exchange(request->ticket_, 0));
  settle_later(*request);
  return request;
}

void LoopHost::settle_later(Request& request) {
  if (std::exchange(request.unsettled_, true)) return;
  if (unsettled_.empty()) event_active(settle_event_.get(), EV_TIMEOUT, 0);
  unsettled_.push_back(&request);
}

void LoopHost::on_settle(evutil_socket_t, short, void* self) {
  auto* host = static_cast<LoopHost*>(self);
  // finish() calls the handler, which may take other requests from their tickets meanwhile.
  while (!host->unsettled_.empty()) {
    Request* request = host->unsettled_.back();
    host->unsettled_.pop_back();
    request->unsettled_ = false;
    host->settle(*request);
  }
}

void LoopHost::detach(Request& request) {
  if (request.ticket_ != 0) tickets_.retire(std::exchange(request.ticket_, 0));
  for (StoreCall* call = std::exchange(request.calls_, nullptr); call; call = call->next)
    store::Batch::cancel(*call);
}

void LoopHost::finish(Request& request) {
  detach(request);
  if (request.unsettled_) std::erase(unsettled_, &request);
  if (request.rendering) answers_.give_back(std::move(request.rendering));
  const Route& route = *request.route_;
  if (request.started_) {
    if (route.table->on_finish)
      route.handler->call("on_finish", [&] {
        route.table->on_finish(route.handler->object(), route.handler->slot(loop_), &request);
      });
    if (watch_) watch_->record(*request.epoch_, request);
    route.handler->unpin(loop_.index());
  } else if (!held_.empty()) {
    std::erase(held_, &request);
  }
  forget(request).unpin();
}

http::Exchange& LoopHost::forget(Request& request) {
  (request.before_ ? request.before_->after_ : first_) = request.after_;
  if (request.after_) request.after_->before_ = request.before_;
  --requests_;
  request.epoch_->leave(loop_.index());
  http::Exchange& exchange = request.exchange_;
  exchange.set_context(nullptr);
  request.~Request();
  return exchange;
}

}  // namespace evloom::epoch

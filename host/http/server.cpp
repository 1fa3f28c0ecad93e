#include "http/server.hpp"

#include <event2/event.h>
#include <evhtp/evhtp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "http/connection.hpp"
#include "http/reply.hpp"

namespace evloom::http {

namespace {

// Clients beyond the limit that are told so with a 503; what comes on top of them is closed without a word.
constexpr std::uint32_t kTurnedAway = 128;

Peer peer_of(const evhtp_connection* connection) {
  switch (connection->saddr->sa_family) {
    case AF_INET:
      return Peer::from(connection->saddr, sizeof(sockaddr_in));
    case AF_INET6:
      return Peer::from(connection->saddr, sizeof(sockaddr_in6));
    default:
      break;
  }
  ucred who{};
  socklen_t size = sizeof who;
  ::getsockopt(connection->sock, SOL_SOCKET, SO_PEERCRED, &who, &size);
  return Peer::from_unix(who.uid, static_cast<std::uint32_t>(who.pid));
}

}  // namespace

Result<ServerMetrics> ServerMetrics::create(observe::MetricGroup& group) {
  ServerMetrics made;
  Error error;
  const auto take = [&error](auto& into, auto result) {
    if (result) {
      into = *result;
    } else {
      error = result.error();
    }
  };
  take(made.connections, group.counter("evloom_connections_total", "Connections accepted."));
  take(made.open_connections, group.gauge("evloom_connections", "Connections open now."));
  take(made.refused_connections,
       group.counter("evloom_connections_refused_total", "Connections turned away at limits.connections."));
  take(made.requests, group.counter("evloom_requests_total", "Requests answered, refused ones included."));
  take(made.replies_1xx_3xx,
       group.counter("evloom_replies_total", "Replies by class of status.", {{"class", "ok"}}));
  take(made.replies_4xx,
       group.counter("evloom_replies_total", "Replies by class of status.", {{"class", "4xx"}}));
  take(made.replies_5xx,
       group.counter("evloom_replies_total", "Replies by class of status.", {{"class", "5xx"}}));
  take(made.duration, group.histogram("evloom_request_duration_seconds",
                                      "From the first byte of a request to the last of its reply."));
  if (!error.message.empty()) return error;
  return made;
}

Server::Server(loop::Loop& loop, Service& service, const Limits& limits, Shared& shared,
               const ServerMetrics& metrics, observe::Log& log)
    : loop_(loop),
      service_(service),
      limits_(limits),
      shared_(shared),
      metrics_(metrics),
      log_(log),
      logger_(log.logger("http")),
      ready_event_(event_new(loop.base(), -1, 0, &Server::on_ready, this)),
      read_room_(new char[kReadRoom]) {}

Server::~Server() { close_all(); }

Status Server::listen(const ListenerSpec& spec, Fd socket) {
  auto listener = Listener::create(*this, spec, std::move(socket));
  if (!listener) return listener.error();
  listeners_.push_back(std::move(*listener));
  return {};
}

Status Server::relisten(const ListenerSpec& spec) {
  Listener* const listener = find(spec);
  return listener ? listener->set_backlog(spec.backlog) : Status();
}

void Server::unlisten(const ListenerSpec& spec) {
  Listener* const listener = find(spec);
  if (!listener) return;
  listener->close();
  for (Connection* connection = connections_; connection; connection = connection->after_)
    if (connection->listener_ == listener->id()) connection->drain();
}

bool Server::listens(const ListenerSpec& spec) const {
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [&](const auto& listener) { return listener->spec().same_address(spec); });
}

Listener* Server::find(const ListenerSpec& spec) const {
  const auto found = std::find_if(listeners_.begin(), listeners_.end(), [&](const auto& listener) {
    return !listener->closing() && listener->spec().same_address(spec);
  });
  return found == listeners_.end() ? nullptr : found->get();
}

void Server::forget(const Listener& listener) {
  std::erase_if(listeners_, [&](const auto& other) { return other.get() == &listener; });
}

bool Server::adopt(evhtp_connection* accepted, const Listener& listener) {
  const std::uint32_t open = shared_.connections.fetch_add(1, std::memory_order_relaxed);
  metrics_.connections.add(loop_.index());
  if (open >= limits_.connections + kTurnedAway) {
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    metrics_.refused_connections.add(loop_.index());
    return false;
  }
  metrics_.open_connections.add(loop_.index(), 1);
  auto* connection = new Connection(*this, accepted, peer_of(accepted), listener.id());
  if (listener.closing()) connection->drain();
  connection->after_ = connections_;
  if (connections_) connections_->before_ = connection;
  connections_ = connection;
  if (open < limits_.connections) return true;

  metrics_.refused_connections.add(loop_.index());
  logger_.fault(observe::Level::kWarn, "connections",
                "limits.connections = {} is reached: clients are answered with 503", limits_.connections);
  ReplyHead head;
  head.status = 503;
  head.keep_alive = false;
  head.date = date();
  head.retry_after = 1;
  char text[512];
  const std::size_t size = write_error(head, Method::get, "too many connections", text);
  ::send(accepted->sock, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  connection->linger();
  return true;
}

Exchange* Server::begin_exchange(Connection& connection, const Peer& peer) {
  if (free_exchanges_.empty()) free_exchanges_.push_back(std::unique_ptr<Exchange>(new Exchange(*this)));
  Exchange* exchange = free_exchanges_.back().release();
  free_exchanges_.pop_back();
  exchange->begin(connection, peer);
  return exchange;
}

void Server::end_exchange(Exchange* exchange) {
  std::unique_ptr<Exchange> owned(exchange);
  exchange->recycle();
  if (free_exchanges_.size() == kKeptExchanges) return;
  free_exchanges_.push_back(std::move(owned));
}

void Server::count_reply(const Exchange& exchange) {
  const std::size_t column = loop_.index();
  const std::int64_t duration = monotonic_ns() - exchange.started_ns_;
  metrics_.requests.add(column);
  metrics_.duration.observe_ns(column, duration);
  const auto& by_class = exchange.status_ < 400   ? metrics_.replies_1xx_3xx
                         : exchange.status_ < 500 ? metrics_.replies_4xx
                                                  : metrics_.replies_5xx;
  by_class.add(column);
  if (!log_.access_enabled()) return;
  observe::AccessRecord record;
  record.peer = exchange.peer_.address();
  record.method = exchange.head_.method_text();
  record.target = exchange.head_.target();
  record.handler = exchange.handler_;
  record.status = exchange.status_;
  record.bytes = exchange.sent_bytes_;
  record.duration_us = duration / 1000;
  log_.access(record);
}

std::string_view Server::date() {
  timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != date_second_) {
    date_second_ = now.tv_sec;
    date_.set(date_second_);
  }
  return date_.text();
}

void Server::make_ready(Connection& connection) {
  if (std::exchange(connection.ready_, true)) return;
  if (ready_.empty()) event_active(ready_event_.get(), EV_TIMEOUT, 0);
  ready_.push_back(&connection);
}

void Server::on_ready(evutil_socket_t, short, void* self) {
  auto* server = static_cast<Server*>(self);
  // Connections that become ready meanwhile get their turn in the next call; one that is closed leaves a
  // null.
  const std::size_t count = server->ready_.size();
  for (std::size_t i = 0; i < count; ++i)
    if (Connection* connection = server->ready_[i]) connection->resume();
  server->ready_.erase(server->ready_.begin(), server->ready_.begin() + static_cast<std::ptrdiff_t>(count));
  if (!server->ready_.empty()) event_active(server->ready_event_.get(), EV_TIMEOUT, 0);
}

void Server::drain() {
  draining_ = true;
  for (auto& listener : listeners_) listener->close();
  for (Connection* connection = connections_; connection; connection = connection->after_)
    connection->drain();
}

bool Server::idle() const { return !connections_ && (!draining_ || listeners_.empty()); }

void Server::close_lent(const void* lender) {
  for (Connection* connection = connections_; connection;) {
    Connection* const next = connection->after_;
    if (connection->exchange_ && connection->exchange_->lender_ == lender) connection->close();
    connection = next;
  }
}

void Server::close_all() {
  listeners_.clear();
  while (connections_) connections_->close();
}

}  // namespace evloom::http

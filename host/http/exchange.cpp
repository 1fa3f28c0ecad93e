#include "http/exchange.hpp"

#include "base/clock.hpp"
#include "http/connection.hpp"
#include "http/reply.hpp"
#include "http/server.hpp"

namespace evloom::http {

void Exchange::begin(Connection& connection, const Peer& peer) {
  connection_ = &connection;
  peer_ = peer;
  pins_ = 1;
  started_ns_ = monotonic_ns();
}

void Exchange::recycle() {
  context_ = nullptr;
  lender_ = nullptr;
  replied_ = false;
  with_service_ = false;
  keep_alive_ = true;
  status_ = 0;
  sent_bytes_ = 0;
  handler_ = {};
  head_.clear();
  if (!body_.empty()) server_.shared_.body_bytes.fetch_sub(body_.size(), std::memory_order_relaxed);
  if (body_.capacity() > kKeptBody) {
    body_ = std::string();
  } else {
    body_.clear();
  }
  arena_.reset();
}

void Exchange::unpin() {
  if (--pins_ == 0) server_.end_exchange(this);
}

void Exchange::reply(const Reply& reply) {
  if (!open()) {
    if (reply.body.release) reply.body.release(reply.body.context);
    return;
  }
  connection_->send(reply);
}

void Exchange::expire() {
  if (open() && with_service_) connection_->expire();
}

void Exchange::refuse(std::uint16_t status, std::string_view reason, std::string_view allow,
                      std::int64_t retry_after) {
  char text[512];
  const std::size_t size = write_error_body(status, reason, text);
  Reply reply;
  reply.status = status;
  reply.content_type = kErrorType;
  reply.allow = allow;
  reply.retry_after = retry_after;
  reply.body.bytes = {text, size};
  this->reply(reply);
}

}  // namespace evloom::http

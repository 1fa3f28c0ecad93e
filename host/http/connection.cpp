#include "http/connection.hpp"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <evhtp/evhtp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <new>
#include <span>

#include "http/reply.hpp"
#include "http/sending.hpp"
#include "http/server.hpp"

namespace evloom::http {

namespace {

// Methods whose request is expected to have a body, so that one without any framing is answered with 411.
bool wants_length(const Head& head) {
  return head.minor() == 1 &&
         (head.method() == Method::post || head.method() == Method::put || head.method() == Method::patch);
}

}  // namespace

Connection::Connection(Server& server, evhtp_connection* connection, const Peer& peer, std::uint64_t listener)
    : server_(server),
      evhtp_(connection),
      bev_(connection->bev),
      input_(bufferevent_get_input(bev_)),
      output_(bufferevent_get_output(bev_)),
      fd_(bufferevent_getfd(bev_)),
      deadline_(&Connection::on_deadline, this),
      peer_(peer),
      listener_(listener),
      readable_(event_new(server.loop().base(), fd_, EV_READ | EV_PERSIST, &Connection::on_readable, this)) {
  // The bufferevent is left the writing of what the socket does not take at once. It would ask the kernel
  // before each read how much there is, and make and free a buffer for it.
  bufferevent_setcb(bev_, nullptr, &Connection::on_write, &Connection::on_event, this);
  bufferevent_disable(bev_, EV_READ);
  evbuffer_unfreeze(input_, 0);  // to be added to by us
  bufferevent_set_max_single_write(bev_, 1 << 20);
  if (!readable_) throw std::bad_alloc();
  read_on();
  arm_idle();
}

void Connection::arm(Kind kind, std::int64_t delay) {
  armed_ = kind;
  server_.loop().deadlines().arm(deadline_, kind, delay);
}

bool Connection::draining() const { return draining_ || server_.draining(); }

void Connection::arm_idle() { arm(kIdle, draining() ? kDrainGrace : server_.limits().idle_timeout); }

// ---- what libevent tells us ------------------------------------------------------------------------------

void Connection::on_readable(evutil_socket_t fd, short, void* self) {
  auto* connection = static_cast<Connection*>(self);
  const std::span<char> room = connection->server_.read_room();
  const ssize_t n =
      ::recv(fd, room.data(), std::min(room.size(), kReadAhead - connection->unread()), MSG_DONTWAIT);
  if (n < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) connection->close();
    return;
  }
  if (n == 0) connection->peer_eof_ = true;
  connection->fresh_ = {room.data(), static_cast<std::size_t>(n)};
  connection->advance();
}

void Connection::on_write(bufferevent*, void* self) {
  auto* connection = static_cast<Connection*>(self);
  connection->queued_ = evbuffer_get_length(connection->output_) != 0;
  if (connection->queued_ || connection->state_ != State::sending) return;
  connection->sent();
  connection->advance();
}

void Connection::on_event(bufferevent*, short what, void* self) {
  auto* connection = static_cast<Connection*>(self);
  if (what & BEV_EVENT_ERROR) {  // of writing
    connection->close();
  } else if (what & BEV_EVENT_WRITING) {
    // libevent takes a file of which the socket takes nothing at the moment for the end, and writes no more.
    bufferevent_enable(connection->bev_, EV_WRITE);
  }
}

void Connection::on_deadline(void* self) {
  auto* connection = static_cast<Connection*>(self);
  Server& server = connection->server_;
  switch (connection->armed_) {
    case kIdle:
    case kLinger:
      connection->close();
      return;
    case kHead:
      connection->refuse(408, "the request head did not arrive in time");
      break;
    case kBody:
      connection->refuse(408, "the request body did not arrive in time");
      break;
    case kReply:
      connection->abandon(Abandon::deadline);
      break;
    case kSend: {
      const std::size_t unsent = connection->unsent();
      if (connection->send_mark_ - std::min(unsent, connection->send_mark_) < kLeastSent) {
        server.logger_.debug("{} does not read its reply; closed with {} bytes unsent",
                             connection->peer_.address(), unsent);
        connection->close();
        return;
      }
      connection->send_mark_ = unsent;
      connection->arm(kSend, server.limits().send_timeout);
      return;
    }
  }
  connection->advance();
}

// ---- reading ---------------------------------------------------------------------------------------------

void Connection::advance() {
  if (on_stack_) return;
  on_stack_ = true;
  for (bool more = true; more;) {
    switch (state_) {
      case State::head:
        more = read_head();
        break;
      case State::body:
        more = read_body();
        break;
      case State::lingering: {
        drain_stored(stored_);
        fresh_ = {};
        if (peer_eof_) state_ = State::closing;
        more = false;
        break;
      }
      case State::busy:
      case State::sending:
      case State::closing:
        more = false;
        break;
    }
  }
  keep_fresh();
  on_stack_ = false;
  if (state_ == State::closing) {
    close();
  } else {
    read_on();
  }
}

std::size_t Connection::unread() const { return stored_ + fresh_.size(); }

// What is left of the loop's buffer goes to ours.
void Connection::keep_fresh() {
  if (fresh_.empty()) return;
  if (evbuffer_add(input_, fresh_.data(), fresh_.size()) == 0) {
    stored_ += fresh_.size();
  } else {
    state_ = State::closing;  // no memory: what is lost cannot be asked for again
  }
  fresh_ = {};
}

void Connection::drain_stored(std::size_t size) {
  if (size == 0) return;
  evbuffer_drain(input_, size);
  stored_ -= size;
}

// Reads as long as there is room, and something to come.
void Connection::read_on() {
  const bool wanted = !peer_eof_ && unread() < kReadAhead;
  if (wanted == reading_) return;
  reading_ = wanted;
  if (wanted) {
    event_add(readable_.get(), nullptr);
  } else {
    event_del(readable_.get());
  }
}

bool Connection::read_head() {
  // Nearly always a whole head lies in the loop's buffer, and nothing in ours.
  const bool direct = stored_ == 0;
  if (!direct) keep_fresh();
  if (state_ == State::closing) return false;
  const std::size_t size = unread();
  if (size == 0) {
    if (peer_eof_) {
      state_ = State::closing;
    } else if (!deadline_.armed() || armed_ != kIdle) {
      arm_idle();
    }
    return false;
  }
  if (!exchange_) {
    exchange_ = server_.begin_exchange(*this, peer_);
    if (!exchange_) {
      state_ = State::closing;
      return false;
    }
  }
  const char* bytes = direct ? fresh_.data() : reinterpret_cast<const char*>(evbuffer_pullup(input_, -1));
  const HeadResult result = parse_head({bytes, size}, server_.limits().head, exchange_->head_);
  switch (result.state) {
    case HeadState::need_more:
      if (peer_eof_) {
        state_ = State::closing;
      } else if (!deadline_.armed() || armed_ != kHead) {
        arm(kHead, server_.limits().head_timeout);
      }
      return false;
    case HeadState::refused:
      refuse(result.refusal.status, result.refusal.reason);
      return true;
    case HeadState::complete:
      break;
  }
  // The head moves to the exchange: the input may be read on, and the request may outlive the connection.
  const std::string_view head = exchange_->arena_.copy({bytes, result.consumed});
  if (head.data() == nullptr) {
    refuse(503, "out of memory");
    return true;
  }
  exchange_->head_.rebase(head.data());
  if (direct) {
    fresh_.remove_prefix(result.consumed);
  } else {
    drain_stored(result.consumed);
  }
  return accept_head();
}

bool Connection::accept_head() {
  Exchange& exchange = *exchange_;
  const Head& head = exchange.head_;
  exchange.keep_alive_ = head.keep_alive();
  if (head.framing() == Framing::none && !head.has(Known::content_length) && wants_length(head)) {
    exchange.refuse(411, "say how long the body is, \"Content-Length: 0\" when there is none");
    return true;
  }
  server_.service_.on_head(exchange);
  if (!exchange_) return true;  // refused and sent
  if (exchange.replied_) return true;
  exchange.with_service_ = true;

  switch (head.framing()) {
    case Framing::none:
      dispatch();
      return true;
    case Framing::length:
      body_left_ = head.content_length();
      if (body_left_ == 0) {
        dispatch();
        return true;
      }
      break;
    case Framing::chunked: {
      ChunkedLimits limits;
      limits.body_bytes = server_.limits().head.body_bytes;
      if (chunked_) {
        chunked_->reset(limits);
      } else {
        chunked_ = std::make_unique<ChunkedDecoder>(limits);
      }
      break;
    }
  }
  state_ = State::body;
  arm(kBody, server_.limits().body_timeout);
  if (head.expect_continue() && unread() == 0) {
    bufferevent_write(bev_, kContinue.data(), kContinue.size());
    queued_ = true;
  }
  return true;
}

bool Connection::read_body() {
  keep_fresh();
  if (state_ == State::closing) return false;
  const bool chunked = exchange_->head_.framing() == Framing::chunked;
  while (const std::size_t contiguous = evbuffer_get_contiguous_space(input_)) {
    const char* bytes =
        reinterpret_cast<const char*>(evbuffer_pullup(input_, static_cast<ev_ssize_t>(contiguous)));
    if (!chunked) {
      const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(contiguous, body_left_));
      if (!keep_body({bytes, take})) return true;
      drain_stored(take);
      body_left_ -= take;
      if (body_left_ != 0) continue;
      dispatch();
      return true;
    }
    const ChunkStep step = chunked_->next({bytes, contiguous});
    if (step.state == ChunkState::data && !keep_body(step.data)) return true;
    if (step.state == ChunkState::refused) {
      refuse(step.refusal.status, step.refusal.reason);
      return true;
    }
    drain_stored(step.consumed);
    if (step.state == ChunkState::complete) {
      dispatch();
      return true;
    }
  }
  if (peer_eof_) state_ = State::closing;
  return false;
}

bool Connection::keep_body(std::string_view bytes) {
  std::atomic<std::uint64_t>& total = server_.shared_.body_bytes;
  if (total.fetch_add(bytes.size(), std::memory_order_relaxed) + bytes.size() >
      server_.limits().body_memory) {
    total.fetch_sub(bytes.size(), std::memory_order_relaxed);
    server_.logger_.fault(observe::Level::kWarn, "body_memory",
                          "limits.body_memory is reached: requests with a body are answered with 503");
    refuse(503, "too many request bodies at once");
    return false;
  }
  exchange_->body_.append(bytes);
  return true;
}

void Connection::dispatch() {
  state_ = State::busy;
  deadline_.disarm();
  Exchange& exchange = *exchange_;
  server_.service_.on_request(exchange);
  if (exchange_ == &exchange && !exchange.replied_) arm(kReply, server_.limits().reply_timeout);
}

// ---- replying --------------------------------------------------------------------------------------------

void Connection::refuse(std::uint16_t status, std::string_view reason) {
  if (exchange_ && exchange_->with_service_) {
    // The service has accepted the head, but will not see the request.
    Exchange& exchange = *exchange_;
    exchange.with_service_ = false;
    exchange.pin();
    exchange.connection_ = nullptr;
    server_.service_.on_abandon(exchange, Abandon::client_gone);
    exchange.connection_ = this;
    exchange.unpin();
  }
  exchange_->keep_alive_ = false;
  exchange_->refuse(status, reason, {}, status == 503 ? kRetryAfter : -1);
}

void Connection::send(const Reply& reply) {
  Exchange& exchange = *exchange_;
  deadline_.disarm();
  exchange.replied_ = true;
  exchange.with_service_ = false;
  exchange.status_ = reply.status;
  ++requests_;
  const std::uint64_t most = server_.limits().requests_per_connection;
  // A body that was not read would be taken for the next request.
  const bool unread =
      state_ == State::body ||
      (state_ == State::head && exchange.head_.framing() != Framing::none &&
       !(exchange.head_.framing() == Framing::length && exchange.head_.content_length() == 0));
  last_ = !exchange.keep_alive_ || unread || draining() || server_.end_keep_alive_ ||
          (most != 0 && requests_ >= most);

  ReplyHead head;
  head.status = reply.status;
  head.request_minor = exchange.head_.minor();
  head.keep_alive = !last_;
  head.content_length = reply.body.size();
  head.date = server_.date();
  head.content_type = reply.content_type;
  head.allow = reply.allow;
  head.retry_after = reply.retry_after;
  head.headers = reply.headers;

  std::array<char, 1024> small;
  std::span<char> room(small);
  std::string large;
  if (const std::size_t bound = reply_head_bound(head); bound > small.size()) {
    large.resize(bound);
    room = large;
  }
  const std::size_t size = write_reply_head(head, room);
  Body body = reply.body;
  if (size == 0 || !body_allowed(exchange.head_.method(), reply.status)) {
    if (body.release) body.release(body.context);
    body = {};
  }
  if (size == 0) {
    server_.logger_.fault(observe::Level::kError, "reply", "a reply of status {} cannot be written as HTTP",
                          reply.status);
    state_ = State::closing;
    if (!on_stack_) server_.make_ready(*this);
    return;
  }
  exchange.sent_bytes_ = body.size();
  send_bytes({room.data(), size}, body);
}

void Connection::send_bytes(std::string_view head, const Body& body) {
  const std::size_t size = head.size() + body.size();
  ssize_t written = 0;
  if (!queued_) written = send_now(fd_, head, body);
  if (written == static_cast<ssize_t>(size)) {
    if (body.release) body.release(body.context);
    sent();
    return;
  }
  if (written < 0) {
    if (body.release) body.release(body.context);
    exchange_->sent_bytes_ = 0;
    finish_reply();
    doom();
    return;
  }
  send_later(output_, head, body, static_cast<std::size_t>(written));
  queued_ = true;
  if (body.release && body.size() == 0) body.release(body.context);
  state_ = State::sending;
  send_mark_ = unsent();
  arm(kSend, server_.limits().send_timeout);
}

// What the client has not taken yet. The kernel frees its buffer in large steps, so what lies there counts,
// too.
std::size_t Connection::unsent() const {
  int queued = 0;
  if (::ioctl(fd_, SIOCOUTQ, &queued) != 0 || queued < 0) queued = 0;
  return evbuffer_get_length(output_) + static_cast<std::size_t>(queued);
}

void Connection::sent() {
  const bool unread = this->unread() != 0 || state_ == State::body;
  finish_reply();
  if (last_) {
    // To close with unread input would reset the connection, and the reply with it.
    if (peer_eof_ && !unread) {
      doom();
    } else {
      linger();
    }
    return;
  }
  state_ = State::head;
  if (on_stack_) return;
  if (unread || peer_eof_) {
    server_.make_ready(*this);
  } else {
    arm_idle();
  }
}

void Connection::finish_reply() {
  Exchange* exchange = std::exchange(exchange_, nullptr);
  server_.count_reply(*exchange);
  exchange->connection_ = nullptr;
  exchange->unpin();
}

void Connection::linger() {
  ::shutdown(fd_, SHUT_WR);
  state_ = State::lingering;
  arm(kLinger, draining() ? kDrainGrace : kLingerTime);
  if (!on_stack_) server_.make_ready(*this);
}

void Connection::doom() {
  state_ = State::closing;
  if (!on_stack_) server_.make_ready(*this);
}

// ---- ending ----------------------------------------------------------------------------------------------

void Connection::resume() {
  ready_ = false;
  advance();
}

void Connection::abandon(Abandon why) {
  Exchange& exchange = *exchange_;
  if (why == Abandon::deadline) {
    server_.service_.on_abandon(exchange, why);
    if (exchange_ == &exchange && !exchange.replied_) refuse(503, "no answer in time");
    return;
  }
  exchange_ = nullptr;
  exchange.connection_ = nullptr;
  if (std::exchange(exchange.with_service_, false)) server_.service_.on_abandon(exchange, why);
  exchange.unpin();
}

void Connection::expire() {
  if (state_ == State::body) {
    refuse(503, "the time for this request is up");
  } else {
    abandon(Abandon::deadline);
  }
  server_.make_ready(*this);
}

void Connection::drain() {
  draining_ = true;
  if (state_ == State::head && !exchange_) arm(kIdle, kDrainGrace);
}

void Connection::close() {
  deadline_.disarm();
  if (exchange_) abandon(Abandon::client_gone);
  (before_ ? before_->after_ : server_.connections_) = after_;
  if (after_) after_->before_ = before_;
  if (ready_)
    std::replace(server_.ready_.begin(), server_.ready_.end(), this, static_cast<Connection*>(nullptr));
  server_.shared_.connections.fetch_sub(1, std::memory_order_relaxed);
  server_.metrics_.open_connections.add(server_.loop_.index(), -1);
  readable_.reset();  // before the descriptor
  evhtp_connection_free(evhtp_);
  delete this;
}

}  // namespace evloom::http

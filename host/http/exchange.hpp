// Exchange: one request and its reply, and Service: who answers. An exchange belongs to the loop of its
// connection and is touched by that thread alone. It outlives the connection while somebody holds a pin, so a
// late answer finds it and is told that nobody waits any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "http/address.hpp"
#include "http/body.hpp"
#include "http/head.hpp"

namespace evloom::http {

class Connection;
class Server;

// What a client is told to wait after a 503, in seconds.
inline constexpr std::int64_t kRetryAfter = 1;

struct Reply {
  std::uint16_t status = 200;
  std::string_view content_type = {};
  std::string_view allow = {};
  std::int64_t retry_after = -1;         // seconds; none when negative
  std::span<const Header> headers = {};  // checked by the caller with check_reply_header
  Body body = {};
};

// Why a request will not get the answer of its service.
enum class Abandon : std::uint8_t {
  client_gone,  // the connection is lost, or the host closes it
  deadline,     // the reply is overdue: the service may still reply, and should
};

class Exchange {
 public:
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // The request. Valid while the exchange is.
  const Head& head() const { return head_; }
  std::string_view body() const { return body_; }
  const Peer& peer() const { return peer_; }
  Arena& arena() { return arena_; }
  Server& server() { return server_; }

  // The status of its reply, 0 as long as there is none, and when its first byte came (monotonic_ns()).
  std::uint16_t status() const { return status_; }
  std::int64_t started_ns() const { return started_ns_; }

  // Whether a reply is still wanted: none was given and the connection is there.
  bool open() const { return connection_ != nullptr && !replied_; }

  // Sends the reply; nothing when it is not open. Never calls the service, so it is safe from anywhere on the
  // loop.
  void reply(const Reply& reply);
  // The same with the canned one-line body of an error.
  void refuse(std::uint16_t status, std::string_view reason, std::string_view allow = {},
              std::int64_t retry_after = -1);
  // The connection closes after this exchange's reply.
  void close_after_reply() { keep_alive_ = false; }

  // The service has decided that its time is up, as if limits.reply_timeout had passed: on_abandon(deadline)
  // and, if that gives no reply, 503. One whose body is still arriving gets 503 at once, after
  // on_abandon(client_gone), and its connection closes. Nothing when it is not open, or not accepted. From a
  // message on the loop, never from inside a call of the service. The exchange may be gone afterwards, unless
  // the caller holds a pin.
  void expire();

  // Keeps the exchange and its arena; the last unpin gives both back. The connection holds one itself until
  // the end.
  void pin() { ++pins_; }
  void unpin();

  // The service's own: set in on_head, and who answers, for the access log (must live as long as the
  // exchange).
  void set_context(void* context) { context_ = context; }
  void* context() const { return context_; }
  void set_handler(std::string_view name) { handler_ = name; }
  // Whose bytes the body of the reply is, for Server::close_lent; only to compare with.
  void set_lender(const void* lender) { lender_ = lender; }
  std::string_view handler() const { return handler_; }

 private:
  friend class Connection;
  friend class Server;
  static constexpr std::size_t kArenaChunk = 4096;
  static constexpr std::size_t kArenaLimit = std::size_t{16} << 20;
  static constexpr std::size_t kKeptBody = std::size_t{64} << 10;

  explicit Exchange(Server& server) : server_(server), arena_(kArenaChunk, kArenaLimit) {}
  void begin(Connection& connection, const Peer& peer);
  void recycle();

  Server& server_;
  Connection* connection_ = nullptr;
  void* context_ = nullptr;
  const void* lender_ = nullptr;
  std::uint32_t pins_ = 0;
  bool replied_ = false;
  bool with_service_ = false;  // on_head accepted it, and neither a reply nor on_abandon has ended that
  bool keep_alive_ = true;
  std::uint16_t status_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::int64_t started_ns_ = 0;
  std::string_view handler_ = {};
  Head head_;
  Peer peer_;
  std::string body_;
  Arena arena_;
};

// Who answers requests, one object per loop. [loop]
class Service {
 public:
  virtual ~Service() = default;

  // The head is whole, the body (if any) has not been read. To refuse it, reply and return; else pin the
  // exchange, and unpin it when it was answered or abandoned.
  virtual void on_head(Exchange& exchange) = 0;

  // The body is whole too: answer now or later.
  virtual void on_request(Exchange& exchange) = 0;

  // An accepted exchange will not be answered as hoped. client_gone: it is closed already. deadline: reply or
  // be cut off. Never called from inside reply, nor after it.
  virtual void on_abandon(Exchange& exchange, Abandon why) = 0;
};

}  // namespace evloom::http

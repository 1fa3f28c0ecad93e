// Connection: the gate. It reads requests off one client's bufferevent, one at a time and in order, lets only
// whole and valid ones through to the service, writes the replies, and keeps every deadline. Its loop's
// thread only; owned by the Server, deletes itself in close().
//
// libevhtp accepts the client and owns socket and bufferevent; its own parser never sees a byte, because the
// three callbacks of the bufferevent are ours from the moment of accept on.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "http/chunked.hpp"
#include "http/exchange.hpp"
#include "loop/deadline.hpp"
#include "loop/event.hpp"

struct bufferevent;
struct evbuffer;
struct evhtp_connection;

namespace evloom::http {

class Server;

class Connection {
 public:
  Connection(Server& server, evhtp_connection* connection, const Peer& peer, std::uint64_t listener);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Goes on after a reply that was given outside of the read callback. [loop]
  void resume();
  // Ends it now: an exchange under way is abandoned. The connection is gone afterwards. [loop]
  void close();
  // The host is going down, or the listener is: an idle connection closes soon, another one after its reply.
  // [loop]
  void drain();

 private:
  friend class Exchange;
  friend class Server;

  enum class State : std::uint8_t {
    head,       // between requests, or in the middle of a head
    body,       // the head was accepted, its body is arriving
    busy,       // the service has the request
    sending,    // the reply is not flushed yet
    lingering,  // the reply is out, our side is shut; what the client still sends is dropped
    closing,    // to be closed as soon as no callback of ours is on the stack
  };
  enum Kind : std::size_t { kIdle, kHead, kBody, kReply, kSend, kLinger };

  // The most that a client may have in our buffer beyond the request under way.
  static constexpr std::size_t kReadAhead = 64 * 1024;
  static constexpr std::int64_t kLingerTime = 2'000'000'000;
  static constexpr std::int64_t kDrainGrace = 500'000'000;
  static constexpr std::size_t kLeastSent = 16 * 1024;

  static void on_readable(evutil_socket_t fd, short, void* self);
  static void on_write(bufferevent*, void* self);
  static void on_event(bufferevent*, short what, void* self);
  static void on_deadline(void* self);

  void advance();
  std::size_t unread() const;
  void keep_fresh();
  void drain_stored(std::size_t size);
  void read_on();
  bool read_head();
  bool read_body();
  bool keep_body(std::string_view bytes);
  bool accept_head();
  void dispatch();
  void send(const Reply& reply);
  void send_bytes(std::string_view head, const Body& body);
  void sent();
  void finish_reply();
  void refuse(std::uint16_t status, std::string_view reason);
  void abandon(Abandon why);
  void expire();
  void linger();
  void doom();
  void arm(Kind kind, std::int64_t delay);
  void arm_idle();
  bool draining() const;
  std::size_t unsent() const;

  Server& server_;
  evhtp_connection* evhtp_;
  bufferevent* const bev_;
  evbuffer* const input_;  // its own
  evbuffer* const output_;
  const int fd_;
  State state_ = State::head;
  bool on_stack_ = false;  // advance() is running
  bool ready_ = false;     // in the server's ready list
  bool peer_eof_ = false;  // the client has shut its side; it still gets its answers
  bool draining_ = false;  // told to end by drain()
  bool last_ = false;      // closes after the reply under way
  Kind armed_ = kIdle;
  std::uint64_t requests_ = 0;
  std::uint64_t body_left_ = 0;
  std::size_t send_mark_ = 0;  // bytes unsent when the send deadline was armed
  Exchange* exchange_ = nullptr;
  std::unique_ptr<ChunkedDecoder> chunked_;
  loop::Deadline deadline_;
  Peer peer_;
  const std::uint64_t listener_;  // id of the one that accepted it, which may be gone
  loop::EventPtr readable_;
  bool reading_ = false;         // readable_ is pending
  bool queued_ = false;          // there may be something in output_
  std::size_t stored_ = 0;       // bytes in input_, whose own count takes a lock
  std::string_view fresh_ = {};  // just received, in the loop's buffer; behind what is in input_
  Connection* before_ = nullptr;
  Connection* after_ = nullptr;
};

}  // namespace evloom::http

// Server: everything HTTP on one loop: its listeners, its connections, its limits and counters. Made, used
// and destroyed on the loop's thread.
#pragma once

#include <event2/util.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "http/date.hpp"
#include "http/exchange.hpp"
#include "http/listener.hpp"
#include "loop/event.hpp"
#include "loop/loop.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

struct event;
struct evhtp_connection;

namespace evloom::http {

// What bounds one connection and its requests. Durations in nanoseconds.
struct Limits {
  HeadLimits head;
  std::int64_t head_timeout = 10'000'000'000;
  std::int64_t body_timeout = 30'000'000'000;
  std::int64_t reply_timeout = 5'000'000'000;
  std::int64_t send_timeout = 30'000'000'000;  // in each such time a reader must take kLeastSent bytes
  std::int64_t idle_timeout = 60'000'000'000;
  std::uint32_t connections = 10'000;                    // over all loops
  std::uint64_t body_memory = std::uint64_t{256} << 20;  // bytes of request bodies at a time, over all loops
  std::uint64_t requests_per_connection = 0;             // 0: no limit
};

// What the servers of all loops share.
struct Shared {
  std::atomic<std::uint32_t> connections{0};
  std::atomic<std::uint64_t> body_bytes{0};  // of request bodies in memory
};

// Counters of one host, one column per loop.
struct ServerMetrics {
  observe::Counter connections;
  observe::Gauge open_connections;
  observe::Counter refused_connections;
  observe::Counter requests;
  observe::Counter replies_1xx_3xx, replies_4xx, replies_5xx;
  observe::Histogram duration;

  // [control]
  static Result<ServerMetrics> create(observe::MetricGroup& group);
};

class Server {
 public:
  Server(loop::Loop& loop, Service& service, const Limits& limits, Shared& shared,
         const ServerMetrics& metrics, observe::Log& log);
  // Closes every connection, whatever its state.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Begins to accept on a socket that is bound.
  Status listen(const ListenerSpec& spec, Fd socket);
  // Takes over the backlog of `spec` for the listener of its address; nothing when there is none.
  Status relisten(const ListenerSpec& spec);
  // Ends the listener of that address as drain() does, and with it the connections that it has accepted; all
  // others are left alone. Nothing when there is none.
  void unlisten(const ListenerSpec& spec);
  // Whether there is a socket for that address, also one that is being closed. Its BoundListener has to live
  // for as long, else bind() would take our own socket for another process's.
  bool listens(const ListenerSpec& spec) const;

  // New limits count from each connection's next request on.
  void set_limits(const Limits& limits) { limits_ = limits; }

  // Stops accepting (what waits in the accept queue is still taken), closes connections that stay idle, and
  // has every further reply say `Connection: close`.
  void drain();
  // From now on every reply says `Connection: close`, or no longer does; nothing else changes.
  void end_keep_alive(bool end) { end_keep_alive_ = end; }

  // Whether no connection is left and, once it drains, none can come any more.
  bool idle() const;
  // Closes the connections that are still sending a body of this lender: it is not to be waited for.
  void close_lent(const void* lender);
  // Closes every connection at once.
  void close_all();

  loop::Loop& loop() { return loop_; }
  const Limits& limits() const { return limits_; }
  bool draining() const { return draining_; }

 private:
  friend class Connection;
  friend class Exchange;
  friend class Listener;
  static constexpr std::size_t kKeptExchanges = 256;
  static constexpr std::size_t kReadRoom = std::size_t{64} << 10;
  // Where a connection receives; what is in it has to be taken out before the callback ends.
  std::span<char> read_room() { return {read_room_.get(), kReadRoom}; }
  // Takes over a connection that libevhtp has accepted; false when it is refused (libevhtp then frees it).
  bool adopt(evhtp_connection* connection, const Listener& listener);
  // The listener of that address that is not being closed, or null.
  Listener* find(const ListenerSpec& spec) const;
  void forget(const Listener& listener);
  Exchange* begin_exchange(Connection& connection, const Peer& peer);
  void end_exchange(Exchange* exchange);
  void count_reply(const Exchange& exchange);
  // Has connection.resume() called once the present callback is over.
  void make_ready(Connection& connection);
  static void on_ready(evutil_socket_t, short, void* self);
  std::string_view date();

  loop::Loop& loop_;
  Service& service_;
  Limits limits_;
  Shared& shared_;
  const ServerMetrics& metrics_;
  observe::Log& log_;
  observe::Logger logger_;
  DateText date_;
  std::int64_t date_second_ = -1;
  bool draining_ = false;
  bool end_keep_alive_ = false;
  std::uint64_t next_listener_ = 1;
  Connection* connections_ = nullptr;  // a list through the connections
  std::vector<Connection*> ready_;
  loop::EventPtr ready_event_;
  const std::unique_ptr<char[]> read_room_;                // for what a connection receives
  std::vector<std::unique_ptr<Exchange>> free_exchanges_;  // those in use belong to their pins
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace evloom::http

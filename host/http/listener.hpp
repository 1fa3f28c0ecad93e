// Listener: the accepting end of one listener on one loop: libevhtp accepts there, on a socket that the
// control thread has bound (bound_listener.hpp). Its loop's thread only; owned by the Server.
#pragma once

#include <event2/util.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "http/bound_listener.hpp"
#include "loop/deadline.hpp"

struct evhtp;
struct evhtp_connection;
struct evconnlistener;

namespace evloom::http {

class Server;

// The accepting end on one loop. [loop]
class Listener {
 public:
  static Result<std::unique_ptr<Listener>> create(Server& server, const ListenerSpec& spec, Fd socket);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Takes what waits in the accept queue, closes the socket and has the server forget this listener: to close
  // first would reset those clients. Sockets that other loops share stay open there.
  void close();
  bool closing() const { return closing_; }

  // Another length of the accept queue.
  Status set_backlog(int backlog);

  const ListenerSpec& spec() const { return spec_; }
  // Never given again by this server: a connection knows by it where it came from, also when the listener has
  // gone.
  std::uint64_t id() const { return id_; }

 private:
  Listener(Server& server, const ListenerSpec& spec);
  static void on_error(evconnlistener* listener, void* self);
  static void on_retry(void* self);
  bool has_waiting() const;
  void shed(std::string_view why);

  Server& server_;
  ListenerSpec spec_;
  const std::uint64_t id_;
  evhtp* htp_;
  Fd reserve_;  // given up for a moment when descriptors run out, to turn a client away instead of leaving it
                // waiting
  bool closing_ = false;
  int turns_left_;        // in which a closing listener waits for its accept queue to be empty
  loop::Deadline retry_;  // to accept again, or to close
};

}  // namespace evloom::http

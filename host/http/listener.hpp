// Listeners: sockets that the control thread binds, so that an error is known before anything starts, and the
// accepting end that each loop makes of its own. TCP: one socket per loop (SO_REUSEPORT), the kernel spreads
// the connections. Unix: one socket that all loops accept from.
#pragma once

#include <event2/util.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "http/address.hpp"
#include "loop/deadline.hpp"

struct evhtp;
struct evhtp_connection;
struct evconnlistener;

namespace evloom::http {

class Server;

// One entry of `listen`.
struct ListenerSpec {
  SocketAddress address;      // port 0 is replaced by the port that was chosen
  std::uint32_t mode = 0660;  // of a unix socket's file
  int backlog = 1024;

  bool is_unix() const { return address.family() == AF_UNIX; }
  // "http://127.0.0.1:9090", "unix:/run/evloom.sock".
  std::string url() const;
};

// The bound sockets of one entry, one per loop. Owns the file of a unix socket: removes it in the end when it
// is still the one it made. [control]
class BoundListener {
 public:
  // Fails when somebody else listens there, with the address and the remedy. A unix socket's file that nobody
  // listens on any more is replaced.
  static Result<BoundListener> bind(ListenerSpec spec, std::uint32_t loops);
  BoundListener(BoundListener&&) noexcept = default;
  BoundListener& operator=(BoundListener&&) noexcept = default;
  ~BoundListener();

  const ListenerSpec& spec() const { return spec_; }
  // The socket for one loop, once.
  Fd take(std::uint32_t loop) { return std::move(sockets_[loop]); }

 private:
  BoundListener() = default;
  Status bind_tcp(std::uint32_t loops);
  Status bind_unix(std::uint32_t loops);

  struct File {
    std::string path;
    std::uint64_t device = 0, inode = 0;
  };
  ListenerSpec spec_;
  std::vector<Fd> sockets_;
  std::unique_ptr<File> file_;
};

// The accepting end on one loop. [loop]
class Listener {
 public:
  static Result<std::unique_ptr<Listener>> create(Server& server, const ListenerSpec& spec, Fd socket);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Takes what waits in the accept queue, then closes the socket: to close it first would reset those
  // clients. Sockets that other loops share stay open there.
  void close();
  bool closed() const;

  const ListenerSpec& spec() const { return spec_; }

 private:
  Listener(Server& server, const ListenerSpec& spec);
  static void on_error(evconnlistener* listener, void* self);
  void shed(std::string_view why);

  Server& server_;
  ListenerSpec spec_;
  evhtp* htp_;
  Fd reserve_;  // given up for a moment when descriptors run out, to turn a client away instead of leaving it
                // waiting
  loop::Deadline retry_;
};

}  // namespace evloom::http

// ScriptedServer: a TCP server on 127.0.0.1 that does to its clients whatever a test says: the other end of
// hostile or broken connections. Each connection is served on a thread of its own by the test's function,
// which must return soon after its peer is closed; the destructor closes all peers and joins.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace evloom::test {

// One connection, as its script sees it. That script's thread.
class Peer {
 public:
  Peer(int fd, const std::atomic<bool>& closing) : fd_(fd), closing_(closing) {}

  // The next bytes, at most `most`; empty at the end of the stream, and when the server is closing.
  std::string receive(std::size_t most = 65536);
  // The next command in RESP, as its words; nothing at the end of the stream.
  std::optional<std::vector<std::string>> command();
  // All of it; false when the other side is gone.
  bool send(std::string_view bytes);
  // Ends the connection with an RST in place of a FIN.
  void reset();
  // Holds the connection open, reading nothing, until the server closes or `limit` has passed.
  void hold(std::chrono::milliseconds limit = std::chrono::seconds(60));
  int fd() const { return fd_; }

 private:
  bool wait_for(short events);

  int fd_;
  const std::atomic<bool>& closing_;
  std::string input_;
};

class ScriptedServer {
 public:
  using Script = std::function<void(Peer&, unsigned serial)>;  // `serial` counts connections from 0

  explicit ScriptedServer(Script script);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  int port() const { return port_; }
  unsigned connections() const { return connections_.load(); }

 private:
  void accept_all();

  Script script_;
  int listen_fd_ = -1;
  int port_ = 0;
  std::atomic<bool> closing_{false};
  std::atomic<unsigned> connections_{0};
  std::vector<std::thread> peers_;  // the acceptor's
  std::thread acceptor_;
};

// A script that logs a client of the redis plugin in (AUTH, SELECT and PING get what they ask for) and then
// calls `then`.
ScriptedServer::Script after_handshake(ScriptedServer::Script then);

// Relays between a peer and a TCP server on 127.0.0.1 until one side ends, or until the server answers more
// than `replies` bytes: those that are too many are dropped, and both connections closed.
void relay(Peer& peer, int port, std::size_t replies);

}  // namespace evloom::test

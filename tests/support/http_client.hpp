// Client: one raw connection to a server, every byte under the test's control: splits, pipelines, half-close,
// RST. Each wait has a deadline; failures are thrown as std::runtime_error. One thread at a time; closes its
// socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "support/http_response.hpp"

namespace evloom::test {

using std::chrono::milliseconds;

inline constexpr milliseconds kPatience{5000};

// Where a server listens: "127.0.0.1" or "::1" with a port, or a unix socket's path with port 0.
struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

// How the other side ended a connection.
enum class Ending { open, closed, reset };

using HeaderList = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// The bytes of a request; `Host: test` is there unless `headers` has one, Content-Length when `body` is not
// empty.
std::string request(std::string_view method, std::string_view target, HeaderList headers = {},
                    std::string_view body = {});
inline std::string get(std::string_view target, HeaderList headers = {}) {
  return request("GET", target, headers);
}

// A connected socket, blocking; throws when refused.
// `own_port`: from a port of 127.0.0.1 that no other socket has, also none to another server; IPv4 only.
Fd connect_to(const Address& address, int receive_buffer = 0, bool own_port = false);
// The port of this side; 0 for a unix socket.
std::uint16_t local_port(int fd);

class Client {
 public:
  // Connects. `receive_buffer`: SO_RCVBUF in bytes, 0 as it is: a small one makes a slow reader.
  explicit Client(const Address& address, int receive_buffer = 0);

  // All of it, waiting for room; throws when the peer has gone or takes nothing for `limit`.
  void send(std::string_view bytes, milliseconds limit = kPatience);
  // As much as is taken at once, waiting up to `limit` for more room; how many bytes that were. Never throws:
  // a peer that has gone takes 0.
  std::size_t send_some(std::string_view bytes, milliseconds limit);

  // The next answer; throws when it is malformed, or has not come whole within `limit`.
  Response read(std::string_view to_method = "GET", milliseconds limit = kPatience);
  // send and read, for one request on this connection.
  Response ask(std::string_view bytes, milliseconds limit = kPatience);
  Response get(std::string_view target, HeaderList headers = {}) { return ask(test::get(target, headers)); }

  // Whatever comes until the other side ends the connection or `limit` passes.
  std::string read_until_end(milliseconds limit = kPatience);
  // Bytes that came within `limit`, at most `most`; "" when none did. Includes what was read ahead.
  std::string read_some(std::size_t most, milliseconds limit);
  // Waits for the end of the connection; throws when bytes come instead.
  Ending wait_end(milliseconds limit = kPatience);
  // True when nothing comes for `time`: no byte and no end.
  bool quiet(milliseconds time);

  // Waits until the server has read all that was sent, so that what is sent next is a read of its own. TCP
  // over IPv4 only; gives up after a second, for a server that does not read.
  void settle();

  Ending ending() const { return ending_; }
  std::uint16_t port() const { return local_port(fd_.get()); }  // this side's
  std::string_view pending() const { return buffer_; }          // read, not yet given out

  void half_close();  // FIN; can still read
  void reset();       // RST, by SO_LINGER 0
  void close();       // FIN, and gone
  int fd() const { return fd_.get(); }

 private:
  bool fill(std::chrono::steady_clock::time_point deadline);

  Fd fd_;
  std::string buffer_;
  Ending ending_ = Ending::open;
};

// A fresh connection, one request, one answer.
Response fetch(const Address& address, std::string_view bytes);

}  // namespace evloom::test

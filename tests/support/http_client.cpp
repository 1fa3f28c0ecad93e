#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <thread>

namespace evloom::test {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }
[[noreturn]] void fail_errno(const std::string& what) { fail(what + ": " + strerror(errno)); }

// Waits for `events`; false at the deadline.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  pollfd entry{fd, events, 0};
  while (true) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count() + 1;
    const int ready = poll(&entry, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) fail_errno("poll");
  }
}

// What a failed read or write is quoted with: the end of what had come.
std::string in_quotes(std::string_view bytes) {
  std::string text = "'";
  for (const char c : bytes.substr(0, 400)) {
    if (c == '\r') continue;
    text += c == '\n' ? '|' : c;
  }
  return text + (bytes.size() > 400 ? "...'" : "'");
}

}  // namespace

std::string request(std::string_view method, std::string_view target, HeaderList headers,
                    std::string_view body) {
  std::string bytes;
  bytes.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  bool host = false;
  for (const auto& [name, value] : headers) host |= same_text(name, "Host");
  if (!host) bytes += "Host: test\r\n";
  for (const auto& [name, value] : headers) bytes.append(name).append(": ").append(value).append("\r\n");
  if (!body.empty()) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return bytes.append("\r\n").append(body);
}

Fd connect_to(const Address& address, int receive_buffer, bool own_port) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.port == 0) {
    auto* to = reinterpret_cast<sockaddr_un*>(&storage);
    to->sun_family = AF_UNIX;
    if (address.host.size() >= sizeof to->sun_path) fail("socket path too long: " + address.host);
    memcpy(to->sun_path, address.host.data(), address.host.size());
    size = sizeof *to;
  } else if (address.host.find(':') != std::string::npos) {
    auto* to = reinterpret_cast<sockaddr_in6*>(&storage);
    to->sin6_family = AF_INET6;
    to->sin6_port = htons(address.port);
    if (inet_pton(AF_INET6, address.host.c_str(), &to->sin6_addr) != 1) fail("bad address " + address.host);
    size = sizeof *to;
  } else {
    auto* to = reinterpret_cast<sockaddr_in*>(&storage);
    to->sin_family = AF_INET;
    to->sin_port = htons(address.port);
    if (inet_pton(AF_INET, address.host.c_str(), &to->sin_addr) != 1) fail("bad address " + address.host);
    size = sizeof *to;
  }
  Fd fd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (own_port && storage.ss_family == AF_INET) {
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local);
  }
  if (!fd) fail_errno("socket");
  if (receive_buffer) setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0)
    fail_errno("connect to " + address.host + " port " + std::to_string(address.port));
  if (storage.ss_family != AF_UNIX) {
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return fd;
}

Client::Client(const Address& address, int receive_buffer) : fd_(connect_to(address, receive_buffer)) {}

std::size_t Client::send_some(std::string_view bytes, milliseconds limit) {
  std::size_t sent = 0;
  auto deadline = Clock::now() + limit;
  while (sent < bytes.size()) {
    const ssize_t n =
        ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
      deadline = Clock::now() + limit;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(fd_.get(), POLLOUT, deadline)) break;
    } else if (errno != EINTR) {
      break;
    }
  }
  return sent;
}

void Client::send(std::string_view bytes, milliseconds limit) {
  const std::size_t sent = send_some(bytes, limit);
  if (sent != bytes.size())
    fail("only " + std::to_string(sent) + " of " + std::to_string(bytes.size()) +
         " bytes were taken: " + strerror(errno));
}

// Reads once; false at the deadline. The end of the connection counts as something read.
bool Client::fill(Clock::time_point deadline) {
  if (!wait_for(fd_.get(), POLLIN, deadline)) return false;
  char bytes[65536];
  const ssize_t n = recv(fd_.get(), bytes, sizeof bytes, 0);
  if (n > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(n));
  } else if (n == 0) {
    ending_ = Ending::closed;
  } else if (errno == ECONNRESET || errno == EPIPE) {
    ending_ = Ending::reset;
  } else if (errno != EINTR) {
    fail_errno("recv");
  }
  return true;
}

Response Client::read(std::string_view to_method, milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::size_t looked = 0;
  while (true) {
    const bool ended = ending_ != Ending::open;
    // A large body is not parsed anew for every segment of it.
    if (ended || looked == 0 || buffer_.size() >= 2 * looked || !wait_for(fd_.get(), POLLIN, Clock::now())) {
      Response response;
      const ParseOutcome parsed =
          parse_response(buffer_, to_method == "HEAD", ending_ == Ending::closed, response);
      if (parsed.state == Parsed::bad) fail("malformed answer: " + parsed.why + " in " + in_quotes(buffer_));
      if (parsed.state == Parsed::complete) {
        buffer_.erase(0, parsed.used);
        return response;
      }
      looked = buffer_.size();
    }
    if (ended)
      fail(std::string("the connection was ") + (ending_ == Ending::reset ? "reset" : "closed") + " after " +
           (buffer_.empty() ? "no byte of an answer" : in_quotes(buffer_)));
    if (!fill(deadline))
      fail("no whole answer within " + std::to_string(limit.count()) + " ms; so far " + in_quotes(buffer_));
  }
}

Response Client::ask(std::string_view bytes, milliseconds limit) {
  send(bytes, limit);
  return read(bytes.substr(0, bytes.find(' ')), limit);
}

std::string Client::read_until_end(milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (ending_ == Ending::open && fill(deadline)) {
  }
  return std::exchange(buffer_, {});
}

std::string Client::read_some(std::size_t most, milliseconds limit) {
  if (buffer_.empty() && ending_ == Ending::open) fill(Clock::now() + limit);
  std::string some = buffer_.substr(0, most);
  buffer_.erase(0, some.size());
  return some;
}

Ending Client::wait_end(milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (ending_ == Ending::open && buffer_.empty() && fill(deadline)) {
  }
  if (!buffer_.empty()) fail("expected the end of the connection, got " + in_quotes(buffer_));
  return ending_;
}

bool Client::quiet(milliseconds time) {
  return buffer_.empty() && ending_ == Ending::open && !fill(Clock::now() + time);
}

void Client::settle() {
  sockaddr_in own{}, peer{};
  socklen_t size = sizeof own;
  getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&own), &size);
  size = sizeof peer;
  if (getpeername(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET)
    return;
  // The server's end as /proc/net/tcp writes it: its address and port, this side's, state, tx_queue:rx_queue.
  char ends[64], line[256];
  snprintf(ends, sizeof ends, " %08X:%04X %08X:%04X ", peer.sin_addr.s_addr, ntohs(peer.sin_port),
           own.sin_addr.s_addr, ntohs(own.sin_port));
  const auto unread = [&] {
    std::unique_ptr<FILE, int (*)(FILE*)> table(fopen("/proc/net/tcp", "r"), fclose);
    while (table && fgets(line, sizeof line, table.get())) {
      const char* found = strstr(line, ends);
      unsigned state = 0, tx = 0, rx = 0;
      if (found && sscanf(found + strlen(ends), "%x %x:%x", &state, &tx, &rx) == 3) return rx > 0;
    }
    return false;
  };
  const auto deadline = Clock::now() + milliseconds(1000);
  while (unread() && Clock::now() < deadline) std::this_thread::yield();
}

std::uint16_t local_port(int fd) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) fail_errno("getsockname");
  if (own.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&own)->sin_port);
  if (own.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&own)->sin6_port);
  return 0;
}

void Client::half_close() { shutdown(fd_.get(), SHUT_WR); }

void Client::reset() {
  const linger hard{1, 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  fd_.reset();
}

void Client::close() { fd_.reset(); }

Response fetch(const Address& address, std::string_view bytes) { return Client(address).ask(bytes); }

}  // namespace evloom::test

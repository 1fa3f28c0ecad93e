#include "support/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace evloom::test {
namespace {

constexpr int kTurn = 20;  // ms between two looks at whether the server is closing

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

bool Peer::wait_for(short events) {
  pollfd waiting{fd_, events, 0};
  while (!closing_.load())
    if (::poll(&waiting, 1, kTurn) > 0) return true;
  return false;
}

std::string Peer::receive(std::size_t most) {
  if (input_.empty()) {
    if (!wait_for(POLLIN)) return {};
    std::string bytes(most, '\0');
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  std::string bytes = input_.substr(0, most);
  input_.erase(0, bytes.size());
  return bytes;
}

std::optional<std::vector<std::string>> Peer::command() {
  std::string all = std::move(input_);
  input_.clear();
  std::size_t at = 0;
  // The text up to the next CRLF, reading on as needed.
  const auto more = [&] {
    const std::string next = receive();
    all += next;
    return !next.empty();
  };
  const auto line = [&]() -> std::optional<std::string> {
    for (;;) {
      const std::size_t end = all.find("\r\n", at);
      if (end != std::string::npos) {
        std::string text = all.substr(at, end - at);
        at = end + 2;
        return text;
      }
      if (!more()) return std::nullopt;
    }
  };
  std::vector<std::string> words;
  const auto head = line();
  if (!head || head->empty() || (*head)[0] != '*') return std::nullopt;
  for (int left = std::atoi(head->c_str() + 1); left > 0; --left) {
    const auto size = line();
    if (!size || size->empty() || (*size)[0] != '$') return std::nullopt;
    const auto length = static_cast<std::size_t>(std::atoi(size->c_str() + 1));
    while (all.size() < at + length + 2)
      if (!more()) return std::nullopt;
    words.push_back(all.substr(at, length));
    at += length + 2;
  }
  input_ = all.substr(at);
  return words;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(POLLOUT)) return false;
    const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Peer::hold(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!closing_.load() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(kTurn));
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  listen_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (listen_fd_ < 0 || ::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listen_fd_, 64) != 0 ||
      ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error(std::string("cannot listen on 127.0.0.1: ") + std::strerror(errno));
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  closing_ = true;
  acceptor_.join();
  ::close(listen_fd_);
}

void ScriptedServer::accept_all() {
  pollfd waiting{listen_fd_, POLLIN, 0};
  while (!closing_.load()) {
    if (::poll(&waiting, 1, kTurn) <= 0) continue;
    const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    peers_.emplace_back([this, fd, serial = connections_.fetch_add(1)] {
      Peer peer(fd, closing_);
      script_(peer, serial);
      ::close(fd);
    });
  }
  for (std::thread& peer : peers_) peer.join();
}

ScriptedServer::Script after_handshake(ScriptedServer::Script then) {
  return [then = std::move(then)](Peer& peer, unsigned serial) {
    while (const auto words = peer.command()) {
      const bool last = words->front() == "PING";
      if (!peer.send(last ? "+PONG\r\n" : "+OK\r\n")) return;
      if (last) return then(peer, serial);
    }
  };
}

void relay(Peer& peer, int port, std::size_t replies) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (server < 0 || ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (server >= 0) ::close(server);
    return;
  }
  std::atomic<bool> over{false};
  Peer back(server, over);
  std::thread there([&] {
    for (;;) {
      const std::string bytes = peer.receive();
      if (bytes.empty() || !back.send(bytes)) break;
    }
    ::shutdown(server, SHUT_WR);
  });
  for (;;) {
    const std::string bytes = back.receive();
    const std::string_view rest = std::string_view(bytes).substr(0, replies);
    if (bytes.empty() || !peer.send(rest) || rest.size() < bytes.size()) break;
    replies -= rest.size();
  }
  // What the server still answers is lost on the way, but not what it was asked.
  ::shutdown(peer.fd(), SHUT_RDWR);
  there.join();
  over = true;
  ::close(server);
}

}  // namespace evloom::test

#include "check/load.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace evloom::check {

namespace {

constexpr timeval kPatience{8, 0};  // with an answer

std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != head.npos && at + 2 < head.size();
       at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    return line.substr(line.find_first_not_of(' ', name.size() + 1));
  }
  return {};
}

}  // namespace

Load::Load(std::string socket, std::string request)
    : socket_(std::move(socket)), request_(std::move(request)), thread_([this] { work(); }) {}

void Load::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Load::fail(const std::string& what) {
  if (broken_.empty()) broken_ = what;
}

bool Load::connect(Fd& connection) {
  connection.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail(std::string("a connection was refused: ") + std::strerror(errno));
    return false;
  }
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  return true;
}

bool Load::read(int connection, Answer& answer) {
  std::string text;
  char buffer[65536];
  std::size_t body = std::string::npos, size = 0;
  while (body == std::string::npos || text.size() < body + size) {
    const ssize_t n = ::recv(connection, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      fail(n == 0 ? "a connection was closed before an answer was whole" : "no answer came within 8 s");
      return false;
    }
    text.append(buffer, static_cast<std::size_t>(n));
    const std::size_t end = text.find("\r\n\r\n");
    if (body != std::string::npos || end == std::string::npos) continue;
    body = end + 4;
    const std::string_view head(text.data(), end + 2);
    const std::string_view length = header(head, "Content-Length");
    size = length.empty() ? 0 : std::strtoul(std::string(length).c_str(), nullptr, 10);
    answer.status = std::atoi(text.c_str() + text.find(' '));
    answer.last = header(head, "Connection") == "close";
  }
  answer.body = text.substr(body);
  return true;
}

void Load::take(const Answer& answer) {
  if (answer.status >= 500) {
    if (first_error_.empty()) first_error_ = std::to_string(answer.status) + ": " + answer.body;
    ++errors_;
  }
  constexpr std::string_view kTotal = "Total requests = ";
  if (answer.body.starts_with(kTotal)) {
    std::string total = answer.body.substr(kTotal.size(), answer.body.find('\n') - kTotal.size());
    if (!totals_.insert(total).second && doubled_.empty()) doubled_ = std::move(total);
  }
  ++answers_;
}

// All send, then all read: several requests are always under way.
void Load::work() {
  std::array<Fd, kConnections> connections;
  while (!stopping_) {
    for (Fd& connection : connections) {
      if (!connection && !connect(connection)) return;
      if (::send(connection.get(), request_.data(), request_.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request_.size()))
        return fail(std::string("a request could not be sent: ") + std::strerror(errno));
    }
    for (Fd& connection : connections) {
      Answer answer;
      if (!read(connection.get(), answer)) return;
      take(answer);
      if (answer.last) connection.reset();
    }
  }
}

}  // namespace evloom::check

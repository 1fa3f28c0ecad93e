#include "http/sending.hpp"

#include <event2/buffer.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "http/sealed_file.hpp"

namespace evloom::http {

namespace {

// Head and body as one row of pieces.
class Pieces {
 public:
  Pieces(std::string_view head, const Body& body) : pieces_{Piece{head}, Piece{body.bytes}} {
    std::copy(body.more.begin(), body.more.end(), pieces_.begin() + 2);
    count_ = 2 + body.more.size();
    while (count_ > 1 && pieces_[count_ - 1].bytes.empty()) --count_;
  }
  std::span<const Piece> all() const { return {pieces_.data(), count_}; }

 private:
  std::array<Piece, 2 + Body::kMostMore> pieces_;
  std::size_t count_;
};

// Lets the kernel fill its packets across our calls. Does nothing to a socket that is not TCP.
class Cork {
 public:
  explicit Cork(int socket) : socket_(socket) { set(1); }
  ~Cork() { set(0); }
  Cork(const Cork&) = delete;
  Cork& operator=(const Cork&) = delete;

 private:
  void set(int on) const { ::setsockopt(socket_, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

  const int socket_;
};

ssize_t send_gathered(int socket, std::span<const Piece> pieces) {
  std::array<iovec, 2 + Body::kMostMore> parts;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    parts[i] = {const_cast<char*>(pieces[i].bytes.data()), pieces[i].bytes.size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = pieces.size();
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

std::size_t size_of(std::span<const Piece> pieces) {
  std::size_t sum = 0;
  for (const Piece& piece : pieces) sum += piece.bytes.size();
  return sum;
}

bool has_file(const Piece& piece) { return piece.file != nullptr; }

bool passes(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

ssize_t send_now(int socket, std::string_view head, const Body& body) {
  const Pieces pieces(head, body);
  std::span<const Piece> left = pieces.all();
  const auto next_file = [&left] { return std::find_if(left.begin(), left.end(), has_file); };
  std::optional<Cork> cork;
  if (next_file() != left.end()) cork.emplace(socket);
  std::size_t sent = 0;
  while (!left.empty()) {
    const auto before = static_cast<std::size_t>(next_file() - left.begin());
    const auto part = left.first(std::max<std::size_t>(before, 1));
    const ssize_t n = before == 0 ? part[0].file->send(socket) : send_gathered(socket, part);
    if (n < 0) {
      if (!passes(errno)) return -1;
      break;
    }
    sent += static_cast<std::size_t>(n);
    if (static_cast<std::size_t>(n) < size_of(part)) break;
    left = left.subspan(part.size());
  }
  return static_cast<ssize_t>(sent);
}

void send_later(evbuffer* output, std::string_view head, const Body& body, std::size_t sent) {
  const Pieces pieces(head, body);
  bool in_head = true;
  std::size_t left = size_of(pieces.all()) - sent;
  for (const Piece& piece : pieces.all()) {
    const std::size_t gone = std::min(sent, piece.bytes.size());
    sent -= gone;
    const std::string_view rest = piece.bytes.substr(gone);
    const bool copied = std::exchange(in_head, false) || !body.release;
    left -= rest.size();
    if (rest.empty()) continue;
    if (copied) {
      evbuffer_add(output, rest.data(), rest.size());
    } else if (left == 0) {
      // The last piece, which goes last, stands for all. libevent's clean-up wants a function of three
      // arguments: the pair is kept on the heap until then.
      evbuffer_add_reference(
          output, rest.data(), rest.size(),
          [](const void*, std::size_t, void* context) {
            std::unique_ptr<Body> done(static_cast<Body*>(context));
            done->release(done->context);
          },
          new Body{{}, {}, body.release, body.context});
    } else if (!piece.file || !piece.file->append(output, gone)) {
      evbuffer_add_reference(output, rest.data(), rest.size(), nullptr, nullptr);
    }
  }
}

}  // namespace evloom::http

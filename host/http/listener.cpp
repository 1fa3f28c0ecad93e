#include "http/listener.hpp"

#include <event2/listener.h>
#include <evhtp/evhtp.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "http/reply.hpp"
#include "http/server.hpp"

namespace evloom::http {

namespace {

constexpr std::int64_t kRetryAfter = 100'000'000;  // until a listener without descriptors accepts again
constexpr std::int64_t kCloseAfter = 20'000'000;   // long enough for the loop to empty the accept queue

std::string reason(int error) { return std::strerror(error); }

Result<Fd> tcp_socket(const SocketAddress& address, bool reuse_port) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Error{"cannot make a socket: " + reason(errno)};
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  if (address.family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.length) != 0) {
    const int error = errno;
    std::string text = "cannot listen on " + address.text() + ": " + reason(error);
    if (error == EADDRINUSE) text += "; another process listens there: stop it or choose another port";
    if (error == EACCES) text += "; ports below 1024 need the capability CAP_NET_BIND_SERVICE";
    if (error == EADDRNOTAVAIL) text += "; this machine has no such address";
    return Error{std::move(text)};
  }
  return fd;
}

Status listen_on(const Fd& fd, const ListenerSpec& spec) {
  if (::listen(fd.get(), spec.backlog) == 0) return {};
  return Error{"cannot listen on " + spec.address.text() + ": " + reason(errno)};
}

}  // namespace

std::string ListenerSpec::url() const { return (is_unix() ? "unix:" : "http://") + address.text(); }

// ---- on the control thread -------------------------------------------------------------------------------

Result<BoundListener> BoundListener::bind(ListenerSpec spec, std::uint32_t loops) {
  BoundListener bound;
  bound.spec_ = std::move(spec);
  const Status status = bound.spec_.is_unix() ? bound.bind_unix(loops) : bound.bind_tcp(loops);
  if (!status) return status.error();
  return bound;
}

Status BoundListener::bind_tcp(std::uint32_t loops) {
  // SO_REUSEPORT would let two hosts of one user share a port without a word: try it without that first.
  {
    auto probe = tcp_socket(spec_.address, false);
    if (!probe) return probe.error();
    if (auto status = listen_on(*probe, spec_); !status) return status;
  }
  for (std::uint32_t i = 0; i < loops; ++i) {
    auto socket = tcp_socket(spec_.address, true);
    if (!socket) return socket.error();
    if (i == 0) {
      // Port 0: the first socket learns which one it got, the others join it there.
      spec_.address.length = sizeof spec_.address.storage;
      ::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&spec_.address.storage),
                    &spec_.address.length);
    }
    if (auto status = listen_on(*socket, spec_); !status) return status;
    sockets_.push_back(std::move(*socket));
  }
  return {};
}

Status BoundListener::bind_unix(std::uint32_t loops) {
  const std::string path = spec_.address.text();
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode))
      return Error{"cannot listen on unix:" + path + ": a file that is no socket is in the way; remove it"};
    Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(probe.get(), spec_.address.get(), spec_.address.length) == 0 || errno != ECONNREFUSED)
      return Error{"cannot listen on unix:" + path + ": another process listens there"};
    ::unlink(path.c_str());
  }
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return Error{"cannot make a socket: " + reason(errno)};
  if (::bind(socket.get(), spec_.address.get(), spec_.address.length) != 0) {
    const int error = errno;
    return Error{"cannot listen on unix:" + path + ": " + reason(error) +
                 (error == ENOENT ? "; its folder does not exist" : "")};
  }
  if (::lstat(path.c_str(), &found) == 0)
    file_ = std::make_unique<File>(File{path, found.st_dev, found.st_ino});
  if (::chmod(path.c_str(), spec_.mode) != 0)
    return Error{"cannot set the mode of unix:" + path + ": " + reason(errno)};
  if (auto status = listen_on(socket, spec_); !status) return status;
  for (std::uint32_t i = 1; i < loops; ++i) {
    sockets_.emplace_back(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!sockets_.back()) return Error{"cannot listen on unix:" + path + ": " + reason(errno)};
  }
  sockets_.push_back(std::move(socket));
  return {};
}

BoundListener::~BoundListener() {
  if (!file_) return;
  struct stat found {};
  if (::lstat(file_->path.c_str(), &found) == 0 && found.st_dev == file_->device &&
      found.st_ino == file_->inode)
    ::unlink(file_->path.c_str());
}

// ---- on a loop -------------------------------------------------------------------------------------------

Result<std::unique_ptr<Listener>> Listener::create(Server& server, const ListenerSpec& spec, Fd socket) {
  std::unique_ptr<Listener> listener(new Listener(server, spec));
  listener->htp_ = evhtp_new(server.loop().base(), listener.get());
  if (!listener->htp_) return Error{"cannot make a listener: out of memory"};
  evhtp_set_post_accept_cb(
      listener->htp_,
      [](evhtp_connection_t* connection, void* self) -> evhtp_res {
        auto* owner = static_cast<Listener*>(self);
        return owner->server_.adopt(connection, owner->spec_) ? EVHTP_RES_OK : EVHTP_RES_ERROR;
      },
      listener.get());
  if (evhtp_accept_socket(listener->htp_, socket.get(), spec.backlog) != 0)
    return Error{"cannot accept on " + spec.url() + ": " + reason(errno)};
  std::ignore = socket.release();
  evconnlistener_set_error_cb(listener->htp_->server, &Listener::on_error);
  return listener;
}

Listener::Listener(Server& server, const ListenerSpec& spec)
    : server_(server),
      spec_(spec),
      htp_(nullptr),
      reserve_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      retry_(
          [](void* self) {
            auto* listener = static_cast<Listener*>(self);
            if (!listener->htp_->server) return;
            if (!listener->server_.draining()) {
              evconnlistener_enable(listener->htp_->server);
              return;
            }
            listener->shed("the host is going down");
            evhtp_unbind_socket(listener->htp_);
          },
          this) {}

Listener::~Listener() {
  if (!htp_) return;
  evhtp_unbind_socket(htp_);
  evhtp_free(htp_);
}

void Listener::close() {
  server_.loop().deadlines().arm(retry_, loop::DeadlineQueue::kKinds - 1, kCloseAfter);
}

bool Listener::closed() const { return htp_->server == nullptr; }

void Listener::on_error(evconnlistener* listener, void* self) {
  const int error = EVUTIL_SOCKET_ERROR();
  // libevent hands over libevhtp's argument, the evhtp_t, whose own argument is ours.
  auto* owner = static_cast<Listener*>(static_cast<evhtp_t*>(self)->arg);
  owner->server_.logger_.fault(
      observe::Level::kError, "accept",
      "cannot accept on {}: {}; trying again in 100 ms. Raise the limit of open files "
      "(ulimit -n) or lower limits.connections",
      owner->spec_.url(), reason(error));
  evconnlistener_disable(listener);
  if (error == EMFILE || error == ENFILE) owner->shed("the host is short of resources");
  owner->server_.loop().deadlines().arm(owner->retry_, loop::DeadlineQueue::kKinds - 1, kRetryAfter);
}

void Listener::shed(std::string_view why) {
  reserve_.reset();
  const int from = evconnlistener_get_fd(htp_->server);
  ReplyHead head;
  head.status = 503;
  head.keep_alive = false;
  head.retry_after = 1;
  char text[512];
  const std::size_t size = write_error(head, Method::get, why, text);
  // One at a time, so that the one descriptor given up is enough; bounded, since clients may come faster than
  // we shed.
  for (int i = 0; i < spec_.backlog; ++i) {
    Fd client(::accept4(from, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client) break;
    ::send(client.get(), text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(client.get(), SHUT_WR);
    char ignored[4096];
    while (::recv(client.get(), ignored, sizeof ignored, MSG_DONTWAIT) > 0) {
    }
  }
  reserve_ = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace evloom::http

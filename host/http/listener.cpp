#include "http/listener.hpp"

#include <event2/listener.h>
#include <evhtp/evhtp.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "http/reply.hpp"
#include "http/server.hpp"

namespace evloom::http {

namespace {

constexpr std::int64_t kAcceptAgainAfter = 100'000'000;  // until a listener without descriptors accepts again
constexpr std::int64_t kCloseAfter = 20'000'000;         // long enough for the loop to empty the accept queue
constexpr int kMostTurns = 20;  // of 10 ms, that a closing listener waits on top of that

}  // namespace

Result<std::unique_ptr<Listener>> Listener::create(Server& server, const ListenerSpec& spec, Fd socket) {
  std::unique_ptr<Listener> listener(new Listener(server, spec));
  listener->htp_ = evhtp_new(server.loop().base(), listener.get());
  if (!listener->htp_) return Error{"cannot make a listener: out of memory"};
  evhtp_set_post_accept_cb(
      listener->htp_,
      [](evhtp_connection_t* connection, void* self) -> evhtp_res {
        auto* owner = static_cast<Listener*>(self);
        return owner->server_.adopt(connection, *owner) ? EVHTP_RES_OK : EVHTP_RES_ERROR;
      },
      listener.get());
  if (evhtp_accept_socket(listener->htp_, socket.get(), spec.backlog) != 0)
    return Error{"cannot accept on " + spec.url() + ": " + std::strerror(errno)};
  std::ignore = socket.release();
  evconnlistener_set_error_cb(listener->htp_->server, &Listener::on_error);
  return listener;
}

Listener::Listener(Server& server, const ListenerSpec& spec)
    : server_(server),
      spec_(spec),
      id_(server.next_listener_++),
      htp_(nullptr),
      reserve_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      turns_left_(kMostTurns),
      retry_(&Listener::on_retry, this) {}

Listener::~Listener() {
  if (!htp_) return;
  evhtp_unbind_socket(htp_);
  evhtp_free(htp_);
}

void Listener::close() {
  if (std::exchange(closing_, true)) return;
  server_.loop().deadlines().arm(retry_, loop::DeadlineQueue::kKinds - 1, kCloseAfter);
}

Status Listener::set_backlog(int backlog) {
  if (::listen(evconnlistener_get_fd(htp_->server), backlog) != 0)
    return Error{"cannot change the backlog of " + spec_.url() + ": " + std::strerror(errno)};
  spec_.backlog = backlog;
  return {};
}

bool Listener::has_waiting() const {
  pollfd queue{evconnlistener_get_fd(htp_->server), POLLIN, 0};
  return ::poll(&queue, 1, 0) > 0;
}

void Listener::on_retry(void* self) {
  auto* listener = static_cast<Listener*>(self);
  Server& server = listener->server_;
  if (!listener->closing_) {
    evconnlistener_enable(listener->htp_->server);
    return;
  }
  // In each turn of the loop libevent accepts all that waits. Who comes between that and the close is lost,
  // so close right after a look that finds nobody; only with clients that never cease the last ones are
  // turned away.
  if (listener->has_waiting() && listener->turns_left_-- > 0) {
    server.loop().deadlines().arm(listener->retry_, loop::DeadlineQueue::kKinds - 1, 0);
    return;
  }
  listener->shed(server.draining() ? "the host is going down" : "this address is not served any more");
  server.forget(*listener);  // which destroys it
}

void Listener::on_error(evconnlistener* listener, void* self) {
  const int error = EVUTIL_SOCKET_ERROR();
  // libevent hands over libevhtp's argument, the evhtp_t, whose own argument is ours.
  auto* owner = static_cast<Listener*>(static_cast<evhtp_t*>(self)->arg);
  owner->server_.logger_.fault(
      observe::Level::kError, "accept",
      "cannot accept on {}: {}; trying again in 100 ms. Raise the limit of open files "
      "(ulimit -n) or lower limits.connections",
      owner->spec_.url(), std::strerror(error));
  evconnlistener_disable(listener);
  if (error == EMFILE || error == ENFILE) owner->shed("the host is short of resources");
  owner->server_.loop().deadlines().arm(owner->retry_, loop::DeadlineQueue::kKinds - 1, kAcceptAgainAfter);
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

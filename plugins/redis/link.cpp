#include "redis/link.hpp"

#include <event2/event.h>
#include <fcntl.h>
#include <hiredis/sds.h>

#include <cstring>

namespace evloom::plugins::redis {

Link::Link(event_base* base, std::size_t max_reply, LinkUser& user)
    : base_(base),
      user_(user),
      replies_(
          max_reply,
          [](void* self) {
            Link& link = of(self);
            const redisCallback* oldest = link.context_->replies.head;
            if (!oldest) return Expected{};
            return link.user_.expected(static_cast<Role>(reinterpret_cast<std::uintptr_t>(oldest->privdata)));
          },
          this) {}

bool Link::connect_tcp(const std::string& address, std::uint16_t port) {
  close();
  return begin(redisAsyncConnect(address.c_str(), port));
}

bool Link::connect_unix(const std::string& path) {
  close();
  return begin(redisAsyncConnectUnix(path.c_str()));
}

bool Link::begin(redisAsyncContext* context) {
  queued_ = 0;
  closing_.clear();
  writing_ = holding_ = false;
  if (!context || context->err) {
    reason_ = context ? context->errstr : "out of memory";
    if (context) redisAsyncFree(context);
    return false;
  }
  const int fd = context->c.fd;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  redisEnableKeepAlive(&context->c);
  context->c.err = 0;  // a unix socket knows no keep-alive
  context->c.errstr[0] = '\0';
  read_event_ = event_new(base_, fd, EV_READ | EV_PERSIST, &Link::readable, this);
  write_event_ = event_new(base_, fd, EV_WRITE | EV_PERSIST, &Link::writable, this);
  if (!read_event_ || !write_event_ || event_add(read_event_, nullptr) != 0) {
    if (read_event_) event_free(read_event_);
    if (write_event_) event_free(write_event_);
    read_event_ = write_event_ = nullptr;
    redisAsyncFree(context);
    reason_ = "out of memory";
    return false;
  }
  context_ = context;
  context->data = this;
  replies_.attach(context->c.reader);
  context->ev.data = this;
  context->ev.addRead = [](void*) {};  // reading never stops
  context->ev.delRead = [](void*) {};
  context->ev.addWrite = [](void* self) { of(self).want_write(true); };
  context->ev.delWrite = [](void* self) { of(self).want_write(false); };
  context->ev.cleanup = [](void* self) { of(self).ended(); };
  return true;
}

void Link::want_write(bool on) {
  if (on == writing_ || (on && holding_)) return;
  writing_ = on;
  if (on) {
    event_add(write_event_, nullptr);
  } else {
    event_del(write_event_);
  }
}

bool Link::queue(std::string_view wire, Role role) {
  if (!context_) return false;
  // While it connects, the writable event tells when; later, flush writes at once.
  holding_ = (context_->c.flags & REDIS_CONNECTED) != 0;
  const bool queued = redisAsyncFormattedCommand(
                          context_, &Link::replied,
                          reinterpret_cast<void*>(static_cast<std::uintptr_t>(role)),  // NOLINT: hiredis' way
                          wire.data(), wire.size()) == REDIS_OK;
  holding_ = false;
  if (queued) queued_ += wire.size();
  return queued;
}

void Link::flush() {
  if (context_ && (context_->c.flags & REDIS_CONNECTED) != 0 && !writing_) redisAsyncHandleWrite(context_);
}

std::size_t Link::unsent() const { return context_ ? sdslen(context_->c.obuf) : 0; }

void Link::close(std::string_view reason) {
  if (!context_) return;
  closing_ = reason;
  redisAsyncFree(context_);
}

void Link::replied(redisAsyncContext* context, void* reply, void* role) {
  Link& link = of(context->data);
  const auto whose = static_cast<Role>(reinterpret_cast<std::uintptr_t>(role));
  if (reply) {
    link.user_.replied(whose, *static_cast<const Reply*>(reply));
  } else {
    link.user_.lost(whose);
  }
}

void Link::ended() {
  if (!closing_.empty()) {
    reason_ = closing_;
  } else if (!replies_.refusal().empty() && context_->c.err == REDIS_ERR_OOM) {
    reason_ = replies_.refusal();
  } else {
    reason_ = context_->c.err != 0 ? context_->c.errstr : "closed";
  }
  event_free(read_event_);
  event_free(write_event_);
  read_event_ = write_event_ = nullptr;
  context_ = nullptr;
}

void Link::readable(int, short, void* self) {
  Link& link = of(self);
  redisAsyncHandleRead(link.context_);
  if (link.context_ && !link.replies_.within_bounds(*link.context_->c.reader))
    link.close(link.replies_.refusal());
  link.user_.turned();
}

void Link::writable(int, short, void* self) {
  Link& link = of(self);
  redisAsyncHandleWrite(link.context_);
  link.user_.turned();
}

}  // namespace evloom::plugins::redis

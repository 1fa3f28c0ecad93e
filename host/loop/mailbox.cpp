#include "loop/mailbox.hpp"

#include <event2/event.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "loop/loop.hpp"

namespace evloom::loop {

namespace {

// One turn of the loop takes at most so many messages, so that sockets are not starved by a chatty sender.
constexpr int kMessagesPerTurn = 1024;

}  // namespace

void Mailbox::EventDeleter::operator()(event* e) const { event_free(e); }

Result<std::unique_ptr<Mailbox>> Mailbox::create(event_base* base, evl_loop* owner) {
  Fd wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake) return Error{std::string("cannot make an eventfd: ") + std::strerror(errno)};
  std::unique_ptr<Mailbox> mailbox(new Mailbox(owner, std::move(wake)));
  mailbox->event_.reset(
      event_new(base, mailbox->wake_.get(), EV_READ | EV_PERSIST, &Mailbox::on_wake, mailbox.get()));
  if (!mailbox->event_ || event_add(mailbox->event_.get(), nullptr) != 0) {
    return Error{"cannot add the mailbox to its event loop: out of memory"};
  }
  return mailbox;
}

Mailbox::~Mailbox() {
  while (drain()) {
  }
}

void Mailbox::post(evl_message* message, Pins* pins) {
  static_assert(sizeof(Link) == sizeof(void*) && offsetof(evl_message, reserved) == 0);
  if (pins) pins->fetch_add(1, std::memory_order_relaxed);
  message->reserved[1] = pins;
  queue_.push(new (&message->reserved[0]) Link);
  // The owner lowers the flag before it empties the queue: whoever finds it raised knows that a wake-up is on
  // its way.
  if (!signalled_.exchange(true)) wake();
}

void Mailbox::wake() {
  const std::uint64_t one = 1;
  // EAGAIN would mean that the counter is full of wake-ups already; nothing else can happen to an eventfd.
  while (::write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

bool Mailbox::drain() {
  int ran = 0;
  while (Link* link = queue_.pop()) {
    auto* message = reinterpret_cast<evl_message*>(link);
    auto* pins = static_cast<Pins*>(message->reserved[1]);
    {
      Duty* const duty = pins && pins->who && owner_ ? &static_cast<Loop*>(owner_)->duty() : nullptr;
      const Duty::Scope scope(duty, pins ? pins->who : nullptr, "a message or piece of work");
      run_pinned(pins, [&] { message->run(message, owner_); });  // `message` may be gone from here on
    }
    if (pins) pins->fetch_sub(1, std::memory_order_release);
    if (++ran == kMessagesPerTurn) {
      if (!signalled_.exchange(true)) wake();
      break;
    }
  }
  return ran != 0;
}

void Mailbox::on_wake(evutil_socket_t fd, short, void* self) {
  auto* mailbox = static_cast<Mailbox*>(self);
  std::uint64_t count;
  while (::read(fd, &count, sizeof count) < 0 && errno == EINTR) {
  }
  mailbox->signalled_.store(false);
  mailbox->drain();
}

}  // namespace evloom::loop

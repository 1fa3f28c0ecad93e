#include "support/fixture_loop.hpp"

#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <new>
#include <stdexcept>
#include <utility>

namespace evloom::test {

// Stands in the two words that a message reserves for the host.
struct FixtureLoop::Letter : evl::MpscNode {
  std::atomic<std::int64_t>* in_flight = nullptr;
};

namespace {

struct Call {
  evl_message message;  // first, so that the message's address is the call's
  std::function<void()> function;

  static void run(evl_message* message, evl_loop*) {
    auto* call = reinterpret_cast<Call*>(message);
    call->function();
    delete call;
  }
};

}  // namespace

FixtureLoop::FixtureLoop(std::uint32_t index)
    : index_(index),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      base_(event_base_new()),
      wake_event_(event_new(base_, wake_fd_, EV_READ | EV_PERSIST, &FixtureLoop::woken, this)) {
  static_assert(sizeof(Letter) <= sizeof(evl_message::reserved));
  if (wake_fd_ < 0 || !base_ || !wake_event_) throw std::runtime_error("cannot make an event loop");
  event_add(wake_event_, nullptr);
  thread_ = std::thread([this] { event_base_dispatch(base_); });
}

FixtureLoop::~FixtureLoop() {
  post([this] { event_base_loopbreak(base_); });
  thread_.join();
  event_free(wake_event_);
  event_base_free(base_);
  ::close(wake_fd_);
}

void FixtureLoop::post(evl_message* message, std::atomic<std::int64_t>* in_flight) {
  auto* letter = ::new (static_cast<void*>(message->reserved)) Letter;
  letter->in_flight = in_flight;
  if (in_flight) in_flight->fetch_add(1);
  mailbox_.push(letter);
  if (!woken_.exchange(true)) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(wake_fd_, &one, sizeof one);
  }
}

void FixtureLoop::post(std::function<void()> function) {
  auto* call = new Call{{{nullptr, nullptr}, &Call::run}, std::move(function)};
  post(&call->message);
}

void FixtureLoop::woken(evutil_socket_t fd, short, void* self) {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto n = ::read(static_cast<int>(fd), &ignored, sizeof ignored);
  static_cast<FixtureLoop*>(self)->open_mailbox();
}

void FixtureLoop::open_mailbox() {
  woken_.store(false);
  while (Letter* letter = mailbox_.pop()) {
    auto* in_flight = letter->in_flight;
    auto* message = reinterpret_cast<evl_message*>(letter);
    message->run(message, raw());
    if (in_flight) in_flight->fetch_sub(1);
  }
}

}  // namespace evloom::test

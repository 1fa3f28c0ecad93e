#include "cli/signals.hpp"

#include <event2/event.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace evloom::cli {

namespace {

// A signal handler has nothing but globals.
std::atomic<int> stop_descriptor{-1};
std::atomic<int> caught{0};

extern "C" void on_stop(int number) {
  if (caught.exchange(number) != 0) {
    // Once was asked for kindly.
    ::signal(number, SIG_DFL);
    ::raise(number);
    return;
  }
  const int before = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_descriptor, &one, sizeof one);
  errno = before;
}

void catch_stop(int number) {
  struct sigaction action {};
  action.sa_handler = &on_stop;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

void Signals::Free::operator()(event* e) const { event_free(e); }

Signals::Signals(event_base* base, std::function<void()> on_hangup)
    : base_(base), on_hangup_(std::move(on_hangup)), stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  stop_descriptor = stop_fd_;
  for (const int number : {SIGTERM, SIGINT}) catch_stop(number);
  stop_.reset(event_new(
      base, stop_fd_, EV_READ,
      [](evutil_socket_t, short, void* self) { event_base_loopbreak(static_cast<Signals*>(self)->base_); },
      this));
  event_add(stop_.get(), nullptr);
  ::signal(SIGHUP,
           SIG_IGN);  // what libevent puts back: whoever rotates logs must not end us in the midst of the end
  hangup_.reset(evsignal_new(
      base, SIGHUP, [](evutil_socket_t, short, void* self) { static_cast<Signals*>(self)->on_hangup_(); },
      this));
  event_add(hangup_.get(), nullptr);
}

Signals::~Signals() {
  hangup_.reset();
  stop_.reset();
}

const char* Signals::wait() {
  event_base_dispatch(base_);
  hangup_.reset();
  return caught == SIGINT ? "SIGINT" : "SIGTERM";
}

}  // namespace evloom::cli

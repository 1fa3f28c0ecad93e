// The signals of `evloom run`. SIGTERM and SIGINT may come in the midst of a change, while the control thread
// does not turn its loop: they make a descriptor readable, at which the change gives up, and a second one
// ends the process at once. One object a process, on the control thread.
#pragma once

#include <event2/util.h>

#include <functional>
#include <memory>
#include <vector>

struct event;
struct event_base;

namespace evloom::cli {

class Signals {
 public:
  // Catches from now on, so that none is lost while the host starts. `on_hangup` is called for each SIGHUP
  // once wait() turns the base.
  Signals(event_base* base, std::function<void()> on_hangup);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Readable once the host is to stop.
  int stop_fd() const { return stop_fd_; }
  // Turns the base until that is so; gives the name of the signal.
  const char* wait();

 private:
  struct Free {
    void operator()(event* e) const;
  };

  event_base* base_;
  std::function<void()> on_hangup_;
  int stop_fd_;
  std::unique_ptr<event, Free> stop_;
  std::unique_ptr<event, Free> hangup_;
};

}  // namespace evloom::cli

// pace: a handler that answers with the status, and after the time, that its options say; it tells its loop.
#include <chrono>
#include <string>

#include "evloom/handler.hpp"

namespace {

class Pace {
 public:
  Pace(evl::Host host, evl::Config options)
      : host_(host),
        status_(static_cast<std::uint32_t>(options["status"].integer())),
        delay_(options["delay"].duration()),
        word_(options["word"].text()) {}

  class PerLoop {
   public:
    PerLoop(Pace& pace, evl::Loop loop) : pace_(pace), loop_(loop) {}

    void on_request(evl::Request& request) {
      if (pace_.delay_.count() == 0) return answer(request);
      auto* waiting = request.make<Waiting>(this, evl_ticket{}, nullptr);
      request.set_user(waiting);
      waiting->ticket = request.suspend();
      const evl::HostInterfaces& host = pace_.host_.interfaces();
      waiting->timer =
          host.timer->start(host.host, loop_.raw(), pace_.delay_.count(), &PerLoop::woken, waiting);
    }
    void on_cancel(evl::Request& request, evl_status) {
      if (auto* waiting = static_cast<Waiting*>(request.user()); waiting && waiting->timer)
        pace_.host_.interfaces().timer->cancel(std::exchange(waiting->timer, nullptr));
    }

   private:
    struct Waiting {
      PerLoop* self;
      evl_ticket ticket;
      evl_timer* timer;
    };
    static void woken(void* context) {
      auto* waiting = static_cast<Waiting*>(context);
      waiting->timer = nullptr;
      PerLoop& self = *waiting->self;
      const evl::HostInterfaces& host = self.pace_.host_.interfaces();
      if (evl_request* raw = host.request->resume(host.host, self.loop_.raw(), waiting->ticket)) {
        evl::Request request(&host, raw);
        self.answer(request);
      }
    }
    void answer(evl::Request& request) {
      request.text(pace_.status_, pace_.word_ + " on loop " + std::to_string(loop_.index()) + "\n");
    }

    Pace& pace_;
    evl::Loop loop_;
  };

 private:
  evl::Host host_;
  std::uint32_t status_;
  std::chrono::nanoseconds delay_;
  std::string word_;
};

EVL_HANDLER_PLUGIN(Pace, "pace", "1.0.0", "Answers as it is told", "MIT", "", R"({
  "type": "object",
  "properties": {
    "status": { "type": "integer", "default": 200, "minimum": 200, "maximum": 599, "description": "Of the answers." },
    "delay": { "type": "string", "format": "duration", "default": "0s", "description": "Before each answer." },
    "word": { "type": "string", "default": "plain", "description": "Said in the answer." }
  }
})");

}  // namespace

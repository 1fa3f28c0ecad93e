// tricks: a handler that does by name what a plugin may do, and what it must not: each request's path says
// what.
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "evloom/handler.hpp"

namespace {

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class Tricks {
 public:
  Tricks(evl::Host host, evl::Config options) : host_(host), greeting_(options["greeting"].text()) {
    calls_ = host.counter("calls_total", "Calls.");
    if (greeting_ == "no") options["greeting"].reject("that is no greeting");
  }

  class PerLoop {
   public:
    PerLoop(Tricks& all, evl::Loop loop) : all_(all), loop_(loop) {}
    ~PerLoop() noexcept(false) {
      if (throw_later_) throw std::runtime_error("thrown by a destructor");
      if (leave_timer_)
        later(
            1'000'000'000, [](void*) {}, nullptr);
    }

    void on_request(evl::Request& request) {
      all_.host_.add(loop_, all_.calls_, 1);
      const std::string_view path = request.path();
      if (path == "/greet") request.text(200, all_.greeting_);
      if (path == "/loop") request.text(200, std::to_string(loop_.index()));
      if (path == "/sleep") sleep(request);
      if (path == "/work") work(request);
      if (path == "/post") post(request);
      if (path == "/hold") last_ticket_ = request.suspend();
      if (path == "/stale") request.text(200, resume(last_ticket_) ? "alive" : "stale");
      if (path == "/late") keep_ = request.raw(), request.text(200, "kept");
      if (path == "/use_late") {
        std::ignore = evl::Request(&request.interfaces(), keep_).path();
        request.text(200, "used");
      }
      if (path == "/elsewhere") {
        std::thread([&] { std::ignore = request.path(); }).join();
        request.text(200, "back");
      }
      if (path == "/leave_timer") leave_timer_ = true, request.text(200, "left");
      if (path == "/timer_throws") {
        later(
            0, [](void*) { throw std::runtime_error("thrown by a timer"); }, nullptr);
        request.text(200, "started");
      }
      if (path == "/foreign_loop") {
        all_.host_.interfaces().timer->start(
            all_.host_.interfaces().host, other_, 1, [](void*) {}, nullptr);
        request.text(200, "tried");
      }
      if (path == "/count_down") {
        all_.host_.add(loop_, all_.calls_, -1);
        request.text(200, "counted");
      }
      if (path == "/bad_op") {
        const evl_status status =
            evl::Store(request).submit({evl::incr("")}, [](evl::Request&, const evl::Results&) {});
        request.text(200, evl::status_name(status));
      }
      if (path == "/arena") {
        void* memory = request.interfaces().request->allocate(
            request.raw(), static_cast<std::size_t>(number(*request.query("bytes"))), 8);
        request.text(200, memory ? "memory" : "none");
      }
      if (path == "/reply_throws") reply_throws(request);
      if (path == "/fail") request.fail(static_cast<evl_status>(number(*request.query("why"))), "why");
      if (path == "/respond_elsewhere") {
        std::string said;
        std::thread([&] {
          const auto& host = request.interfaces();
          said += evl::status_name(request.text(200, "from elsewhere"));
          said += std::string(", ") + evl::status_name(request.fail(EVL_E_INTERNAL, "from elsewhere"));
          said += std::string(", ") + evl::status_name(host.request->respond(nullptr, nullptr));
        }).join();
        request.text(200, said);
      }
      if (path == "/throw_later") throw_later_ = true, request.text(200, "will throw");
      if (path == "/twice_in_store") {
        evl::Store(request).submit({evl::incr("a")}, [](evl::Request& r, const evl::Results&) {
          r.text(200, "first");
          r.text(200, "second");
        });
      }
      other_ = loop_.raw();
    }
    void on_cancel(evl::Request& request, evl_status why) {
      all_.host_.log(EVL_LOG_INFO, std::string("cancelled: ") + evl::status_name(why));
      if (auto* waiting = static_cast<Waiting*>(request.user()); waiting && waiting->timer)
        all_.host_.interfaces().timer->cancel(waiting->timer);
    }
    void on_finish(evl::Request& request) {
      all_.host_.log(EVL_LOG_DEBUG, "finished");
      if (request.path() == "/throw_later") throw std::runtime_error("thrown by on_finish");
    }
    void drain() {
      if (throw_later_) throw std::runtime_error("thrown by drain");
    }

   private:
    struct Waiting {
      PerLoop* self;
      evl_ticket ticket;
      evl_timer* timer;
    };
    struct Job {
      evl_work work{};
      PerLoop* self = nullptr;
      evl_ticket ticket = 0;
      bool on_loop = true;
    };
    struct Letter {
      evl_message message{};
      PerLoop* from = nullptr;
      evl_ticket ticket = 0;
    };

    evl_timer* later(std::int64_t delay, void (*fire)(void*), void* context) {
      return all_.host_.interfaces().timer->start(all_.host_.interfaces().host, loop_.raw(), delay, fire,
                                                  context);
    }
    evl_request* resume(evl_ticket ticket) {
      return all_.host_.interfaces().request->resume(all_.host_.interfaces().host, loop_.raw(), ticket);
    }
    void answer(evl_ticket ticket, std::string_view text) {
      if (evl_request* raw = resume(ticket)) evl::Request(&all_.host_.interfaces(), raw).text(200, text);
    }

    void sleep(evl::Request& request) {
      auto* waiting = request.make<Waiting>(this, request.suspend(), nullptr);
      request.set_user(waiting);
      waiting->timer = later(
          number(*request.query("ms")) * 1'000'000,
          [](void* context) {
            auto* woken = static_cast<Waiting*>(context);
            woken->timer = nullptr;
            woken->self->answer(woken->ticket, "slept");
          },
          waiting);
    }

    void work(evl::Request& request) {
      auto* job = new Job;
      job->self = this;
      job->ticket = request.suspend();
      job->work.run = [](evl_work* work) {
        auto* mine = reinterpret_cast<Job*>(work);
        mine->on_loop = mine->self->later(
                            1, [](void*) {}, nullptr) != nullptr;  // a worker is no loop
      };
      job->work.done = [](evl_work* work, evl_loop*) {
        auto* mine = reinterpret_cast<Job*>(work);
        mine->self->answer(mine->ticket, mine->on_loop ? "worked on a loop" : "worked");
        delete mine;
      };
      const auto& host = all_.host_.interfaces();
      const evl_status status = host.work->submit(host.host, loop_.raw(), &job->work);
      if (status == EVL_OK) return;
      delete job;
      request.fail(status, "no work");
    }

    static void reply_throws(evl::Request& request) {
      const bool failure = request.query("failure").has_value();
      evl::Store(request).submit({evl::incr("a")}, [failure](evl::Request&, const evl::Results&) {
        if (failure) throw evl::Failure(EVL_E_UNAVAILABLE, "a secret of the plugin");
        throw 42;
      });
    }

    // Answered by a message from another thread.
    void post(evl::Request& request) {
      auto* letter = new Letter;
      letter->from = this;
      letter->ticket = request.suspend();
      letter->message.run = [](evl_message* message, evl_loop*) {
        auto* mine = reinterpret_cast<Letter*>(message);
        mine->from->answer(mine->ticket, "posted");
        delete mine;
      };
      std::thread([this, letter] { loop_.post(letter->message); }).join();
    }

    Tricks& all_;
    evl::Loop loop_;
    bool leave_timer_ = false;
    bool throw_later_ = false;
    evl_ticket last_ticket_ = 0;
    evl_request* keep_ = nullptr;
    static inline evl_loop* other_ = nullptr;
  };

 private:
  evl::Host host_;
  std::string greeting_;
  evl_metric calls_ = 0;
};

}  // namespace

EVL_HANDLER_PLUGIN(Tricks, "tricks", "1.0.0", "Does what a plugin may do, and what not", "MIT", "", R"({
  "type": "object",
  "properties": {
    "greeting": { "type": "string", "default": "hello", "description": "What /greet says." },
    "times": { "type": "integer", "minimum": 1, "default": 1, "description": "Nothing." }
  }
})");

// probe: uses every service of the host on demand (probe.h), and writes a line per step of its life to a
// file.
#include "probe.h"

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

#include "evloom/handler.hpp"

namespace {

class Probe {
 public:
  Probe(evl::Host host, evl::Config options)
      : host_(host),
        journal_(options["journal"].path()),
        hang_on_(options["hang_on_loop"].integer()),
        hang_(options["hang"].duration()),
        timers_left_(options["leave_timers"].integer()),
        stop_throws_(options["stop_throws"].boolean()) {
    seen_ = host.counter("probe_calls_total", "Calls of the probe.");
    level_ = host.gauge("probe_level", "What the probe was told.");
    write("create");
  }
  ~Probe() { write("destroy"); }

  void write(const std::string& line) const {
    FILE* file = std::fopen(std::string(journal_).c_str(), "a");
    if (!file) return;
    std::fputs((line + "\n").c_str(), file);
    std::fclose(file);
  }

  struct PerLoop {
    PerLoop(Probe& all, evl::Loop on) : probe(all), loop(on) {
      if (probe.hang_on_ == static_cast<std::int64_t>(loop.index())) std::this_thread::sleep_for(probe.hang_);
      probe.write("start " + std::to_string(loop.index()));
    }
    ~PerLoop() {
      for (std::int64_t i = 0; i < probe.timers_left_; ++i)
        start_timer(1'000'000'000, nullptr, &PerLoop::on_fire);
      probe.write("stop " + std::to_string(loop.index()));
    }
    void drain() { probe.write("drain " + std::to_string(loop.index())); }

    evl_timer* start_timer(std::int64_t delay, ProbeCall* call, void (*fire)(void*)) {
      const auto& host = probe.host_.interfaces();
      return host.timer->start(host.host, loop.raw(), delay, fire, call);
    }
    static void on_fire(void* context) {
      if (context) static_cast<ProbeCall*>(context)->fired++;
    }

    void on_request(evl::Request& request) {
      ProbeCall& call = *reinterpret_cast<ProbeCall*>(request.raw());
      const auto& host = probe.host_.interfaces();
      probe.host_.add(loop, probe.seen_, 1);
      switch (call.wish) {
        case ProbeWish::kStartTimer:
          start_timer(call.delay, &call, &PerLoop::on_fire);
          break;
        case ProbeWish::kStartAndCancelTimer:
          host.timer->cancel(start_timer(call.delay, &call, &PerLoop::on_fire));
          host.timer->cancel(nullptr);
          break;
        case ProbeWish::kTimerThatThrows:
          start_timer(call.delay, &call, [](void* context) {
            on_fire(context);
            throw std::runtime_error("thrown by a timer");
          });
          break;
        case ProbeWish::kPost:
        case ProbeWish::kPostThatThrows:
          call.message.run = [](evl_message* message, evl_loop*) {
            auto& told = *reinterpret_cast<ProbeCall*>(reinterpret_cast<char*>(message) -
                                                       offsetof(ProbeCall, message));
            const bool throws = told.wish == ProbeWish::kPostThatThrows;
            told.fired++;
            if (throws) throw std::runtime_error("thrown by a message");
          };
          host.loop->post(host.host, call.loop, &call.message);
          break;
        case ProbeWish::kWork:
        case ProbeWish::kWorkThatThrows:
          call.work.run = [](evl_work* work) {
            auto& told =
                *reinterpret_cast<ProbeCall*>(reinterpret_cast<char*>(work) - offsetof(ProbeCall, work));
            told.ran_on_worker = true;
            std::this_thread::sleep_for(std::chrono::nanoseconds(told.delay));
            if (told.wish == ProbeWish::kWorkThatThrows) throw std::runtime_error("thrown by work");
          };
          call.work.done = [](evl_work* work, evl_loop*) {
            reinterpret_cast<ProbeCall*>(reinterpret_cast<char*>(work) - offsetof(ProbeCall, work))->fired++;
          };
          call.status = host.work->submit(host.host, loop.raw(), &call.work);
          break;
        case ProbeWish::kCount:
          probe.host_.add(loop, probe.level_, call.amount);
          break;
        case ProbeWish::kLog:
          probe.host_.log(EVL_LOG_INFO, call.text);
          for (int i = 0; i < 3; ++i) probe.host_.fault(EVL_LOG_WARN, "probe", call.text);
          break;
        case ProbeWish::kThrow:
          break;
        case ProbeWish::kMistakes:
          mistakes(call);
          break;
      }
    }

    // Each is one misbehaviour.
    void mistakes(ProbeCall& call) {
      const auto& host = probe.host_.interfaces();
      evl_metric metric = 0;
      evl_work work{};
      host.host->get_interface(host.host, nullptr);
      host.log->write(host.host, EVL_LOG_INFO, {nullptr, 5});
      host.loop->post(host.host, loop.raw(), nullptr);
      host.loop->post(host.host, nullptr, &call.message);
      host.timer->start(host.host, loop.raw(), 1, nullptr, nullptr);
      host.timer->start(host.host, nullptr, 1, &PerLoop::on_fire, nullptr);
      host.timer->start(host.host, call.loop, 1, &PerLoop::on_fire, nullptr);
      host.work->submit(host.host, loop.raw(), nullptr);
      host.work->submit(host.host, loop.raw(), &work);
      host.metrics->counter(host.host, "late_total", "", &metric);
      host.metrics->add(host.host, loop.raw(), 0, 1);
      host.metrics->add(host.host, loop.raw(), 99, 1);
      host.metrics->add(host.host, loop.raw(), probe.seen_, -1);
      host.metrics->add(host.host, call.loop, probe.seen_, 1);
      // And with no host at all: nobody can be blamed, nothing must happen.
      host.log->write(nullptr, EVL_LOG_INFO, {"x", 1});
      host.loop->post(nullptr, loop.raw(), &call.message);
      host.loop->count(nullptr);
      host.loop->index(nullptr);
      host.timer->start(nullptr, loop.raw(), 1, &PerLoop::on_fire, nullptr);
      host.work->submit(nullptr, loop.raw(), &work);
      host.metrics->add(nullptr, loop.raw(), probe.seen_, 1);
    }

    Probe& probe;
    evl::Loop loop;
  };

  evl::Host host_;
  std::string_view journal_;
  std::int64_t hang_on_;
  std::chrono::nanoseconds hang_;
  std::int64_t timers_left_;
  bool stop_throws_;
  evl_metric seen_ = 0;
  evl_metric level_ = 0;
};

// Beneath the C++ layer, which catches what is thrown: a C function that throws after all.
evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin, evl_error* error) {
  const evl_status status = evl::create<Probe, evl_handler>(host, options, plugin, error);
  if (status != EVL_OK) return status;
  static evl_handler table = *evl::Table<Probe, evl_handler>::get();
  table.on_request = [](void* instance, void* slot, evl_request* request) -> evl_status {
    if (reinterpret_cast<ProbeCall*>(request)->wish == ProbeWish::kThrow)
      throw std::runtime_error("thrown by C");
    return evl::Table<Probe, evl_handler>::get()->on_request(instance, slot, request);
  };
  plugin->get_interface = [](void*, const char* id) -> const void* {
    return std::string_view(id) == EVL_HANDLER ? &table : nullptr;
  };
  if (static_cast<evl::Instance<Probe>*>(plugin->instance)->object.stop_throws_) {
    plugin->thread_stop = [](void*, void* slot) {
      delete static_cast<Probe::PerLoop*>(slot);
      throw std::runtime_error("thrown by thread_stop");
    };
  }
  return EVL_OK;
}

}  // namespace

EVL_PLUGIN("probe", "1.0.0", "Does on demand what plugins do", "MIT", EVL_HANDLER, "", R"({
  "type": "object",
  "required": ["journal"],
  "properties": {
    "journal": { "type": "string", "format": "path" },
    "hang_on_loop": { "type": "integer", "default": -1 },
    "hang": { "type": "string", "format": "duration", "default": "0s" },
    "leave_timers": { "type": "integer", "default": 0 },
    "stop_throws": { "type": "boolean", "default": false }
  }
})",
           create);

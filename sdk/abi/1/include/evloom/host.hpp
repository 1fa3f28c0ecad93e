// evl::Host and evl::Loop: the host as an instance sees it, and one of its event loops. Cheap handles; a Host
// is valid until the instance is destroyed, a Loop as long as the slot that got it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "evloom/abi/config.h"
#include "evloom/abi/format.h"
#include "evloom/abi/host.h"
#include "evloom/abi/log.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/metrics.h"
#include "evloom/abi/request.h"
#include "evloom/abi/store.h"
#include "evloom/abi/timer.h"
#include "evloom/abi/work.h"
#include "evloom/base.hpp"
#include "evloom/config.hpp"

namespace evl {

// The host's interfaces, looked up once per instance.
struct HostInterfaces {
  explicit HostInterfaces(const evl_host* h)
      : host(h),
        log(get<evl_log>(EVL_HOST_LOG)),
        config(get<evl_config_reader>(EVL_HOST_CONFIG)),
        loop(get<evl_loop_access>(EVL_HOST_LOOP)),
        timer(get<evl_timers>(EVL_HOST_TIMER)),
        work(get<evl_workers>(EVL_HOST_WORK)),
        metrics(get<evl_metrics>(EVL_HOST_METRICS)),
        request(get<evl_request_access>(EVL_HOST_REQUEST)),
        store(get<evl_store_access>(EVL_HOST_STORE)),
        render(get<evl_render_access>(EVL_HOST_RENDER)) {}

  const evl_host* host;
  const evl_log* log;
  const evl_config_reader* config;
  const evl_loop_access* loop;
  const evl_timers* timer;
  const evl_workers* work;
  const evl_metrics* metrics;
  const evl_request_access* request;
  const evl_store_access* store;
  const evl_render_access* render;

 private:
  template <typename T>
  const T* get(const char* id) const {
    const void* table = host->get_interface(host, id);
    if (!table) throw Failure(EVL_E_UNSUPPORTED, std::string("the host does not offer ") + id);
    return static_cast<const T*>(table);
  }
};

// One event loop of the host.
class Loop {
 public:
  Loop(const HostInterfaces* interfaces, evl_loop* loop) : interfaces_(interfaces), loop_(loop) {}

  std::uint32_t index() const { return interfaces_->loop->index(loop_); }
  // libevent's base, for clients with a libevent adapter. [loop]
  struct event_base* event_base() const {
    return interfaces_->loop->event_base(loop_);
  }
  // Monotonic. [loop]
  std::chrono::nanoseconds now() const { return std::chrono::nanoseconds(interfaces_->loop->now(loop_)); }
  // Has `message.run` called on this loop; the caller owns it until then. [any]
  void post(evl_message& message) const { interfaces_->loop->post(interfaces_->host, loop_, &message); }
  evl_loop* raw() const { return loop_; }
  bool operator==(const Loop& other) const { return loop_ == other.loop_; }

 private:
  const HostInterfaces* interfaces_;
  evl_loop* loop_;
};

class Host {
 public:
  explicit Host(const HostInterfaces* interfaces) : interfaces_(interfaces) {}

  std::uint32_t loop_count() const { return interfaces_->loop->count(interfaces_->host); }

  // Log lines under the instance's name. [any]
  bool logs(evl_log_level level) const { return interfaces_->log->enabled(interfaces_->host, level) != 0; }
  void log(evl_log_level level, std::string_view text) const {
    interfaces_->log->write(interfaces_->host, level, bytes(text));
  }
  // Of one `key` at most one line a second is kept. [any]
  void fault(evl_log_level level, std::string_view key, std::string_view text) const {
    interfaces_->log->fault(interfaces_->host, level, bytes(key), bytes(text));
  }

  // Metrics: register in the constructor [control], add on a loop [loop].
  evl_metric counter(const char* name, const char* help) const {
    evl_metric metric = 0;
    check(interfaces_->metrics->counter(interfaces_->host, name, help, &metric), name);
    return metric;
  }
  evl_metric gauge(const char* name, const char* help) const {
    evl_metric metric = 0;
    check(interfaces_->metrics->gauge(interfaces_->host, name, help, &metric), name);
    return metric;
  }
  void add(Loop loop, evl_metric metric, std::int64_t amount) const {
    interfaces_->metrics->add(interfaces_->host, loop.raw(), metric, amount);
  }

  const HostInterfaces& interfaces() const { return *interfaces_; }

 private:
  static void check(evl_status status, const char* name) {
    if (status != EVL_OK)
      throw Failure(status, std::string("metric '") + name + "' was refused: " + status_name(status));
  }

  const HostInterfaces* interfaces_;
};

// A one-shot timer that its owner can hold as a member: starting it again or destroying it stops what was
// under way. [loop] throughout.
class Timer {
 public:
  Timer(Host host, Loop loop) : host_(host), loop_(loop) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  // Calls `fire(context)` once after `delay`; throws Failure when memory is short.
  void start(std::chrono::nanoseconds delay, void (*fire)(void*), void* context) {
    cancel();
    fire_ = fire;
    context_ = context;
    timer_ = host_.interfaces().timer->start(host_.interfaces().host, loop_.raw(), delay.count(),
                                             &Timer::fired, this);
    if (!timer_) throw Failure(EVL_E_NO_SPACE, "no memory for a timer");
  }
  void cancel() {
    if (timer_) host_.interfaces().timer->cancel(timer_);
    timer_ = nullptr;
  }
  bool active() const { return timer_ != nullptr; }

 private:
  static void fired(void* self) {
    auto* timer = static_cast<Timer*>(self);
    timer->timer_ = nullptr;
    timer->fire_(timer->context_);
  }

  Host host_;
  Loop loop_;
  evl_timer* timer_ = nullptr;
  void (*fire_)(void*) = nullptr;
  void* context_ = nullptr;
};

}  // namespace evl

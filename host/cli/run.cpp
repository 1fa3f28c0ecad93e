// `evloom run`: starts the host and waits for signals.
#include <event2/event.h>
#include <signal.h>

#include <iostream>
#include <memory>

#include "admin/builtins.hpp"
#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "epoch/host.hpp"
#include "observe/log.hpp"

namespace evloom::cli {

namespace {

observe::Level level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::trace:
      return observe::Level::kTrace;
    case config::LogLevel::debug:
      return observe::Level::kDebug;
    case config::LogLevel::info:
      return observe::Level::kInfo;
    case config::LogLevel::warn:
      return observe::Level::kWarn;
    case config::LogLevel::error:
      return observe::Level::kError;
    case config::LogLevel::off:
      return observe::Level::kOff;
  }
  return observe::Level::kInfo;
}

observe::LogOptions log_options(const config::Log& from) {
  observe::LogOptions options;
  options.format =
      from.format == config::LogFormat::json ? observe::LogFormat::kJson : observe::LogFormat::kText;
  options.output = from.output;
  options.level = level_of(from.level);
  for (const auto& [module, level] : from.modules) options.modules.emplace_back(module, level_of(level));
  options.access = from.access;
  return options;
}

// The control thread's own loop: it turns until SIGTERM or SIGINT comes.
class SignalLoop {
 public:
  explicit SignalLoop(observe::Log& log) : log_(log), logger_(log.logger("main")), base_(event_base_new()) {
    for (const int number : {SIGTERM, SIGINT})
      add(number, [](evutil_socket_t caught, short, void* self) {
        auto* loop = static_cast<SignalLoop*>(self);
        loop->caught_ = caught == SIGINT ? "SIGINT" : "SIGTERM";
        event_base_loopbreak(loop->base_.get());
      });
    add(SIGHUP, [](evutil_socket_t, short, void* self) {
      auto* loop = static_cast<SignalLoop*>(self);
      if (auto status = loop->log_.reopen(); status) {
        loop->logger_.info("got SIGHUP: opened the log anew");
      } else {
        loop->logger_.error("got SIGHUP: {}", status.error().message);
      }
    });
  }

  // Returns at the first signal to stop, with its name. From then on both have their default action: a second
  // one ends the process.
  const char* run() {
    event_base_dispatch(base_.get());
    events_.clear();
    ::signal(SIGHUP, SIG_IGN);  // whoever rotates logs must not end us in the midst of it
    return caught_;
  }

 private:
  struct Free {
    void operator()(event_base* base) const { event_base_free(base); }
    void operator()(event* e) const { event_free(e); }
  };

  void add(int number, event_callback_fn callback) {
    events_.emplace_back(evsignal_new(base_.get(), number, callback, this));
    event_add(events_.back().get(), nullptr);
  }

  observe::Log& log_;
  observe::Logger logger_;
  std::unique_ptr<event_base, Free> base_;
  std::vector<std::unique_ptr<event, Free>> events_;
  const char* caught_ = "";
};

// Something to try: the first address, as curl takes it.
void print_welcome(const epoch::Host& host) {
  std::cout << "evloom " EVLOOM_VERSION " serves with " << host.loops()
            << (host.loops() == 1 ? " loop" : " loops") << " on";
  for (const std::string& url : host.urls()) std::cout << ' ' << url;
  std::cout << '\n';
  if (const auto urls = host.urls(); !urls.empty()) {
    const std::string& url = urls.front();
    const bool local = url.starts_with("unix:");
    std::cout << "try: curl " << (local ? "--unix-socket " + url.substr(5) + " http://localhost" : url)
              << "/\n";
  }
  std::cout << std::flush;
}

}  // namespace

int run(const std::filesystem::path& config) {
  const auto plan = load_plan(config);
  if (!plan) return kWrongInput;
  ::signal(SIGPIPE, SIG_IGN);

  auto log = observe::Log::create(log_options(plan->config->log));
  if (!log) {
    print_error(log.error().message);
    return kFailed;
  }
  // Before the start, so that no signal is lost while it goes on.
  SignalLoop signals(**log);
  auto host = epoch::Host::start(*plan, admin::builtins(), **log);
  if (!host) {
    (*log)->logger("main").error("{}", host.error().message);
    return kFailed;
  }
  print_welcome(**host);
  (*host)->stop(signals.run(), plan->config->shutdown_timeout);
  host->reset();
  (*log)->logger("main").info("stopped");
  return kGood;
}

}  // namespace evloom::cli

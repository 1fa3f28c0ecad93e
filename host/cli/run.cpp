// `evloom run`: starts the host and waits for signals.
#include <event2/event.h>
#include <signal.h>

#include <iostream>
#include <memory>

#include "admin/builtins.hpp"
#include "admin/server.hpp"
#include "admin/sources.hpp"
#include "change/host.hpp"
#include "change/settings.hpp"
#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "cli/signals.hpp"
#include "observe/log.hpp"

namespace evloom::cli {

namespace {

struct FreeBase {
  void operator()(event_base* base) const { event_base_free(base); }
};

// SIGHUP: the log file is opened anew (logrotate has moved it), and the configuration read anew.
void on_hangup(observe::Log& log, change::Control* host) {
  const observe::Logger logger = log.logger("main");
  if (auto status = log.reopen(); status) {
    logger.info("got SIGHUP: opened the log anew");
  } else {
    logger.error("got SIGHUP: {}", status.error().message);
  }
  if (host)
    host->ask(change::ReloadCommand{}, "SIGHUP", [](change::CommandAnswer) {});  // the log has the outcome
}

Result<std::unique_ptr<admin::AdminServer>> start_admin(const config::Admin& from, change::Host& host,
                                                        observe::Log& log) {
  if (!from.on) return std::unique_ptr<admin::AdminServer>();
  auto listen = change::spec_of(from);
  if (!listen) return listen.error();
  auto server = admin::AdminServer::start({*listen, from.token}, host, admin::sources_of(host.common()), log);
  if (!server) return Error{from.position.to_string() + ": " + server.error().message};
  return server;
}

// Something to try: the first address, as curl takes it.
void print_welcome(const change::Host& host) {
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
  const epoch::PlanSource source{config, own_plugins()};
  auto plan = load_plan(source);
  if (!plan) return kWrongInput;
  ::signal(SIGPIPE, SIG_IGN);

  auto log = observe::Log::create(change::log_options_of(*plan->config));
  if (!log) {
    print_error(log.error().message);
    return kFailed;
  }
  const std::unique_ptr<event_base, FreeBase> base(event_base_new());
  change::Host* running = nullptr;
  // Before the start, so that no signal is lost while it goes on.
  Signals signals(base.get(), [&log, &running] { on_hangup(**log, running); });
  const config::Admin admin_section = plan->config->admin;
  auto host = change::Host::start(std::move(*plan), {source, base.get(), signals.stop_fd(), EVLOOM_VERSION},
                                  admin::builtins(), **log);
  if (!host) {
    (*log)->logger("main").error("{}", host.error().message);
    return kFailed;
  }
  auto admin = start_admin(admin_section, **host, **log);
  if (!admin) {
    (*log)->logger("main").error("{}", admin.error().message);
    return kFailed;
  }
  running = host->get();
  print_welcome(**host);
  (*host)->stop(signals.wait());
  admin->reset();
  running = nullptr;
  host->reset();
  (*log)->logger("main").info("stopped");
  return kGood;
}

}  // namespace evloom::cli

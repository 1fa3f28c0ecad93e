#include "cli/serve.hpp"

#include <event2/event.h>
#include <signal.h>

#include <utility>

#include "admin/builtins.hpp"
#include "admin/server.hpp"
#include "admin/sources.hpp"
#include "change/settings.hpp"
#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "cli/signals.hpp"

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

}  // namespace

std::string curl_arguments(const std::string& url) {
  return (url.starts_with("unix:") ? "--unix-socket " + url.substr(5) + " http://localhost" : url) + "/";
}

int serve(epoch::Plan plan, const epoch::PlanSource& source, const epoch::Swaps& swaps,
          const OnServing& on_serving) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is an error of the write
  auto log = observe::Log::create(change::log_options_of(*plan.config));
  if (!log) {
    print_error(log.error().message);
    return kFailed;
  }
  const std::unique_ptr<event_base, FreeBase> base(event_base_new());
  change::Host* running = nullptr;
  // Before the start, so that no signal is lost while it goes on.
  Signals signals(base.get(), [&log, &running] { on_hangup(**log, running); });
  const config::Admin admin_section = plan.config->admin;
  auto host =
      change::Host::start(std::move(plan), {source, base.get(), signals.stop_fd(), EVLOOM_VERSION, swaps},
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
  std::shared_ptr<void> besides = on_serving({**host, base.get(), **log, *admin ? (*admin)->url() : ""});
  const char* const why = signals.wait();
  besides.reset();
  (*host)->stop(why);
  admin->reset();
  running = nullptr;
  host->reset();
  (*log)->logger("main").info("stopped");
  return kGood;
}

}  // namespace evloom::cli

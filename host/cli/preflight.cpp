// `evloom preflight`, the other side of epoch/preflight.hpp: reads a request from standard input, makes each
// instance as the host would, with two loops, and takes it back. It says each step before it takes it, so
// that whatever becomes of this process, the host knows in which step. [control]
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "cli/trial.hpp"
#include "config/config.hpp"
#include "plugin/vault.hpp"

namespace evloom::cli {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Lines to the host, one JSON object each. A plugin that prints does so elsewhere: standard output is
// /dev/null from now on.
class Reports {
 public:
  Reports() : out_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::dup2(STDERR_FILENO, STDIN_FILENO);
  }

  void step(const std::string& instance, const char* step) const {
    say({{"instance", instance}, {"step", step}});
  }
  void good(const std::vector<std::string>& warnings) const { say({{"good", true}, {"warnings", warnings}}); }
  void error(const std::string& why) const { say({{"error", why}}); }

 private:
  void say(const Json& report) const {
    const std::string text = report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t n = ::write(out_, text.data() + at, text.size() - at);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) ::_exit(kFailed);  // nobody listens any more
      at += static_cast<std::size_t>(n);
    }
  }

  int out_;
};

std::string all_of_stdin() {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

// Dies with the host, leaves no core, and crashes as a program does: a sanitizer's handlers would make an
// exit of it.
void prepare(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kFailed);  // it died before
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(number, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);  // as in the host
}

Status try_all(const Json& request, const plugin::Vault& vault, Trial& trial, const config::Config& config) {
  for (const Json& one : request.at("trials")) {
    const std::string name = one.at("instance").get<std::string>();
    const config::Instance* instance = config.instance(name);
    if (!instance) return Error{"the configuration has no instance '" + name + "'"};
    const fs::path scratch = vault.folder() / "scratch";
    if (Status status = trial.run(*instance, one.at("file").get<std::string>(), scratch); !status)
      return status;
    std::error_code ignored;
    fs::remove_all(scratch, ignored);
  }
  return {};
}

}  // namespace

int preflight() {
  const Json request = Json::parse(all_of_stdin(), nullptr, false);
  if (!request.is_object()) {
    print_error("`evloom preflight` is for the host's own use: it reads a request from standard input");
    return kWrongInput;
  }
  prepare(request.at("parent").get<pid_t>());
  const Reports reports;

  auto vault = plugin::Vault::open(request.at("vault").get<std::string>());
  if (!vault) {
    reports.error(vault.error().message);
    ::_exit(kFailed);
  }
  const auto loaded =
      config::load_text(request.at("name").get<std::string>(), request.at("text").get<std::string>(),
                        request.at("folder").get<std::string>(), config::process_environment());
  Status status;
  std::vector<std::string> warnings;
  if (!loaded) {
    status = Error{config::render(loaded.diagnostics, false)};
  } else if (auto trial = Trial::prepare(*vault, [&](const std::string& instance,
                                                     const char* step) { reports.step(instance, step); });
             !trial) {
    status = trial.error();
  } else {
    status = try_all(request, **vault, **trial, *loaded.config);
    warnings = (*trial)->warnings();
    std::ignore = trial->release();  // a plugin that failed may hold up what its destructor waits for
  }
  std::error_code ignored;
  fs::remove_all((*vault)->folder(), ignored);
  if (status) {
    reports.good(warnings);
  } else {
    reports.error(status.error().message);
  }
  // No destructor of a static object: what plugins left in memory has done its part.
  ::_exit(status ? kGood : kFailed);
}

}  // namespace evloom::cli

// `evloom preflight`, the other side of epoch/preflight.hpp: reads a request from standard input, makes each
// instance as the host would, with two loops, and takes it back. It says each step before it takes it, so
// that whatever becomes of this process, the host knows in which step. [control]
#include <unistd.h>

#include <utility>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "cli/trial.hpp"
#include "cli/trial_process.hpp"
#include "config/config.hpp"
#include "plugin/vault.hpp"

namespace evloom::cli {

namespace {

namespace fs = std::filesystem;
using Parsed = nlohmann::json;

Status try_all(const Parsed& request, const plugin::Vault& vault, Trial& trial,
               const config::Config& config) {
  for (const Parsed& one : request.at("trials")) {
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
  const Parsed request = Parsed::parse(all_of_stdin(), nullptr, false);
  if (!request.is_object()) {
    print_error("`evloom preflight` is for the host's own use: it reads a request from standard input");
    return kWrongInput;
  }
  prepare_trial(request.at("parent").get<pid_t>());
  const Reports reports;

  auto vault = plugin::Vault::open(request.at("vault").get<std::string>());
  if (!vault) {
    reports.say({{"error", vault.error().message}});
    ::_exit(kFailed);
  }
  const auto loaded =
      config::load_text(request.at("name").get<std::string>(), request.at("text").get<std::string>(),
                        request.at("folder").get<std::string>(), config::process_environment());
  Status status;
  std::vector<std::string> warnings;
  if (!loaded) {
    status = Error{config::render(loaded.diagnostics, false)};
  } else if (auto trial = Trial::prepare(*vault,
                                         [&](const std::string& instance, const char* step) {
                                           reports.say({{"instance", instance}, {"step", step}});
                                         });
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
    reports.say({{"good", true}, {"warnings", warnings}});
  } else {
    reports.say({{"error", status.error().message}});
  }
  // No destructor of a static object: what plugins left in memory has done its part.
  ::_exit(status ? kGood : kFailed);
}

}  // namespace evloom::cli

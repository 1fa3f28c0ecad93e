// Control: what an operator may ask of a running host. The admin API and the signals are its users, Host
// carries it out. Changes are carried out one after the other on the control thread; reports are given at
// once, also while a change is under way.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "change/report.hpp"

namespace evloom::change {

// What a reload would change; nothing is done.
struct PlanCommand {
  bool discard_swaps = false;  // files that swaps have named give way to those of plugins.path
};
// Reads the configuration and the plugin files anew.
struct ReloadCommand {
  bool discard_swaps = false;
};
// Puts a plugin file in the place of an instance's.
struct SwapCommand {
  std::string instance;
  std::string file;  // absolute
};
// Back to the epoch before, while it stands by.
struct RollbackCommand {};
// Readiness says no (or yes again) and replies end their connections; requests are served all the same.
struct DrainCommand {
  bool on = true;
};
using Command = std::variant<PlanCommand, ReloadCommand, SwapCommand, RollbackCommand, DrainCommand>;

// What a plan answers.
struct PlanReport {
  std::vector<Difference> differences;
  std::vector<std::string> warnings;
};

// A change that failed is an answer, too: its report tells. Status alone: a drain, or what could not be asked
// at all (the host is going down, too much is waiting).
using CommandAnswer = std::variant<Status, Result<PlanReport>, ChangeReport>;

class Control {
 public:
  virtual ~Control() = default;

  // [any]
  virtual HostReport report() const = 0;
  // Every change that is remembered (the last 100), the newest first. [any]
  virtual std::vector<ChangeReport> history() const = 0;

  // Carries out a command. `answer` is called once, on the control thread, when it is done, or from inside
  // this call when it is refused. `by` tells who asks: "admin", "SIGHUP". [any]
  virtual void ask(Command command, std::string by, std::function<void(CommandAnswer)> answer) = 0;
};

}  // namespace evloom::change

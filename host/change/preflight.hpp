// Preflight: instances that are to be made are tried in a process of their own first: a constructor that
// throws, a create that never returns, a start that crashes end there and not in the host. The other process
// is this program as `evloom preflight` (host/cli/preflight.cpp); it lives no longer than the call. [control]
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace evloom::change {

struct PreflightSpec {
  std::shared_ptr<const config::Config> config;  // its text is what the other process reads, not the file
  struct Trial {
    std::string instance;            // of `config`
    std::filesystem::path file;      // what to load
    std::filesystem::path original;  // for messages
  };
  std::vector<Trial> trials;            // in the order of their start
  std::chrono::nanoseconds timeout{0};  // of each step of each instance
  int interrupt = -1;                // a descriptor that becomes readable when the host is to stop; -1: none
  std::filesystem::path vault = {};  // where the other process makes its own: Vault::open
  std::filesystem::path program = "/proc/self/exe";
};

struct PreflightResult {
  bool good = false;
  // Else: which instance, in which step ("load", "create", "thread_start", "self-test", "thread_stop",
  // "destroy", "unload"), and why: "crashed (SIGSEGV)", "did not return within 10 s", the plugin's own
  // reason.
  std::string instance;
  std::string step;
  std::string reason;
  // What does not keep an instance from serving: "counters: its code stays mapped: ...".
  std::vector<std::string> warnings;
};

// Blocks until every trial is done, one has failed, a step takes too long, or `interrupt` is readable.
PreflightResult preflight(const PreflightSpec& spec);

}  // namespace evloom::change

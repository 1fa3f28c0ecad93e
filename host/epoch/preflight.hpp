// Preflight: instances that are to be made are tried in a process of their own first: a constructor that
// throws, a create that never returns, a start that crashes end there and not in the host. [control]
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace evloom::epoch {

struct PreflightSpec {
  std::shared_ptr<const config::Config> config;  // its text is what the other process reads, not the file
  struct Trial {
    std::string instance;               // of `config`
    std::filesystem::path file;         // what to load
    std::filesystem::path original;     // for messages
  };
  std::vector<Trial> trials;              // in the order of their start
  std::chrono::nanoseconds timeout{0};    // of each step of each instance
  int interrupt = -1;                     // a descriptor that becomes readable when the host is to stop; -1: none
};

struct PreflightResult {
  bool good = false;
  // Else: which instance, in which step ("load", "create", "thread_start", "self-test", "thread_stop",
  // "destroy", "unload"), and why: "crashed (SIGSEGV)", "did not return within 10 s", the plugin's own reason.
  std::string instance;
  std::string step;
  std::string reason;
  // What does not keep an instance from serving: "its code stays mapped: ...".
  std::vector<std::string> warnings;
};

PreflightResult preflight(const PreflightSpec& spec);

}  // namespace evloom::epoch

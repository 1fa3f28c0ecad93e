// The side of a trial process (`evloom preflight`, `evloom plugin trial`) that is the same whatever is tried:
// its request from standard input, its reports to standard output, and an end that is noticed. [control]
#pragma once

#include <sys/types.h>

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace evloom::cli {

std::string all_of_stdin();

// Dies with its parent, leaves no core, and crashes as a program does: a sanitizer's handlers would make an
// exit of it.
void prepare_trial(pid_t parent);

// Lines to the parent, one JSON object each. A plugin that prints does so elsewhere: standard output is
// /dev/null from now on.
class Reports {
 public:
  Reports();
  void say(const nlohmann::json& report) const;

 private:
  int out_;
};

}  // namespace evloom::cli

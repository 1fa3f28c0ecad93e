// Child: this program (or another) in a process of its own, which gets a text on its standard input and
// answers with lines on its standard output. It inherits nothing but the environment. Killed and reaped, with
// all that it started, at the latest when the Child goes. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace evloom {

class Child {
 public:
  static Result<Child> spawn(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                             const std::string& input);
  Child(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { kill(); }

  struct Woken {
    bool ended = false;
    bool interrupted = false;
  };
  // Blocks until it has said something or ended, `interrupt` (-1: none) is readable, or the time has come; a
  // minute at most.
  Result<Woken> wait(std::chrono::steady_clock::time_point until, int interrupt = -1) const;

  // Kills what runs of it and of what it started, and gives how it ended, as waitpid does.
  int kill();

  // The next whole line; none when there is none yet.
  std::optional<std::string> line();

 private:
  Child() = default;

  pid_t pid_ = -1;
  Fd reports_;
  Fd end_;
  std::string text_;  // read, but not a whole line yet
};

// "crashed (SIGSEGV)", "exited with status 1".
std::string how_it_ended(int status);

}  // namespace evloom

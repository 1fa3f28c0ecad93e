// Library: a plugin file that is loaded. Shared by its instances; the last one to let go unloads it, unless
// something was left behind that leads into its code: then it stays in memory for good. [control]
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "evloom/abi/entry.h"

#include "base/result.hpp"
#include "plugin/admit.hpp"
#include "plugin/leftovers.hpp"

namespace evloom::plugin {

struct UnloadResult {
  bool unmapped = false;  // its mapping is gone from /proc/self/maps
  std::string reason;     // else: why, for people
  // It is the plugin's doing: events or threads of its own were left, or an instance could not be destroyed.
  bool left_behind = false;
};

class Library {
 public:
  // Loads the copy (all its symbols bound, none given to others) and runs its constructors. Fails with the
  // loader's text, or when the entry says something else than the note.
  static Result<std::shared_ptr<Library>> load(std::unique_ptr<Admitted> file);
  ~Library();
  // Lets go of it, and says whether its code is gone from memory. It is not when others hold it, or something
  // was left behind.
  static UnloadResult unload(std::shared_ptr<Library> library);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const PluginFacts& facts() const { return file_->facts(); }
  const Admitted& file() const { return *file_; }
  // The plugin's entry, with what lies beyond its size zeroed.
  const evl_entry& entry() const { return entry_; }
  // "plugin 'stats' 1.0.0", for messages.
  std::string label() const;

  // Its code in memory. [any]
  const Code& code() const { return code_; }
  // Keeps the code in memory for good; `reason` names what leads into it.
  void left_behind(std::string reason) { left_.push_back(std::move(reason)); }

  // What there is of it on a loop: touched by that loop alone while an instance runs there, read by the
  // control thread when none does.
  struct OnLoop {
    std::uint32_t instances = 0;  // between thread_start and thread_stop
    std::uint32_t events = 0;     // that were left on the base, and taken off
  };
  // Room for so many loops, before any of them has an instance of it.
  void prepare(std::uint32_t loops);
  OnLoop& on_loop(std::uint32_t index) { return on_loop_[index]; }

 private:
  Library(std::unique_ptr<Admitted> file, void* handle)
      : file_(std::move(file)), handle_(handle), code_(Code::of(file_->path())) {}

  std::string leftovers() const;  // why it must stay; empty: it need not

  std::unique_ptr<Admitted> file_;
  void* handle_;
  Code code_;
  evl_entry entry_{};
  std::vector<std::string> left_;
  std::vector<OnLoop> on_loop_;
};

}  // namespace evloom::plugin

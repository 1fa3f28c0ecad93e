// Plugin: the code that instances are made from: a .so file, or an entry that is linked into the test.
// Copies share it; a file is unloaded when the last copy and the last instance have gone.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "evloom/abi/entry.h"

namespace evl::testkit {

class InstanceImpl;

// A plugin's code, to be given to Host::create, start and swap.
class Plugin {
 public:
  // Loads a private copy, so that each call gives code and data of its own, as each generation has in the
  // real host. Throws Refused. (What only the ELF file tells, `evloom inspect` checks.)
  static Plugin file(const std::filesystem::path& path);
  // A plugin whose source is part of the test program: `Plugin(evloom_entry)`.
  Plugin(const evl_entry& linked);  // NOLINT(google-explicit-constructor): an entry is a plugin

  // Its entry as this kit reads it: what an older plugin lacks is null. Valid as long as the Plugin.
  const evl_entry& entry() const;
  // The id in it.
  std::string id() const { return entry().id; }
  // "plugin 'visits' 1.0.0"
  std::string label() const;

  class Code;

 private:
  friend class InstanceImpl;
  explicit Plugin(std::shared_ptr<Code> code) : code_(std::move(code)) {}
  std::shared_ptr<Code> code_;
};

}  // namespace evl::testkit

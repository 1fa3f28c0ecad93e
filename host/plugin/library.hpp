// Library: a plugin file that is loaded. Shared by its instances; the last one to let go unloads it.
// [control]
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "evloom/abi/entry.h"

#include "base/result.hpp"
#include "plugin/admit.hpp"

namespace evloom::plugin {

class Library {
 public:
  // Loads the copy (all its symbols bound, none given to others) and runs its constructors. Fails with the
  // loader's text, or when the entry says something else than the note.
  static Result<std::shared_ptr<Library>> load(std::unique_ptr<Admitted> file);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const PluginFacts& facts() const { return file_->facts(); }
  const Admitted& file() const { return *file_; }
  // The plugin's entry, with what lies beyond its size zeroed.
  const evl_entry& entry() const { return entry_; }
  // "plugin 'stats' 1.0.0", for messages.
  std::string label() const;

 private:
  Library(std::unique_ptr<Admitted> file, void* handle) : file_(std::move(file)), handle_(handle) {}

  std::unique_ptr<Admitted> file_;
  void* handle_;
  evl_entry entry_{};
};

}  // namespace evloom::plugin

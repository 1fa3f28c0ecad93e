// Plugin::Code: the code of a plugin in memory: a private copy of its file, or the test program's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "evloom/testkit/plugin.hpp"

namespace evl::testkit {

class Plugin::Code {
 public:
  explicit Code(const std::filesystem::path& file);
  explicit Code(const evl_entry& linked);
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code();

  // With what lies beyond its size zeroed.
  const evl_entry& entry() const { return entry_; }
  // The file whose mappings are its code.
  const std::filesystem::path& path() const { return path_; }
  // The file that it was made from.
  const std::filesystem::path& original() const { return original_; }
  std::string label() const { return std::string("plugin '") + entry_.id + "' " + entry_.version; }

  // Something of it still runs: it stays in memory for good.
  void keep() { kept_ = true; }

  // Instances of it between thread_start and thread_stop, by loop.
  std::uint32_t& on_loop(std::uint32_t index) {
    if (index >= on_loop_.size()) on_loop_.resize(index + 1);
    return on_loop_[index];
  }

 private:
  void check(const evl_entry& entry, const std::string& name);
  void remove_copy();

  std::filesystem::path original_;
  std::filesystem::path path_;
  std::filesystem::path folder_;  // of the copy; empty: none
  void* handle_ = nullptr;
  bool kept_ = false;
  evl_entry entry_{};
  std::vector<std::uint32_t> on_loop_;
};

}  // namespace evl::testkit

// OwnFolder: a private folder of this process, mode 0700, removed with all that is in it by the destructor.
// It is locked while the process lives: so what a killed one left behind is known for what it is, and the
// next that makes one of the same prefix there removes it. [control]
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace evloom {

class OwnFolder {
 public:
  // PARENT/PREFIXxxxxxx, after a sweep().
  static Result<OwnFolder> make(const std::filesystem::path& parent, std::string_view prefix);
  // Removes the folders of the prefix in `parent` that are this user's and of no living process.
  static void sweep(const std::filesystem::path& parent, std::string_view prefix);

  OwnFolder(OwnFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  OwnFolder& operator=(OwnFolder&&) = delete;
  ~OwnFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  OwnFolder(std::filesystem::path path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;  // empty: moved from
  Fd lock_;
};

}  // namespace evloom

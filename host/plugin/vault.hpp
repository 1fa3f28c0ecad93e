// Vault: the private folder of this process in which the copies of plugin files lie, mode 0700; removed with
// all that is in it when the last user has gone. [control]
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/own_folder.hpp"
#include "base/result.hpp"

namespace evloom::plugin {

class Vault {
 public:
  // Makes the folder in `parent`; when that is empty, in the first of $XDG_RUNTIME_DIR, $TMPDIR and /tmp that
  // can be written to and is not mounted noexec. The folder is locked while the process lives; so what a
  // killed host left behind is known for what it is, and removed here.
  static Result<std::shared_ptr<Vault>> open(std::filesystem::path parent = {});
  // Removes what killed processes left behind in the folder that open() would choose.
  static void sweep(std::filesystem::path parent = {});
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  const std::filesystem::path& folder() const { return folder_.path(); }
  // A path in it that was never given out before: "STEM-SERIAL.so".
  std::filesystem::path next(const std::string& stem);

 private:
  explicit Vault(OwnFolder folder) : folder_(std::move(folder)) {}

  const OwnFolder folder_;
  std::uint64_t serial_ = 0;
};

}  // namespace evloom::plugin

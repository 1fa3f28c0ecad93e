// Catalogue: which file a plugin id means: ID.so in the first folder of the search path that has it.
// [control] Looks at the folders each time, so that a file that was put there meanwhile is found.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace evloom::plugin {

class Catalogue {
 public:
  explicit Catalogue(std::vector<std::filesystem::path> folders) : folders_(std::move(folders)) {}

  // The file of `id`. Fails with the folders that were searched and the nearest id that is there.
  Result<std::filesystem::path> find(std::string_view id) const;

  // The ids that are there, sorted, each once.
  std::vector<std::string> ids() const;

  const std::vector<std::filesystem::path>& folders() const { return folders_; }

 private:
  std::vector<std::filesystem::path> folders_;
};

}  // namespace evloom::plugin

#include "plugin/catalogue.hpp"

#include <algorithm>
#include <system_error>

#include "config/suggest.hpp"
#include "plugin/note.hpp"

namespace evloom::plugin {

namespace fs = std::filesystem;

Result<fs::path> Catalogue::find(std::string_view id) const {
  const std::string name(id);
  if (!valid_id(id)) {
    return Error{
        "'" + name +
        "' cannot be the id of a plugin: a letter, then letters, digits, '-' and '_', all lower case"};
  }
  if (folders_.empty()) return Error{"no plugin '" + name + "': plugins.path names no folder to search"};
  std::string searched;
  for (const fs::path& folder : folders_) {
    std::error_code ignored;
    const fs::path file = folder / (name + ".so");
    if (fs::exists(file, ignored)) return file;
    searched += (searched.empty() ? "'" : ", '") + folder.string() + "'";
    if (!fs::is_directory(folder, ignored)) searched += " (no such folder)";
  }
  std::string hint = config::did_you_mean(id, ids(), "put " + name + ".so there, or correct plugins.path");
  return Error{"no plugin '" + name + "' in " + searched + "; " + hint};
}

std::vector<std::string> Catalogue::ids() const {
  std::vector<std::string> found;
  for (const fs::path& folder : folders_) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      const fs::path& file = at->path();
      if (file.extension() == ".so" && valid_id(file.stem().string())) found.push_back(file.stem().string());
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace evloom::plugin

#include "plugin/vault.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace evloom::plugin {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "evloom-plugins-";

// Why code cannot be loaded from a file in `parent`; empty when it can.
std::string unfit(const fs::path& parent) {
  struct statvfs about {};
  if (::statvfs(parent.c_str(), &about) != 0) return std::strerror(errno);
  if (about.f_flag & ST_NOEXEC) return "mounted noexec";
  if (::access(parent.c_str(), W_OK | X_OK) != 0) return std::strerror(errno);
  return {};
}

Result<fs::path> choose(const fs::path& wanted) {
  std::vector<fs::path> candidates;
  if (!wanted.empty()) {
    candidates.push_back(wanted);
  } else {
    for (const char* name : {"XDG_RUNTIME_DIR", "TMPDIR"}) {
      const char* value = std::getenv(name);  // [control]: nobody calls setenv meanwhile
      if (value && value[0] == '/') candidates.emplace_back(value);
    }
    candidates.emplace_back("/tmp");
  }
  std::string reasons;
  for (const fs::path& candidate : candidates) {
    const std::string reason = unfit(candidate);
    if (reason.empty()) return candidate;
    reasons += (reasons.empty() ? "'" : ", '") + candidate.string() + "' (" + reason + ")";
  }
  return Error{"no folder for the copies of plugin files: " + reasons +
               "; set TMPDIR to one that can be written to and is not mounted noexec"};
}

}  // namespace

Result<std::shared_ptr<Vault>> Vault::open(fs::path parent) {
  Result<fs::path> chosen = choose(parent);
  if (!chosen) return chosen.error();
  Result<OwnFolder> folder = OwnFolder::make(*chosen, kPrefix);
  if (!folder) return Error{folder.error().message + " for the copies of plugin files"};
  return std::shared_ptr<Vault>(new Vault(std::move(*folder)));
}

void Vault::sweep(fs::path parent) {
  if (Result<fs::path> chosen = choose(parent)) OwnFolder::sweep(*chosen, kPrefix);
}

fs::path Vault::next(const std::string& stem) {
  return folder() / (stem + "-" + std::to_string(++serial_) + ".so");
}

}  // namespace evloom::plugin

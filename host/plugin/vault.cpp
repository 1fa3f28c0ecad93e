#include "plugin/vault.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace evloom::plugin {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "evloom-plugins-";

Fd open_folder(const fs::path& folder) {
  return Fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseDir> dir(::opendir(folder.c_str()));
  if (!dir) return names;
  while (const dirent* entry = ::readdir(dir.get())) names.emplace_back(entry->d_name);
  return names;
}

// Whatever is in there is ours: nobody else may enter. Links are removed, not followed.
void remove_folder(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

// Folders of ours that no living process has locked.
void sweep_folder(const fs::path& parent) {
  for (const std::string& name : names_in(parent)) {
    if (name.compare(0, kPrefix.size(), kPrefix) != 0) continue;
    const fs::path folder = parent / name;
    const Fd fd = open_folder(folder);
    struct stat about {};
    if (!fd || ::fstat(fd.get(), &about) != 0 || about.st_uid != ::geteuid()) continue;
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) remove_folder(folder);
  }
}

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
  sweep_folder(*chosen);

  for (int attempt = 0; attempt < 16; ++attempt) {
    std::string folder = (*chosen / kPrefix).string() + "XXXXXX";
    if (!::mkdtemp(folder.data())) {
      return Error{"cannot make a folder for the copies of plugin files in '" + chosen->string() +
                   "': " + std::strerror(errno)};
    }
    Fd lock = open_folder(folder);
    // Between the two calls another host that starts may have taken the folder for a left-over, and removed
    // it.
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    struct stat about {};
    if (::fstat(lock.get(), &about) != 0 || about.st_nlink == 0) continue;
    return std::shared_ptr<Vault>(new Vault(std::move(folder), std::move(lock)));
  }
  return Error{"cannot lock a folder for the copies of plugin files in '" + chosen->string() + "'"};
}

void Vault::sweep(fs::path parent) {
  if (Result<fs::path> chosen = choose(parent)) sweep_folder(*chosen);
}

Vault::~Vault() { remove_folder(folder_); }

fs::path Vault::next(const std::string& stem) {
  return folder_ / (stem + "-" + std::to_string(++serial_) + ".so");
}

}  // namespace evloom::plugin

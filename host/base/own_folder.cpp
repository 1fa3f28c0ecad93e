#include "base/own_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace evloom {

namespace fs = std::filesystem;

namespace {

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

constexpr std::size_t kRandom = 6;  // letters that mkdtemp puts behind the prefix

// Whatever is in there is ours: nobody else may enter. Links are removed, not followed.
void remove_folder(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

}  // namespace

void OwnFolder::sweep(const fs::path& parent, std::string_view prefix) {
  for (const std::string& name : names_in(parent)) {
    if (name.compare(0, prefix.size(), prefix) != 0 || name.size() != prefix.size() + kRandom) continue;
    const fs::path folder = parent / name;
    const Fd fd = open_folder(folder);
    struct stat about {};
    if (!fd || ::fstat(fd.get(), &about) != 0 || about.st_uid != ::geteuid() ||
        (about.st_mode & 07777) != 0700)
      continue;  // not one that mkdtemp has made for us
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) remove_folder(folder);
  }
}

Result<OwnFolder> OwnFolder::make(const fs::path& parent, std::string_view prefix) {
  sweep(parent, prefix);
  for (int attempt = 0; attempt < 16; ++attempt) {
    std::string folder = (parent / prefix).string() + "XXXXXX";
    if (!::mkdtemp(folder.data()))
      return Error{"cannot make a folder in '" + parent.string() + "': " + std::strerror(errno)};
    Fd lock = open_folder(folder);
    // Between the two calls another process that starts may have taken the folder for a left-over, and
    // removed it.
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    struct stat about {};
    if (::fstat(lock.get(), &about) != 0 || about.st_nlink == 0) continue;
    return OwnFolder(std::move(folder), std::move(lock));
  }
  return Error{"cannot lock a folder in '" + parent.string() + "'"};
}

OwnFolder::~OwnFolder() {
  if (!path_.empty()) remove_folder(path_);
}

}  // namespace evloom

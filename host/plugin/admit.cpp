#include "plugin/admit.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/fd.hpp"
#include "plugin/sha256.hpp"

namespace evloom::plugin {

namespace fs = std::filesystem;

namespace {

// Passes the whole content to `sink` (which gives an errno, 0 when all is well). The error is the reason
// alone.
template <typename Sink>
Status read_all(const ElfFile& file, Sink sink) {
  struct stat before {};
  ::fstat(file.fd(), &before);
  std::vector<char> buffer(std::size_t{256} << 10);
  off_t at = 0;
  for (;;) {
    const ssize_t n = ::pread(file.fd(), buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{std::string("cannot be read: ") + std::strerror(errno)};
    if (n == 0) break;
    at += n;
    if (static_cast<std::uint64_t>(at) > ElfFile::kMaxBytes) break;
    if (const int error = sink(buffer.data(), static_cast<std::size_t>(n))) {
      return Error{std::string("cannot be copied: ") + std::strerror(error)};
    }
  }
  struct stat after {};
  ::fstat(file.fd(), &after);
  if (at != before.st_size || after.st_size != before.st_size ||
      after.st_mtim.tv_sec != before.st_mtim.tv_sec || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec) {
    return Error{"changed while it was read; write it under another name, then rename it"};
  }
  return {};
}

int write_all(int fd, const char* data, std::size_t size) {
  while (size != 0) {
    const ssize_t n = ::write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return 0;
}

}  // namespace

Admitted::~Admitted() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<std::unique_ptr<Admitted>> admit(std::shared_ptr<Vault> vault, const fs::path& file) {
  Result<ElfFile> original = ElfFile::open(file);
  if (!original) return original.error();

  std::unique_ptr<Admitted> admitted(new Admitted);
  admitted->vault_ = vault;
  admitted->original_ = file;
  fs::path copy = vault->next("incoming");
  const std::string name = "plugin file '" + file.string() + "'";
  {
    const Fd out(::open(copy.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
    if (!out) return Error{name + " cannot be copied to '" + copy.string() + "': " + std::strerror(errno)};
    admitted->path_ = copy;
    Sha256 digest;
    const Status copied = read_all(*original, [&](const char* data, std::size_t size) {
      digest.add(data, size);
      return write_all(out.get(), data, size);
    });
    if (!copied) return Error{name + " " + copied.error().message};
    admitted->sha256_ = digest.finish();
  }

  Result<ElfFile> checked = ElfFile::open(copy, file);
  if (!checked) return checked.error();
  Result<PluginFacts> facts = read_note(*checked);
  admitted->audit_ = audit(*checked, facts ? &*facts : nullptr);
  // Of a file for another machine that is what matters, not what else may be amiss.
  if (!facts && admitted->audit_.loadable()) return facts.error();
  if (!admitted->audit_.loadable()) return Error{name + " is refused: " + admitted->audit_.errors()};
  admitted->facts_ = std::move(*facts);

  const fs::path final = vault->next(admitted->facts_.id);
  if (::rename(copy.c_str(), final.c_str()) != 0) {
    return Error{name + " cannot be copied to '" + final.string() + "': " + std::strerror(errno)};
  }
  admitted->path_ = final;
  return admitted;
}

Result<std::string> file_sha256(const fs::path& file) {
  Result<ElfFile> opened = ElfFile::open(file);
  if (!opened) return opened.error();
  Sha256 digest;
  const Status read = read_all(*opened, [&](const char* data, std::size_t size) {
    digest.add(data, size);
    return 0;
  });
  if (!read) return Error{"plugin file '" + file.string() + "' " + read.error().message};
  return digest.finish();
}

}  // namespace evloom::plugin

#include "plugin/elf_file.hpp"

#include <fcntl.h>
#include <libelf.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace evloom::plugin {

Result<ElfFile> ElfFile::open(const std::filesystem::path& path, const std::filesystem::path& shown) {
  ElfFile file;
  file.path_ = shown.empty() ? path : shown;
  const std::string name = "'" + file.path_.string() + "'";
  // O_NONBLOCK: a FIFO without a writer must not hold us up.
  file.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.fd_) return Error{"cannot open " + name + ": " + std::strerror(errno)};

  struct stat about {};
  if (::fstat(file.fd_.get(), &about) != 0) return Error{"cannot open " + name + ": " + std::strerror(errno)};
  if (!S_ISREG(about.st_mode)) return Error{name + " is no plugin: not a regular file"};
  file.size_ = static_cast<std::uint64_t>(about.st_size);
  if (file.size_ > kMaxBytes) {
    return Error{name + " is no plugin: larger than " + std::to_string(kMaxBytes >> 20) + " MiB; strip it"};
  }

  if (elf_version(EV_CURRENT) == EV_NONE) return Error{"libelf is too old for this host"};
  file.elf_ = elf_begin(file.fd_.get(), ELF_C_READ, nullptr);
  if (!file.elf_) return Error{"cannot read " + name + ": " + elf_errmsg(-1)};
  if (elf_kind(file.elf_) != ELF_K_ELF) return Error{name + " is no plugin: not an ELF file"};
  return file;
}

ElfFile::ElfFile(ElfFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::move(other.fd_)),
      elf_(std::exchange(other.elf_, nullptr)),
      size_(other.size_) {}

ElfFile& ElfFile::operator=(ElfFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(elf_, other.elf_);
  std::swap(size_, other.size_);
  return *this;
}

ElfFile::~ElfFile() {
  if (elf_) elf_end(elf_);
}

}  // namespace evloom::plugin

// ElfFile: an ELF file opened for reading, without running or mapping any of it. Any thread; owns the
// descriptor and libelf's handle. The file is hostile until checked: what is no regular file, too large or no
// ELF is refused here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

struct Elf;

namespace evloom::plugin {

// What a file may have of them, as its header says: a plugin has about ten.
inline constexpr std::size_t kMaxSegments = 1024;

class ElfFile {
 public:
  // A larger file is no plugin.
  static constexpr std::uint64_t kMaxBytes = std::uint64_t{256} << 20;

  // Fails when there is no such file, it cannot be read, is no regular file, is too large, or is no ELF file.
  // Never waits, also not for a FIFO.
  // `shown`, when given, is what messages call it.
  static Result<ElfFile> open(const std::filesystem::path& path, const std::filesystem::path& shown = {});

  ElfFile(ElfFile&& other) noexcept;
  ElfFile& operator=(ElfFile&& other) noexcept;
  ~ElfFile();

  // As messages call it.
  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  int fd() const { return fd_.get(); }
  Elf* elf() const { return elf_; }

 private:
  ElfFile() = default;

  std::filesystem::path path_;
  Fd fd_;
  Elf* elf_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace evloom::plugin

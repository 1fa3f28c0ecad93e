// The facts that a plugin states about itself in its ELF note (abi/entry.h), read without running any of its
// code. Any thread; plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plugin/elf_file.hpp"

namespace evloom::plugin {

struct PluginFacts {
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::string id;
  std::string version;
  std::string description;
  std::string licence;
  std::vector<std::string> interfaces;  // "evloom.handler/1"
  std::vector<std::string> needs;       // "evloom.host.store/1"
  std::string options_schema;           // JSON Schema; not parsed here
  std::string build_id;                 // hexadecimal; empty when the linker wrote none

  bool operator==(const PluginFacts&) const = default;
};

// A note with more text than this is refused.
inline constexpr std::size_t kMaxNoteBytes = std::size_t{1} << 20;

// The note and the build id. Fails when there is no note, more than one, or one that breaks the rules of
// abi/entry.h; the text names the file and the remedy.
Result<PluginFacts> read_note(const ElfFile& file);
// The same for the file at `path`.
Result<PluginFacts> read_note(const std::filesystem::path& path);

// The text of a note: terminated strings "key=value". Fails with the reason alone. Exposed for tests and
// fuzzers.
Result<PluginFacts> parse_note(std::string_view text);

// [a-z][a-z0-9_-]*, at most 63 bytes.
bool valid_id(std::string_view id);

// The ids of a list that is separated by blanks.
std::vector<std::string> split_ids(std::string_view list);

}  // namespace evloom::plugin

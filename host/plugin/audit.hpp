// The ELF audit: what in a plugin file would keep it from being loaded, from being unloaded, or from standing
// beside another one in the same process. Reads only; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugin/elf_file.hpp"
#include "plugin/note.hpp"

namespace evloom::plugin {

// error: it is not loaded. warning: it is loaded, but may stay in memory for good. info: worth knowing.
enum class Severity : std::uint8_t { error, warning, info };
const char* severity_name(Severity severity);

struct Finding {
  Severity severity = Severity::error;
  std::string symbol;  // the symbol, section or flag it is about; may be empty
  std::string reason;
  std::string remedy;  // may be empty
};

struct Audit {
  std::vector<std::string> exports;  // names of all defined dynamic symbols that others could bind to
  std::vector<std::string> needed;   // libraries (DT_NEEDED), in the file's order
  std::vector<Finding> findings;     // errors first

  bool loadable() const;
  // Every error on one line, for a message; empty when there is none.
  std::string errors() const;
};

// Checks the file; `facts`, when given, are those of its note (the ABI is judged from them).
Audit audit(const ElfFile& file, const PluginFacts* facts);

}  // namespace evloom::plugin

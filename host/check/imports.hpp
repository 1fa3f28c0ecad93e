// Imports: what a plugin file wants from others, looked for without running any of its code. The libraries
// that it names are loaded into this process. [control]
#pragma once

#include <string>
#include <vector>

#include "plugin/elf_file.hpp"

namespace evloom::check {

// Each library that is not found and each symbol that nobody provides, with what to do.
std::vector<std::string> missing_imports(const plugin::ElfFile& file);

}  // namespace evloom::check

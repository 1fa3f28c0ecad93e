#include "check/imports.hpp"

#include <dlfcn.h>
#include <gelf.h>

#include <algorithm>
#include <sstream>
#include <string_view>

namespace evloom::check {

namespace {

struct Wanted {
  std::vector<std::string> libraries;
  std::vector<std::string> folders;  // its run path
  std::vector<std::string> symbols;  // not weak
};

void read_dynamic(Elf* elf, Elf_Data* data, const GElf_Shdr& header, Wanted& wanted) {
  const auto text = [&](const GElf_Dyn& entry) {
    const char* raw = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
    return std::string(raw ? raw : "");
  };
  for (std::size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
    GElf_Dyn entry;
    if (!gelf_getdyn(data, static_cast<int>(i), &entry) || entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_NEEDED) wanted.libraries.push_back(text(entry));
    if (entry.d_tag != DT_RPATH && entry.d_tag != DT_RUNPATH) continue;
    std::istringstream folders(text(entry));
    for (std::string folder; std::getline(folders, folder, ':');) wanted.folders.push_back(folder);
  }
}

void read_symbols(Elf* elf, Elf_Data* data, const GElf_Shdr& header, Wanted& wanted) {
  for (std::size_t i = 1; i < header.sh_size / header.sh_entsize; ++i) {
    GElf_Sym symbol;
    if (!gelf_getsym(data, static_cast<int>(i), &symbol)) break;
    if (symbol.st_shndx != SHN_UNDEF || GELF_ST_BIND(symbol.st_info) == STB_WEAK) continue;
    const char* raw = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (raw && *raw != '\0') wanted.symbols.emplace_back(raw);
  }
}

Wanted read(Elf* elf) {
  Wanted wanted;
  for (Elf_Scn* at = nullptr; (at = elf_nextscn(elf, at)) != nullptr;) {
    GElf_Shdr header;
    if (!gelf_getshdr(at, &header) || header.sh_entsize == 0) continue;
    if (header.sh_type != SHT_DYNAMIC && header.sh_type != SHT_DYNSYM) continue;
    Elf_Data* data = elf_getdata(at, nullptr);
    if (!data) continue;
    (header.sh_type == SHT_DYNAMIC ? read_dynamic : read_symbols)(elf, data, header, wanted);
  }
  return wanted;
}

// As the loader would look for it; where it is not found, why.
std::string open_library(const std::string& name, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders)
    if (folder.find('$') == std::string::npos &&
        ::dlopen((folder + "/" + name).c_str(), RTLD_LAZY | RTLD_GLOBAL))
      return {};
  if (::dlopen(name.c_str(), RTLD_LAZY | RTLD_GLOBAL)) return {};
  const char* why = ::dlerror();
  return why ? why : "not found";
}

// Put there by linkers and compilers for whoever is there to provide it.
bool is_optional(std::string_view name) { return name.starts_with("_ITM_") || name == "__gmon_start__"; }

}  // namespace

std::vector<std::string> missing_imports(const plugin::ElfFile& file) {
  const Wanted wanted = read(file.elf());
  std::vector<std::string> missing;
  for (const std::string& library : wanted.libraries)
    if (std::string why = open_library(library, wanted.folders); !why.empty())
      missing.push_back("library " + why + " (install it where the loader looks, or link it statically)");
  if (!missing.empty()) return missing;  // its symbols would all be missing as well
  for (const std::string& symbol : wanted.symbols)
    if (!is_optional(symbol) && !::dlsym(RTLD_DEFAULT, symbol.c_str()))
      missing.push_back("undefined symbol: " + symbol +
                        " (define it or link the library that has it; -Wl,-z,defs finds this when linking)");
  return missing;
}

}  // namespace evloom::check

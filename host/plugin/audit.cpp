#include "plugin/audit.hpp"

#include <gelf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

#include "evloom/abi/entry.h"

#include "plugin/interfaces.hpp"

namespace evloom::plugin {

namespace {

#if defined(__x86_64__)
constexpr GElf_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr GElf_Half kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr GElf_Half kMachine = EM_RISCV;
#else
#error "which e_machine has this processor?"
#endif

const char* machine_name(GElf_Half machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "aarch64";
    case EM_386:
      return "i386";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return "riscv";
    default:
      return "another processor";
  }
}

// What linkers and sanitizers define on their own account; nobody binds to it by mistake.
bool tolerated_export(std::string_view name) {
  for (const std::string_view known : {"_init", "_fini", "_edata", "_end", "__bss_start"})
    if (name == known) return true;
  for (const std::string_view prefix :
       {"__asan", "__odr_asan", "__lsan", "__tsan", "__ubsan", "__sanitizer", "__sancov"})
    if (name.substr(0, prefix.size()) == prefix) return true;
  return false;
}

// Names come from the file: shown printable and short.
std::string shown(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 120)) text += c > 0x20 && c < 0x7F ? c : '?';
  return name.size() > 120 ? text + "..." : text;
}

class Auditor {
 public:
  Auditor(const ElfFile& file, Audit& result) : file_(file), elf_(file.elf()), result_(result) {}

  void run(const PluginFacts* facts) {
    if (facts) check_facts(*facts);
    if (!check_header()) return;
    check_segments();
    check_dynamic();
    check_symbols();
    std::stable_sort(result_.findings.begin(), result_.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  }

 private:
  void add(Severity severity, std::string symbol, std::string reason, std::string remedy = {}) {
    result_.findings.push_back({severity, std::move(symbol), std::move(reason), std::move(remedy)});
  }
  void error(std::string symbol, std::string reason, std::string remedy = {}) {
    add(Severity::error, std::move(symbol), std::move(reason), std::move(remedy));
  }

  void check_facts(const PluginFacts& facts) {
    const auto version = [](std::uint32_t major, std::uint32_t minor) {
      return std::to_string(major) + "." + std::to_string(minor);
    };
    const std::string ours = version(EVL_ABI_MAJOR, EVL_ABI_MINOR);
    const std::string theirs = version(facts.abi_major, facts.abi_minor);
    if (facts.abi_major != EVL_ABI_MAJOR) {
      error({}, "built for ABI " + theirs + ", this host has " + ours, "build it with this host's SDK");
    } else if (facts.abi_minor > EVL_ABI_MINOR) {
      error({}, "built for ABI " + theirs + ", this host has only " + ours,
            "take a newer host, or build it with this host's SDK");
    }
    if (facts.interfaces.empty()) add(Severity::warning, {}, "it offers no interface, so nothing can use it");
    for (const std::string& id : facts.interfaces)
      if (!interface_rule(id)) add(Severity::info, {}, "the interface " + id + " is not used by this host");
  }

  // False when the rest would make no sense.
  bool check_header() {
    GElf_Ehdr header;
    if (!gelf_getehdr(elf_, &header)) {
      error({}, "its ELF header is damaged");
      return false;
    }
    constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
    if (header.e_machine != kMachine || header.e_ident[EI_CLASS] != kClass) {
      error({},
            std::string("built for ") + machine_name(header.e_machine) +
                (header.e_ident[EI_CLASS] == ELFCLASS64 ? "" : " (32 bits)") + ", this host runs on " +
                machine_name(kMachine),
            "build it for this machine");
      return false;
    }
    if (header.e_ident[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)) {
      error({}, "built for the other byte order", "build it for this machine");
      return false;
    }
    if (header.e_type != ET_DYN) {
      error({}, "not a shared object", "link it with -shared");
      return false;
    }
    return true;
  }

  void check_segments() {
    std::size_t count = 0;
    if (elf_getphdrnum(elf_, &count) != 0 || count > kMaxSegments)
      return error({}, "its program headers are damaged");
    bool has_stack = false;
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Phdr segment;
      if (!gelf_getphdr(elf_, static_cast<int>(i), &segment))
        return error({}, "its program headers are damaged");
      if (segment.p_type == PT_GNU_STACK) {
        has_stack = true;
        if (segment.p_flags & PF_X) executable_stack();
      }
      if (segment.p_type == PT_LOAD) {
        if (segment.p_offset > file_.size() || segment.p_filesz > file_.size() - segment.p_offset)
          return error({}, "the file is cut short", "copy it again");
        if ((segment.p_flags & PF_W) && (segment.p_flags & PF_X))
          add(Severity::warning, {}, "a segment is writable and executable");
      }
    }
    if (!has_stack) executable_stack();
  }

  void executable_stack() {
    error("PT_GNU_STACK", "it asks for an executable stack", "link it with -Wl,-z,noexecstack");
  }

  // The section of a type, if there is exactly one header for it.
  Elf_Scn* section(GElf_Word type, GElf_Shdr& header) {
    for (Elf_Scn* at = nullptr; (at = elf_nextscn(elf_, at)) != nullptr;)
      if (gelf_getshdr(at, &header) && header.sh_type == type) return at;
    return nullptr;
  }

  void check_dynamic() {
    GElf_Shdr header;
    Elf_Scn* dynamic = section(SHT_DYNAMIC, header);
    Elf_Data* data = dynamic ? elf_getdata(dynamic, nullptr) : nullptr;
    if (!data || header.sh_entsize == 0) {
      return error({}, "it has no dynamic section that could be read",
                   "link it with -shared, and do not strip sections");
    }
    std::uint64_t flags = 0, flags_1 = 0;
    std::uint64_t constructors = 0;
    const std::size_t count = header.sh_size / header.sh_entsize;
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Dyn entry;
      if (!gelf_getdyn(data, static_cast<int>(i), &entry) || entry.d_tag == DT_NULL) break;
      switch (entry.d_tag) {
        case DT_NEEDED:
          if (const char* name = elf_strptr(elf_, header.sh_link, entry.d_un.d_val)) {
            result_.needed.emplace_back(shown(name));
          }
          break;
        case DT_RPATH:
        case DT_RUNPATH:
          check_run_path(elf_strptr(elf_, header.sh_link, entry.d_un.d_val));
          break;
        case DT_FLAGS:
          flags |= entry.d_un.d_val;
          break;
        case DT_FLAGS_1:
          flags_1 |= entry.d_un.d_val;
          break;
        case DT_TEXTREL:
          flags |= DF_TEXTREL;
          break;
        case DT_INIT_ARRAYSZ:
          constructors = entry.d_un.d_val / sizeof(void*);
          break;
        default:
          break;
      }
    }
    if (flags & DF_TEXTREL)
      error("TEXTREL", "its code is patched when it is loaded", "compile it with -fPIC");
    if (flags & DF_STATIC_TLS) {
      add(Severity::warning, "STATIC_TLS",
          "its thread_local variables take room that a running process may not have left",
          "compile it with -fPIC and without -ftls-model");
    }
    if (flags_1 & DF_1_NODELETE) {
      error("NODELETE", "it asks to stay in memory for good, so it could never be replaced",
            "link it without -Wl,-z,nodelete");
    }
    if (flags_1 & DF_1_NOOPEN) error("NOOPEN", "it forbids dlopen", "link it without -Wl,-z,nodlopen");
    if (flags_1 & DF_1_PIE) error("PIE", "it is a program, not a shared object", "link it with -shared");
    // One belongs to the compiler's own start files.
    if (constructors > 1) {
      add(Severity::info, {},
          "it runs constructors when it is loaded (" + std::to_string(constructors) + " entries)");
    }
  }

  void check_run_path(const char* path) {
    if (!path || !std::strstr(path, "$ORIGIN")) return;
    add(Severity::warning, "RUNPATH",
        "libraries beside it ($ORIGIN) are not found: it is loaded from a private copy",
        "install them where the loader looks, or link with an absolute -Wl,-rpath");
  }

  void check_symbols() {
    GElf_Shdr header;
    Elf_Scn* symbols = section(SHT_DYNSYM, header);
    Elf_Data* data = symbols ? elf_getdata(symbols, nullptr) : nullptr;
    if (!data || header.sh_entsize == 0) {
      return error({}, "it has no dynamic symbols that could be read", "do not strip its sections");
    }
    std::vector<std::string> extra, unique;
    bool entry_found = false;
    const std::size_t count = header.sh_size / header.sh_entsize;
    for (std::size_t i = 1; i < count; ++i) {
      GElf_Sym symbol;
      if (!gelf_getsym(data, static_cast<int>(i), &symbol)) break;
      const char* const raw = elf_strptr(elf_, header.sh_link, symbol.st_name);
      const std::string_view name = raw ? raw : "";
      if (symbol.st_shndx == SHN_UNDEF) {
        if (name == "__cxa_thread_atexit" || name == "__cxa_thread_atexit_impl") thread_destructors(name);
        continue;
      }
      const auto binding = GELF_ST_BIND(symbol.st_info);
      const auto visibility = GELF_ST_VISIBILITY(symbol.st_other);
      if (binding == STB_LOCAL || visibility == STV_HIDDEN || visibility == STV_INTERNAL) continue;
      if (tolerated_export(name)) continue;
      result_.exports.push_back(shown(name));
      if (name == EVL_ENTRY_SYMBOL) {
        entry_found = true;
        check_entry(symbol);
      } else if (binding == STB_GNU_UNIQUE) {
        unique.push_back(shown(name));
      } else {
        extra.push_back(shown(name));
      }
    }
    std::sort(result_.exports.begin(), result_.exports.end());
    if (!entry_found) {
      error(EVL_ENTRY_SYMBOL, "it does not export its entry",
            "use EVL_PLUGIN once, at file scope, and link with evloom_plugin.map");
    }
    if (!unique.empty()) {
      error(unique.front(), "a unique symbol" + more(unique) + " would pin it in memory for good",
            "compile it with -fno-gnu-unique");
    }
    if (!extra.empty()) {
      error(extra.front(), "exported besides the entry" + more(extra) + ", so other plugins could bind to it",
            "build it with evloom_add_plugin(), or link with -Wl,--version-script=evloom_plugin.map");
    }
  }

  static std::string more(const std::vector<std::string>& names) {
    return names.size() == 1 ? "" : " (and " + std::to_string(names.size() - 1) + " more)";
  }

  void check_entry(const GElf_Sym& symbol) {
    constexpr std::size_t kFirstSize = offsetof(evl_entry, create) + sizeof(evl_entry::create);
    if (GELF_ST_TYPE(symbol.st_info) != STT_OBJECT) {
      error(EVL_ENTRY_SYMBOL, "its entry is no object", "define it with EVL_PLUGIN");
    } else if (symbol.st_size < kFirstSize) {
      error(EVL_ENTRY_SYMBOL, "its entry is smaller than an evl_entry", "define it with EVL_PLUGIN");
    }
  }

  void thread_destructors(std::string_view name) {
    add(Severity::warning, std::string(name),
        "a thread_local variable has a destructor: once a loop has used it the code stays in memory",
        "keep per-loop state in what thread_start returns");
  }

  const ElfFile& file_;
  Elf* elf_;
  Audit& result_;
};

}  // namespace

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    default:
      return "info";
  }
}

bool Audit::loadable() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.severity == Severity::error; });
}

std::string Audit::errors() const {
  std::string text;
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::error) continue;
    if (!text.empty()) text += "; ";
    if (!finding.symbol.empty()) text += finding.symbol + ": ";
    text += finding.reason;
    if (!finding.remedy.empty()) text += " (" + finding.remedy + ")";
  }
  return text;
}

Audit audit(const ElfFile& file, const PluginFacts* facts) {
  Audit result;
  Auditor(file, result).run(facts);
  return result;
}

}  // namespace evloom::plugin

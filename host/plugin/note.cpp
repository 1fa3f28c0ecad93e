#include "plugin/note.hpp"

#include <gelf.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "evloom/abi/entry.h"
#include "evloom/utf8.hpp"

namespace evloom::plugin {

namespace {

constexpr std::size_t kMaxBuildId = 64;
constexpr std::size_t kMaxInterfaces = 64;

// One printable line of at most `limit` bytes.
Status check_line(std::string_view key, std::string_view value, std::size_t limit) {
  const auto refuse = [&](const std::string& why) { return Error{"its " + std::string(key) + " " + why}; };
  if (value.size() > limit) return refuse("is longer than " + std::to_string(limit) + " bytes");
  for (std::string_view rest = value; !rest.empty();) {
    const std::size_t length = evl::utf8_length(rest);
    if (length == 0) return refuse("is not UTF-8");
    const auto c = static_cast<unsigned char>(rest[0]);
    if (c < 0x20 || c == 0x7F) return refuse("holds a control character");
    rest.remove_prefix(length);
  }
  return {};
}

// "evloom.handler/1"
bool valid_interface(std::string_view id) {
  const std::size_t slash = id.find('/');
  if (id.size() > 127 || slash == 0 || slash == std::string_view::npos || slash + 1 == id.size())
    return false;
  const auto name = id.substr(0, slash), number = id.substr(slash + 1);
  return std::all_of(name.begin(), name.end(),
                     [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                              c == '-';
                     }) &&
         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Status parse_abi(std::string_view value, PluginFacts& facts) {
  const char* const end = value.data() + value.size();
  std::uint16_t major = 0, minor = 0;
  const auto first = std::from_chars(value.data(), end, major);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == '.') {
    const auto second = std::from_chars(first.ptr + 1, end, minor);
    if (second.ec == std::errc() && second.ptr == end) {
      facts.abi_major = major;
      facts.abi_minor = minor;
      return {};
    }
  }
  return Error{"its abi is not MAJOR.MINOR"};
}

Status parse_list(std::string_view key, std::string_view value, std::vector<std::string>& ids) {
  ids = split_ids(value);
  if (ids.size() > kMaxInterfaces) return Error{"its " + std::string(key) + " are too many"};
  for (auto id = ids.begin(); id != ids.end(); ++id) {
    if (!valid_interface(*id))
      return Error{"its " + std::string(key) + " hold what is no interface id (\"name/1\")"};
    if (std::find(ids.begin(), id, *id) != id) {
      return Error{"its " + std::string(key) + " name " + *id + " twice"};
    }
  }
  return {};
}

struct Notes {
  std::optional<std::string> text;
  std::string build_id;
  bool doubled = false;
};

// Takes what is ours out of one PT_NOTE segment.
Status scan_segment(Elf_Data* data, Notes& notes) {
  std::size_t at = 0;
  GElf_Nhdr header;
  std::size_t name_at = 0, text_at = 0;
  const char* const bytes = static_cast<const char*>(data->d_buf);
  while ((at = gelf_getnote(data, at, &header, &name_at, &text_at)) > 0) {
    const std::string_view name(bytes + name_at, header.n_namesz);
    if (name == std::string_view("GNU\0", 4) && header.n_type == NT_GNU_BUILD_ID) {
      if (header.n_descsz == 0 || header.n_descsz > kMaxBuildId || !notes.build_id.empty()) continue;
      constexpr char kHex[] = "0123456789abcdef";
      for (std::size_t i = 0; i < header.n_descsz; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[text_at + i]);
        notes.build_id += kHex[byte >> 4];
        notes.build_id += kHex[byte & 15];
      }
    } else if (name == std::string_view(EVL_NOTE_NAME, sizeof EVL_NOTE_NAME) &&
               header.n_type == EVL_NOTE_TYPE) {
      if (header.n_descsz > kMaxNoteBytes) return Error{"its note is larger than 1 MiB"};
      if (notes.text) notes.doubled = true;
      notes.text.emplace(bytes + text_at, header.n_descsz);
    }
  }
  return {};
}

Status scan(const ElfFile& file, Notes& notes) {
  std::size_t count = 0;
  if (elf_getphdrnum(file.elf(), &count) != 0 || count > kMaxSegments)
    return Error{"its program headers are damaged"};
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (!gelf_getphdr(file.elf(), static_cast<int>(i), &segment))
      return Error{"its program headers are damaged"};
    if (segment.p_type != PT_NOTE || segment.p_filesz == 0) continue;
    if (segment.p_filesz > 2 * kMaxNoteBytes) return Error{"its note is larger than 1 MiB"};
    if (segment.p_offset > file.size() || segment.p_filesz > file.size() - segment.p_offset) {
      return Error{"the file is cut short"};
    }
    Elf_Data* data = elf_getdata_rawchunk(file.elf(), static_cast<int64_t>(segment.p_offset),
                                          segment.p_filesz, segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    if (!data) return Error{"its notes cannot be read"};
    if (Status status = scan_segment(data, notes); !status) return status;
  }
  return {};
}

}  // namespace

bool valid_id(std::string_view id) {
  if (id.empty() || id.size() > 63 || id[0] < 'a' || id[0] > 'z') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::vector<std::string> split_ids(std::string_view list) {
  std::vector<std::string> ids;
  for (std::size_t at = 0; (at = list.find_first_not_of(' ', at)) != std::string_view::npos;) {
    const std::size_t end = std::min(list.find(' ', at), list.size());
    ids.emplace_back(list.substr(at, end - at));
    at = end;
  }
  return ids;
}

Result<PluginFacts> parse_note(std::string_view text) {
  if (text.empty() || text.back() != '\0') return Error{"its note does not end in a terminated string"};

  constexpr std::string_view kKeys[] = {"abi",     "id",         "version", "description",
                                        "licence", "interfaces", "needs",   "options"};
  std::optional<std::string_view> values[std::size(kKeys)];
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find('\0'));
    text.remove_prefix(entry.size() + 1);
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) {
      if (entry.empty()) continue;  // padding
      return Error{"its note holds a string without '='"};
    }
    const auto key = std::find(std::begin(kKeys), std::end(kKeys), entry.substr(0, equals));
    if (key == std::end(kKeys)) continue;
    auto& value = values[key - std::begin(kKeys)];
    if (value) return Error{"its note states " + std::string(*key) + " twice"};
    value = entry.substr(equals + 1);
  }
  for (std::size_t i = 0; i < 3; ++i)
    if (!values[i]) return Error{"its note does not state " + std::string(kKeys[i])};

  PluginFacts facts;
  if (Status status = parse_abi(*values[0], facts); !status) return status.error();
  if (!valid_id(*values[1])) {
    return Error{
        "its id does not follow the rule (a letter, then letters, digits, '-' and '_', all lower case, at "
        "most "
        "63)"};
  }
  if (values[2]->empty()) return Error{"its version is empty"};
  if (Status status = check_line("version", *values[2], 63); !status) return status.error();
  if (Status status = check_line("description", values[3].value_or(""), 1000); !status) return status.error();
  if (Status status = check_line("licence", values[4].value_or(""), 200); !status) return status.error();
  facts.id = *values[1];
  facts.version = *values[2];
  facts.description = values[3].value_or("");
  facts.licence = values[4].value_or("");
  if (Status status = parse_list("interfaces", values[5].value_or(""), facts.interfaces); !status) {
    return status.error();
  }
  if (Status status = parse_list("needs", values[6].value_or(""), facts.needs); !status)
    return status.error();
  facts.options_schema = values[7].value_or("");
  if (facts.options_schema.empty()) facts.options_schema = "{}";
  return facts;
}

Result<PluginFacts> read_note(const std::filesystem::path& path) {
  auto file = ElfFile::open(path);
  if (!file) return file.error();
  return read_note(*file);
}

Result<PluginFacts> read_note(const ElfFile& file) {
  const auto refuse = [&](const std::string& why) {
    return Error{"'" + file.path().string() + "' is no plugin: " + why};
  };
  Notes notes;
  if (Status status = scan(file, notes); !status) return refuse(status.error().message);
  if (!notes.text)
    return refuse("it has no evloom note; was EVL_PLUGIN forgotten, or the file stripped of its notes?");
  if (notes.doubled) return refuse("it has more than one evloom note; use EVL_PLUGIN once");
  Result<PluginFacts> facts = parse_note(*notes.text);
  if (!facts) return refuse(facts.error().message);
  facts->build_id = std::move(notes.build_id);
  return facts;
}

}  // namespace evloom::plugin

#include "plugin/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/plugin_schema.hpp"
#include "plugin/admit.hpp"
#include "plugin/audit.hpp"
#include "plugin/note.hpp"

namespace evloom::plugin {

namespace {

using Json = nlohmann::ordered_json;

// One option of the plugin, in words.
struct Option {
  std::string name;
  std::string type;
  std::string fallback;  // as YAML; empty: none
  bool required = false;
  std::string doc;
};

struct Facts {
  const ElfFile& file;
  std::string sha256;
  Result<PluginFacts> note;
  std::vector<Option> options;
  Audit audit;
};

std::vector<Option> options_of(const config::Schema& schema, const std::string& prefix = {}) {
  std::vector<Option> options;
  for (const config::Schema& key : schema.keys) {
    const std::string name = prefix + key.name;
    options.push_back({name, config::expectation(key), key.default_text, key.required, key.doc});
    if (key.kind != config::Kind::map) continue;
    for (Option& inner : options_of(key, name + ".")) options.push_back(std::move(inner));
  }
  return options;
}

config::InstanceKind kind_of(const PluginFacts& facts) {
  const auto offers = [&](std::string_view name) {
    return std::any_of(facts.interfaces.begin(), facts.interfaces.end(),
                       [&](const std::string& id) { return id.substr(0, name.size()) == name; });
  };
  if (offers("evloom.store/")) return config::InstanceKind::store;
  if (offers("evloom.format/")) return config::InstanceKind::format;
  return config::InstanceKind::handler;
}

Facts gather(const ElfFile& file) {
  Facts facts{file, {}, read_note(file), {}, {}};
  facts.audit = audit(file, facts.note ? &*facts.note : nullptr);
  if (auto digest = file_sha256(file.path())) facts.sha256 = *digest;
  auto& findings = facts.audit.findings;
  if (!facts.note) {
    findings.insert(findings.begin(), {Severity::error, {}, facts.note.error().message, {}});
    return facts;
  }
  auto schema = config::parse_plugin_schema(facts.note->id, kind_of(*facts.note), facts.note->options_schema);
  if (schema) {
    facts.options = options_of(schema->options);
  } else {
    findings.insert(findings.begin(), {Severity::error, "options", schema.error().message, {}});
  }
  return facts;
}

std::string joined(const std::vector<std::string>& words) {
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, " "));
}

std::string text_report(const Facts& facts) {
  std::string out;
  const auto line = [&](std::string_view name, std::string_view value) {
    out += fmt::format("{:<13} {}\n", name, value);
  };
  line("file", facts.file.path().string());
  line("size", fmt::format("{} bytes", facts.file.size()));
  line("sha256", facts.sha256);
  if (facts.note) {
    const PluginFacts& note = *facts.note;
    line("build id", note.build_id.empty() ? "none" : note.build_id);
    line("id", note.id);
    line("version", note.version);
    line("description", note.description);
    line("licence", note.licence);
    line("abi", fmt::format("{}.{}", note.abi_major, note.abi_minor));
    line("interfaces", joined(note.interfaces));
    line("needs", joined(note.needs));
    if (facts.options.empty()) line("options", "none");
    for (std::size_t i = 0; i < facts.options.size(); ++i) {
      const Option& option = facts.options[i];
      std::string value = fmt::format("{}: {}", option.name, option.type);
      if (option.required) value += ", required";
      if (!option.fallback.empty()) value += ", default " + option.fallback;
      if (!option.doc.empty()) value += ". " + option.doc;
      line(i == 0 ? "options" : "", value);
    }
  }
  line("exports", joined(facts.audit.exports));
  line("libraries", joined(facts.audit.needed));
  for (const Finding& finding : facts.audit.findings) {
    std::string value = finding.symbol.empty() ? "" : finding.symbol + ": ";
    value += finding.reason;
    if (!finding.remedy.empty()) value += " (" + finding.remedy + ")";
    line(severity_name(finding.severity), value);
  }
  line("verdict", facts.audit.loadable() ? "can be loaded" : "cannot be loaded");
  return out;
}

std::string json_report(const Facts& facts) {
  Json out;
  out["file"] = facts.file.path().string();
  out["size"] = facts.file.size();
  out["sha256"] = facts.sha256;
  if (facts.note) {
    const PluginFacts& note = *facts.note;
    out["build_id"] = note.build_id;
    out["id"] = note.id;
    out["version"] = note.version;
    out["description"] = note.description;
    out["licence"] = note.licence;
    out["abi"] = fmt::format("{}.{}", note.abi_major, note.abi_minor);
    out["interfaces"] = note.interfaces;
    out["needs"] = note.needs;
    const Json schema = Json::parse(note.options_schema, nullptr, false);
    out["options"] = schema.is_discarded() ? Json(nullptr) : schema;
  }
  out["exports"] = facts.audit.exports;
  out["libraries"] = facts.audit.needed;
  out["findings"] = Json::array();
  for (const Finding& finding : facts.audit.findings) {
    out["findings"].push_back({{"severity", severity_name(finding.severity)},
                               {"symbol", finding.symbol},
                               {"reason", finding.reason},
                               {"remedy", finding.remedy}});
  }
  out["loadable"] = facts.audit.loadable();
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Report inspect(const std::filesystem::path& file, ReportFormat format) {
  Result<ElfFile> opened = ElfFile::open(file);
  if (!opened) return {2, opened.error().message};
  const Facts facts = gather(*opened);
  const std::string text = format == ReportFormat::json ? json_report(facts) : text_report(facts);
  return {facts.audit.loadable() ? 0 : 1, text};
}

}  // namespace evloom::plugin

// What the file alone tells: its note, what it exports, what it needs; and whether it can be loaded.
#include <algorithm>

#include "check/imports.hpp"
#include "check/test.hpp"
#include "plugin/admit.hpp"
#include "plugin/audit.hpp"
#include "plugin/elf_file.hpp"

namespace evloom::check {

namespace {

std::string text(const plugin::Finding& finding) {
  std::string words = finding.symbol.empty() ? "" : finding.symbol + ": ";
  words += finding.reason;
  return finding.remedy.empty() ? words : words + " (" + finding.remedy + ")";
}

bool is_in(const plugin::Finding& finding, const std::vector<plugin::Finding>& all) {
  return std::any_of(all.begin(), all.end(), [&](const plugin::Finding& one) {
    return one.symbol == finding.symbol && one.reason == finding.reason;
  });
}

// The first errors, joined; notes get the rest.
Verdict judged(const std::vector<plugin::Finding>& findings) {
  std::string errors;
  std::vector<std::string> notes;
  for (const plugin::Finding& finding : findings) {
    if (finding.severity == plugin::Severity::error) {
      errors += (errors.empty() ? "" : "; ") + text(finding);
    } else {
      notes.push_back(text(finding));
    }
  }
  if (!errors.empty()) return failed(errors);
  return passed(std::move(notes));
}

}  // namespace

// That the note can be read, and its schema and the options, was found out when the subject was read.
Verdict test_note(Run& run) {
  const plugin::PluginFacts& facts = run.subject.facts();
  auto file = plugin::ElfFile::open(run.subject.asked().file);
  if (!file) return failed(file.error().message);
  const plugin::Audit without = plugin::audit(*file, nullptr);
  std::vector<plugin::Finding> of_note;
  for (const plugin::Finding& finding : plugin::audit(*file, &facts).findings)
    if (!is_in(finding, without.findings)) of_note.push_back(finding);
  Verdict verdict = judged(of_note);
  if (run.subject.asked().file.stem() != facts.id) {
    verdict.notes.push_back("a host finds plugin '" + facts.id + "' only in a file of the name " + facts.id +
                            ".so; this one can be used in a swap");
  }
  return verdict;
}

Verdict test_exports(Run& run) {
  auto file = plugin::ElfFile::open(run.subject.asked().file);
  if (!file) return failed(file.error().message);
  return judged(plugin::audit(*file, nullptr).findings);
}

Verdict test_libraries(Run& run) {
  auto file = plugin::ElfFile::open(run.subject.asked().file);
  if (!file) return failed(file.error().message);
  const std::vector<std::string> missing = missing_imports(*file);
  if (missing.empty()) return passed();
  std::string words;
  for (const std::string& one : missing) words += (words.empty() ? "" : "; ") + one;
  return failed(words);
}

Verdict test_load(Run& run) {
  run.step("load");
  auto library = run.subject.load(run.vault);
  if (!library) return failed(library.error().message);
  return passed();
}

}  // namespace evloom::check

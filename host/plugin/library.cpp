#include "plugin/library.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace evloom::plugin {

namespace {

constexpr std::size_t kFirstSize = offsetof(evl_entry, create) + sizeof(evl_entry::create);

// The loader's words without the name of the private copy.
std::string loader_text(const std::filesystem::path& copy) {
  const char* const raw = ::dlerror();
  std::string text = raw ? raw : "the loader gives no reason";
  const std::string prefix = copy.string() + ": ";
  for (std::size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
  return text;
}

// What the entry says otherwise than the note; empty when they agree.
std::string difference(const evl_entry& entry, const PluginFacts& facts) {
  const auto text = [](const char* value) { return std::string_view(value ? value : ""); };
  if (entry.abi != (facts.abi_major << 16 | facts.abi_minor)) return "abi";
  if (text(entry.id) != facts.id) return "id";
  if (text(entry.version) != facts.version) return "version";
  if (text(entry.description) != facts.description) return "description";
  if (text(entry.licence) != facts.licence) return "licence";
  if (split_ids(text(entry.interfaces)) != facts.interfaces) return "interfaces";
  if (split_ids(text(entry.needs)) != facts.needs) return "needs";
  const std::string_view options = text(entry.options);
  if ((options.empty() ? "{}" : options) != facts.options_schema) return "options";
  return {};
}

std::string join(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
  return text;
}

// What the audit found that can keep code in memory after dlclose.
std::string hindrances(const Audit& audit) {
  std::vector<std::string> reasons;
  for (const Finding& finding : audit.findings)
    if (finding.symbol.starts_with("__cxa_thread_atexit")) reasons.push_back(finding.reason);
  return join(reasons);
}

}  // namespace

Result<std::shared_ptr<Library>> Library::load(std::unique_ptr<Admitted> file) {
  const std::string name =
      "plugin '" + file->facts().id + "' " + file->facts().version + " ('" + file->original().string() + "')";
  ::dlerror();
  // Runs the plugin's constructors. One that throws ends the process: no exception passes through the loader.
  void* const handle = ::dlopen(file->path().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return Error{name + " cannot be loaded: " + loader_text(file->path())};
  std::shared_ptr<Library> library(new Library(std::move(file), handle));

  const auto* const entry = static_cast<const evl_entry*>(::dlsym(handle, EVL_ENTRY_SYMBOL));
  if (!entry) return Error{name + " cannot be loaded: it does not export " EVL_ENTRY_SYMBOL};
  if (entry->size < kFirstSize)
    return Error{name + " cannot be loaded: its entry is smaller than an evl_entry"};
  std::memcpy(&library->entry_, entry, std::min<std::size_t>(entry->size, sizeof(evl_entry)));
  const std::string differs = difference(library->entry_, library->facts());
  if (!differs.empty()) {
    return Error{name + " cannot be loaded: its entry and its note state different " + differs +
                 "; write both with EVL_PLUGIN"};
  }
  if (!library->entry_.create) return Error{name + " cannot be loaded: its entry lacks create"};
  return library;
}

Library::~Library() {
  // What was left behind may come back into the code at any time.
  if (handle_ && leftovers().empty()) ::dlclose(handle_);
}

UnloadResult Library::unload(std::shared_ptr<Library> library) {
  if (library.use_count() > 1) {
    // An instance that is kept says so; what loops have found is theirs while there is one.
    const bool kept = !library->left_.empty();
    return {false, kept ? join(library->left_) : "it is still in use", kept};
  }
  std::string left = library->leftovers();
  if (!left.empty()) return {false, std::move(left), true};

  // Its file keeps its name until the library goes: the mapping is looked for under it.
  ::dlclose(std::exchange(library->handle_, nullptr));
  if (!is_mapped(library->file().path())) return {true, {}};
  const std::string known = hindrances(library->file().audit());
  return {false, known.empty() ? "the loader keeps it: a library or an object of another plugin refers to it"
                               : known};
}

std::string Library::leftovers() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < on_loop_.size(); ++i) {
    const std::uint32_t events = on_loop_[i].events;
    if (events == 0) continue;
    all.push_back(std::to_string(events) + (events == 1 ? " event was" : " events were") + " left on loop " +
                  std::to_string(i));
  }
  all.insert(all.end(), left_.begin(), left_.end());
  return join(all);
}

void Library::prepare(std::uint32_t loops) {
  if (on_loop_.empty()) on_loop_.resize(loops);
}

std::string Library::label() const { return "plugin '" + facts().id + "' " + facts().version; }

}  // namespace evloom::plugin

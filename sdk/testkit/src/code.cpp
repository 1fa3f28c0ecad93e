#include "code.hpp"

#include <dlfcn.h>
#include <stdlib.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <system_error>

#include "evloom/testkit/records.hpp"

namespace evl::testkit {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFirstSize = offsetof(evl_entry, create) + sizeof(evl_entry::create);

}  // namespace

Plugin::Code::Code(const fs::path& file) : original_(file) {
  const std::string name = "plugin file '" + file.string() + "'";
  std::string folder = (fs::temp_directory_path() / "evloom-testkit-XXXXXX").string();
  if (!::mkdtemp(folder.data())) throw Refused(name + " cannot be copied to '" + folder + "'");
  folder_ = folder;
  path_ = folder_ / file.filename();
  std::error_code failed;
  if (!fs::copy_file(file, path_, failed)) {
    remove_copy();
    throw Refused(name + " cannot be read: " + failed.message());
  }
  ::dlerror();
  handle_ = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  try {
    if (!handle_) throw Refused(name + " cannot be loaded: " + ::dlerror());
    const auto* const entry = static_cast<const evl_entry*>(::dlsym(handle_, EVL_ENTRY_SYMBOL));
    if (!entry) throw Refused(name + " cannot be loaded: it does not export " EVL_ENTRY_SYMBOL);
    check(*entry, name);
  } catch (...) {
    if (handle_) ::dlclose(handle_);
    remove_copy();
    throw;
  }
}

Plugin::Code::Code(const evl_entry& linked)
    : original_(fs::read_symlink("/proc/self/exe")), path_(original_) {
  check(linked, "the plugin that is linked into this program");
}

Plugin::Code::~Code() {
  if (handle_ && !kept_) ::dlclose(handle_);
  remove_copy();
}

void Plugin::Code::remove_copy() {
  if (folder_.empty()) return;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Plugin::Code::check(const evl_entry& entry, const std::string& name) {
  if (entry.size < kFirstSize)
    throw Refused(name + " cannot be loaded: its entry is smaller than an evl_entry");
  std::memcpy(&entry_, &entry, std::min<std::size_t>(entry.size, sizeof(evl_entry)));
  const auto version = [](std::uint32_t abi) {
    return std::to_string(abi >> 16) + "." + std::to_string(abi & 0xffffu);
  };
  if (entry.abi >> 16 != EVL_ABI_MAJOR || (entry.abi & 0xffffu) > EVL_ABI_MINOR) {
    throw Refused(name + " cannot be loaded: it was built for ABI " + version(entry.abi) +
                  ", this host has ABI " + version(EVL_ABI_VERSION));
  }
  for (const char* const text : {entry_.id, entry_.version, entry_.interfaces, entry_.needs, entry_.options})
    if (!text) throw Refused(name + " cannot be loaded: its entry lacks a text; write it with EVL_PLUGIN");
  if (!entry_.create) throw Refused(name + " cannot be loaded: its entry lacks create");
}

Plugin Plugin::file(const fs::path& path) { return Plugin(std::make_shared<Code>(path)); }

Plugin::Plugin(const evl_entry& linked) : code_(std::make_shared<Code>(linked)) {}

const evl_entry& Plugin::entry() const { return code_->entry(); }

std::string Plugin::label() const { return code_->label(); }

}  // namespace evl::testkit

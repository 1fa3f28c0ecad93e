#include "cli/new.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/join.hpp"
#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "cli/table.hpp"
#include "cli/templates.hpp"
#include "cli/terminal.hpp"
#include "config/config.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/note.hpp"

namespace evloom::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".in", kStem = "plugin";

// Where `find_package(evloom)` finds this installation; empty when the program stands in no installation.
fs::path prefix() {
  const fs::path here = (own_plugins() / "../../..").lexically_normal();
  std::error_code ignored;
  return fs::exists(here / "lib/cmake/evloom/evloomConfig.cmake", ignored) ? here.parent_path() : fs::path();
}

// "plugin.cpp.in" -> "quota.cpp", "gitignore.in" -> ".gitignore".
std::string file_name(std::string_view from, const std::string& name) {
  std::string file(from.substr(0, from.size() - kSuffix.size()));
  if (file == "gitignore") return ".gitignore";
  if (file.starts_with(kStem)) file.replace(0, kStem.size(), name);
  return file;
}

// Fails when the file is there, or cannot be written.
Status write_new(const fs::path& path, const std::string& text) {
  std::error_code ignored;
  if (fs::exists(path, ignored))
    return Error{"'" + path.string() + "' is there already; nothing is overwritten"};
  std::ofstream out(path);
  out << text << std::flush;
  if (!out) return Error{"cannot write '" + path.string() + "': " + std::strerror(errno)};
  return {};
}

Words words_of(const NewOptions& options) {
  const std::string version = EVLOOM_VERSION;
  const fs::path at = prefix();
  const bool standard = at == "/usr" || at == "/usr/local";
  return {{"NAME", options.name},
          {"CLASS", class_name(options.name)},
          {"VERSION", version.substr(0, version.rfind('.'))},
          {"PLUGINS", own_plugins().string()},
          {"PREFIX_PATH", at.empty() ? " -DCMAKE_PREFIX_PATH=PREFIX"
                          : standard ? ""
                                     : " -DCMAKE_PREFIX_PATH=" + shell_word(at.string())},
          {"DOCS", at.empty() ? "PREFIX/share/doc/evloom" : (at / "share/doc/evloom/docs").string()}};
}

void print_next(const NewOptions& options, const fs::path& folder, const std::vector<std::string>& files) {
  const Style style = output_style();
  const std::string so = "build/" + options.name + ".so";
  std::string path;
  for (const auto& [word, value] : words_of(options))
    if (word == "PREFIX_PATH") path = value;
  std::cout << "made " << style.paint(Colour::bold, folder.string()) << ": " << join(files) << "\n\n"
            << "next:\n  cd " << shell_word(folder.string()) << "\n  cmake -B build" << path
            << " && cmake --build build\n  ctest --test-dir build --output-on-failure\n  evloom dev " << so
            << " -c " << options.name << ".yaml\n";
  if (prefix().empty())
    std::cout << "\nPREFIX: where evloom is installed. This program is not: cmake --install BUILD --prefix "
                 "PREFIX\n";
  std::cout << std::flush;
}

Status write_all(const NewOptions& options, const fs::path& folder, std::vector<std::string>& files) {
  const std::string from = options.kind + (options.c ? "-c/" : "/");
  const Words words = words_of(options);
  for (const EmbeddedFile& file : templates()) {
    if (!file.path.starts_with(from)) continue;
    files.push_back(file_name(file.path.substr(from.size()), options.name));
    if (Status status = write_new(folder / files.back(), filled(file.text, words)); !status) return status;
  }
  return {};
}

}  // namespace

std::string class_name(std::string_view id) {
  std::string name;
  bool begins = true;
  for (const char c : id) {
    if (c == '-' || c == '_') {
      begins = true;
      continue;
    }
    name += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    begins = false;
  }
  return name;
}

std::string filled(std::string_view text, const Words& words) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = text.find('@');
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    const auto word = std::find_if(words.begin(), words.end(), [&text](const auto& one) {
      return text.substr(1).starts_with(one.first + "@");
    });
    const std::size_t size = word == words.end() ? 1 : word->first.size() + 2;
    out += word == words.end() ? text.substr(0, 1) : std::string_view(word->second);
    text.remove_prefix(size);
  }
  return out;
}

Status check_name(const std::string& name, const std::vector<std::string>& taken) {
  if (!plugin::valid_id(name))
    return Error{
        "'" + name +
        "' cannot be the id of a plugin: a letter, then letters, digits, '-' and '_', all lower case, at "
        "most 63"};
  const auto is_one_of = [&name](const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), name) != words.end();
  };
  if (is_one_of(config::log_modules()))
    return Error{"'" + name +
                 "' is a part of the host, whose log lines bear that name; choose a name other than " +
                 join(config::log_modules())};
  const std::vector<std::string> targets = {"all",     "clean",   "depend",         "edit_cache",    "help",
                                            "install", "package", "package_source", "rebuild_cache", "test"};
  if (is_one_of(targets))
    return Error{"'" + name + "' is a target that CMake has of its own; choose a name other than " +
                 join(targets)};
  if (is_one_of(taken))
    return Error{"'" + name +
                 "' is the id of a plugin that is installed with evloom; choose a name other than " +
                 join(taken)};
  return {};
}

int make_new(const NewOptions& options) {
  if (options.c && options.kind != "handler") {
    print_error("there is a template in C for a handler alone; evloom/abi/" +
                std::string(options.kind == "store" ? "store.h" : "format.h") + " has the functions that a " +
                options.kind + " in C has to offer");
    return kWrongInput;
  }
  if (Status status = check_name(options.name, plugin::Catalogue({own_plugins()}).ids()); !status) {
    print_error(status.error().message);
    return kWrongInput;
  }
  const fs::path folder = options.folder == "." ? fs::path(options.name) : options.folder / options.name;
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error)) &&
      !(fs::is_directory(folder, error) && fs::is_empty(folder, error))) {
    print_error("'" + folder.string() +
                "' is there already; nothing is overwritten: choose another name or --dir, or move it away");
    return kWrongInput;
  }
  fs::create_directories(folder, error);
  if (error) {
    print_error("cannot make the folder '" + folder.string() + "': " + error.message());
    return kFailed;
  }
  std::vector<std::string> files;
  if (Status status = write_all(options, folder, files); !status) {
    print_error(status.error().message);
    return kFailed;
  }
  print_next(options, folder, files);
  return kGood;
}

}  // namespace evloom::cli

// Admission: a plugin file is copied to a private, read-only, uniquely named file, and the copy is checked.
// From then on the original can be overwritten: nothing in the process refers to it. [control]
//
// Why a copy: dlopen of a path or inode that is loaded already gives the old handle back, and overwriting a
// mapped file is a SIGBUS. Why a file in a folder and not a memfd: debuggers and profilers find the code by
// its name, also later from a core file. It is kept as long as it is loaded, for the same reason, and goes
// with its Admitted.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "plugin/audit.hpp"
#include "plugin/note.hpp"
#include "plugin/vault.hpp"

namespace evloom::plugin {

// A checked copy. Removes its file when it goes.
class Admitted {
 public:
  Admitted(const Admitted&) = delete;
  Admitted& operator=(const Admitted&) = delete;
  ~Admitted();

  const std::filesystem::path& path() const { return path_; }          // the copy
  const std::filesystem::path& original() const { return original_; }  // where it came from
  const std::string& sha256() const { return sha256_; }                // of the content, hexadecimal
  const PluginFacts& facts() const { return facts_; }
  const Audit& audit() const { return audit_; }

 private:
  friend Result<std::unique_ptr<Admitted>> admit(std::shared_ptr<Vault> vault,
                                                 const std::filesystem::path& file);
  Admitted() = default;

  std::shared_ptr<Vault> vault_;
  std::filesystem::path path_;
  std::filesystem::path original_;
  std::string sha256_;
  PluginFacts facts_;
  Audit audit_;
};

// Copies and checks `file`. Fails with a text that names the original and every error of the audit.
Result<std::unique_ptr<Admitted>> admit(std::shared_ptr<Vault> vault, const std::filesystem::path& file);

// SHA-256 of a file's content as admit() would find it, hexadecimal: whether it would be another one.
Result<std::string> file_sha256(const std::filesystem::path& file);

}  // namespace evloom::plugin

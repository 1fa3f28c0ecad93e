// Admission: a plugin file is copied to a private, read-only, uniquely named file, and the copy is checked.
// From then on the original can be overwritten: nothing in the process refers to it. [control]
//
// Why a copy: dlopen of a path or inode that is loaded already gives the old handle back, and overwriting a
// mapped file is a SIGBUS. Why a file in a folder and not a memfd: debuggers and profilers find the code by
// its name, also later from a core file. It is kept as long as it is loaded, for the same reason, and goes
// with its Admitted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "plugin/audit.hpp"
#include "plugin/note.hpp"

namespace evloom::plugin {

// The folder of the copies, mode 0700, one per process; removed with its content when the last user has gone.
// It is locked while the process lives, so that the next host can tell what a killed one left behind, and
// removes that.
class Vault {
 public:
  // `parent` empty: $XDG_RUNTIME_DIR, else $TMPDIR, else /tmp. It must not be mounted noexec.
  static Result<std::shared_ptr<Vault>> open(std::filesystem::path parent = {});
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  // A name that no file here had before: "ID-SERIAL.so".
  std::filesystem::path next(const std::string& id);

 private:
  Vault(std::filesystem::path folder, Fd lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}

  std::filesystem::path folder_;
  Fd lock_;
  std::uint64_t serial_ = 0;
};

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

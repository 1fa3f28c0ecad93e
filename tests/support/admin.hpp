// Admin: a client of the admin API of an Evloom whose YAML has `admin: {unix: run/admin.sock}`; and what
// tests of swaps need besides: other builds of a plugin file, and what the process has mapped. The test's
// thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/evloom_process.hpp"

namespace evloom::test {

using Json = nlohmann::json;

// For Settings: the admin socket in the folder of the process.
inline constexpr std::string_view kAdminYaml = "admin: {unix: run/admin.sock}\n";

class Admin {
 public:
  // Waits until the API listens; throws when it does not.
  explicit Admin(const Evloom& evloom);

  Response send(std::string_view method, std::string_view path, const Json& body = {}) const;
  Json get(std::string_view path) const;  // throws unless 200
  // The report of the change, whatever became of it.
  Json reload(const Json& body = Json::object()) const { return change("/v1/reload", body); }
  Json swap(std::string_view instance, const std::filesystem::path& file) const;
  Json rollback() const { return change("/v1/rollback", Json::object()); }

  Json status() const { return get("/v1/status"); }
  // The entry of a change in the history; null when it is not there (yet).
  Json entry(std::uint64_t change) const;
  // Waits until only one epoch lives; false when `limit` has passed.
  bool settle(milliseconds limit = milliseconds(10000)) const;

 private:
  Json change(std::string_view path, const Json& body) const;

  std::string socket_;
};

// The plugin file `id`.so of the build.
std::filesystem::path plugin_file(std::string_view id);
// A copy of a plugin file in `folder` that is another build to the host: `serial` is appended to it.
std::filesystem::path variant(const std::filesystem::path& file, const std::filesystem::path& folder,
                              std::uint64_t serial);

// A YAML text with `by` in the place of `what`; throws when that is not there.
std::string replaced(std::string text, std::string_view what, std::string_view by);
// Gives a running host another configuration, for its next reload.
void rewrite(const Evloom& evloom, std::string_view yaml_text);
// "serving ", "refused WHY", "failed WHY", of a change.
std::string outcome(const Json& change);

// The private plugin copies that a process has mapped, each once.
std::vector<std::string> mapped_plugins(const Evloom& evloom);

}  // namespace evloom::test

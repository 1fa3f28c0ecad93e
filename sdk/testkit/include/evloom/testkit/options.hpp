// The options of an instance as they stand in a YAML file. The kit checks them against the plugin's schema
// with the real host's own code: defaults are filled in, every value has a place, mistakes have its words.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>

namespace evl::testkit {

// Options of one instance. A text stands for them, so Host::start takes "{key: front}" as well.
class Options {
 public:
  // None: the map is empty.
  Options() = default;
  // One YAML (or JSON) map: "{key: front}". `name` stands for the file in "NAME:LINE:COLUMN".
  Options(std::string yaml, std::string name = "options.yaml")  // NOLINT(google-explicit-constructor)
      : yaml_(std::move(yaml)), name_(std::move(name)) {}
  Options(const char* yaml) : yaml_(yaml) {}  // NOLINT(google-explicit-constructor)
  // Keys with scalar values as they would be written, each on a line of its own: the third is on line 3.
  static Options of(std::initializer_list<std::pair<std::string, std::string>> pairs) {
    Options options;
    options.yaml_.clear();
    for (const auto& [key, value] : pairs) options.yaml_.append(key).append(": ").append(value).append("\n");
    return options;
  }

  // Relative paths start from here instead of the working directory.
  Options& folder(std::filesystem::path path) {
    folder_ = std::move(path);
    return *this;
  }

  // What was given: the text, what stands for its file, and the folder (empty: the working directory).
  const std::string& yaml() const { return yaml_; }
  const std::string& name() const { return name_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::string yaml_ = "{}";
  std::string name_ = "options.yaml";
  std::filesystem::path folder_;
};

}  // namespace evl::testkit

// `evloom new`: a folder to begin a plugin with, made from the templates of the SDK. [control]
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace evloom::cli {

struct NewOptions {
  std::string kind;                    // "handler", "store", "format"
  std::string name;                    // the plugin's id
  std::filesystem::path folder = ".";  // that gets the folder NAME
  bool c = false;                      // plain C
};

// Writes folder/NAME; never over anything that is there.
int make_new(const NewOptions& options);

// What a template says between @ and @, and what stands there in a plugin's folder.
using Words = std::vector<std::pair<std::string, std::string>>;
// `text` with each @WORD@ replaced. Exposed for tests.
std::string filled(std::string_view text, const Words& words);
// Why a plugin of evloom's templates cannot bear this name. Exposed for tests.
Status check_name(const std::string& name, const std::vector<std::string>& taken);
// "rate-limit" -> "RateLimit".
std::string class_name(std::string_view id);

}  // namespace evloom::cli

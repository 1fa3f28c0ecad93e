// Templates: the files of sdk/template/, embedded in the program when it is built. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

namespace evloom::cli {

struct EmbeddedFile {
  std::string_view path;  // "handler/plugin.cpp.in"
  std::string_view text;
};

const std::vector<EmbeddedFile>& templates();

}  // namespace evloom::cli

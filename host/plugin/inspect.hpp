// What `evloom inspect FILE.so` says: facts, exports, needed libraries, findings, verdict. Runs nothing of
// the file. Any thread.
#pragma once

#include <filesystem>
#include <string>

namespace evloom::plugin {

enum class ReportFormat { text, json };

struct Report {
  int exit_code = 0;  // 0: loadable, 1: not loadable, 2: there is no such file, or it is no ELF file
  std::string text;   // the report, for standard output; for exit code 2 the error, for standard error
};

Report inspect(const std::filesystem::path& file, ReportFormat format);

}  // namespace evloom::plugin

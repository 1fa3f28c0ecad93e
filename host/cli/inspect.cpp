#include "plugin/inspect.hpp"

#include <iostream>

#include "cli/commands.hpp"
#include "cli/load.hpp"

namespace evloom::cli {

int inspect(const std::filesystem::path& file, bool json) {
  const plugin::Report report =
      plugin::inspect(file, json ? plugin::ReportFormat::json : plugin::ReportFormat::text);
  if (report.exit_code == kWrongInput) {
    print_error(report.text);
  } else {
    std::cout << report.text << std::flush;
  }
  return report.exit_code;
}

}  // namespace evloom::cli

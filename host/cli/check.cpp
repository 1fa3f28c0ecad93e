#include <iostream>

#include "cli/commands.hpp"
#include "cli/load.hpp"

namespace evloom::cli {

int check(const std::filesystem::path& config) {
  const auto plan = load_plan({config, own_plugins()});
  if (!plan) return kWrongInput;
  std::cout << config.string() << ": ok (" << plan->instances.size() << " instances, "
            << plan->config->routes.size() << " routes)" << std::endl;
  return kGood;
}

}  // namespace evloom::cli

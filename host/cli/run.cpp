// `evloom run`: starts the host and waits for signals.
#include <iostream>

#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "cli/serve.hpp"

namespace evloom::cli {

namespace {

void print_welcome(const change::Host& host) {
  std::cout << "evloom " EVLOOM_VERSION " serves with " << host.loops()
            << (host.loops() == 1 ? " loop" : " loops") << " on";
  for (const std::string& url : host.urls()) std::cout << ' ' << url;
  std::cout << '\n';
  if (const auto urls = host.urls(); !urls.empty())
    std::cout << "try: curl " << curl_arguments(urls.front()) << '\n';
  std::cout << std::flush;
}

}  // namespace

int run(const std::filesystem::path& config) {
  const epoch::PlanSource source{config, own_plugins()};
  auto plan = load_plan(source);
  if (!plan) return kWrongInput;
  return serve(std::move(*plan), source, {}, [](const Serving& serving) {
    print_welcome(serving.host);
    return nullptr;
  });
}

}  // namespace evloom::cli

// A handler in C++: answers with the body of the request. The shared_ptr and the function's static are there
// because GCC would pin the file in memory with the unique symbols that they bring.
#include <memory>
#include <string>

#include "evloom/handler.hpp"

namespace {

template <typename T>
T& shared_by_all() {
  static T value;
  return value;
}

struct Echo {
  Echo(evl::Host, evl::Config) : text(std::make_shared<std::string>("nothing\n")) {}
  void on_request(evl::Request& request) {
    ++shared_by_all<int>();
    request.text(200, request.body().empty() ? std::string_view(*text) : request.body());
  }
  std::shared_ptr<std::string> text;
};

}  // namespace

EVL_HANDLER_PLUGIN(Echo, "echo", "1.0.0", "Answers with the body", "MIT", "", "{}");

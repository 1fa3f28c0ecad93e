// Names of the methods.
#include "http/method.hpp"

#include <array>

namespace evloom::http {

namespace {

constexpr std::array<std::string_view, kMethodCount> kNames = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"};

}  // namespace

Method method_from(std::string_view text) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (text == kNames[i]) return static_cast<Method>(i);
  }
  return Method::other;
}

std::string_view method_name(Method method) {
  return method == Method::other ? std::string_view("") : kNames[static_cast<size_t>(method)];
}

std::string MethodSet::allow() const {
  std::string text;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (!has(static_cast<Method>(i))) continue;
    if (!text.empty()) text += ", ";
    text += kNames[i];
  }
  return text;
}

}  // namespace evloom::http

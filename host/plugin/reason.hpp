// Reason: where a function of a plugin says why it fails (evl_error), and how a message repeats it. On the
// stack of the call, so it belongs to one thread.
#pragma once

#include <string>

#include "evloom/abi/base.h"
#include "evloom/base.hpp"

namespace evloom::plugin {

class Reason {
 public:
  Reason() = default;
  Reason(const Reason&) = delete;
  Reason& operator=(const Reason&) = delete;

  // For the plugin to write to.
  evl_error* error() { return &error_; }
  // It threw instead.
  void threw(const char* function, const char* what) {
    evl_error_set(&error_, (std::string(function) + " threw: " + what).c_str());
  }
  // What it wrote, cut where it must end; empty when it wrote nothing.
  const char* text() {
    text_[sizeof text_ - 1] = '\0';
    return text_;
  }
  // The same, or that there is none, and the status.
  std::string text(evl_status status) {
    return *text() != '\0' ? text() : std::string("it gives no reason: ") + evl::status_name(status);
  }

 private:
  char text_[1024] = "";
  evl_error error_{sizeof(evl_error), sizeof text_, text_};
};

}  // namespace evloom::plugin

// hello: the smallest handler. Copy this file to begin one of your own.
#include "evloom/handler.hpp"

namespace {

class Hello {
 public:
  Hello(evl::Host, evl::Config options) : greeting_(options["greeting"].text()) { greeting_ += '\n'; }

  // Called on every loop at once, so it must not change the object.
  void on_request(evl::Request& request) const { request.text(200, greeting_); }

 private:
  std::string greeting_;
};

}  // namespace

EVL_HANDLER_PLUGIN(Hello, "hello", "1.0.0", "Says hello", "MIT", "", R"({
  "type": "object",
  "properties": {
    "greeting": { "type": "string", "default": "Hello", "description": "What it says." }
  }
})");

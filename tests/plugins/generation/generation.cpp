// generation: a handler that says which build of it answers, and how it is configured. Built several times
// with another GENERATION: the same plugin, other code.
#include <string>

#include "evloom/handler.hpp"

namespace {

class Generation {
 public:
  Generation(evl::Host, evl::Config options)
      : text_("generation " GENERATION " " + std::string(options["word"].text()) + "\n") {}

  void on_request(evl::Request& request) const { request.text(200, text_); }

 private:
  std::string text_;
};

}  // namespace

EVL_HANDLER_PLUGIN(Generation, "generation", GENERATION ".0.0", "Says which build answers", "MIT", "", R"({
  "type": "object",
  "properties": { "word": { "type": "string", "default": "plain", "description": "Said besides." } }
})");

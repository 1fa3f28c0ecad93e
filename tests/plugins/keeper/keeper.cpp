// keeper: a handler whose state is one text, which it hands over as the option `fault` says.
#include <stdexcept>
#include <string>
#include <thread>

#include "evloom/handler.hpp"
#include "evloom/state.hpp"

namespace {

class Keeper {
 public:
  Keeper(evl::Host, evl::Config options) : text_(options["text"].text()), fault_(options["fault"].text()) {}

  static constexpr std::uint32_t state_version = 3;
  bool accepts(std::string_view plugin, std::string_view plugin_version, std::uint32_t version) const {
    if (fault_ == "accepts throws") throw std::runtime_error("accepts is in a bad mood");
    return fault_ != "accepts nothing" && plugin == "keeper" && plugin_version == "1.2.3" && version == 3;
  }
  void save(const evl::StateWriter& out) const {
    if (fault_ == "save throws") throw evl::Failure(EVL_E_UNAVAILABLE, "the pen is dry");
    if (fault_ == "save twice") {
      out.put("text", "before");
      try {
        out.put("text", "again");
      } catch (const evl::Failure&) {  // and says nothing
      }
      return;
    }
    if (fault_ == "save nameless") out.put("", text_);
    if (fault_ == "save long name") out.put(std::string(EVL_STATE_NAME_MAX + 1, 'n'), text_);
    if (fault_ == "save many")
      for (unsigned i = 0; i <= EVL_STATE_BLOBS_MAX; ++i) out.put(std::to_string(i), "");
    if (fault_ == "save much") {
      // Never read: the bound is looked at first.
      out.put("much", std::string_view(text_.data(), std::size_t{EVL_STATE_BYTES_MAX}));
    }
    if (fault_ == "save elsewhere") {
      std::thread([&] {
        try {
          out.put("text", text_);
        } catch (const evl::Failure&) {
        }
      }).join();
    }
    out.put("text", text_);
    out.put("nothing", "");
  }
  void load(std::uint32_t version, const evl::Blobs& blobs) {
    if (fault_ == "load throws") throw evl::Failure(EVL_E_INVALID, "illegible");
    text_ = std::to_string(version);
    for (std::size_t i = 0; i < blobs.size(); ++i)
      text_ += ";" + std::string(blobs[i].name) + "=" + std::string(blobs[i].data);
  }

  // A test passes a string in the place of a request.
  void on_request(evl::Request& request) { *reinterpret_cast<std::string*>(request.raw()) = text_; }

 private:
  std::string text_;
  std::string fault_;
};

EVL_PLUGIN("keeper", "1.2.3", "A test", "MIT", EVL_HANDLER " " EVL_STATE, "",
           R"({"type":"object","properties":{"text":{"type":"string","default":""},)"
           R"("fault":{"type":"string","default":""}}})",
           (&evl::create<Keeper, evl_handler, evl_state>));

}  // namespace

// faulty: a store that breaks one rule of evloom.store/1, the one its option `fault` names. Only tests load
// it.
#include <string>
#include <vector>

#include "evloom/store_backend.hpp"

namespace {

class Faulty {
 public:
  static constexpr std::uint32_t store_flags = 0;

  Faulty(evl::Host host, evl::Config options) : host_(host), fault_(options["fault"].text()) {}

  class PerLoop {
   public:
    PerLoop(Faulty& faulty, evl::Loop loop) : faulty_(faulty), timer_(faulty.host_, loop) {}

    evl_status submit(evl::Batch batch) {
      if (faulty_.fault_ == "throws") throw std::runtime_error("asked to throw");
      if (faulty_.fault_ == "refuses") return EVL_E_DENIED;
      if (faulty_.fault_ == "strange") return 4711;
      batch_ = batch;
      if (faulty_.fault_ == "inside") {
        finish();
      } else if (faulty_.fault_ != "never") {
        timer_.start(
            std::chrono::milliseconds(faulty_.fault_ == "late" ? 400 : 1),
            [](void* self) { static_cast<PerLoop*>(self)->finish(); }, this);
      }
      return EVL_OK;
    }

    evl_status health(evl_error*) { return EVL_OK; }

   private:
    void finish() {
      static const std::uint8_t fresh[1] = {1};
      std::vector<evl_result> results(batch_.count);
      for (evl_result& result : results) {
        result = {};
        result.size = sizeof result;
        result.integer = 1;
        result.fresh = faulty_.fault_ == "no_fresh" ? nullptr : fresh;
      }
      const evl::Batch batch = batch_;
      if (faulty_.fault_ == "short") {
        batch.callback(batch.context, EVL_OK, results.data(), batch.count - 1);
      } else if (faulty_.fault_ == "nothing") {
        batch.callback(batch.context, EVL_OK, nullptr, batch.count);
      } else {
        batch.done(results.data());
        if (faulty_.fault_ == "twice") batch.done(results.data());
      }
    }

    Faulty& faulty_;
    evl::Timer timer_;
    evl::Batch batch_{};
  };

 private:
  evl::Host host_;
  std::string fault_;
};

}  // namespace

EVL_STORE_PLUGIN(Faulty, "faulty", "1.0.0", "Breaks a rule", "MIT", R"({
  "type": "object", "required": ["fault"],
  "properties": { "fault": {
    "type": "string", "description": "Which rule.",
    "enum": ["none", "never", "late", "twice", "short", "nothing", "no_fresh", "inside", "throws", "refuses", "strange"]
  } }
})");

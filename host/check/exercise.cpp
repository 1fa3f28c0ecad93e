#include "check/exercise.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <tuple>
#include <vector>

#include "evloom/base.hpp"

#include "plugin/call.hpp"
#include "plugin/reason.hpp"

namespace evloom::check {

namespace {

// Room for what a format writes, while it is tried.
class Page : public evl_writer {
 public:
  explicit Page(std::size_t most)
      : evl_writer{sizeof(evl_writer), 0, nullptr, nullptr, &Page::more, {}}, most_(most) {}
  bool full() const { return full_; }  // it has refused to grow

 private:
  static evl_status more(evl_writer* writer, std::size_t need) noexcept {
    Page& page = *static_cast<Page*>(writer);
    const auto used = static_cast<std::size_t>(page.cursor ? page.cursor - page.bytes_.data() : 0);
    if (need > page.most_ - used) {
      page.full_ = true;
      return EVL_E_LIMIT;
    }
    page.bytes_.resize(std::min(2 * (used + need), page.most_));
    page.cursor = page.bytes_.data() + used;
    page.limit = page.bytes_.data() + page.bytes_.size();
    return EVL_OK;
  }
  const std::size_t most_;
  bool full_ = false;
  std::vector<char> bytes_;
};

evl_field field(std::string_view name, std::string_view label, std::string_view sentence = {}) {
  return {sizeof(evl_field), 0, evl::bytes(name), evl::bytes(label), evl::bytes(sentence)};
}
evl_value value(evl_value_kind kind, std::int64_t integer = 0, std::string_view text = {}) {
  return {sizeof(evl_value), kind, integer, 0.5, evl::bytes(text)};
}

// Calls of one plugin's functions; remembers what went wrong first.
class Calls {
 public:
  template <typename Body>
  void call(const char* what, Body body) {
    if (!why_.empty()) return;
    const evl_status status = plugin::call(
        [&] { return body(); }, [&](const char* text) { why_ = std::string(what) + " threw: " + text; });
    if (status != EVL_OK && why_.empty()) why_ = std::string(what) + " failed: " + evl::status_name(status);
  }
  const std::string& why() const { return why_; }

 private:
  std::string why_;
};

// A value as the array of a later host may have it: longer than this header says.
struct Wide {
  evl_value value;
  std::uint64_t later[2];
};

// Every function of a format, every kind of value.
void describe(Page& page, Calls& calls, const evl_format& format, void* object, void* slot) {
  const evl_field name = field("name", "Name");
  const evl_field said = field("name", "Name", "A sentence.");
  const evl_value values[] = {value(EVL_VALUE_TEXT, 0, "text \"with\" <signs> & bytes \xff"),
                              value(EVL_VALUE_DIGITS, 0, "60310"), value(EVL_VALUE_INTEGER, -1)};
  Wide wide[std::size(values)];
  for (std::size_t i = 0; i < std::size(values); ++i) {
    wide[i] = {values[i], {~std::uint64_t{0}, ~std::uint64_t{0}}};
    wide[i].value.size = sizeof(Wide);
  }
  const auto put = [&](const evl_field& key, const evl_value& one) {
    calls.call("field", [&] { return format.field(object, slot, &page, &key, &one); });
  };
  const auto end = [&] { calls.call("end", [&] { return format.end(object, slot, &page); }); };
  calls.call("begin", [&] { return format.begin(object, slot, &page); });
  put(name, value(EVL_VALUE_NULL));
  put(said, value(EVL_VALUE_BOOLEAN, 1));
  put(name, value(EVL_VALUE_NUMBER));
  for (const evl_value& one : values) put(name, one);
  calls.call("list", [&] { return format.list(object, slot, &page, &name); });
  calls.call("items", [&] { return format.items(object, slot, &page, values, std::size(values)); });
  calls.call("items", [&] { return format.items(object, slot, &page, &wide[0].value, std::size(wide)); });
  calls.call("items", [&] { return format.items(object, slot, &page, values, 0); });
  end();
  calls.call("record", [&] { return format.record(object, slot, &page, &name); });
  put(name, values[0]);
  calls.call("list", [&] { return format.list(object, slot, &page, &said); });
  end();
  end();
  end();
}

constexpr std::size_t kRoom = std::size_t{1} << 20;

}  // namespace

std::string render(const evl_format& format, void* object, void* slot) {
  Page page(kRoom);
  Calls calls;
  describe(page, calls, format, object, slot);
  return calls.why();
}

std::string render_within(std::size_t most, const evl_format& format, void* object, void* slot) {
  Page page(most);
  Calls calls;
  describe(page, calls, format, object, slot);
  if (!page.full()) return calls.why();
  if (calls.why().empty())
    return "the answer was cut at " + std::to_string(most) +
           " bytes and no function said so: return what grow returns";
  return calls.why().find(" threw: ") == std::string::npos ? "" : calls.why();
}

// Whatever it says is good, as long as it says it.
std::string ask_health(const evl_store_backend& store, void* object, void* slot) {
  Calls calls;
  plugin::Reason reason;
  calls.call("health", [&] {
    std::ignore = store.health(object, slot, reason.error());
    return EVL_OK;
  });
  return calls.why();
}

}  // namespace evloom::check

// text and json, driven by their tables.
#include <limits>

#include "evloom/render.hpp"

#include "host_fixture.hpp"
#include "string_writer.hpp"

namespace evloom::plugin {
namespace {

using evl::Field;

class FormatTest : public HostTest {
 protected:
  // Renders what `describe` says.
  std::string render(const std::string& plugin, const std::string& yaml,
                     const std::function<void(FormatTest&)>& describe) {
    auto instance = make(shipped(plugin), yaml).value();
    StringWriter writer;
    format_ = instance->interface<evl_format>();
    object_ = instance->object();
    writer_ = writer.raw();
    status_ = format_->begin(object_, nullptr, writer_);
    describe(*this);
    end();
    EXPECT_EQ(status_, EVL_OK);
    return writer.text();
  }
  std::string text(const std::function<void(FormatTest&)>& describe) {
    return render("text", "{}", describe);
  }
  std::string json(const std::function<void(FormatTest&)>& describe) {
    return render("json", "{}", describe);
  }

 public:
  FormatTest& field(const Field& field, const evl_value& value) {
    const evl_field raw = field.raw();
    return then(format_->field(object_, nullptr, writer_, &raw, &value));
  }
  FormatTest& list(const Field& field, const std::vector<evl_value>& values = {}) {
    const evl_field raw = field.raw();
    then(format_->list(object_, nullptr, writer_, &raw));
    if (!values.empty()) items(values.data(), values.size());
    return *this;
  }
  FormatTest& items(const evl_value* values, std::size_t count) {
    return then(format_->items(object_, nullptr, writer_, values, count));
  }
  FormatTest& record(const Field& field) {
    const evl_field raw = field.raw();
    return then(format_->record(object_, nullptr, writer_, &raw));
  }
  FormatTest& end() { return then(format_->end(object_, nullptr, writer_)); }

 protected:
  FormatTest& then(evl_status status) {
    if (status_ == EVL_OK) status_ = status;
    return *this;
  }
  const evl_format* format_ = nullptr;
  void* object_ = nullptr;
  evl_writer* writer_ = nullptr;
  evl_status status_ = EVL_OK;
};

void stats_answer(FormatTest& out) {
  out.field({"requests_total", "Total requests"}, evl::integer(2))
      .field({"requests_from_address", "Requests from this source IP"}, evl::integer(2))
      .field({"port_is_new", "New", "This source port has never been seen."}, evl::boolean(true))
      .list({"ports", "source ports which have been seen for your ip"},
            {evl::digits("60310"), evl::digits("60322")})
      .end();
}

TEST_F(FormatTest, TextRendersTheStatsAnswerToTheByte) {
  EXPECT_EQ(text(stats_answer),
            "Total requests = 2\n"
            "Requests from this source IP = 2\n"
            "This source port has never been seen.\n"
            "source ports which have been seen for your ip:\n"
            "60310 60322 \n");
}

TEST_F(FormatTest, JsonRendersTheStatsAnswer) {
  EXPECT_EQ(
      json(stats_answer),
      "{\"requests_total\":2,\"requests_from_address\":2,\"port_is_new\":true,\"ports\":[60310,60322]}");
}

TEST_F(FormatTest, AnEmptyListIsAnEmptyLine) {
  const auto empty = [](FormatTest& out) { out.list({"ports", "Ports"}).end(); };
  EXPECT_EQ(text(empty), "Ports:\n\n");
  EXPECT_EQ(json(empty), "{\"ports\":[]}");
}

void every_kind(FormatTest& out) {
  evl_value strange = evl::value_of(77);
  out.field({"a", ""}, evl::null())
      .field({"b", ""}, evl::boolean(false))
      .field({"c", ""}, evl::integer(std::numeric_limits<std::int64_t>::min()))
      .field({"d", ""}, evl::number(0.1))
      .field({"e", ""}, evl::number(std::numeric_limits<double>::quiet_NaN()))
      .field({"f", ""}, evl::number(-std::numeric_limits<double>::infinity()))
      .field({"g", ""}, evl::text(""))
      .field({"h", ""}, evl::digits("18446744073709551616"))
      .field({"i", ""}, strange);
}

TEST_F(FormatTest, EveryKindOfValueHasAForm) {
  EXPECT_EQ(text(every_kind),
            "a = -\nb = false\nc = -9223372036854775808\nd = 0.1\ne = nan\nf = -inf\ng = \nh = "
            "18446744073709551616\n"
            "i = -\n");
  EXPECT_EQ(json(every_kind),
            "{\"a\":null,\"b\":false,\"c\":-9223372036854775808,\"d\":0.1,\"e\":null,\"f\":null,\"g\":\"\","
            "\"h\":18446744073709551616,\"i\":null}");
}

TEST_F(FormatTest, OnlyACanonicalDecimalIsAJsonNumber) {
  for (const char* digits : {"0", "7", "-7", "10", "65535"})
    EXPECT_EQ(json([&](FormatTest& out) {
                out.field({"n", ""}, evl::digits(digits));
              }),
              "{\"n\":" + std::string(digits) + "}");
  for (const char* odd : {"", "-", "00", "07", "-0", "-07", "+7", " 7", "7 ", "1e3", "1.0", "0x7", "seven"})
    EXPECT_EQ(json([&](FormatTest& out) {
                out.field({"n", ""}, evl::digits(odd));
              }),
              "{\"n\":\"" + std::string(odd) + "\"}");
  EXPECT_EQ(json([](FormatTest& out) {
              out.list({"n", ""}, {evl::digits("1"), evl::digits("01")}).end();
            }),
            "{\"n\":[1,\"01\"]}");
}

TEST_F(FormatTest, TextFromOutsideBreaksNeitherFormat) {
  const std::string nasty("a\"b\\c\n\r\t\b\f\x01\x7f\0d", 14);
  EXPECT_EQ(json([&](FormatTest& out) {
              out.field({"x\ny", ""}, evl::text(nasty));
            }),
            "{\"x\\ny\":\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u007f\\u0000d\"}");
  EXPECT_EQ(text([&](FormatTest& out) {
              out.field({"x", "one\ntwo"}, evl::text(nasty));
            }),
            "one\\ntwo = a\"b\\c\\n\\r\\t\\x08\\x0c\\x01\\x7f\\x00d\n");
  // Overlong, surrogate, too large, cut, stray; then two good ones.
  const std::string broken =
      "\xC0\xAF|\xED\xA0\x80|\xF4\x90\x80\x80|\xE2\x82|\xFF|\xE2\x82\xAC|\xF0\x9F\x98\x80";
  const std::string r = "\xEF\xBF\xBD";
  const std::string repaired = r + r + "|" + r + r + r + "|" + r + r + r + r + "|" + r + r + "|" + r +
                               "|\xE2\x82\xAC|\xF0\x9F\x98\x80";
  EXPECT_EQ(json([&](FormatTest& out) {
              out.field({"x", ""}, evl::text(broken));
            }),
            "{\"x\":\"" + repaired + "\"}");
  EXPECT_EQ(text([&](FormatTest& out) {
              out.list({"x", ""}, {evl::text(broken)}).end();
            }),
            "x:\n" + repaired + " \n");
}

void nested(FormatTest& out) {
  out.record({"store", "Store"})
      .field({"name", "Name"}, evl::text("counters"))
      .record({"inner", "Inner"})
      .list({"keys", "Keys"}, {evl::text("a"), evl::integer(1)})
      .end()
      .end()
      .record({"empty", "Empty"})
      .end()
      .end()
      .field({"last", "Last"}, evl::boolean(true));
}

TEST_F(FormatTest, RecordsNest) {
  EXPECT_EQ(text(nested),
            "Store:\n"
            "  Name = counters\n"
            "  Inner:\n"
            "    Keys:\n"
            "    a 1 \n"
            "  Empty:\n"
            "Last = true\n");
  EXPECT_EQ(json(nested),
            "{\"store\":{\"name\":\"counters\",\"inner\":{\"keys\":[\"a\",1]},\"empty\":{}},\"last\":true}");
  EXPECT_EQ(render("json", "{pretty: true}", nested), R"({
  "store": {
    "name": "counters",
    "inner": {
      "keys": [
        "a",
        1
      ]
    },
    "empty": {}
  },
  "last": true
}
)");
}

TEST_F(FormatTest, NestsEightDeepAndNoDeeper) {
  for (const char* plugin : {"text", "json"}) {
    auto instance = make(shipped(plugin)).value();
    const auto* format = instance->interface<evl_format>();
    StringWriter writer;
    const evl_field field = Field{"x", "X"}.raw();
    ASSERT_EQ(format->begin(instance->object(), nullptr, writer.raw()), EVL_OK);
    for (int i = 0; i < 8; ++i)
      EXPECT_EQ(format->record(instance->object(), nullptr, writer.raw(), &field), EVL_OK);
    EXPECT_EQ(format->record(instance->object(), nullptr, writer.raw(), &field), EVL_E_LIMIT);
  }
}

TEST_F(FormatTest, AnAnswerThatGrowsTooLargeIsAStatus) {
  for (const char* plugin : {"text", "json"}) {
    auto instance = make(shipped(plugin)).value();
    const auto* format = instance->interface<evl_format>();
    StringWriter writer(100);
    const evl_field field = Field{"x", "X"}.raw();
    const evl_value value = evl::text("0123456789");
    ASSERT_EQ(format->begin(instance->object(), nullptr, writer.raw()), EVL_OK);
    evl_status status = EVL_OK;
    for (int i = 0; i < 20 && status == EVL_OK; ++i)
      status = format->field(instance->object(), nullptr, writer.raw(), &field, &value);
    EXPECT_EQ(status, EVL_E_LIMIT);
  }
}

// The maker of the array may know a larger evl_value than the format does.
TEST_F(FormatTest, ItemsAreReadByTheirStride) {
  struct Larger {
    evl_value value;
    std::uint64_t unknown[3];
  };
  std::vector<Larger> values;
  for (const char* digits : {"1", "2", "3"}) {
    values.push_back({evl::digits(digits), {~0ull, ~0ull, ~0ull}});
    values.back().value.size = sizeof(Larger);
  }
  const auto describe = [&](FormatTest& out) {
    out.list({"n", "N"}).items(&values[0].value, values.size()).end();
  };
  EXPECT_EQ(text(describe), "N:\n1 2 3 \n");
  EXPECT_EQ(json(describe), "{\"n\":[1,2,3]}");
}

TEST_F(FormatTest, ALongListComesInPieces) {
  constexpr int kPorts = 30'000;
  std::vector<std::string> ports;
  for (int i = 0; i < kPorts; ++i) ports.push_back(std::to_string(10'000 + i));
  std::string expected_text = "P:\n", expected_json = "{\"p\":[";
  for (int i = 0; i < kPorts; ++i) {
    expected_text += ports[static_cast<std::size_t>(i)] + " ";
    expected_json += (i ? "," : "") + ports[static_cast<std::size_t>(i)];
  }
  const auto describe = [&](FormatTest& out) {
    out.list({"p", "P"});
    for (const std::string& port : ports) {
      const evl_value value = evl::digits(port);
      out.items(&value, 1);
    }
    out.end();
  };
  EXPECT_EQ(text(describe), expected_text + "\n");
  EXPECT_EQ(json(describe), expected_json + "]}");
}

TEST_F(FormatTest, SaysItsMediaType) {
  EXPECT_STREQ(make(shipped("text")).value()->interface<evl_format>()->media_type,
               "text/plain; charset=utf-8");
  EXPECT_STREQ(make(shipped("json")).value()->interface<evl_format>()->media_type, "application/json");
}

}  // namespace
}  // namespace evloom::plugin

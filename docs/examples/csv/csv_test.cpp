// csv as a host uses it: a handler of the test's own describes an answer, the plugin writes it.
#include <gtest/gtest.h>

#include "evloom/handler.hpp"
#include "evloom/testkit.hpp"

namespace {

struct Sample {
  static constexpr bool renders = true;
  Sample(evl::Host, evl::Config) {}

  void on_request(evl::Request& request) const {
    const evl_value ports[] = {evl::digits("60310"), evl::digits("60322")};
    evl::Rendering answer(request, 200);
    answer.field({"total", "Total"}, evl::integer(2));
    answer.field({"who", "Who"}, evl::text("Ada, or \"guest\""));
    answer.field({"fresh", "Fresh"}, evl::boolean(true));
    answer.field({"load", "Load"}, evl::number(0.5));
    answer.field({"none", "None"}, evl::null());
    answer.list({"ports", "Ports"}).items(ports).end();
    answer.record({"limits", "Limits"}).field({"most", "Most"}, evl::integer(9)).end();
    answer.finish();
  }
};

}  // namespace

EVL_HANDLER_PLUGIN(Sample, "sample", "1.0.0", "Every kind of value", "MIT", "", "{}");

namespace {

using namespace evl::testkit;

std::string written(const Options& options) {
  Host host;
  Instance& format = host.start(Plugin::file(PLUGIN_FILE), options);
  Instance& sample = host.start(Plugin(evloom_entry));
  host.route("/", sample, {.formats = {&format}});
  const Answer answer = host.get({});
  EXPECT_EQ(answer.media_type, "text/csv; charset=utf-8");
  host.stop();
  EXPECT_EQ(host.complaints(), "");
  return answer.body;
}

TEST(Csv, QuotesWhatWouldBreakALine) {
  EXPECT_EQ(written({}),
            "total,2\r\nwho,\"Ada, or \"\"guest\"\"\"\r\nfresh,true\r\nload,0.5\r\nnone,\r\n"
            "ports,60310,60322\r\nlimits\r\nmost,9\r\n\r\n");
}

TEST(Csv, TakesAnotherSeparator) {
  EXPECT_EQ(written("{separator: ;}").substr(0, 34), "total;2\r\nwho;\"Ada, or \"\"guest\"\"\"\r\n");
}

TEST(Csv, RefusesASeparatorThatIsNone) { EXPECT_THROW(written("{separator: x}"), Refused); }

}  // namespace

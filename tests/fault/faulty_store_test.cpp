// A store that breaks the rules costs its own callers a failure, in time; never the host, and nobody else.
#include <gtest/gtest.h>

#include "support/evloom_process.hpp"

namespace evloom::test {
namespace {

std::string with_fault(const std::string& fault) {
  return yaml({.counters = "{ plugin: faulty, fault: " + fault + ", timeout: 200ms }",
               .limits = "{ reply_timeout: 3s }"});
}

// Counted by the host against the instance: the sum over all kinds.
long misbehaviours(const Evloom& evloom) {
  const std::string text = evloom.get("/metrics").body;
  long sum = 0;
  for (std::size_t at = 0; (at = text.find("evloom_instance_misbehaviour_total{", at)) != std::string::npos;
       ++at)
    sum += std::stol(text.substr(text.find("} ", at) + 2));
  return sum;
}

struct Case {
  const char* fault;
  int status;
  const char* says;  // in the body
  bool misbehaviour;
};

class FaultyStore : public ::testing::TestWithParam<Case> {};

TEST_P(FaultyStore, CostsItsCallersAFailureAndNobodyElse) {
  Evloom evloom(with_fault(GetParam().fault));
  Client client = evloom.connect();
  for (int i = 0; i < 3; ++i) {
    const Response response = client.get("/");
    EXPECT_EQ(response.status, GetParam().status) << response.body;
    EXPECT_NE(response.body.find(GetParam().says), std::string::npos) << response.body;
    EXPECT_EQ(response.header("retry-after").has_value(), response.status == 503);
    EXPECT_EQ(client.get("/hello").status, 200);
  }
  EXPECT_EQ(misbehaviours(evloom) != 0, GetParam().misbehaviour) << evloom.log();
  EXPECT_EQ(evloom.stop(), "");
}

INSTANTIATE_TEST_SUITE_P(EachFault, FaultyStore,
                         ::testing::Values(Case{"none", 200, "Total requests = 1", false},
                                           Case{"never", 503, "outcome: unknown", false},
                                           Case{"late", 503, "outcome: unknown", false},
                                           Case{"twice", 200, "Total requests = 1", true},
                                           Case{"short", 500, "internal error", true},
                                           Case{"nothing", 500, "internal error", true},
                                           Case{"no_fresh", 500, "internal error", true},
                                           Case{"inside", 503, "outcome: unknown", true},
                                           Case{"throws", 500, "internal error", false},
                                           Case{"refuses", 503, "denied", false},
                                           Case{"strange", 500, "internal error", false}),
                         [](const auto& param) { return std::string(param.param.fault); });

// Whoever never answers holds a few batches, not more and more memory; and requests do not wait for it for
// ever.
TEST(StoreThatNeverAnswers, IsGivenUpOn) {
  Evloom evloom(with_fault("never"));
  Client client = evloom.connect();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client.get("/").status, 503);
  const auto begin = Clock::now();
  const Response response = client.get("/");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("unavailable"), std::string::npos) << response.body;
  EXPECT_LT(Clock::now() - begin, widened(milliseconds(150)))
      << "waits although the store holds all it may hold";
  EXPECT_EQ(evloom.stop(), "");
}

}  // namespace
}  // namespace evloom::test

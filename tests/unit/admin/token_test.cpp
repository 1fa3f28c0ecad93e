// The admin API on TCP: nothing without the token.
#include "admin_fixture.hpp"

namespace evloom::test {
namespace {

using AdminToken = AdminTest;

TEST_F(AdminToken, IsNeededOnTcp) {
  admin::AdminOptions options;
  options.listen.address = *http::parse_address("127.0.0.1:0");
  const auto server = try_start(options);
  ASSERT_FALSE(server.ok());
  EXPECT_NE(server.error().message.find("needs a token"), std::string::npos) << server.error().message;
}

TEST_F(AdminToken, OpensEveryEndpoint) {
  start_tcp("secret");
  for (const char* path : {"/v1/status", "/v1/history", "/livez", "/readyz", "/metrics"})
    EXPECT_EQ(get(path, {{"Authorization", "Bearer secret"}}).status, 200) << path;
  EXPECT_EQ(post("/v1/reload", "{}", {{"Authorization", "bearer secret"}}).status, 200);
}

TEST_F(AdminToken, NothingIsToldOrDoneWithoutIt) {
  start_tcp("secret");
  for (const char* path : {"/v1/status", "/v1/plan", "/livez", "/readyz", "/metrics", "/no/such/path"}) {
    const Response response = get(path);
    EXPECT_EQ(error(response), "401 the admin API wants \"Authorization: Bearer TOKEN\"") << path;
    EXPECT_EQ(response.header("www-authenticate"), "Bearer realm=\"evloom\"");
  }
  for (const char* value : {"", "secret", "Basic secret", "Bearer", "Bearer ", "Bearer secre",
                            "Bearer secrets", "Bearer Secret", "Bearer secretsecret", "Bearer secret x"})
    EXPECT_EQ(post("/v1/reload", "{}", {{"Authorization", value}}).status, 401) << value;
  EXPECT_TRUE(control_.asked(0).empty());
}

TEST_F(AdminToken, IsNeverLogged) {
  start_tcp("correct-horse");
  EXPECT_EQ(get("/v1/status", {{"Authorization", "Bearer wrong-donkey"}}).status, 401);
  ASSERT_TRUE(log_->flush());
  const std::string log = read_file(folder_ / "log");
  EXPECT_NE(log.find("without its token"), std::string::npos) << log;
  EXPECT_EQ(log.find("correct-horse"), std::string::npos) << log;
  EXPECT_EQ(log.find("wrong-donkey"), std::string::npos) << log;
}

}  // namespace
}  // namespace evloom::test

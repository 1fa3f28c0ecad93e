// AdminTest: an AdminServer on a real socket in front of a FakeControl. The test's thread only.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "admin/server.hpp"
#include "fake_control.hpp"
#include "support/http_client.hpp"
#include "support/process.hpp"

namespace evloom::test {

using Json = nlohmann::json;

class AdminTest : public ::testing::Test {
 protected:
  AdminTest() {
    observe::LogOptions options;
    options.output = (folder_ / "log").string();
    log_ = std::move(observe::Log::create(options)).value();
  }

  std::string socket() const { return (folder_ / "admin.sock").string(); }

  Result<std::unique_ptr<admin::AdminServer>> try_start(const admin::AdminOptions& options) {
    admin::Sources sources;
    sources.readiness = [this](auto done) { done(reasons_); };
    sources.metrics = [] { return std::string("evloom_up 1\n"); };
    return admin::AdminServer::start(options, control_, std::move(sources), *log_);
  }
  void start(const admin::AdminOptions& options) {
    auto made = try_start(options);
    ASSERT_TRUE(made.ok()) << made.error().message;
    server_ = std::move(*made);
  }
  void start_unix() {
    admin::AdminOptions options;
    options.listen.address = *http::unix_address(socket());
    address_ = {socket(), 0};
    start(options);
  }
  void start_tcp(const std::string& token) {
    admin::AdminOptions options;
    options.listen.address = *http::parse_address("127.0.0.1:0");
    options.token = token;
    start(options);
    const std::string url = server_->url();
    address_ = {"127.0.0.1", static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)))};
  }

  Client connect() const { return Client(address_); }
  Response get(std::string_view target, HeaderList headers = {}) const {
    return fetch(address_, test::get(target, headers));
  }
  Response post(std::string_view target, std::string_view body, HeaderList headers = {}) const {
    return fetch(address_, post_request(target, body, headers));
  }
  // One with a length even when the body is empty: a POST needs it.
  static std::string post_request(std::string_view target, std::string_view body, HeaderList headers = {}) {
    std::string text = request("POST", target, headers, body);
    if (body.empty()) text.insert(text.size() - 2, "Content-Length: 0\r\n");
    return text;
  }
  static Json json(const Response& response) {
    EXPECT_EQ(response.header("content-type"), "application/json") << response.body;
    Json parsed = Json::parse(response.body, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << response.body;
    return parsed;
  }
  // What an error says, with its status in front.
  static std::string error(const Response& response) {
    return std::to_string(response.status) + " " + json(response).value("error", "no error");
  }

  TempDir folder_;
  std::unique_ptr<observe::Log> log_;
  FakeControl control_;
  std::vector<std::string> reasons_;  // why it is not ready; to be set before the server is asked
  Address address_;
  std::unique_ptr<admin::AdminServer> server_;
};

}  // namespace evloom::test

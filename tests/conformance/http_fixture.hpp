// Http: one evloom for all tests of a suite, with the echo handler; a test that needs other settings starts
// its own. At the end of the suite the program must still be the same process, hold no more descriptors than
// at the start, and stop with status 0.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "support/evloom_process.hpp"
#include "support/http_client.hpp"

namespace evloom::test {

class Http : public ::testing::Test {
 public:
  static void SetUpTestSuite() {
    evloom_ = std::make_unique<Evloom>(yaml({}));
    evloom_->get("/");  // whatever is opened lazily
    descriptors_ = evloom_->descriptors_at_rest();
  }

  static void TearDownTestSuite() {
    ASSERT_TRUE(evloom_->process().running()) << evloom_->log();
    EXPECT_EQ(evloom_->get("/hello").status, 200);
    EXPECT_EQ(evloom_->descriptors_settled(descriptors_), descriptors_) << "descriptors leaked";
    EXPECT_EQ(evloom_->stop(), "");
    evloom_.reset();
  }

  void TearDown() override {
    ASSERT_TRUE(evloom_->process().running()) << "evloom died:\n" << evloom_->log();
  }

 protected:
  static Evloom& evloom() { return *evloom_; }
  static Client connect() { return evloom_->connect(); }

  // Sends exactly these bytes and reads one answer.
  static Response raw(std::string_view bytes) { return evloom_->connect().ask(bytes); }

 private:
  static inline std::unique_ptr<Evloom> evloom_;
  static inline int descriptors_ = 0;
};

// A head of the default kind, to be completed with further lines: it does not end in the empty line.
inline std::string head(std::string_view method, std::string_view target) {
  return std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
}

// The value behind `name` in what the echo handler wrote: of "header X", "query x", "body", ...
inline std::string echoed(const Response& response, std::string_view name) {
  const std::string key = "\n" + std::string(name) + " ";
  const std::string text = "\n" + response.body;
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return "(nothing)";
  const std::size_t from = at + key.size();
  return text.substr(from, text.find('\n', from) - from);
}

// A refusal must be an answer with this status, say so in a body, and be the last of its connection.
inline void expect_refused(Client& client, int status, std::string_view to_method = "GET") {
  const Response response = client.read(to_method);
  EXPECT_EQ(response.status, status) << response.body;
  EXPECT_TRUE(response.closes()) << "a refused message must end the connection";
  EXPECT_EQ(client.wait_end(), Ending::closed);
}

}  // namespace evloom::test

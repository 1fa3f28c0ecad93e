// The C++ layer of "evloom.state/1" as a host sees it: through its table.
#include "evloom/state.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Notes {
  static constexpr std::uint32_t state_version = 7;
  Notes(evl::Host, evl::Config) {}

  bool accepts(std::string_view plugin, std::string_view plugin_version, std::uint32_t version) const {
    if (plugin == "moody") throw std::runtime_error("not today");
    return plugin == "notes" && plugin_version == "1.0.0" && version <= 7;
  }
  void save(const evl::StateWriter& out) const {
    for (const auto& [name, data] : kept) out.put(name, data);
  }
  void load(std::uint32_t version, const evl::Blobs& blobs) {
    if (version == 6) throw evl::Failure(EVL_E_INVALID, "six is illegible");
    for (std::size_t i = 0; i < blobs.size(); ++i) kept.emplace(blobs[i].name, blobs[i].data);
  }

  std::map<std::string, std::string> kept;
};

// A host that offers everything and can do nothing: the class asks it for nothing.
const void* any_interface(const evl_host*, const char*) {
  static constexpr std::uint32_t no_functions = sizeof(std::uint32_t);
  return &no_functions;
}

class State : public ::testing::Test {
 protected:
  const evl_host host_{sizeof(evl_host), EVL_ABI_VERSION, &any_interface};
  evl::Instance<Notes> instance_{&host_, nullptr};
  const evl_state& table_ =
      *static_cast<const evl_state*>(evl::get_interface<Notes, evl_state>(&instance_, EVL_STATE));
  char text_[64] = "";
  evl_error error_{sizeof error_, sizeof text_, text_};
};

TEST_F(State, TheTableIsGivenUnderItsIdAlone) {
  EXPECT_EQ(table_.size, sizeof(evl_state));
  EXPECT_EQ(table_.version, 7u);
  EXPECT_EQ((evl::get_interface<Notes, evl_state>(&instance_, "evloom.state/2")), nullptr);
}

TEST_F(State, AThrowInAcceptsIsANo) {
  const auto accepts = [&](std::string_view plugin, std::uint32_t version) {
    return table_.accepts(&instance_, evl::bytes(plugin), evl::bytes("1.0.0"), version) != 0;
  };
  EXPECT_TRUE(accepts("notes", 7));
  EXPECT_FALSE(accepts("notes", 8));
  EXPECT_FALSE(accepts("moody", 7));
}

TEST_F(State, SaveEndsAtTheFirstBlobThatIsRefused) {
  instance_.object.kept = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  std::vector<std::string> put;
  const evl_state_put refuse_b = [](void* context, evl_bytes name, evl_bytes data) -> evl_status {
    if (evl::view(name) == "b") return EVL_E_LIMIT;
    static_cast<std::vector<std::string>*>(context)->push_back(std::string(evl::view(name)) + "=" +
                                                               std::string(evl::view(data)));
    return EVL_OK;
  };
  EXPECT_EQ(table_.save(&instance_, refuse_b, &put, &error_), EVL_E_LIMIT);
  EXPECT_EQ(put, std::vector<std::string>{"a=1"});
  EXPECT_STREQ(text_, "the host refuses blob 'b': limit exceeded");
}

// A host that knows a later evl_blob makes larger ones: the stride is theirs.
TEST_F(State, LoadReadsBlobsOfAnotherSize) {
  struct Later {
    evl_blob known;
    std::uint64_t unknown;
  };
  const auto blob = [](std::string_view name, std::string_view data) {
    return Later{{sizeof(Later), 0, evl::bytes(name), evl::bytes(data)}, ~std::uint64_t{0}};
  };
  const Later blobs[] = {blob("a", "1"), blob("b", std::string_view("\0\n", 2))};
  EXPECT_EQ(table_.load(&instance_, 7, &blobs[0].known, 2, &error_), EVL_OK) << text_;
  EXPECT_EQ(instance_.object.kept,
            (std::map<std::string, std::string>{{"a", "1"}, {"b", std::string("\0\n", 2)}}));
  EXPECT_EQ(table_.load(&instance_, 7, nullptr, 0, &error_), EVL_OK);
}

TEST_F(State, LoadTellsWhyItRefuses) {
  EXPECT_EQ(table_.load(&instance_, 6, nullptr, 0, &error_), EVL_E_INVALID);
  EXPECT_STREQ(text_, "six is illegible");
}

}  // namespace

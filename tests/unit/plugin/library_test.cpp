#include "plugin/library.hpp"

#include "host_fixture.hpp"

namespace evloom::plugin {
namespace {

class LibraryTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::shared_ptr<Vault> vault_ = Vault::open(folder_.path()).value();

  std::string why(const std::string& name) {
    auto admitted = admit(vault_, bad(name));
    if (!admitted) return admitted.error().message;
    auto library = Library::load(std::move(*admitted));
    return library ? "loaded" : library.error().message;
  }
  static std::string named(const std::string& name) {
    return "plugin '" + name + "' 1.0.0 ('" + bad(name).string() + "') cannot be loaded: ";
  }
};

TEST_F(LibraryTest, LoadsTwiceAndUnloads) {
  auto first = Library::load(admit(vault_, shipped("hello")).value()).value();
  auto second = Library::load(admit(vault_, shipped("hello")).value()).value();
  EXPECT_NE(first->entry().create, second->entry().create) << "both generations share one mapping";
  EXPECT_EQ(first->label(), "plugin 'hello' 1.0.0");
  const std::string path = first->file().path().string();
  EXPECT_NE(slurp("/proc/self/maps").find(path), std::string::npos);
  first.reset();
  EXPECT_EQ(slurp("/proc/self/maps").find(path), std::string::npos) << "still mapped";
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(LibraryTest, NamesAMissingSymbol) {
  EXPECT_EQ(why("missing_symbol"), named("missing_symbol") + "undefined symbol: evloom_test_nobody_has_this");
}

TEST_F(LibraryTest, RefusesAnEntryThatDiffersFromTheNote) {
  EXPECT_EQ(why("mismatch"),
            "plugin 'mismatch' 9.9.9 ('" + bad("mismatch").string() +
                "') cannot be loaded: its entry and its note state different version; write both "
                "with EVL_PLUGIN");
}

}  // namespace
}  // namespace evloom::plugin

#include "plugin/admit.hpp"

#include <sys/stat.h>

#include "host_fixture.hpp"
#include "plugin/catalogue.hpp"

namespace evloom::plugin {
namespace {

TEST(Catalogue, FindsTheFirstFileOfAnId) {
  const TemporaryFolder first, second;
  std::ofstream(second / "stats.so").flush();
  const Catalogue catalogue({first.path(), second.path()});
  EXPECT_EQ(catalogue.find("stats").value(), second / "stats.so");
  std::ofstream(first / "stats.so").flush();
  EXPECT_EQ(catalogue.find("stats").value(), first / "stats.so");
  EXPECT_EQ(catalogue.ids(), std::vector<std::string>{"stats"});
}

TEST(Catalogue, SaysWhereItLookedAndWhatWasProbablyMeant) {
  const TemporaryFolder folder;
  std::ofstream(folder / "stats.so").flush();
  std::ofstream(folder / "redis.so").flush();
  std::ofstream(folder / "README").flush();
  const std::string here = "'" + folder.path().string() + "'";
  const Catalogue catalogue({folder.path(), "/nowhere/at/all"});
  EXPECT_EQ(catalogue.find("stat").error().message,
            "no plugin 'stat' in " + here + ", '/nowhere/at/all' (no such folder); did you mean \"stats\"?");
  EXPECT_EQ(catalogue.find("teapot").error().message,
            "no plugin 'teapot' in " + here +
                ", '/nowhere/at/all' (no such folder); put teapot.so there, or correct plugins.path");
  EXPECT_EQ(
      catalogue.find("../stats").error().message,
      "'../stats' cannot be the id of a plugin: a letter, then letters, digits, '-' and '_', all lower case");
  EXPECT_EQ(Catalogue({}).find("stats").error().message,
            "no plugin 'stats': plugins.path names no folder to search");
}

TEST(Vault, IsPrivateAndLeavesNothingBehind) {
  const TemporaryFolder parent;
  fs::path folder;
  {
    const auto vault = Vault::open(parent.path()).value();
    folder = vault->folder();
    struct stat about {};
    ASSERT_EQ(::stat(folder.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0700u);
    EXPECT_NE(vault->next("a"), vault->next("a"));
    std::ofstream(vault->next("a")).flush();
  }
  EXPECT_FALSE(fs::exists(folder));
}

TEST(Vault, RemovesWhatAKilledHostLeftButNotWhatALivingOneUses) {
  const TemporaryFolder parent;
  const fs::path left = parent / "evloom-plugins-dead00";
  fs::create_directory(left);
  fs::permissions(left, fs::perms::owner_all);
  std::ofstream(left / "stats-1.so").flush();
  // What somebody has made by hand stays, whatever its name begins with.
  const fs::path others[] = {parent / "somebody-elses", parent / "evloom-plugins-mine",
                             parent / "evloom-plugins-mine00"};
  for (const fs::path& other : others) fs::create_directory(other);
  fs::permissions(others[1], fs::perms::owner_all);
  const auto living = Vault::open(parent.path()).value();
  EXPECT_FALSE(fs::exists(left));
  const auto other = Vault::open(parent.path()).value();
  EXPECT_TRUE(fs::exists(living->folder()));
  for (const fs::path& kept : others) EXPECT_TRUE(fs::exists(kept)) << kept;
}

TEST(Vault, SaysWhichFolderCannotBeUsed) {
  EXPECT_EQ(Vault::open("/nowhere/at/all").error().message,
            "no folder for the copies of plugin files: '/nowhere/at/all' (No such file or directory); set "
            "TMPDIR to "
            "one that can be written to and is not mounted noexec");
}

class Admission : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::shared_ptr<Vault> vault_ = Vault::open(folder_.path()).value();

  std::size_t copies() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(vault_->folder()), fs::directory_iterator()));
  }
};

TEST_F(Admission, GivesEachAdmissionAFileOfItsOwn) {
  auto first = admit(vault_, shipped("stats")).value();
  auto second = admit(vault_, shipped("stats")).value();
  EXPECT_NE(first->path(), second->path());
  EXPECT_EQ(first->sha256(), second->sha256());
  EXPECT_EQ(first->sha256(), file_sha256(shipped("stats")).value());
  EXPECT_EQ(first->sha256().size(), 64u);
  EXPECT_EQ(slurp(first->path()), slurp(shipped("stats")));
  struct stat about {};
  ASSERT_EQ(::stat(first->path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0400u);
  EXPECT_EQ(first->facts().id, "stats");
  EXPECT_EQ(copies(), 2u);
  first.reset();
  EXPECT_EQ(copies(), 1u);
}

TEST_F(Admission, IsRefusedWithEveryErrorOfTheAudit) {
  const auto why = [&](const std::string& name) { return admit(vault_, bad(name)).error().message; };
  EXPECT_EQ(why("wrong_major"), "plugin file '" + bad("wrong_major").string() +
                                    "' is refused: built for ABI 2.0, this host has " EVL_NOTE_ABI
                                    " (build it with this host's "
                                    "SDK)");
  EXPECT_EQ(why("no_note"),
            "'" + bad("no_note").string() +
                "' is no plugin: it has no evloom note; was EVL_PLUGIN forgotten, or the file "
                "stripped of its notes?");
  EXPECT_EQ(why("none"), "cannot open '" + bad("none").string() + "': No such file or directory");
  EXPECT_EQ(copies(), 0u) << "a refused file leaves a copy behind";
}

// The original may be overwritten in place while the copy is loaded.
TEST_F(Admission, LetsTheOriginalGo) {
  const fs::path original = folder_ / "hello.so";
  fs::copy_file(shipped("hello"), original);
  auto library = Library::load(admit(vault_, original).value()).value();
  std::ofstream(original, std::ios::binary | std::ios::trunc) << "overwritten";
  EXPECT_STREQ(library->entry().id, "hello");
}

}  // namespace
}  // namespace evloom::plugin

// The record of changes: what the history, the answer to the operator and the log tell.
#include "change/journal.hpp"

#include <gtest/gtest.h>

#include "../observe/temp_log.hpp"

namespace evloom::change {
namespace {

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() {
    observe::LogOptions options;
    options.output = folder_.file("log");
    log_ = observe::test::make_log(options);
    journal_ = std::make_unique<Journal>(*log_);
  }
  ChangeReport make(std::string subject) {
    journal_->open(ChangeKind::swap, std::move(subject), "admin");
    return journal_->close(Outcome::serving);
  }
  std::string written() {
    log_->flush();
    return observe::test::read_file(folder_.file("log"));
  }

  observe::test::TempDir folder_;
  std::unique_ptr<observe::Log> log_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, AChangeIsCurrentUntilItIsClosedAndHistoryThen) {
  EXPECT_FALSE(journal_->current());
  journal_->open(ChangeKind::reload, {}, "SIGHUP");
  EXPECT_TRUE(journal_->history().empty());
  ASSERT_TRUE(journal_->current());
  EXPECT_EQ(journal_->current()->number, 1u);
  EXPECT_EQ(journal_->current()->by, "SIGHUP");
  EXPECT_EQ(journal_->current()->outcome, Outcome::running);
  journal_->close(Outcome::unchanged);
  EXPECT_FALSE(journal_->current());
  ASSERT_EQ(journal_->history().size(), 1u);
  EXPECT_EQ(journal_->history()[0].outcome, Outcome::unchanged);
}

TEST_F(JournalTest, StepsFollowEachOtherWithWhatWasSaid) {
  journal_->open(ChangeKind::swap, "stats /stats.so", "admin");
  EXPECT_EQ(journal_->current_step(), "");
  journal_->say("nowhere to say it");
  journal_->step("plan");
  journal_->step("warm");
  EXPECT_EQ(journal_->current_step(), "warm");
  journal_->say("stats");
  journal_->say("counters");
  const ChangeReport change = journal_->close(Outcome::serving);
  ASSERT_EQ(change.steps.size(), 2u);
  EXPECT_EQ(change.steps[0].name, "plan");
  EXPECT_EQ(change.steps[0].text, "");
  EXPECT_EQ(change.steps[1].text, "stats; counters");
  EXPECT_GE(change.took, change.steps[0].took + change.steps[1].took);
  EXPECT_EQ(journal_->current_step(), "");
  const std::string log = written();
  EXPECT_NE(log.find("change 1: swap stats /stats.so, asked by admin"), std::string::npos) << log;
  EXPECT_NE(log.find("ms: stats; counters"), std::string::npos) << log;
}

TEST_F(JournalTest, AFailureIsOneErrorOfTheLogWithItsReason) {
  journal_->open(ChangeKind::reload, {}, "admin");
  journal_->edit([](ChangeReport& change) {
    change.error = "the moon is in the wrong phase";
    change.epoch = 7;
  });
  EXPECT_EQ(journal_->close(Outcome::failed).error, "the moon is in the wrong phase");
  const std::string log = written();
  EXPECT_NE(
      log.find("error change - change 1: reload failed: the moon is in the wrong phase; epoch 7 serves on"),
      std::string::npos)
      << log;
}

TEST_F(JournalTest, AStartThatFailsLeavesNothingThatServes) {
  journal_->open(ChangeKind::start, {}, "start");
  journal_->edit([](ChangeReport& change) { change.error = "the moon is in the wrong phase"; });
  journal_->close(Outcome::failed);
  const std::string log = written();
  EXPECT_NE(log.find("start failed: the moon is in the wrong phase; this process does not serve"),
            std::string::npos)
      << log;
  EXPECT_EQ(log.find("serves on"), std::string::npos) << log;
}

TEST_F(JournalTest, WhatBecomesOfAnEpochIsAddedToTheChangeThatReplacedIt) {
  journal_->open(ChangeKind::swap, "a", "admin");
  journal_->edit([](ChangeReport& change) {
    change.before.emplace();
    change.before->epoch = 4;
  });
  journal_->close(Outcome::serving);
  make("b");
  journal_->amend(4, [](ChangeReport::Before& before) { before.cut_off = 3; });
  journal_->amend(5, [](ChangeReport::Before&) { FAIL() << "no change has replaced it"; });
  ASSERT_EQ(journal_->history().size(), 2u);
  EXPECT_FALSE(journal_->history()[0].before);
  EXPECT_EQ(journal_->history()[1].before->cut_off, 3u);
}

TEST_F(JournalTest, OnlyTheLastHundredAreKeptTheNewestFirst) {
  for (std::size_t i = 0; i < Journal::kKept + 5; ++i) make(std::to_string(i));
  const std::vector<ChangeReport> history = journal_->history();
  ASSERT_EQ(history.size(), Journal::kKept);
  EXPECT_EQ(history.front().number, Journal::kKept + 5);
  EXPECT_EQ(history.back().number, 6u);
  EXPECT_EQ(journal_->count(), Journal::kKept + 5);
}

TEST_F(JournalTest, WithoutAnOpenChangeNothingIsWrittenDown) {
  const ChangeReport change = make("a");
  journal_->step("restore");
  journal_->say("too late");
  journal_->edit([](ChangeReport&) { FAIL() << "it is closed"; });
  EXPECT_EQ(journal_->history()[0].steps.size(), change.steps.size());
}

}  // namespace
}  // namespace evloom::change

// AtRest: what a host holds on to while nothing changes (descriptors, mapped plugin files, child processes),
// taken before a test's changes and compared after them. For GoogleTest programs; the test's thread.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "support/admin.hpp"
#include "support/evloom_process.hpp"

namespace evloom::test {

// The children of a process, zombies too.
inline std::vector<std::string> children(const Evloom& evloom) {
  const std::string tasks = "/proc/" + std::to_string(const_cast<Evloom&>(evloom).process().pid()) + "/task";
  std::vector<std::string> found;
  for (const auto& task : std::filesystem::directory_iterator(tasks))
    if (std::string pids = read_file(task.path() / "children"); !pids.empty())
      found.push_back(std::move(pids));
  return found;
}

struct AtRest {
  explicit AtRest(const Evloom& evloom)
      : descriptors(evloom.descriptors_at_rest()), mapped(mapped_plugins(evloom).size()) {}

  // All is as it was: one epoch, as many descriptors and mapped files, no child.
  void expect(const Evloom& evloom, const Admin& admin) const {
    EXPECT_TRUE(admin.settle()) << admin.status();
    EXPECT_EQ(evloom.descriptors_settled(descriptors), descriptors);
    EXPECT_EQ(mapped_plugins(evloom).size(), mapped) << ::testing::PrintToString(mapped_plugins(evloom));
    EXPECT_EQ(children(evloom), std::vector<std::string>{});
  }

  int descriptors;
  std::size_t mapped;
};

}  // namespace evloom::test

// Where the tests of the kit find plugins, and the one that is linked into them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "evloom/testkit.hpp"

extern "C" const evl_entry evloom_entry;  // tricks.cpp

namespace evl::testkit {

using namespace std::chrono_literals;

inline Plugin shipped(const std::string& name) {
  return Plugin::file(std::filesystem::path(EVLOOM_PLUGINS) / (name + ".so"));
}
inline Plugin for_tests(const std::string& name) {
  return Plugin::file(std::filesystem::path(EVLOOM_TEST_PLUGINS) / (name + ".so"));
}
inline Plugin tricks() { return evloom_entry; }

// What `body` is refused with; empty when it is not.
template <typename Body>
std::string refusal(Body body) {
  try {
    body();
  } catch (const Refused& refused) {
    return refused.what();
  }
  return {};
}

}  // namespace evl::testkit

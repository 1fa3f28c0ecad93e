// Conformance: all tests of a plugin, one after the other, each in a process of its own with a deadline.
// [control]
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "check/subject.hpp"
#include "check/test.hpp"

namespace evloom::check {

struct ConformanceSpec {
  Asked asked;
  std::vector<std::string> only;     // names of tests; empty: all
  std::chrono::nanoseconds timeout;  // of each test
  std::filesystem::path program = "/proc/self/exe";
};

struct TestReport {
  const Test* test = nullptr;
  Verdict verdict;
  std::chrono::nanoseconds took{0};
};

// Runs them; `told` is called after each. With `only`, what a test comes after is not asked for. An Error:
// nothing could be tried.
Result<std::vector<TestReport>> run_tests(const ConformanceSpec& spec,
                                          const std::function<void(const TestReport&)>& told);

// The other side, in the process of one test: reads no input, says each step by `say_step`, gives the
// verdict.
Verdict run_here(const Test& test, const Asked& asked, const std::filesystem::path& scratch,
                 const std::function<void(const std::string&)>& say_step);

}  // namespace evloom::check

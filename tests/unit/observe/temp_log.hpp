// What the log tests share: a folder of their own, a clock that stands still until told, and reading a file
// back.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "observe/log.hpp"

namespace evloom::observe::test {

// What a log gets to write down what it was given.
inline constexpr std::chrono::seconds kPatience{20};

// A folder that goes with its contents.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "evloom-log-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// 2026-01-02T03:04:05.678901Z, and a monotonic time; a test moves both.
inline std::atomic<std::int64_t> test_wall{1'767'323'045'678'901'000};
inline std::atomic<std::int64_t> test_monotonic{5'000'000'000};

inline Clock test_clock() {
  test_wall.store(1'767'323'045'678'901'000);
  test_monotonic.store(5'000'000'000);
  return {[] { return test_wall.load(); }, [] { return test_monotonic.load(); }};
}

inline void advance_ms(std::int64_t ms) {
  test_wall.fetch_add(ms * 1'000'000);
  test_monotonic.fetch_add(ms * 1'000'000);
}

inline std::unique_ptr<Log> make_log(const LogOptions& options) {
  auto made = Log::create(options);
  if (!made) {
    ADD_FAILURE() << made.error().message;
    return nullptr;
  }
  return std::move(made).value();
}

}  // namespace evloom::observe::test

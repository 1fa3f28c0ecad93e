// `evloom dev`: a host with one plugin under work, which it takes up anew whenever the file has been built.
// [control]
#pragma once

#include <cstdint>
#include <filesystem>

namespace evloom::cli {

struct DevOptions {
  std::filesystem::path file;    // the plugin
  std::filesystem::path config;  // empty: one is made, see dev_config.hpp
  std::uint16_t port = 0;        // for that one; 0: a free one
};

int dev(const DevOptions& options);

}  // namespace evloom::cli

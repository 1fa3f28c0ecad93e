// Renderer: turns a record into one line, as text or as a JSON object, with spdlog's pattern formatter.
// Belongs to the log thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "observe/log.hpp"

namespace evloom::observe {

// What every line begins with: when (UTC), how grave, who, on which loop (-1: none).
struct LineHead {
  std::int64_t wall_ns = 0;
  Level level = Level::kInfo;
  std::string_view module;
  int loop = -1;
};

class Renderer {
 public:
  explicit Renderer(LogFormat format);
  ~Renderer();

  // Each appends one line, its newline included, to `out`.
  void message(const LineHead& head, std::string_view text, std::string& out);
  void fault(const LineHead& head, std::string_view key, std::string_view text, std::uint64_t suppressed,
             std::string& out);
  void access(const LineHead& head, const AccessRecord& record, std::string& out);

 private:
  struct Pattern;
  void begin(const LineHead& head);
  void finish(const LineHead& head, std::string& out);

  const bool json_;
  const std::unique_ptr<Pattern> pattern_;
  std::string body_;
};

}  // namespace evloom::observe

// The two line formats. spdlog's pattern writes the time (it keeps the calendar part of the current second);
// the rest of the line is built and escaped here.
#include "observe/log_render.hpp"

#include <fmt/format.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>

#include <chrono>

#include "observe/escape.hpp"

namespace evloom::observe {
namespace {

constexpr char kTextPattern[] = "%Y-%m-%dT%H:%M:%S.%fZ %v";
constexpr char kJsonPattern[] = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v})";

template <typename... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  append(out, ",\"{}\":\"", name);
  append_json(out, text);
  out += '"';
}

}  // namespace

struct Renderer::Pattern {
  explicit Pattern(const char* pattern) : formatter(pattern, spdlog::pattern_time_type::utc, "\n") {}
  spdlog::pattern_formatter formatter;
  spdlog::memory_buf_t line;
};

Renderer::Renderer(LogFormat format)
    : json_(format == LogFormat::kJson),
      pattern_(std::make_unique<Pattern>(json_ ? kJsonPattern : kTextPattern)) {}

Renderer::~Renderer() = default;

void Renderer::begin(const LineHead& head) {
  body_.clear();
  if (json_) {
    append(body_, R"("level":"{}","module":"{}","loop":)", level_name(head.level), head.module);
    if (head.loop < 0) {
      body_ += "null";
    } else {
      append(body_, "{}", head.loop);
    }
    return;
  }
  append(body_, "{:<5} {} ", level_name(head.level), head.module);
  if (head.loop < 0) {
    body_ += "- ";
  } else {
    append(body_, "{} ", head.loop);
  }
}

void Renderer::finish(const LineHead& head, std::string& out) {
  const spdlog::log_clock::time_point when{
      std::chrono::duration_cast<spdlog::log_clock::duration>(std::chrono::nanoseconds(head.wall_ns))};
  const spdlog::details::log_msg line(when, spdlog::source_loc{}, {}, spdlog::level::info, body_);
  pattern_->line.clear();
  pattern_->formatter.format(line, pattern_->line);
  out.append(pattern_->line.data(), pattern_->line.size());
}

void Renderer::message(const LineHead& head, std::string_view text, std::string& out) {
  begin(head);
  if (json_) {
    append_member(body_, "message", text);
  } else {
    append_text(body_, text, TextPlace::kMessage);
  }
  finish(head, out);
}

void Renderer::fault(const LineHead& head, std::string_view key, std::string_view text,
                     std::uint64_t suppressed, std::string& out) {
  begin(head);
  if (json_) {
    append_member(body_, "message", text);
    append_member(body_, "fault", key);
    append(body_, ",\"suppressed\":{}", suppressed);
  } else {
    append_text(body_, text, TextPlace::kMessage);
    if (suppressed != 0) append(body_, " ({} suppressed)", suppressed);
  }
  finish(head, out);
}

void Renderer::access(const LineHead& head, const AccessRecord& record, std::string& out) {
  begin(head);
  if (json_) {
    append_member(body_, "peer", record.peer);
    append_member(body_, "method", record.method);
    append_member(body_, "target", record.target);
    append(body_, R"(,"status":{},"bytes":{},"duration_us":{})", record.status, record.bytes,
           record.duration_us);
    append_member(body_, "handler", record.handler);
  } else {
    const auto word = [this](std::string_view text) {
      if (text.empty()) text = "-";
      append_text(body_, text, TextPlace::kWord);
    };
    word(record.peer);
    body_ += " \"";
    append_text(body_, record.method, TextPlace::kQuoted);
    body_ += ' ';
    append_text(body_, record.target, TextPlace::kQuoted);
    append(body_, "\" {} {} {}us ", record.status, record.bytes, record.duration_us);
    word(record.handler);
  }
  finish(head, out);
}

}  // namespace evloom::observe

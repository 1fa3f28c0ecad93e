// Render: what the admin API says -> what a person reads. One file per subject; all of it ends in a line
// break. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "cli/table.hpp"

namespace evloom::cli {

// GET /v1/status.
std::string render_status(const nlohmann::ordered_json& status, const Style& style);
// The change under way in it, as one line without a line break: what it does just now; empty when there is
// none.
std::string render_progress(const nlohmann::ordered_json& status);

// A change: its steps, what it changed, what became of the epoch before. Its error is not in it.
std::string render_change(const nlohmann::ordered_json& change, const Style& style);

// GET /v1/history, the newest first.
std::string render_history(const nlohmann::ordered_json& history, const Style& style);

// "build 81c0 -> 3fa9" of "build 81c0" and "build 3fa9": the words that both begin with stand there once. One
// text may be empty; then it is the other.
std::string transition_text(std::string_view before, std::string_view after);

// GET /v1/plan.
std::string render_plan(const nlohmann::ordered_json& plan, const Style& style);
// Its lines, `+ - ~`, from a list of differences.
std::string render_differences(const nlohmann::ordered_json& differences, const Style& style,
                               std::string_view indent = "");

}  // namespace evloom::cli

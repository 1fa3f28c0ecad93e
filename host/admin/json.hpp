// What the admin API says, as JSON: the host's reports, field by field. Durations are whole microseconds
// under names that end in `_us`, times RFC 3339 in UTC; every key is always there, so a reader needs no
// defaults. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "change/control.hpp"
#include "change/report.hpp"

namespace evloom::admin {

// "2026-11-23T07:04:43.210276Z".
std::string rfc3339(WallTime time);

// `now` is what ages and the time of a change under way are counted to.
nlohmann::ordered_json json_of(const change::HostReport& report, WallTime now);
nlohmann::ordered_json json_of(const change::ChangeReport& change, WallTime now);
nlohmann::ordered_json json_of(const std::vector<change::ChangeReport>& history, WallTime now);
nlohmann::ordered_json json_of(const change::PlanReport& plan);
// {"ready":...,"reasons":[...]}
nlohmann::ordered_json readiness_json(const std::vector<std::string>& reasons);
// {"error":"..."}
nlohmann::ordered_json error_json(std::string_view text);

// One line. Bytes that are no UTF-8 (a file's name may hold some) are replaced.
std::string line_of(const nlohmann::ordered_json& json);

}  // namespace evloom::admin

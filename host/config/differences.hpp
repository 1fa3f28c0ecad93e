// What differs between two configurations: what only a restart can change, and the single settings of the
// host that a reload changes. Instances, listeners and routes are compared by who builds them. [any] Texts
// never hold a secret.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace evloom::config {

// A setting as one would write it in YAML; where it is absent, empty. A secret is `***`, on both sides.
struct SettingDifference {
  std::string key;  // "limits.idle_timeout", "log.modules.http"
  std::string before;
  std::string after;
};

// "threads: 2 -> 4", one text a setting: threads, work.threads, and all of admin. Empty when `wanted` can be
// reached from `running` without a restart. "none" stands for what is absent.
std::vector<std::string> restart_only_differences(const Config& running, const Config& wanted);

// Every setting below limits, log, shutdown and epochs that has another value, in the order of `running`;
// those that only `wanted` has come after those of their section. 1s and 1000ms are the same value.
std::vector<SettingDifference> setting_differences(const Config& running, const Config& wanted);

}  // namespace evloom::config

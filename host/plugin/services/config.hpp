// The table of "evloom.host.config/1". It reads config::Nodes and knows nothing of instances, so that the
// test kit of the SDK can offer the very same one.
#pragma once

namespace evloom::plugin {

extern const struct evl_config_reader kConfigService;

}  // namespace evloom::plugin

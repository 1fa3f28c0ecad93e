/* Uses an interface of the host without naming it in `needs` or looking whether it is there. */
#include "evloom/abi/metrics.h"

#include "sound.h"

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_metrics* metrics = (const evl_metrics*)host->get_interface(host, EVL_HOST_METRICS);
  evl_metric made;
  (void)options;
  if (metrics->counter(host, "trust_total", "Trust.", &made) != EVL_OK) return EVL_E_INVALID;
  return sound_create(host, plugin, error);
}
SOUND_PLUGIN("blind_trust", "{}", create);

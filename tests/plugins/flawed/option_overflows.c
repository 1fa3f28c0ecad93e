/* Its schema allows a number that is more than it has room for. */
#include "evloom/abi/config.h"

#include "sound.h"

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_config_reader* reader = (const evl_config_reader*)host->get_interface(host, EVL_HOST_CONFIG);
  int64_t rows = 0;
  if (!reader || reader->integer(reader->member(options, "rows"), &rows) != EVL_OK) return EVL_E_UNSUPPORTED;
  if (rows > 64) abort();
  return sound_create(host, plugin, error);
}
SOUND_PLUGIN(
    "option_overflows",
    "{\"type\":\"object\",\"properties\":{\"rows\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,"
    "\"default\":16,\"description\":\"Rows.\"}}}",
    create);

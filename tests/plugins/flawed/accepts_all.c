/* Takes over state of any version, also of those that do not exist yet. */
#include "evloom/abi/state.h"

#include "sound.h"

static int32_t accepts(void* instance, evl_bytes plugin, evl_bytes version, uint32_t state) {
  (void)instance, (void)plugin, (void)version, (void)state;
  return 1;
}
static evl_status save(void* instance, evl_state_put put, void* context, evl_error* error) {
  (void)instance, (void)error;
  return put(context, text("state"), text("of mind"));
}
static evl_status load(void* instance, uint32_t version, const evl_blob* blobs, size_t count,
                       evl_error* error) {
  (void)instance, (void)version, (void)blobs, (void)count, (void)error;
  return EVL_OK;
}
static const void* get_interface(void* instance, const char* id) {
  static const evl_state table = {sizeof(evl_state), 1, accepts, save, load};
  return strcmp(id, EVL_STATE) == 0 ? &table : sound_get_interface(instance, id);
}
SOUND_CREATE(create, get_interface)
EVL_PLUGIN("accepts_all", "1.0.0", "A test", "MIT", EVL_HANDLER " " EVL_STATE, "", "{}", create);

/* A store whose health follows a wild pointer. */
#include "evloom/abi/store.h"

#include "blank.h"

static int* volatile nowhere = (int*)64;
static evl_status submit(void* instance, void* slot, const evl_op* ops, size_t count, evl_store_done done,
                         void* context) {
  (void)instance, (void)slot, (void)ops, (void)count, (void)done, (void)context;
  return EVL_E_UNAVAILABLE;
}
static evl_status health(void* instance, void* slot, evl_error* why) {
  (void)instance, (void)slot, (void)why;
  *nowhere = 1;
  return EVL_OK;
}
static const void* get_interface(void* instance, const char* id) {
  static const evl_store_backend table = {sizeof(evl_store_backend), 0, submit, health};
  (void)instance;
  return strcmp(id, EVL_STORE) == 0 ? &table : NULL;
}
BLANK_CREATE(create, get_interface)
EVL_PLUGIN("health_crashes", "1.0.0", "A test", "MIT", EVL_STORE, "", "{}", create);

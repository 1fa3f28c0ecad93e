/* on_cancel relies on what on_request has not yet set. */
#include "sound.h"

static void reply(void* context, evl_request* request, evl_status status, const evl_result* results,
                  size_t count) {
  (void)results, (void)count;
  if (status != EVL_OK) {
    ((sound*)context)->requests->fail(request, status, text("not counted"));
  } else {
    sound_respond((sound*)context, request, 200, "counted\n");
  }
}

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  sound* self = (sound*)instance;
  evl_op op;
  (void)slot;
  memset(&op, 0, sizeof op);
  op.size = sizeof op;
  op.kind = EVL_OP_ADD;
  op.key = text("key");
  op.amount = 1;
  return self->stores->submit(request, self->stores->find(request, ""), &op, 1, reply, self);
}
static void on_cancel(void* instance, void* slot, evl_request* request, evl_status why) {
  (void)slot, (void)why;
  *(volatile int*)((sound*)instance)->requests->user(request) = 1;
}
static const void* get_interface(void* instance, const char* id) {
  static const evl_handler table = {sizeof(evl_handler), 0, on_request, on_cancel, NULL};
  (void)instance;
  return strcmp(id, EVL_HANDLER) == 0 ? &table : NULL;
}
static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_status status = sound_create(host, plugin, error);
  (void)options;
  plugin->get_interface = get_interface;
  return status;
}
EVL_PLUGIN("cancel_crashes", "1.0.0", "A test", "MIT", EVL_HANDLER, EVL_HOST_STORE, "{}", create);

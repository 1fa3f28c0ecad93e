/* Looks at the results of its store without asking whether there are any. */
#include <stdio.h>

#include "sound.h"

static void reply(void* context, evl_request* request, evl_status status, const evl_result* results,
                  size_t count) {
  char line[32];
  (void)status, (void)count;
  snprintf(line, sizeof line, "%lld\n", (long long)results->integer);
  sound_respond((sound*)context, request, 200, line);
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
static const void* get_interface(void* instance, const char* id) {
  static const evl_handler table = {sizeof(evl_handler), 0, on_request, NULL, NULL};
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
EVL_PLUGIN("ignores_error", "1.0.0", "A test", "MIT", EVL_HANDLER, EVL_HOST_STORE, "{}", create);

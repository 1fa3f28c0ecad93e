/* Walks results as an array of the evl_result that it was compiled with, and not by their size. */
#include "sound.h"

static void reply(void* context, evl_request* request, evl_status status, const evl_result* results,
                  size_t count) {
  if (status != EVL_OK) {
    ((sound*)context)->requests->fail(request, status, text("not counted"));
  } else if (count != 2 || results[1].status != EVL_OK || results[1].integer <= 0) {
    sound_respond((sound*)context, request, 500, "nonsense\n");
  } else {
    sound_respond((sound*)context, request, 200, "counted\n");
  }
}

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  sound* self = (sound*)instance;
  evl_op ops[2];
  int i;
  (void)slot;
  memset(ops, 0, sizeof ops);
  for (i = 0; i < 2; ++i) {
    ops[i].size = sizeof ops[i];
    ops[i].kind = EVL_OP_ADD;
    ops[i].key = text(i == 0 ? "one" : "two");
    ops[i].amount = 1;
  }
  return self->stores->submit(request, self->stores->find(request, ""), ops, 2, reply, self);
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
EVL_PLUGIN("narrow_results", "1.0.0", "A test", "MIT", EVL_HANDLER, EVL_HOST_STORE, "{}", create);

/* A handler in C: answers every request with a line that its options choose. */
#include <stdlib.h>
#include <string.h>

#include "evloom/abi/config.h"
#include "evloom/abi/entry.h"
#include "evloom/abi/handler.h"

struct greet {
  const evl_request_access* requests;
};

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  static const char line[] = "Hello from C\n";
  static const char type[] = "text/plain";
  struct greet* self = instance;
  evl_response response;
  (void)slot;
  memset(&response, 0, sizeof response);
  response.size = sizeof response;
  response.status = 200;
  response.media_type.data = type;
  response.media_type.size = sizeof type - 1;
  response.body.data = line;
  response.body.size = sizeof line - 1;
  return self->requests->respond(request, &response);
}

static const evl_handler handler = {sizeof(evl_handler), 0, on_request, NULL, NULL};

static const void* get_interface(void* instance, const char* id) {
  (void)instance;
  return strcmp(id, EVL_HANDLER) == 0 ? &handler : NULL;
}

static void destroy(void* instance) { free(instance); }

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  struct greet* self = malloc(sizeof *self);
  (void)options;
  if (!self) {
    evl_error_set(error, "out of memory");
    return EVL_E_NO_SPACE;
  }
  self->requests = host->get_interface(host, EVL_HOST_REQUEST);
  plugin->instance = self;
  plugin->destroy = destroy;
  plugin->get_interface = get_interface;
  return EVL_OK;
}

EVL_PLUGIN("greet", "1.0.0", "Answers with one line", "MIT", EVL_HANDLER, "", "{}", create);

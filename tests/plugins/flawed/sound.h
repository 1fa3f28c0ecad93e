/* What each plugin of this folder would be without its flaw: a handler that answers, and a store that counts.
 */
#ifndef EVLOOM_TEST_SOUND_H
#define EVLOOM_TEST_SOUND_H

#include <stdlib.h>

#include "evloom/abi/entry.h"
#include "evloom/abi/handler.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/store.h"
#include "evloom/abi/timer.h"

#define SOUND __attribute__((unused)) static

SOUND evl_bytes text(const char* words) {
  evl_bytes bytes;
  bytes.data = words;
  bytes.size = strlen(words);
  return bytes;
}

/* What an instance of either is. */
typedef struct sound {
  const evl_host* host;
  const evl_request_access* requests;
  const evl_store_access* stores;
} sound;

SOUND evl_status sound_respond(sound* self, evl_request* request, uint32_t status, const char* words) {
  evl_response response;
  memset(&response, 0, sizeof response);
  response.size = sizeof response;
  response.status = status;
  response.media_type = text("text/plain");
  response.body = text(words);
  return self->requests->respond(request, &response);
}

SOUND evl_status sound_on_request(void* instance, void* slot, evl_request* request) {
  (void)slot;
  return sound_respond((sound*)instance, request, 200, "sound\n");
}

SOUND const evl_handler sound_handler = {sizeof(evl_handler), 0, sound_on_request, NULL, NULL};

SOUND const void* sound_get_interface(void* instance, const char* id) {
  (void)instance;
  return strcmp(id, EVL_HANDLER) == 0 ? &sound_handler : NULL;
}

SOUND void sound_destroy(void* instance) { free(instance); }

SOUND evl_status sound_create(const evl_host* host, evl_plugin* plugin, evl_error* error) {
  sound* self = (sound*)calloc(1, sizeof *self);
  if (!self) return EVL_E_NO_SPACE;
  self->host = host;
  self->requests = (const evl_request_access*)host->get_interface(host, EVL_HOST_REQUEST);
  self->stores = (const evl_store_access*)host->get_interface(host, EVL_HOST_STORE);
  if (!self->requests || !self->stores) {
    free(self);
    evl_error_set(error, "the host lacks requests or stores");
    return EVL_E_UNSUPPORTED;
  }
  plugin->instance = self;
  plugin->destroy = sound_destroy;
  plugin->get_interface = sound_get_interface;
  return EVL_OK;
}

/* Adds one to each of `count` keys, two at most. */
SOUND evl_status sound_count(void* instance, evl_request* request, size_t count, evl_store_reply reply) {
  sound* self = (sound*)instance;
  evl_op ops[2];
  size_t i;
  memset(ops, 0, sizeof ops);
  for (i = 0; i < count; ++i) {
    ops[i].size = sizeof ops[i];
    ops[i].kind = EVL_OP_ADD;
    ops[i].key = text(i == 0 ? "one" : "two");
    ops[i].amount = 1;
  }
  return self->stores->submit(request, self->stores->find(request, ""), ops, count, reply, self);
}

/* A get_interface that gives a handler with these functions. */
#define SOUND_HANDLER(NAME, ON_REQUEST, ON_CANCEL)                                          \
  static const void* NAME(void* instance, const char* id) {                                 \
    static const evl_handler table = {sizeof(evl_handler), 0, ON_REQUEST, ON_CANCEL, NULL}; \
    (void)instance;                                                                         \
    return strcmp(id, EVL_HANDLER) == 0 ? &table : NULL;                                    \
  }

/* A create that makes a sound one, but for its get_interface. */
#define SOUND_CREATE(NAME, GET_INTERFACE)                                                     \
  static evl_status NAME(const evl_host* host, const evl_config* options, evl_plugin* plugin, \
                         evl_error* error) {                                                  \
    const evl_status status = sound_create(host, plugin, error);                              \
    (void)options;                                                                            \
    plugin->get_interface = GET_INTERFACE;                                                    \
    return status;                                                                            \
  }

#define SOUND_PLUGIN(ID, OPTIONS, CREATE) \
  EVL_PLUGIN(ID, "1.0.0", "A test", "MIT", EVL_HANDLER, "", OPTIONS, CREATE)

#endif

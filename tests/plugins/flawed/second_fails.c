/* Holds something of which the process has one: an instance cannot be made while another one lives. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sound.h"

typedef struct {
  sound base; /* first */
  int held;
} holder;

static void destroy(void* instance) {
  close(((holder*)instance)->held);
  free(instance);
}

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  struct sockaddr_un address;
  holder* self;
  const evl_status status = sound_create(host, plugin, error);
  (void)options;
  if (status != EVL_OK) return status;
  self = (holder*)realloc(plugin->instance, sizeof *self);
  if (!self) return EVL_E_NO_SPACE;
  plugin->instance = self;
  plugin->destroy = destroy;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "evloom-test-second-fails-%d", (int)getpid());
  self->held = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(self->held, (struct sockaddr*)&address, sizeof address) == 0) return EVL_OK;
  destroy(self);
  evl_error_set(error, "there is one already");
  return EVL_E_UNAVAILABLE;
}
SOUND_PLUGIN("second_fails", "{}", create);

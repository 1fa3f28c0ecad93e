/* A message that sends itself again each time it arrives, also when the instance is to end. */
#include "sound.h"

typedef struct {
  evl_message message; /* first */
  const evl_host* host;
  const evl_loop_access* loops;
} again;

static again letters[64];

static void run(evl_message* message, evl_loop* loop) {
  again* const self = (again*)message;
  self->loops->post(self->host, loop, message);
}

static evl_status thread_start(void* instance, evl_loop* loop, void** slot, evl_error* error) {
  const evl_host* const host = ((sound*)instance)->host;
  const evl_loop_access* const loops = (const evl_loop_access*)host->get_interface(host, EVL_HOST_LOOP);
  again* const mine = loops ? &letters[loops->index(loop) % 64] : NULL;
  (void)slot, (void)error;
  if (!mine) return EVL_E_UNSUPPORTED;
  mine->message.run = run;
  mine->host = host;
  mine->loops = loops;
  loops->post(host, loop, &mine->message);
  return EVL_OK;
}

static evl_status create(const evl_host* host, const evl_config* options, evl_plugin* plugin,
                         evl_error* error) {
  const evl_status status = sound_create(host, plugin, error);
  (void)options;
  plugin->thread_start = thread_start;
  return status;
}
SOUND_PLUGIN("posts_forever", "{}", create);

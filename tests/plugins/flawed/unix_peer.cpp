// on_request takes it for granted that a peer has an IP address.
#include <stdexcept>

#include "sound.h"

static evl_status on_request(void* instance, void* slot, evl_request* request) {
  evl_peer peer{};
  peer.size = sizeof peer;
  static_cast<sound*>(instance)->requests->peer(request, &peer);
  if (peer.family == EVL_PEER_UNIX) throw std::invalid_argument("no IP address");
  return sound_on_request(instance, slot, request);
}
SOUND_HANDLER(get_interface, on_request, nullptr)
SOUND_CREATE(create, get_interface)
SOUND_PLUGIN("unix_peer", "{}", create);

#include "redis/errors.hpp"

namespace evloom::plugins::redis {
namespace {

// The first row that fits counts; "" fits everything.
constexpr ErrorRule kRules[] = {
    {"WRONGTYPE", EVL_E_TYPE, After::kStay, "type", nullptr},
    {"ERR value is not an integer", EVL_E_TYPE, After::kStay, "type", nullptr},
    {"ERR increment or decrement would overflow", EVL_E_LIMIT, After::kStay, "overflow", nullptr},
    {"ERR invalid expire time", EVL_E_INVALID, After::kStay, "expire", nullptr},
    {"LOADING", EVL_E_UNAVAILABLE, After::kStay, "loading", "it is reading its data; wait"},
    {"BUSY", EVL_E_UNAVAILABLE, After::kStay, "busy", "a script is running on it; SCRIPT KILL ends that"},
    {"MASTERDOWN", EVL_E_UNAVAILABLE, After::kStay, "masterdown", "it is a replica that lost its master"},
    {"TRYAGAIN", EVL_E_UNAVAILABLE, After::kStay, "tryagain", "wait"},
    {"CLUSTERDOWN", EVL_E_UNAVAILABLE, After::kStay, "cluster", "Redis Cluster is not supported"},
    {"MOVED", EVL_E_UNAVAILABLE, After::kStay, "cluster",
     "Redis Cluster is not supported; name a server that holds all keys"},
    {"ASK", EVL_E_UNAVAILABLE, After::kStay, "cluster",
     "Redis Cluster is not supported; name a server that holds all keys"},
    {"CROSSSLOT", EVL_E_UNAVAILABLE, After::kStay, "cluster", "Redis Cluster is not supported"},
    {"ERR max number of clients reached", EVL_E_UNAVAILABLE, After::kReconnect, "maxclients",
     "raise its maxclients, or use fewer loops"},
    {"MISCONF", EVL_E_UNAVAILABLE, After::kStay, "misconf",
     "it cannot save its data; look at its log and disk, or at stop-writes-on-bgsave-error"},
    {"NOREPLICAS", EVL_E_UNAVAILABLE, After::kStay, "noreplicas",
     "it has too few replicas (min-replicas-to-write)"},
    {"READONLY", EVL_E_DENIED, After::kReconnect, "readonly", "it is a read-only replica; name its master"},
    {"NOPERM", EVL_E_DENIED, After::kStay, "noperm",
     "give the user the commands INCR INCRBY SADD SMEMBERS SCARD GET SET DEL PEXPIRE PING SELECT and its "
     "keys"},
    {"NOAUTH", EVL_E_DENIED, After::kReconnect, "noauth", "set `password` (and `user`) of this store"},
    {"WRONGPASS", EVL_E_DENIED, After::kReconnect, "wrongpass",
     "correct `user` and `password` of this store"},
    {"ERR invalid password", EVL_E_DENIED, After::kReconnect, "wrongpass",
     "correct `password` of this store"},
    {"ERR AUTH", EVL_E_DENIED, After::kReconnect, "wrongpass",
     "it has no password for that user; remove `password`"},
    {"ERR Client sent AUTH", EVL_E_DENIED, After::kReconnect, "wrongpass",
     "it has no password; remove `password`"},
    {"ERR wrong number of arguments for 'auth'", EVL_E_DENIED, After::kReconnect, "wrongpass",
     "it is older than Redis 6 and knows no users; remove `user`"},
    {"DENIED", EVL_E_DENIED, After::kReconnect, "protected", "it is in protected mode: give it a password"},
    {"ERR DB index", EVL_E_INVALID, After::kReconnect, "database",
     "correct `database`, or raise its `databases`"},
    {"ERR invalid DB index", EVL_E_INVALID, After::kReconnect, "database", "correct `database`"},
    {"OOM", EVL_E_NO_SPACE, After::kStay, "oom",
     "raise its maxmemory, or let it evict keys (maxmemory-policy)"},
    {"ERR unknown command", EVL_E_UNSUPPORTED, After::kStay, "command",
     "Redis 4 or later is needed, with no command renamed"},
    {"", EVL_E_INTERNAL, After::kStay, "error",
     "this error is not known to evloom; see the Redis documentation"},
};

}  // namespace

const ErrorRule& rule_of(std::string_view error) {
  for (const ErrorRule& rule : kRules)
    if (error.starts_with(rule.start)) return rule;
  return kRules[sizeof kRules / sizeof *kRules - 1];
}

}  // namespace evloom::plugins::redis

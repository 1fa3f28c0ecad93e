// Listeners that come, go and change while others serve.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <latch>

#include "unit/http/server_fixture.hpp"

namespace evloom::http {
namespace {

class Listeners : public test::Servers {};
using test::Client;
using test::Ending;
using test::get;
using test::milliseconds;
using test::Response;

// A listening socket of this test's own, as another program of this user would have it.
Fd foreign(const SocketAddress& address, bool reuse_port) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (reuse_port) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.length) != 0 || ::listen(fd.get(), 5) != 0) return Fd();
  return fd;
}

SocketAddress with_port(const std::string& host, std::uint16_t port) {
  return *parse_address(host + ":" + std::to_string(port));
}

// Of every listening socket of this process with that port: the length of its accept queue.
std::vector<unsigned> backlogs(std::uint16_t port) {
  std::vector<unsigned> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    int listening = 0;
    socklen_t size = sizeof listening;
    SocketAddress name;
    name.length = sizeof name.storage;
    tcp_info info{};
    socklen_t info_size = sizeof info;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) continue;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name.storage), &name.length) != 0) continue;
    if (name.port() != port || ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_size) != 0) continue;
    found.push_back(info.tcpi_sacked);
  }
  return found;
}

TEST_F(Listeners, OneThatGoesLeavesTheConnectionsOfOthersAlone) {
  BoundListener gone = listening(tcp("127.0.0.1:0"));
  BoundListener stays = listening(tcp("127.0.0.1:0"));
  Client idle(address_of(gone)), busy(address_of(gone)), other(address_of(stays)), held(address_of(stays));
  EXPECT_FALSE(idle.get("/").closes());
  EXPECT_FALSE(other.get("/").closes());
  busy.send(get("/hold"));
  held.send(get("/hold"));
  ASSERT_TRUE(wait_open(2));

  unlisten(gone);
  ASSERT_TRUE(wait_closed(gone));
  EXPECT_TRUE(refused(address_of(gone)));

  // One that is idle has a moment for a request that is on its way.
  const Response last = idle.get("/");
  EXPECT_EQ(last.status, 200);
  EXPECT_TRUE(last.connection("close"));
  EXPECT_EQ(idle.wait_end(), Ending::closed);
  everywhere([](Place& place, loop::Loop&) { place.service.release(); });
  const Response released = busy.read();
  EXPECT_EQ(released.status, 200);
  EXPECT_TRUE(released.connection("close"));
  EXPECT_EQ(busy.wait_end(), Ending::closed);

  EXPECT_FALSE(held.read().closes());
  EXPECT_FALSE(held.get("/").closes());
  EXPECT_FALSE(other.get("/").closes());
  EXPECT_FALSE(Client(address_of(stays)).get("/").closes());
  EXPECT_EQ(abandoned(), "");
}

TEST_F(Listeners, OneThatGoesClosesItsSilentConnectionsSoon) {
  BoundListener gone = listening(tcp("127.0.0.1:0"));
  Client used(address_of(gone)), never_used(address_of(gone));
  EXPECT_EQ(used.get("/").status, 200);
  unlisten(gone);
  EXPECT_EQ(used.wait_end(), Ending::closed);
  EXPECT_EQ(never_used.wait_end(), Ending::closed);
}

TEST_F(Listeners, OneThatGoesFirstServesWhoWaitsInItsQueue) {
  BoundListener gone = listening(tcp("127.0.0.1:0"));
  std::vector<Client> clients;
  std::latch held(kLoops);
  std::latch go(1);
  // Both loops stand still, so all of them wait in the queues.
  std::thread connecting([&] {
    held.wait();
    for (int i = 0; i < 20; ++i) {
      clients.emplace_back(address_of(gone));
      clients.back().send(get("/"));
    }
    go.count_down();
  });
  everywhere([&](Place& place, loop::Loop&) {
    held.count_down();
    go.wait();
    place.server->unlisten(gone.spec());
  });
  connecting.join();
  for (Client& client : clients) {
    const Response response = client.read();
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.connection("close"));
    EXPECT_EQ(client.wait_end(), Ending::closed);
  }
  EXPECT_TRUE(wait_closed(gone));
}

TEST_F(Listeners, UnlistenKnowsNoOtherAddress) {
  BoundListener stays = listening(tcp("127.0.0.1:0"));
  Client client(address_of(stays));
  EXPECT_EQ(client.get("/").status, 200);
  ListenerSpec other = stays.spec();
  other.address = with_port("127.0.0.2", other.address.port());
  servers([&](Server& server) { server.unlisten(other); });
  EXPECT_FALSE(client.get("/").closes());
  std::atomic<int> listening{0};
  servers(
      [&](Server& server) { listening += server.listens(stays.spec()) && !server.listens(other) ? 1 : 0; });
  EXPECT_EQ(listening, 2);
}

TEST_F(Listeners, AnAddressThatWasClosedCanBeServedAgain) {
  BoundListener first = listening(tcp("127.0.0.1:0"));
  const ListenerSpec spec = first.spec();
  unlisten(first);
  ASSERT_TRUE(wait_closed(first));
  BoundListener second = listening(spec);
  EXPECT_FALSE(Client(address_of(second)).get("/").closes());
}

// A change that is taken back while the old sockets are still being closed.
TEST_F(Listeners, AnAddressThatIsBeingClosedCanBeServedAgain) {
  std::vector<BoundListener> own;
  own.push_back(listening(tcp("127.0.0.1:0")));
  unlisten(own[0]);
  BoundListener again = bound(own[0].spec(), own);
  accept(again);
  EXPECT_TRUE(wait_until([&] {
    try {
      return !Client(address_of(again)).get("/").closes();
    } catch (const std::runtime_error&) {
      return false;  // one of the old sockets had it in its last moment
    }
  }));
  unlisten(again);
  EXPECT_TRUE(wait_closed(again));
}

TEST_F(Listeners, EveryInterfaceGivesWayToOneWithoutAnError) {
  std::vector<BoundListener> own;
  own.push_back(listening(tcp("0.0.0.0:0")));
  const evloom::test::Address address = address_of(own[0]);
  std::atomic<bool> stop{false};
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  std::thread clients([&] {
    while (!stop) {
      try {
        ++(Client(address).get("/").status == 200 ? good : bad);
      } catch (const std::runtime_error&) {
        ++bad;
      }
    }
  });
  EXPECT_TRUE(wait_until([&] { return good > 20; }));
  {
    // Comes to nothing: no client has noticed that these were bound.
    BoundListener never = bound(tcp("127.0.0.1:" + std::to_string(address.port)), own);
    const int before = good;
    EXPECT_TRUE(wait_until([&] { return good > before + 20; }));
  }
  BoundListener one = bound(tcp("127.0.0.1:" + std::to_string(address.port)), own);
  accept(one);
  unlisten(own[0]);
  EXPECT_TRUE(wait_closed(own[0]));
  const int after = good;
  EXPECT_TRUE(wait_until([&] { return good > after + 20; }));
  stop = true;
  clients.join();
  EXPECT_EQ(bad, 0);
  EXPECT_TRUE(refused({"127.0.0.2", address.port}));
}

TEST_F(Listeners, OneInterfaceGivesWayToAll) {
  std::vector<BoundListener> own;
  own.push_back(listening(tcp("127.0.0.1:0")));
  BoundListener all = bound(tcp("0.0.0.0:" + std::to_string(address_of(own[0]).port)), own);
  accept(all);
  unlisten(own[0]);
  ASSERT_TRUE(wait_closed(own[0]));
  EXPECT_EQ(Client(address_of(all)).get("/").status, 200);
  EXPECT_EQ(Client({"127.0.0.2", address_of(all).port}).get("/").status, 200);
}

TEST_F(Listeners, AnotherProgramOnTheSamePortIsFoundOut) {
  std::vector<BoundListener> own;
  own.push_back(bound(tcp("127.0.0.1:0")));
  const std::uint16_t port = own[0].spec().address.port();
  const auto message = [&](const std::string& host) {
    const auto made = BoundListener::bind(tcp(host + ":" + std::to_string(port)), kLoops, own);
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(message("0.0.0.0"), "");
  for (const bool reuse_port : {false, true}) {
    const Fd other = foreign(with_port("127.0.0.2", port), reuse_port);
    ASSERT_TRUE(other);
    EXPECT_NE(message("0.0.0.0").find("another process listens there"), std::string::npos) << reuse_port;
    EXPECT_NE(message("127.0.0.2").find("another process listens there"), std::string::npos) << reuse_port;
    EXPECT_EQ(message("127.0.0.1"), "") << reuse_port;  // not in its way
    EXPECT_EQ(message("127.0.0.3"), "") << reuse_port;
  }
}

TEST_F(Listeners, OurOwnAreOnlyThoseThatAreNamed) {
  const BoundListener mine = bound(tcp("127.0.0.1:0"));
  const auto again = BoundListener::bind(mine.spec(), kLoops);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().message.find("another process listens there"), std::string::npos);
}

TEST_F(Listeners, Ipv6IsHeldAgainstIpv6) {
  auto first = BoundListener::bind(tcp("[::1]:0"), kLoops);
  if (!first) GTEST_SKIP() << "no IPv6 here: " << first.error().message;
  std::vector<BoundListener> own;
  own.push_back(std::move(*first));
  const std::string port = std::to_string(own[0].spec().address.port());
  EXPECT_TRUE(BoundListener::bind(tcp("[::]:" + port), kLoops, own).ok());
  const Fd other = foreign(own[0].spec().address, true);
  ASSERT_TRUE(other);
  EXPECT_FALSE(BoundListener::bind(tcp("[::]:" + port), kLoops, own).ok());
}

TEST_F(Listeners, BacklogChangesWithoutANewSocket) {
  ListenerSpec spec = tcp("127.0.0.1:0");
  spec.backlog = 7;
  BoundListener served = listening(spec);
  const std::uint16_t port = served.spec().address.port();
  EXPECT_EQ(backlogs(port), (std::vector<unsigned>{7, 7}));
  Client client(address_of(served));
  EXPECT_EQ(client.get("/").status, 200);
  ListenerSpec wanted = served.spec();
  wanted.backlog = 11;
  ASSERT_TRUE(served.adjust(wanted).ok());
  servers([&](Server& server) { EXPECT_TRUE(server.relisten(served.spec()).ok()); });
  EXPECT_EQ(backlogs(port), (std::vector<unsigned>{11, 11}));
  EXPECT_FALSE(client.get("/").closes());
  EXPECT_FALSE(Client(address_of(served)).get("/").closes());
  servers([&](Server& server) { EXPECT_TRUE(server.relisten(tcp("127.0.0.1:1")).ok()) << "nothing to do"; });
}

TEST_F(Listeners, UnixSocketTakesAnotherMode) {
  BoundListener served = listening(unix_socket("s"));
  const auto mode = [&] {
    struct stat facts {};
    EXPECT_EQ(::stat(served.spec().address.text().c_str(), &facts), 0);
    return facts.st_mode & 0777;
  };
  EXPECT_EQ(mode(), 0660U);
  Client client(address_of(served));
  ListenerSpec wanted = served.spec();
  wanted.mode = 0600;
  ASSERT_TRUE(served.adjust(wanted).ok());
  EXPECT_EQ(mode(), 0600U);
  EXPECT_EQ(served.spec().mode, 0600U);
  EXPECT_FALSE(client.get("/").closes());
  // Somebody else's file is left alone.
  std::filesystem::rename(served.spec().address.text(), file("moved"));
  const BoundListener other = bound(served.spec());
  wanted.mode = 0666;
  EXPECT_FALSE(served.adjust(wanted).ok());
  EXPECT_EQ(mode(), 0600U);
  EXPECT_EQ(served.spec().mode, 0600U);
}

TEST_F(Listeners, UnixSocketGoesInOrder) {
  BoundListener served = listening(unix_socket("s"));
  const std::string path = served.spec().address.text();
  Client before(address_of(served));
  served.withdraw();
  EXPECT_FALSE(std::filesystem::exists(path));
  unlisten(served);
  EXPECT_EQ(before.get("/").status, 200);
  EXPECT_EQ(before.wait_end(), Ending::closed);
  ASSERT_TRUE(wait_closed(served));
  // One that comes later is not taken down with the first.
  {
    BoundListener later = listening(unix_socket("s"));
    { const BoundListener dropped = std::move(served); }
    EXPECT_EQ(Client(address_of(later)).get("/").status, 200);
    unlisten(later);
    EXPECT_TRUE(wait_closed(later));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Listeners, AssigningRemovesTheFileOfTheOneBefore) {
  BoundListener kept = bound(unix_socket("a"));
  kept = bound(unix_socket("b"));
  EXPECT_FALSE(std::filesystem::exists(file("a")));
  EXPECT_TRUE(std::filesystem::exists(file("b")));
}

TEST_F(Listeners, FolderOfAUnixSocketIsMadeOnlyWhereThatIsAsked) {
  ListenerSpec spec = unix_socket("run/s");
  auto without = BoundListener::bind(spec, kLoops);
  ASSERT_FALSE(without.ok());
  EXPECT_NE(without.error().message.find("its folder does not exist"), std::string::npos);
  spec.make_folder = true;
  const BoundListener made = bound(spec);
  struct stat facts {};
  ASSERT_EQ(::stat(file("run").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777 & ~0750U, 0U) << "more than 0750";
  const BoundListener again = [&] {
    ListenerSpec other = spec;
    other.address = *unix_address(file("run/t"));
    return bound(other);
  }();
  ListenerSpec deep = unix_socket("no/such/s");
  deep.make_folder = true;
  const auto failed = BoundListener::bind(deep, kLoops);
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("cannot make its folder"), std::string::npos)
      << failed.error().message;
}

}  // namespace
}  // namespace evloom::http

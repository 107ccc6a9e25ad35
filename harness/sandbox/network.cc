// The loopback interface and the settings of the sandbox's own network namespace.
#include "harness/sandbox/network.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <charconv>
#include <memory>
#include <string>

#include "harness/base/error.h"
#include "harness/base/owned_fd.h"
#include "harness/sandbox/proc_settings.h"

namespace sockspec {
namespace {

// What every new network namespace starts with.
constexpr int kKernelFirstUnprivilegedPort = 1024;
constexpr int kKernelLoopbackIndex = 1;

struct Address {
  int family = AF_UNSPEC;
  int prefix = 0;
  unsigned char bytes[16] = {};
  std::size_t size = 0;
};

// "192.0.2.7/32"; without a prefix the whole length.
Address ParseAddress(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string host = text.substr(0, slash);
  Address address;
  if (inet_pton(AF_INET, host.c_str(), address.bytes) == 1) {
    address.family = AF_INET;
    address.size = 4;
  } else if (inet_pton(AF_INET6, host.c_str(), address.bytes) == 1) {
    address.family = AF_INET6;
    address.size = 16;
  } else {
    ThrowSystemError(EINVAL, fmt::format("extra address \"{}\"", text));
  }
  const int whole = static_cast<int>(address.size) * 8;
  address.prefix = whole;
  if (slash != std::string::npos) {
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + slash + 1, end, address.prefix);
    if (parsed.ec != std::errc() || parsed.ptr != end || address.prefix < 0 ||
        address.prefix > whole) {
      ThrowSystemError(EINVAL, fmt::format("prefix of extra address \"{}\"", text));
    }
  }
  return address;
}

// Sends the message and waits for the kernel's answer; `what` names it in an error.
void Ask(mnl_socket* netlink, nlmsghdr* message, const std::string& what) {
  alignas(nlmsghdr) char answer[1024];
  CheckCall(mnl_socket_sendto(netlink, message, message->nlmsg_len), "{}", what);
  const ssize_t size = CheckCall(mnl_socket_recvfrom(netlink, answer, sizeof answer), "{}", what);
  CheckCall(mnl_cb_run(answer, static_cast<std::size_t>(size), 0, 0, nullptr, nullptr), "{}", what);
}

void AddAddress(mnl_socket* netlink, const std::string& text) {
  const Address address = ParseAddress(text);
  alignas(nlmsghdr) char buffer[1024] = {};
  nlmsghdr* message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = RTM_NEWADDR;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
  auto* header = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifaddrmsg)));
  header->ifa_family = static_cast<unsigned char>(address.family);
  header->ifa_prefixlen = static_cast<unsigned char>(address.prefix);
  // Without it bind() to an IPv6 address fails until a kernel worker has ended the address's
  // tentative state (ipv6_add_addr() in net/ipv6/addrconf.c), which takes long on a busy host.
  if (address.family == AF_INET6) header->ifa_flags = IFA_F_NODAD;
  header->ifa_index = kKernelLoopbackIndex;
  mnl_attr_put(message, IFA_LOCAL, address.size, address.bytes);
  mnl_attr_put(message, IFA_ADDRESS, address.size, address.bytes);
  Ask(netlink, message, fmt::format("RTM_NEWADDR(lo, {})", text));
}

struct Route {
  unsigned char type, scope, table, protocol;
  bool over_loopback;
  int type_of_service = 0;
};

void AddRoute(mnl_socket* netlink, const Address& destination, const Route& route,
              const std::string& text) {
  alignas(nlmsghdr) char buffer[1024] = {};
  nlmsghdr* message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = RTM_NEWROUTE;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
  auto* header = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
  header->rtm_family = static_cast<unsigned char>(destination.family);
  header->rtm_dst_len = static_cast<unsigned char>(destination.prefix);
  header->rtm_tos = static_cast<unsigned char>(route.type_of_service);
  header->rtm_table = route.table;
  header->rtm_protocol = route.protocol;
  header->rtm_type = route.type;
  header->rtm_scope = route.scope;
  mnl_attr_put(message, RTA_DST, destination.size, destination.bytes);
  if (route.over_loopback) mnl_attr_put_u32(message, RTA_OIF, kKernelLoopbackIndex);
  Ask(netlink, message, fmt::format("RTM_NEWROUTE({})", text));
}

void AddDeadRoute(mnl_socket* netlink, const DeadRoute& route) {
  const bool silent = route.end == DeadRoute::End::kSilent;
  // Over lo they come back to this host, which has no such address and throws them away.
  Route dead = silent
                   ? Route{RTN_UNICAST, RT_SCOPE_LINK, RT_TABLE_MAIN, RTPROT_STATIC, true}
                   : Route{RTN_UNREACHABLE, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RTPROT_STATIC, false};
  dead.type_of_service = route.type_of_service;
  AddRoute(netlink, ParseAddress(route.destination), dead, route.destination);
}

// An IPv6 address is one of this host only once a kernel worker has put it into the table of local
// routes (addrconf_dad_work() in net/ipv6/addrconf.c): until then what is sent there is lost, which
// was seen in 74 of 200 namespaces on a busy host. This puts it there at once.
void AddLocalRoute(mnl_socket* netlink, const std::string& text) {
  Address address = ParseAddress(text);
  if (address.family != AF_INET6) return;
  constexpr int kWholeAddress = 128;
  address.prefix = kWholeAddress;
  AddRoute(netlink, address, {RTN_LOCAL, RT_SCOPE_HOST, RT_TABLE_LOCAL, RTPROT_KERNEL, true}, text);
}

void AddAddressesAndRoutes(const SandboxOptions& options) {
  if (options.extra_addresses.empty() && options.dead_routes.empty()) return;
  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  std::unique_ptr<mnl_socket, Close> netlink(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (netlink == nullptr) ThrowSystemError(errno, "socket(AF_NETLINK, NETLINK_ROUTE)");
  for (const std::string& address : options.extra_addresses) {
    AddAddress(netlink.get(), address);
    AddLocalRoute(netlink.get(), address);
  }
  for (const DeadRoute& route : options.dead_routes) AddDeadRoute(netlink.get(), route);
}

void BringLoopbackUp() {
  OwnedFd control(
      CheckCall(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket(AF_INET, SOCK_DGRAM)"));
  ifreq request = {};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  CheckCall(ioctl(control.get(), SIOCSIFFLAGS, &request), "ioctl(SIOCSIFFLAGS, lo, IFF_UP)");
}

}  // namespace

void PrepareNetwork(int proc, const SandboxOptions& options, const HostAbilities& abilities) {
  // Where /proc/sys is read-only the ports below 1024 are lost, which HostProbe has told; what a
  // scenario asks for beyond that is an error and not silently left out. (A longer queue is not:
  // the scenario sees that it did not overflow.)
  const bool default_ports = options.first_unprivileged_port == 0;
  if (options.first_unprivileged_port != kKernelFirstUnprivilegedPort &&
      (abilities.network_settings || !default_ports)) {
    WriteProcFile(proc, "sys/net/ipv4/ip_unprivileged_port_start",
                  std::to_string(options.first_unprivileged_port));
  }
  if (options.longest_queue != 0 && abilities.network_settings) {
    WriteProcFile(proc, "sys/net/core/somaxconn", std::to_string(options.longest_queue));
  }
  if (options.send_buffer != 0 && abilities.network_settings) {
    WriteProcFile(proc, "sys/net/ipv4/tcp_wmem", fmt::format("4096 {0} {0}", options.send_buffer));
  }
  if (options.no_echo_over_ipv6) WriteProcFile(proc, "sys/net/ipv6/icmp/echo_ignore_all", "1");
  if (options.v6_only_default) WriteProcFile(proc, "sys/net/ipv6/bindv6only", "1");
  // Before lo comes up, so that ::1 never appears.
  if (options.ipv6_disabled) WriteProcFile(proc, "sys/net/ipv6/conf/all/disable_ipv6", "1");
  BringLoopbackUp();
  AddAddressesAndRoutes(options);
}

}  // namespace sockspec

// recvmsg, sendmsg.
#include "reference/datagram.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "reference/accepting.h"

namespace sockspec::reference {
namespace {

// Two services that answer each other would never stop. No honest client asks from these ports:
// echo, daytime, qotd, chargen, time.
bool ComesFromService(const Request& request) {
  constexpr std::array kPorts = {7, 13, 17, 19, 37};
  int port = 0;
  if (request.source.ss_family == AF_INET) {
    port = ntohs(reinterpret_cast<const sockaddr_in&>(request.source).sin_port);
  } else if (request.source.ss_family == AF_INET6) {
    port = ntohs(reinterpret_cast<const sockaddr_in6&>(request.source).sin6_port);
  }
  return std::find(kPorts.begin(), kPorts.end(), port) != kPorts.end();
}

}  // namespace

std::optional<Request> ReceiveRequest(const Server& server) {
  // More than any UDP datagram, and than what a UNIX sender's buffer holds by default.
  static char buffer[std::size_t{256} << 10];
  Request request;
  iovec data = {buffer, sizeof buffer};
  msghdr message = {};
  message.msg_name = &request.source;
  message.msg_namelen = sizeof request.source;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  request.arrival.Receive(message);
  const ssize_t count = recvmsg(server.socket.get(), &message, 0);
  if (count < 0) {
    RecoverFromError("recvmsg", errno, server.endpoint, server.stop);
    return std::nullopt;
  }
  // 0 bytes are a request like any other.
  request.data.assign(buffer, static_cast<std::size_t>(count));
  request.source_length = message.msg_namelen;
  request.arrival.Take(message);
  LogPeer(server, reinterpret_cast<const sockaddr*>(&request.source), request.source_length);
  return request;
}

void Answer(const Server& server, Request request) {
  if (request.source_length <= sizeof request.source.ss_family) return;
  if (ComesFromService(request)) return;
  std::optional<std::string> answer = server.make_service()->Answer(request.data);
  if (!answer) return;
  iovec data = {answer->data(), answer->size()};
  msghdr message = {};
  message.msg_name = &request.source;
  message.msg_namelen = request.source_length;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  request.arrival.Send(message);
  while (sendmsg(server.socket.get(), &message, MSG_DONTWAIT) < 0 && errno == EINTR) {
  }
}

}  // namespace sockspec::reference

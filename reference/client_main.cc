// sockspec-reference-client: socket, connect, read to the end, close; prints what it received.
#include <cstdio>
#include <string>
#include <vector>

#include "reference/asking.h"
#include "reference/connecting.h"
#include "reference/descriptor.h"
#include "reference/endpoint.h"
#include "reference/failure.h"
#include "reference/icmp_client.h"
#include "reference/igmp_monitor.h"
#include "reference/options.h"
#include "reference/reply.h"
#include "reference/services.h"

namespace sockspec::reference {
namespace {

bool SendsInput(const ClientOptions& options) {
  return options.service == "echo" || options.service == "discard";
}

void AskByConnection(const ClientOptions& options, const std::vector<Endpoint>& endpoints,
                     Reply& reply) {
  const Descriptor connection = WithFirst(endpoints, [&options](const Endpoint& endpoint) {
    return ConnectTo(endpoint, options.timeout);
  });
  if (SendsInput(options)) {
    ExchangeInput(connection.get(), reply);
  } else {
    ReadReply(connection.get(), reply);
  }
}

void AskByDatagrams(const ClientOptions& options, const std::vector<Endpoint>& endpoints,
                    Reply& reply) {
  // Any datagram is a request; RFC 868 asks for an empty one.
  const std::string request = SendsInput(options) ? ReadInput() : "";
  // Only the answer, or the error in its place, tells whether somebody serves an address.
  WithFirst(endpoints, [&](const Endpoint& endpoint) {
    const Descriptor socket = ConnectTo(endpoint, options.timeout);
    if (options.service == "discard") {
      SendDatagram(socket.get(), request);
    } else {
      AskByDatagram(socket.get(), request, options.timeout, reply);
    }
  });
}

void AskByRawSocket(const ClientOptions& options) {
  if (options.service == "igmp" && options.transport == "icmp4") return WatchIgmp(options.count);
  const bool echo = options.service == "icmp-echo";
  if (!echo && !(options.service == "icmp-timestamp" && options.transport == "icmp4")) {
    throw UsageError("no service '" + options.service + "' over " + options.transport);
  }
  const auto ask = [&options](const Endpoint& endpoint) { AskByIcmp(options, endpoint); };
  WithFirst(RemoteEndpoints(options.transport, options.host, "", ""), ask);
}

void Ask(int argc, char** argv) {
  OpenMissingStandardDescriptors();
  const ClientOptions options = ParseClientOptions(argc, argv);
  RequireTransport(options.transport);
  if (FindTransport(options.transport).type == SOCK_RAW) return AskByRawSocket(options);
  FindService(options.service);
  const std::vector<Endpoint> endpoints =
      RemoteEndpoints(options.transport, options.host, options.port, options.path);

  Reply reply(options.decode ? Output::kDate : Output::kUnchanged);
  if (endpoints.front().type == SOCK_DGRAM) {
    AskByDatagrams(options, endpoints, reply);
  } else {
    AskByConnection(options, endpoints, reply);
  }
  reply.Finish();
}

}  // namespace
}  // namespace sockspec::reference

int main(int argc, char** argv) {
  using namespace sockspec::reference;
  try {
    Ask(argc, argv);
    return 0;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "sockspec-reference-client: %s\n%s", error.what(), kClientUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sockspec-reference-client: %s\n", error.what());
    return 1;
  }
}

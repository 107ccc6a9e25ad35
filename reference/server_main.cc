// sockspec-reference-server: socket, bind, listen, then accept, write, close for each client.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

#include "reference/descriptor.h"
#include "reference/endpoint.h"
#include "reference/failure.h"
#include "reference/listener.h"
#include "reference/models.h"
#include "reference/options.h"
#include "reference/server.h"
#include "reference/services.h"
#include "reference/stop_signal.h"
#include "reference/unix_path.h"

namespace sockspec::reference {
namespace {

// Who asked for port 0 is told which one the kernel chose, once clients can come.
void ReportChosenPort(int listener, const std::string& asked) {
  if (asked.empty() || ParsePort(asked) != 0) return;
  sockaddr_storage bound = {};
  socklen_t length = sizeof bound;
  auto* const generic = reinterpret_cast<sockaddr*>(&bound);
  if (getsockname(listener, generic, &length) < 0) throw Failure("getsockname", "port", errno);
  std::printf("%s\n", NameOf(generic, length).c_str());
  if (std::fflush(stdout) != 0) throw Failure("write", "standard output", errno);
}

void Serve(int argc, char** argv) {
  OpenMissingStandardDescriptors();
  const ServerOptions options = ParseServerOptions(argc, argv);
  RequireTransport(options.transport);
  const ServiceMaker service = FindService(options.service);
  const Model& model = FindModel(options.model);
  const Endpoint endpoint =
      LocalEndpoint(options.transport, options.address, options.port, options.path);

  // A write to a client that has gone is an error of that client, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  const StopSignal stop;

  Descriptor listener = MakeListeningSocket(endpoint);
  SetListenerOptions(listener.get(), endpoint,
                     options.v6only ? Ipv6Scope::kIpv6Alone : Ipv6Scope::kBothFamilies);
  RemoveStaleSocket(endpoint);
  Bind(listener.get(), endpoint);
  const BoundPath path(endpoint.path);
  // Last, when all that a reply needs is ready: from here on clients come in.
  if (endpoint.type != SOCK_DGRAM) Listen(listener.get(), endpoint, options.backlog);
  ReportChosenPort(listener.get(), options.port);

  Server server = {std::move(listener), endpoint, service, stop,
                   options.log_peers ? PeerLog::kOn : PeerLog::kOff};
  if (endpoint.type == SOCK_DGRAM) {
    model.answer_datagrams(std::move(server));
  } else {
    model.serve_connections(std::move(server));
  }
}

}  // namespace
}  // namespace sockspec::reference

int main(int argc, char** argv) {
  using namespace sockspec::reference;
  try {
    Serve(argc, argv);
    return 0;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "sockspec-reference-server: %s\n%s", error.what(), kServerUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sockspec-reference-server: %s\n", error.what());
    return 1;
  }
}

// sockspec-reference-server: socket, bind, listen, then accept, write, close for each client.
#include <csignal>
#include <cstdio>

#include "reference/descriptor.h"
#include "reference/endpoint.h"
#include "reference/failure.h"
#include "reference/iterative.h"
#include "reference/listener.h"
#include "reference/options.h"
#include "reference/services.h"
#include "reference/stop_signal.h"
#include "reference/unix_path.h"

namespace sockspec::reference {
namespace {

void Serve(int argc, char** argv) {
  OpenMissingStandardDescriptors();
  const ServerOptions options = ParseServerOptions(argc, argv);
  RequireTransport(options.transport);
  const ServeFunction serve = FindService(options.service);
  const Endpoint endpoint =
      LocalEndpoint(options.transport, options.address, options.port, options.path);

  // A write to a client that has gone is an error of that client, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  const StopSignal stop;

  const Descriptor listener = MakeListeningSocket(endpoint);
  SetListenerOptions(listener.get(), endpoint,
                     options.v6only ? Ipv6Scope::kIpv6Alone : Ipv6Scope::kBothFamilies);
  RemoveStaleSocket(endpoint);
  Bind(listener.get(), endpoint);
  const BoundPath path(endpoint.path);
  // Last, when all that a reply needs is ready: from here on clients come in.
  Listen(listener.get(), endpoint, options.backlog);

  ServeIteratively(listener.get(), endpoint, stop, serve);
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

// sockspec-reference-client: socket, connect, read to the end, close; prints what it received.
#include <cerrno>
#include <cstdio>

#include "reference/connecting.h"
#include "reference/connection.h"
#include "reference/descriptor.h"
#include "reference/endpoint.h"
#include "reference/failure.h"
#include "reference/options.h"

namespace sockspec::reference {
namespace {

// Copies until the server closes. A reset is an error: the reply may be cut.
void PrintReply(int connection) {
  char buffer[4096];
  bool empty = true;
  while (true) {
    const ssize_t count = read(connection, buffer, sizeof buffer);
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Failure("read", "reply", errno);
    empty = false;
    if (!WriteAll(STDOUT_FILENO, {buffer, static_cast<std::size_t>(count)})) {
      throw Failure("write", "standard output", errno);
    }
  }
  if (empty) throw Failure("read", "reply", "the server closed without sending anything");
}

void AskTime(int argc, char** argv) {
  OpenMissingStandardDescriptors();
  const ClientOptions options = ParseClientOptions(argc, argv);
  RequireTransport(options.transport);
  const std::vector<Endpoint> endpoints =
      RemoteEndpoints(options.transport, options.host, options.port, options.path);

  const Descriptor connection = ConnectToFirst(endpoints);
  PrintReply(connection.get());
}

}  // namespace
}  // namespace sockspec::reference

int main(int argc, char** argv) {
  using namespace sockspec::reference;
  try {
    AskTime(argc, argv);
    return 0;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "sockspec-reference-client: %s\n%s", error.what(), kClientUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sockspec-reference-client: %s\n", error.what());
    return 1;
  }
}

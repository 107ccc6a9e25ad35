// The services by name. One more service is one more file and one more line in services.cc.
#pragma once

#include <string>

namespace sockspec::reference {

// Serves one connected client. Errors on the connection end the service to that client alone; the
// caller closes.
using ServeFunction = void (*)(int connection);

// Throws UsageError for an unknown name.
ServeFunction FindService(const std::string& name);

}  // namespace sockspec::reference

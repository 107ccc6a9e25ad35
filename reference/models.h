// The server models by name: how several clients are served. Each is one small file.
#pragma once

#include <string>

#include "reference/server.h"

namespace sockspec::reference {

// Serves until the program is asked to end; then closes the socket and finishes what is under way.
// Throws Failure.
using ServeFunction = void (*)(Server server);

struct Model {
  const char* name;
  ServeFunction serve_connections;
  ServeFunction answer_datagrams;
};

// Throws UsageError for an unknown name.
const Model& FindModel(const std::string& name);

// One client after the other.
void ServeIteratively(Server server);
void AnswerIteratively(Server server);

}  // namespace sockspec::reference

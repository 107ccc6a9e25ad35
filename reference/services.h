// The services as protocols: what is said, not how it travels. One more service is one more file
// and one more line in services.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sockspec::reference {

// One object for each connection, or for each datagram.
class Service {
 public:
  virtual ~Service() = default;

  // Connections: what the server says of its own accord, asked for again whenever all has been
  // sent;
  // "" for nothing.
  virtual std::string Speak() { return {}; }
  // Connections: what it says to input.
  virtual std::string Reply(std::string_view /*input*/) { return {}; }
  // Connections: true once the server has said all and closes. Else the client decides on the end.
  virtual bool Finished() const { return false; }

  // Datagrams: the one that answers a request, or none.
  virtual std::optional<std::string> Answer(std::string_view request) = 0;
};

using ServiceMaker = std::unique_ptr<Service> (*)();

// Throws UsageError for an unknown name.
ServiceMaker FindService(const std::string& name);

}  // namespace sockspec::reference

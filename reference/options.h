// The arguments of the two programs, as text and numbers; nothing is looked up or opened here.
#pragma once

#include <sys/socket.h>

#include <string>

namespace sockspec::reference {

struct ServerOptions {
  std::string transport;
  std::string address;
  std::string port;
  std::string path;
  std::string service = "daytime";
  std::string model = "iterative";
  int backlog = SOMAXCONN;
  bool v6only = false;
  bool log_peers = false;
};

struct ClientOptions {
  std::string transport;
  std::string host;
  std::string port;
  std::string path;
  std::string service = "daytime";
  int timeout = 10;     // seconds, for a connection and for a datagram's answer; 0: for ever
  int count = 0;        // of ICMP requests or IGMP messages; 0: not said
  bool decode = false;  // time: print the date, not the 4 bytes
};

extern const char* const kServerUsage;
extern const char* const kClientUsage;

// Both throw UsageError.
ServerOptions ParseServerOptions(int argc, char** argv);
ClientOptions ParseClientOptions(int argc, char** argv);

}  // namespace sockspec::reference

// The IP traffic of a case, as a pcap file: what crosses the loopback interface of its own network
// namespace, with times in nanoseconds of the wall clock.
//
// libpcap is loaded when packets are asked for. With what it needs in its turn it would cost every
// start of sockspec some 2 ms, and every fork of a worker its pages.
#pragma once

#include <cstdint>
#include <string>

#include "harness/base/owned_fd.h"
#include "harness/peer/loopback_flush.h"
#include "harness/sandbox/sandbox.h"
#include "harness/testbed/event_loop.h"

struct pcap;
struct pcap_dumper;

namespace sockspec {

class PacketCapture {
 public:
  // Why no packets can be captured here; "" where they can. Loads libpcap: to be called before a
  // capture is made, in the process that forks the workers.
  static std::string WhyNot(const HostAbilities& abilities);

  // Captures from here on, into `file`, whenever `loop` runs. The datagrams of `flush` are left
  // out. The caller has entered a sandbox; both must outlive the capture. Throws
  // std::system_error, or std::runtime_error with libpcap's words.
  PacketCapture(OwnedFd file, LoopbackFlush* flush, EventLoop* loop);
  // What was taken so far is in the file.
  ~PacketCapture();
  PacketCapture(const PacketCapture&) = delete;
  PacketCapture& operator=(const PacketCapture&) = delete;

  // Writes what has come, also between runs of the loop: the ring has room for 512 packets. Throws
  // as the constructor does.
  void Take();
  // Takes all that was sent before the call and ends the capture. Returns how many packets are
  // missing in the file because they came faster than they were taken. Throws as the constructor
  // does, also where the file could not be written.
  std::int64_t Finish();

 private:
  void Open();

  LoopbackFlush* flush_;
  EventLoop* loop_;
  pcap* packets_ = nullptr;
  pcap_dumper* file_ = nullptr;
  int fd_ = -1;  // readable when packets have come
};

}  // namespace sockspec

// The engine behind Scenario: the packets of clients over raw sockets.
#include <cerrno>
#include <system_error>

#include "harness/testbed/testbed.h"

namespace sockspec {

void Testbed::ListenForPackets() {
  try {
    raw_peer_.emplace(subject_.transport);
  } catch (const std::system_error& error) {
    if (error.code().value() != EAFNOSUPPORT) throw;
    throw ScenarioEnded(DriveEnd::kNotObservable,
                        std::string(kNotObservable) + "no packet sockets)");
  }
  loop_.OnReadable(raw_peer_->fd(), [this] { TakePackets(); });
}

void Testbed::TakePackets() {
  while (std::optional<std::string> bytes = raw_peer_->Receive()) {
    packets_.push_back(*DecodePacket(*bytes));
    Record({.kind = EventKind::kPacketReceived, .bytes = *std::move(bytes)});
  }
}

std::optional<RawPacket> Testbed::AwaitPacket() {
  // Looks for itself: a client's wait for an answer must not be ended before its request is seen.
  const auto asked = [&] {
    TakePackets();
    return !packets_.empty();
  };
  RecordRest(Wait(asked, Patience::kUntilAnswered));
  DrainOutput();
  if (packets_.empty()) return std::nullopt;
  RawPacket packet = std::move(packets_.front());
  packets_.pop_front();
  return packet;
}

void Testbed::SendPacket(const RawPacket& packet, std::string_view what) {
  // On the timeline before what it brings about.
  Record(
      {.kind = EventKind::kPacketSent, .text = std::string(what), .bytes = EncodePacket(packet)});
  raw_peer_.value().Send(packet);
  flushed_at_ = -1;
}

}  // namespace sockspec

// The engine behind Scenario: what the harness's own connections send and receive.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/testbed/testbed.h"

namespace sockspec {
namespace {

// What services of a manifest's own may come to in one conversation.
constexpr std::size_t kFloodOfOwnService = 64 << 20;

// More than any read returns.
constexpr std::size_t kRecordAtMost = 1 << 20;

constexpr std::string_view kFillerNames[] = {"numbered lines", "noise", "NULs", "one line"};
constexpr std::size_t kFillerPeriod = 65536;

// One period of it; the same in every run.
std::string MakeFiller(Filler filler) {
  std::string bytes;
  std::uint32_t state = 1;  // of a linear congruential generator (Numerical Recipes)
  while (bytes.size() < kFillerPeriod) {
    switch (filler) {
      case Filler::kLines:
        bytes += fmt::format("filler line {:06}\n", bytes.size() / 19);
        break;
      case Filler::kNoise:
        state = state * 1664525 + 1013904223;
        bytes += static_cast<char>(state >> 24);
        break;
      case Filler::kNuls:
        bytes += '\0';
        break;
      case Filler::kOneLine:
        bytes += 'A';
        break;
    }
  }
  return bytes;
}

}  // namespace

bool Testbed::ReadOnce(int number, std::size_t most) {
  PeerRecord& record = peers_.at(number);
  const std::optional<std::string> bytes = record.peer.ReadSome(most);
  if (bytes.has_value()) {
    record.received += *bytes;
    Record({.kind = EventKind::kReceived, .connection = number, .bytes = *bytes});
  }
  RecordEnd(number);
  return bytes.has_value() || Ended(number);
}

bool Testbed::MoreIsComing(int number) {
  if (tracer_ == nullptr) return KernelBringsMore(number);
  // The program has sent or closed, and the kernel has not brought it here yet.
  const Tracer::Traffic traffic = tracer_->TrafficOf(number);
  if (Ended(number)) return false;
  if (!traffic.known) {
    // Connected here, and yet a thread sleeps in accept: it is not in the queue yet.
    return subject_.role == Role::kServer && IsTcp(subject_.transport) &&
           tracer_->ServerReadiness() == Tracer::Readiness::kReady;
  }
  const auto received = static_cast<std::int64_t>(peers_.at(number).received.size());
  if (traffic.closed || traffic.shut_down || traffic.sent > received) return true;
  return traffic.sending && KernelBringsMore(number);
}

void Testbed::Read(int number, std::size_t bytes) {
  if (datagrams_.contains(number)) return ReceiveDatagram(number);
  // A record comes as a whole, and may be longer than what is wanted.
  ReadWhile(number, [&](std::string_view since) { return bytes - std::min(bytes, since.size()); });
}

void Testbed::ReadSome(int number) {
  if (datagrams_.contains(number)) return ReceiveDatagram(number);
  ReadWhile(number, [](std::string_view since) { return since.empty() ? kRecordAtMost : 0; });
}

void Testbed::ReadWhile(int number, const std::function<std::size_t(std::string_view)>& wanted) {
  FinishConnect(number, true);
  if (!peers_.at(number).was_connected) return;
  const std::size_t before = peers_.at(number).received.size();
  const auto enough = [&] {
    while (true) {
      const std::size_t more = wanted(std::string_view(peers_.at(number).received).substr(before));
      if (more == 0 || Ended(number) || Floods(number)) return true;
      if (!ReadOnce(number, more)) break;
    }
    loop_.WakeOnce(peers_.at(number).peer.fd(), false);
    return false;
  };
  const Waited waited =
      Wait(enough, Patience::kUntilAnswered, [&] { return MoreIsComing(number); });
  if (peers_.at(number).peer.fd() >= 0) loop_.Forget(peers_.at(number).peer.fd());
  NoteFlood(number);
  RecordRest(waited);
  DrainOutput();
}

void Testbed::RecordFlood(int number, std::size_t received) {
  Record({.kind = EventKind::kNotSettled,
          .connection = number,
          .text = fmt::format("sends without end: {} bytes so far", received)});
}

bool Testbed::Floods(int number) const {
  if (subject_.definition.Endless()) return false;
  const PeerRecord& record = peers_.at(number);
  const bool known = FindBuiltInService(subject_.service) != nullptr;
  // A server may well send back what it was sent.
  const std::size_t due = subject_.role == Role::kServer ? record.sent : 0;
  return record.received.size() > due + (known ? kFlood : kFloodOfOwnService);
}

void Testbed::NoteFlood(int number) {
  PeerRecord& record = peers_.at(number);
  if (Floods(number) && !std::exchange(record.flood_told, true)) {
    RecordFlood(number, record.received.size());
  }
}

std::size_t Testbed::SendAll(int number, const std::function<std::string_view(std::size_t)>& rest,
                             Urgency urgency) {
  FinishConnect(number, true);
  if (!peers_.at(number).was_connected) return 0;
  std::size_t sent = 0;
  const auto all_sent = [&] {
    std::string_view bytes;
    while (!(bytes = rest(sent)).empty()) {
      StreamPeer& peer = peers_.at(number).peer;
      const std::size_t n =
          urgency == Urgency::kNone ? peer.SendSome(bytes) : peer.SendUrgent(bytes);
      if (n == 0) break;
      sent += n;
    }
    const PeerState state = peers_.at(number).peer.state();
    if (bytes.empty() || (state != PeerState::kConnected && state != PeerState::kFin)) return true;
    loop_.WakeOnce(peers_.at(number).peer.fd(), true);
    return false;
  };
  const Waited waited =
      all_sent() ? Waited::kHappened
                 : Wait(all_sent, Patience::kUntilAnswered, [&] { return RoomIsComing(number); });
  if (peers_.at(number).peer.fd() >= 0) loop_.Forget(peers_.at(number).peer.fd());
  RecordRest(waited);
  return sent;
}

void Testbed::Send(int number, std::string_view bytes) {
  if (datagrams_.contains(number)) return SendDatagram(number, number, bytes);
  const std::size_t sent = SendAll(number, [&](std::size_t from) { return bytes.substr(from); });
  RecordSent(number, {.kind = EventKind::kSent, .bytes = std::string(bytes.substr(0, sent))}, sent);
}

void Testbed::SendUrgent(int number, std::string_view bytes) {
  const std::size_t sent = SendAll(
      number, [&](std::size_t from) { return bytes.substr(from); }, Urgency::kLastByte);
  RecordSent(number,
             {.kind = EventKind::kSent,
              .text = "the last byte is urgent",
              .bytes = std::string(bytes.substr(0, sent))},
             sent);
}

void Testbed::SendFiller(int number, std::int64_t bytes, Filler filler) {
  const std::string lines = MakeFiller(filler);
  const auto total = static_cast<std::size_t>(bytes);
  const std::size_t sent = SendAll(number, [&](std::size_t from) {
    const std::size_t at = from % lines.size();
    return std::string_view(lines).substr(at, std::min(total - from, lines.size() - at));
  });
  RecordSent(number,
             {.kind = EventKind::kSent,
              .number = static_cast<std::int64_t>(sent),
              .text = std::string(kFillerNames[static_cast<int>(filler)])},
             sent);
}

void Testbed::RecordSent(int number, Event event, std::size_t sent) {
  event.connection = number;
  peers_.at(number).sent += sent;
  if (sent > 0) Record(std::move(event));
  if (peers_.at(number).peer.state() != PeerState::kReset) return;
  Record({.kind = EventKind::kSendFailed,
          .connection = number,
          .error = peers_.at(number).peer.error()});
  RecordEnd(number);
}

}  // namespace sockspec

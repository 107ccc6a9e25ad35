// The engine behind Scenario: the exchange of the program's service.
#include <algorithm>
#include <limits>

#include "harness/testbed/testbed.h"

namespace sockspec {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kMostOfEndless = 1 << 20;

}  // namespace

void Testbed::ReadToEnd(int number) {
  const bool endless = subject_.role == Role::kServer && subject_.definition.Endless();
  Read(number, endless ? kMostOfEndless : kAll);
}

void Testbed::Converse(int number) {
  // The request has been sent: Connect().
  if (datagrams_.contains(number)) return ReceiveDatagram(number);
  const std::vector<Round>& rounds = subject_.definition.rounds;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const Reply& reply = rounds[i].reply;
    if (!rounds[i].request.empty()) Send(number, rounds[i].request);
    const std::size_t before = peers_.at(number).received.size();
    ReadWhile(number, [&](std::string_view since) -> std::size_t {
      if (reply.kind == ReplyKind::kEndless) {
        const auto wanted = static_cast<std::size_t>(reply.bytes);
        return wanted - std::min(wanted, since.size());  // a record may be longer
      }
      // These are over when nothing more comes.
      if (reply.kind == ReplyKind::kAnything || reply.kind == ReplyKind::kNothing) return kAll;
      return expected_reply_.EndsRound(i, since) ? 0 : kAll;
    });
    const std::string_view since = std::string_view(peers_.at(number).received).substr(before);
    if (Ended(number) || !expected_reply_.EndsRound(i, since)) return;
  }
}

void Testbed::SendWhileReading(int number, std::string_view bytes) {
  FinishConnect(number, true);
  if (!peers_.at(number).was_connected) return;
  const std::size_t before = peers_.at(number).received.size();
  std::size_t sent = 0;
  const auto exchanged = [&] {
    bool moved = true;
    while (moved) {
      const std::size_t now = peers_.at(number).peer.SendSome(bytes.substr(sent));
      sent += now;
      peers_.at(number).sent += now;
      const bool came = ReadOnce(number, kAll);
      if (Ended(number) || Floods(number)) return true;
      moved = now > 0 || came;
    }
    if (sent == bytes.size() && peers_.at(number).received.size() - before >= sent) return true;
    loop_.WakeOnce(peers_.at(number).peer.fd(), false);
    if (sent < bytes.size()) loop_.WakeOnce(peers_.at(number).peer.fd(), true);
    return false;
  };
  // What is sent is on the timeline before what comes back for it.
  const int event = Record({.kind = EventKind::kSent, .connection = number});
  const Waited waited =
      Wait(exchanged, Patience::kUntilAnswered, [&] { return MoreIsComing(number); });
  timeline_->Amend(event).bytes = std::string(bytes.substr(0, sent));
  if (peers_.at(number).peer.fd() >= 0) loop_.Forget(peers_.at(number).peer.fd());
  NoteFlood(number);
  RecordRest(waited);
}

void Testbed::Finish(int number) {
  if (datagrams_.contains(number)) return CloseDatagram(number);
  const Service& service = subject_.definition;
  if (!service.Endless()) {
    if (service.closes == Closer::kClient && !Ended(number)) HalfClose(number);
    Read(number, kAll);
  }
  Close(number);
}

void Testbed::Serve(int number) {
  const Service& service = subject_.definition;
  if (service.ServerSpeaksFirst()) {
    Send(number, subject_.reply);
    HalfClose(number);
  } else if (service.Replies()) {
    // It may close when it has got all back, end its side before, or send on then.
    std::size_t answered = 0;
    const bool by_datagrams = datagrams_.contains(number);  // the first has come: Accept()
    do {
      if (!by_datagrams) ReadSome(number);
      if (Received(number).size() == answered) break;
      const std::string piece = Received(number).substr(answered);
      answered += piece.size();
      Send(number, piece);
    } while (!by_datagrams);
  }
  // What it has sent is read before the close, so that its FIN does not become a RST.
  Read(number, kAll);
  Close(number);
}

bool Testbed::Answered(int number) const {
  if (datagrams_.contains(number)) {
    return !datagrams_.at(number).received.empty() || !subject_.definition.Replies();
  }
  const PeerRecord& record = peers_.at(number);
  if (!record.was_connected || !expected_reply_.IsWhole(record.received)) return false;
  return subject_.definition.Replies() || record.fin_seen;
}

}  // namespace sockspec

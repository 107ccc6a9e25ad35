// What the client suites share: the harness's server, and questions on a client's evidence.
#include "suites/client/client_evidence.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>

#include "harness/base/error.h"
#include "harness/base/text.h"

namespace sockspec {
namespace {

// A declared text client reads lines: how it writes their ends, and the last one, is its own
// affair.
std::string WithoutLineEndings(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] == '\n')) continue;
    plain += text[i];
  }
  while (plain.ends_with('\n')) plain.pop_back();
  return plain;
}

std::string_view FirstLine(std::string_view text) { return text.substr(0, text.find('\n')); }

bool ReadsText(const Subject& subject) {
  return subject.launch.claims.text_only || subject.launch.claims.one_line;
}

std::string_view WithoutOneNewline(std::string_view text) {
  return text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
}

bool ContainsReply(const Subject& subject, const std::string& output, const std::string& sent) {
  if (output.find(sent) != std::string::npos) return true;
  if (!ReadsText(subject)) return false;
  const std::string wanted = WithoutLineEndings(sent);
  const std::string plain = WithoutLineEndings(output);
  return plain.find(subject.launch.claims.one_line ? std::string(FirstLine(wanted)) : wanted) !=
         std::string::npos;
}

bool IsReply(const Subject& subject, const std::string& output, const std::string& sent) {
  if (output == sent || output == sent + "\n") return true;
  if (!ReadsText(subject)) return false;
  const std::string wanted = WithoutLineEndings(sent);
  const std::string plain = WithoutLineEndings(output);
  return plain == wanted || (subject.launch.claims.one_line && plain == FirstLine(wanted));
}

// Where two texts part, in words; `output` is what the client printed.
std::string Difference(const std::string& output, const std::string& sent) {
  const auto [end, unused] = std::mismatch(output.begin(), output.end(), sent.begin(), sent.end());
  const auto same = static_cast<std::size_t>(end - output.begin());
  if (same == output.size()) {
    return fmt::format("prints the first {} of {} bytes of the reply and no more", same,
                       sent.size());
  }
  constexpr std::size_t kShown = 24;
  if (same == sent.size()) {
    return fmt::format("prints {} bytes more than the reply: {}", output.size() - same,
                       Quote(std::string_view(output).substr(same, kShown)));
  }
  return fmt::format("prints {} where byte {} of the reply is due: {}",
                     Quote(std::string_view(output).substr(same, kShown)), same,
                     Quote(std::string_view(sent).substr(same, kShown)));
}

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lowered;
}

}  // namespace

std::string ReplyOfSize(std::size_t size) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string reply;
  reply.reserve(size + kAlphabet.size());
  for (std::size_t piece = 0; reply.size() < size; ++piece) {
    reply += fmt::format("<{}>", piece);
    reply += kAlphabet;
  }
  reply.resize(size);
  if (size > 1) reply.back() = '\n';
  return reply;
}

bool Decodes(const Subject& subject) { return subject.launch.output == OutputKind::kDecoded; }

bool HasFixedReply(const Subject& subject) { return subject.service == "time"; }

std::string DueOutput(const Subject& subject, const std::vector<Conversation>& conversations,
                      int run) {
  if (subject.definition.ServerSpeaksFirst()) return subject.reply;
  std::string sent_back;
  for (const Conversation& conversation : conversations) {
    // Others may have sent it datagrams, too.
    if (conversation.run == run && !conversation.received.empty()) sent_back += conversation.sent;
  }
  return sent_back;
}

std::string WrongOutput(const Subject& subject, const std::string& output,
                        const std::string& sent) {
  if (!sent.empty() && output.empty()) {
    return fmt::format("prints nothing on standard output, having been sent {} bytes {}",
                       sent.size(), Quote(sent));
  }
  switch (subject.launch.output) {
    case OutputKind::kDecoded:
      return "";
    case OutputKind::kContains:
      if (ContainsReply(subject, output, sent)) return "";
      return fmt::format("prints {}, which does not contain the reply {}", Quote(output),
                         Quote(sent));
    case OutputKind::kExact:
      break;
  }
  return IsReply(subject, output, sent) ? "" : Difference(output, sent);
}

std::string WrongOutput(const Subject& subject, const std::string& output,
                        const std::vector<Conversation>& conversations, int run) {
  return WrongOutput(subject, output, DueOutput(subject, conversations, run));
}

std::string InventedOutput(const Subject& subject, const std::string& output,
                           const std::string& sent) {
  // A final newline may be the client's own.
  if (sent.starts_with(output) || sent.starts_with(WithoutOneNewline(output))) return "";
  if (ReadsText(subject) && WithoutLineEndings(sent).starts_with(WithoutLineEndings(output))) {
    return "";
  }
  return Difference(output, sent);
}

std::string WhyNotEnded(const Timeline& timeline, int run) {
  std::string why = "has not ended";
  for (const Event& event : timeline.events()) {
    if (event.run != run) continue;
    if (event.kind == EventKind::kSettled) {
      why = event.text.empty() ? "hangs: every thread sleeps and nothing is on its way"
                               : fmt::format("hangs in {}", event.text);
    } else if (event.kind == EventKind::kNotSettled) {
      why = fmt::format("neither ends nor comes to rest: {}", event.text);
    } else if (event.kind == EventKind::kDeadline) {
      why = fmt::format("had not ended when the watchdog's time was over: {}", event.text);
    }
  }
  return why;
}

std::string WrongSuccess(const Timeline& timeline, const ProgramEnd& end, int run) {
  if (!end.exited) return WhyNotEnded(timeline, run);
  if (end.signal != 0) return fmt::format("is killed by {}", SignalName(end.signal));
  return end.status == 0 ? "" : fmt::format("exits with status {}", end.status);
}

std::string WrongFailure(const Timeline& timeline, const ProgramEnd& end, int run) {
  if (!end.exited) return WhyNotEnded(timeline, run);
  if (end.signal != 0) return fmt::format("is killed by {}", SignalName(end.signal));
  return end.status > 0 ? "" : "exits with status 0";
}

bool WasInterrupted(const Timeline& timeline, int run) {
  return !timeline
              .Find([run](const Event& event) {
                return event.run == run && event.kind == EventKind::kStep &&
                       event.text.starts_with("interrupts the program");
              })
              .empty();
}

bool NamesError(const std::string& text, int error) {
  const std::string lowered = Lowered(text);
  for (const std::string& name :
       {Lowered(strerrordesc_np(error)), Lowered(ErrnoName(error)), std::to_string(error)}) {
    if (lowered.find(name) != std::string::npos) return true;
  }
  return false;
}

std::optional<Conversation> SessionOf(const std::vector<Conversation>& conversations, int run) {
  for (const Conversation& conversation : conversations) {
    if (conversation.run == run && conversation.connected) return conversation;
  }
  return std::nullopt;
}

std::string Endpoint(const Subject& subject, const std::string& address) {
  if (IsUnix(subject.transport)) return address.empty() ? subject.path : address;
  const std::string& host = address.empty() ? subject.address : address;
  return Family(subject.transport) == AF_INET6 ? fmt::format("[{}]:{}", host, subject.port)
                                               : fmt::format("{}:{}", host, subject.port);
}

bool SameEndpoint(std::string_view one, std::string_view other) {
  const auto plain = [](std::string_view address) {
    constexpr std::string_view kMapped = "::ffff:";
    std::string text;
    for (char c : address) {
      if (c != '[' && c != ']') text += c;
    }
    return text.starts_with(kMapped) ? text.substr(kMapped.size()) : text;
  };
  return plain(one) == plain(other);
}

std::string OtherPeer(const Timeline& timeline, const std::string& endpoint, int run) {
  for (const int index : timeline.Calls("connect")) {
    const Call& call = *timeline[index].call;
    if (timeline[index].run != run || call.role == SocketRole::kDatagram) continue;
    if (SameEndpoint(call.address, endpoint)) continue;
    const bool path = call.address.starts_with('/');
    const bool neighbour =
        path && endpoint.starts_with('/') && call.address.rfind('/') == endpoint.rfind('/') &&
        call.address.substr(0, call.address.rfind('/')) == endpoint.substr(0, endpoint.rfind('/'));
    const bool network = !path && !call.address.starts_with('@') &&
                         call.address.find(':') != std::string::npos &&
                         !call.address.ends_with(":53");
    if (neighbour || network) return call.address;
  }
  return "";
}

std::string WrongRefusal(const Timeline& timeline, const std::vector<Conversation>& sessions,
                         const ProgramEnd& end, int run) {
  if (SessionOf(sessions, run)) return "connects all the same";
  return end.signal != 0 ? "" : WrongFailure(timeline, end, run);
}

const char* SendsTo(Transport transport) {
  return SocketType(transport) == SOCK_DGRAM ? "sends a datagram to" : "connects to";
}

std::vector<int> NamingCalls(const Timeline& timeline, Transport transport) {
  const bool datagrams = SocketType(transport) == SOCK_DGRAM;
  std::vector<int> naming;
  for (const int index : timeline.Calls("*")) {
    const Call& call = *timeline[index].call;
    // Resolvers connect datagram sockets to learn which local address would be used.
    if (call.name == "connect" ? datagrams || call.role != SocketRole::kDatagram
                               : datagrams && call.name.starts_with("send")) {
      naming.push_back(index);
    }
  }
  return naming;
}

std::optional<Call> MakerOf(const Timeline& timeline, int socket) {
  for (const int index : timeline.Calls("socket")) {
    const Call& call = *timeline[index].call;
    if (call.error == 0 && call.socket == socket) return call;
  }
  return std::nullopt;
}

std::vector<int> EndpointConnects(const Timeline& timeline, const std::string& endpoint,
                                  Transport transport) {
  std::vector<int> connects;
  for (const int index : NamingCalls(timeline, transport)) {
    if (SameEndpoint(timeline[index].call->address, endpoint)) connects.push_back(index);
  }
  return connects;
}

std::vector<int> FaultsIn(const Timeline& timeline, int run) {
  return timeline.Find(
      [run](const Event& event) { return event.kind == EventKind::kFault && event.run == run; });
}

}  // namespace sockspec

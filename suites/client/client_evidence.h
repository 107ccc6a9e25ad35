// What the client suites share: the harness's server, and questions on a client's evidence.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/testbed/check.h"
#include "harness/testbed/matchers.h"
#include "harness/testbed/scenario.h"

namespace sockspec {

// A client may ask again; one that does so as often as this never gives up.
inline constexpr int kEndless = 100;

// Whether it is told which host to ask, and what is said of one that is not.
inline bool TakesHost(const LaunchSpec& launch) {
  return launch.Mentions("host") || launch.Mentions("address");
}
inline constexpr const char* kNoHost = "the command takes no {host}";

// --- for scenarios ------------------------------------------------------------------------------
// Serves one client another text than the ordinary one, as Session::Serve() does.
inline void ServeText(Session session, std::string_view reply) {
  session.Send(reply);
  session.HalfClose();
  session.ReadToEnd();
  session.Close();
}
// Sends one byte of what comes back, or a whole record; false: nothing came.
inline bool SendBackOneByte(Session session) {
  const std::size_t before = session.received().size();
  session.Read(1);
  if (session.received().size() == before) return false;
  session.Send(session.received().substr(before));
  return true;
}
// The first part of the reply, where there is one.
inline void SayHalf(Session session, const Service& service, const std::string& reply) {
  if (service.ServerSpeaksFirst()) {
    session.Send(reply.substr(0, reply.size() / 2));
  } else if (service.Replies()) {
    SendBackOneByte(session);
  }
}
// `size` printable bytes without a line break but at their end; no two neighbouring lines' worth of
// them are equal, so that lost and doubled pieces show.
std::string ReplyOfSize(std::size_t size);

// --- standard output ----------------------------------------------------------------------------
// What should be there after an ordinary exchange: the reply, or what that run was sent back.
std::string DueOutput(const Subject& subject, const std::vector<Conversation>& conversations,
                      int run = 0);
// What is wrong with the standard output of a client that was sent `sent`: "prints nothing ...".
// Empty: nothing. Obeys the manifest's `output` and its claims text-only and one-line.
std::string WrongOutput(const Subject& subject, const std::string& output, const std::string& sent);
// After an ordinary exchange in that run.
std::string WrongOutput(const Subject& subject, const std::string& output,
                        const std::vector<Conversation>& conversations, int run = 0);
// The same for a conversation that was cut: all that is printed must have been sent.
std::string InventedOutput(const Subject& subject, const std::string& output,
                           const std::string& sent);
// The client prints something else than the bytes that it received.
bool Decodes(const Subject& subject);
// The value of the time service is always of four bytes.
bool HasFixedReply(const Subject& subject);

// --- how it ended -------------------------------------------------------------------------------
// Why the run had not ended when the last wait for it was over: "hangs in recv(client)".
std::string WhyNotEnded(const Timeline& timeline, int run = 0);
// What is wrong where success was due: it hangs, is killed, or has another status than 0. Empty:
// nothing.
std::string WrongSuccess(const Timeline& timeline, const ProgramEnd& end, int run = 0);
// What is wrong where a failure was to be reported by an exit status.
std::string WrongFailure(const Timeline& timeline, const ProgramEnd& end, int run = 0);
// The scenario had to end that run's wait by Ctrl-C (Scenario::Interrupt).
bool WasInterrupted(const Timeline& timeline, int run = 0);
// `text` holds the error's text, its name or its number, in any letter case.
bool NamesError(const std::string& text, int error);

// What a refusal lacks: an exit status other than 0 and no connection. A crash is a matter of
// DIA-04.
std::string WrongRefusal(const Timeline& timeline, const std::vector<Conversation>& sessions,
                         const ProgramEnd& end, int run);

// --- conversations and calls --------------------------------------------------------------------
// The first session in which that run of the client was connected.
std::optional<Conversation> SessionOf(const std::vector<Conversation>& conversations, int run = 0);
// "127.0.0.1:13013", "[::1]:13013", or the path: what the client is given.
std::string Endpoint(const Subject& subject, const std::string& address = "");
// One address in two notations: brackets and the mapped form of an IPv4 address do not count.
bool SameEndpoint(std::string_view one, std::string_view other);
// Where else than to the endpoint that run of the client connected, or tried to: the address;
// empty: nowhere. Resolvers and loggers are not meant, so that a path must lie beside the
// endpoint's.
std::string OtherPeer(const Timeline& timeline, const std::string& endpoint, int run = 0);
// "connects to", or "sends a datagram to".
const char* SendsTo(Transport transport);
// Indices of the calls that name their peer: connect(), over datagrams the sending ones, too.
std::vector<int> NamingCalls(const Timeline& timeline, Transport transport);
// The socket() call that made this socket, if it was seen.
std::optional<Call> MakerOf(const Timeline& timeline, int socket);
// Those to the endpoint, whatever came of them.
std::vector<int> EndpointConnects(const Timeline& timeline, const std::string& endpoint,
                                  Transport transport = Transport::kTcp4);
// Indices of the events that say that a fault was injected into that run.
std::vector<int> FaultsIn(const Timeline& timeline, int run = 0);

}  // namespace sockspec

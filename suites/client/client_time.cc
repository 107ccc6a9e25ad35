// What a client makes of the time service's value: RFC 868.
#include <fmt/format.h>
#include <sys/socket.h>

#include <cctype>
#include <cstdint>
#include <iterator>

#include "harness/base/text.h"
#include "harness/testbed/datetime.h"
#include "suites/client/client_evidence.h"

namespace sockspec {
namespace {

constexpr std::int64_t k1970 = 2'208'988'800;  // in seconds since 1900

// The examples of RFC 868; the last one is the moment of all other scenarios (Subject::reply).
constexpr std::int64_t kValues[] = {2'208'988'800, 2'398'291'200, 2'524'521'600, 2'629'584'000,
                                    3'284'818'929};
constexpr const char* kDates[] = {"1970-01-01 00:00:00", "1976-01-01 00:00:00",
                                  "1980-01-01 00:00:00", "1983-05-01 00:00:00",
                                  "2004-02-03 17:42:09"};
constexpr int kCount = std::size(kValues);
constexpr int kInPieces = kCount - 1;

// A record or a datagram of one byte is no part of a value.
bool IsByteStream(Transport transport) { return SocketType(transport) == SOCK_STREAM; }

std::string Encoded(std::int64_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

SCENARIO(ClientTimeValues, kClient, kAllTransports,
         "the values of RFC 868's examples, a launch each; over byte streams, the last one in two "
         "pieces of 1 and 3 bytes",
         .services = {"time"}) {
  Listen();
  for (const std::int64_t value : kValues) {
    Launch();
    Session session = Accept();
    const std::string reply = Encoded(value);
    std::size_t sent = 0;
    if (value == kValues[kInPieces] && IsByteStream(transport())) {
      sent = 1;
      session.Send(reply.substr(0, sent));
      SettleInWait();
    }
    ServeText(session, reply.substr(sent));
    WaitForExit();
    if (Running()) Kill();
  }
}

constexpr std::size_t kCutAt[] = {1, 3};

SCENARIO(ClientTimeCut, kClient, kStreams,
         "the connection ends after one byte of the value, and in a second run after three",
         .services = {"time"}) {
  Listen();
  for (const std::size_t size : kCutAt) {
    Launch();
    ServeText(Accept(), reply().substr(0, size));
    WaitForExit();
    if (Running()) Kill();
  }
}

// A number on its own, as where seconds are printed instead of a date.
bool HoldsNumber(const std::string& text, std::int64_t number) {
  const std::string digits = std::to_string(number);
  for (std::size_t at = text.find(digits); at != std::string::npos;
       at = text.find(digits, at + 1)) {
    const auto is_digit = [&](std::size_t i) { return i < text.size() && std::isdigit(text[i]); };
    if (!(at > 0 && is_digit(at - 1)) && !is_digit(at + digits.size())) return true;
  }
  return false;
}

bool States(const std::string& text, std::int64_t value) {
  const std::int64_t seconds = value - k1970;
  if (HoldsNumber(text, value) || (seconds > 0 && HoldsNumber(text, seconds))) return true;
  const bool other_zone = NamesOtherZone(text);
  for (const StatedTime& stated : ReadStatedTime(text)) {
    const std::int64_t late = seconds - stated.seconds;
    if (late >= 0 && late < stated.precision) return true;
    const auto moment = static_cast<double>(seconds);
    if (other_zone && IsBetween(stated, moment, moment)) return true;
  }
  return false;
}

bool HasNumber(const std::string& text) {
  return text.find_first_of("0123456789") != std::string::npos;
}

// TIM-04: the client converts the value correctly.
CHECK(ClientTimeValues, "TIM-04") {
  if (!Decodes(subject())) {
    NotApplicable("the manifest does not say that the client decodes what it receives");
  }
  AllConversations();
  for (int run = 0; run < kCount; ++run) {
    const std::string output = Output(run);
    const std::string on =
        fmt::format(", sent {}, which is {} UTC{}", kValues[run], kDates[run],
                    run == kInPieces && IsByteStream(transport()) ? ", in two pieces" : "");
    const std::string wrong = WrongSuccess(timeline(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << wrong << on;
    if (!wrong.empty()) continue;
    if (States(output, kValues[run])) continue;
    if (ReadStatedTime(output).empty() && HasNumber(output)) {
      Inconclusive(
          fmt::format("prints {}, in which no date and time can be read{}", Quote(output), on));
    }
    ADD_FAILURE() << fmt::format("prints {}{}", Quote(output), on);
  }
}

// TIM-05: a value that is cut short is no value.
CHECK(ClientTimeCut, "TIM-05") {
  AllConversations();
  for (int run = 0; const std::size_t size : kCutAt) {
    const std::string wrong = WrongFailure(timeline(), End(run), run);
    EXPECT_TRUE(wrong.empty()) << wrong
                               << fmt::format(", though the connection ended after {} of 4 bytes",
                                              size);
    if (Decodes(subject())) {
      EXPECT_TRUE(ReadStatedTime(Output(run)).empty()) << fmt::format(
          "prints {}, though the connection ended after {} of 4 bytes", Quote(Output(run)), size);
    }
    ++run;
  }
}

}  // namespace
}  // namespace sockspec

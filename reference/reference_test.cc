// The reference programs against each other and against plain sockets, as processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "reference/program_testing.h"

namespace {

using sockspec::testing_support::Address;
using sockspec::testing_support::Child;
using sockspec::testing_support::FreePort;
using sockspec::testing_support::Listener;
using sockspec::testing_support::Loopback;
using sockspec::testing_support::ReadToEnd;
using sockspec::testing_support::UnixAddress;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

constexpr char kReply[] =
    "[A-Z][a-z]+day, [A-Z][a-z]+ [0-9]{2}, [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}-UTC\r\n";

class ReferenceTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/reference-test-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    path_ = folder_ + "/daytime.sock";
    port_ = FreePort();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  bool IsUnix() const { return GetParam() == "unix-stream"; }
  Address ServerAddress() const {
    if (IsUnix()) return UnixAddress(path_);
    return Loopback(GetParam() == "tcp4" ? AF_INET : AF_INET6, port_);
  }
  std::vector<std::string> Arguments(const char* program, const char* host_option) const {
    if (IsUnix()) return {program, "--transport", GetParam(), "--path", path_};
    return {program,
            "--transport",
            GetParam(),
            host_option,
            GetParam() == "tcp4" ? "127.0.0.1" : "::1",
            "--port",
            std::to_string(port_)};
  }
  std::vector<std::string> ServerArguments() const {
    return Arguments(SOCKSPEC_REFERENCE_SERVER, "--address");
  }
  std::vector<std::string> ClientArguments() const {
    return Arguments(SOCKSPEC_REFERENCE_CLIENT, "--host");
  }
  // Retries until the server listens, or has ended.
  int Dial(const Child& server) const {
    while (true) {
      const int connection =
          socket(ServerAddress().storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect(connection, ServerAddress().generic(), ServerAddress().length) == 0) {
        return connection;
      }
      close(connection);
      if (server.Ended()) return -1;
    }
  }
  std::string Ask(const Child& server) const {
    const int connection = Dial(server);
    if (connection < 0) return "<no server>";
    const std::string reply = ReadToEnd(connection);
    close(connection);
    return reply;
  }

  std::string folder_;
  std::string path_;
  int port_ = 0;
};

TEST_P(ReferenceTest, ServerAnswersClientAfterClientAndEndsCleanly) {
  Child server(ServerArguments());
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Ask(server), MatchesRegex(kReply));
  server.Kill(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_THAT(server.Output(), IsEmpty());
  EXPECT_THAT(server.Errors(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_P(ReferenceTest, ServerRestartsAtOnce) {
  for (int i = 0; i < 2; ++i) {
    Child server(ServerArguments());
    EXPECT_THAT(Ask(server), MatchesRegex(kReply));
    server.Kill(SIGKILL);
    EXPECT_EQ(server.Wait(), 128 + SIGKILL);
  }
}

TEST_P(ReferenceTest, InputIsDiscardedAndTheEndIsOrderly) {
  Child server(ServerArguments());
  close(Dial(server));
  server.Stop();
  const int connection = Dial(server);
  EXPECT_EQ(write(connection, "what time is it\n", 16), 16);
  server.Kill(SIGCONT);
  EXPECT_THAT(ReadToEnd(connection), MatchesRegex(kReply));
  close(connection);
}

TEST_P(ReferenceTest, UsedEndpointIsRefused) {
  const int owner = Listener(ServerAddress());
  Child server(ServerArguments());
  EXPECT_EQ(server.Wait(), 1);
  EXPECT_THAT(server.Errors(), HasSubstr("Address already in use"));
  EXPECT_EQ(std::filesystem::exists(path_), IsUnix());
  close(owner);
}

TEST_P(ReferenceTest, ClientPrintsWhatTheServerSent) {
  Child server(ServerArguments());
  close(Dial(server));
  Child client(ClientArguments());
  EXPECT_THAT(client.Output(), MatchesRegex(kReply));
  EXPECT_EQ(client.Wait(), 0);
}

TEST_P(ReferenceTest, ClientPrintsAllBytesUnchanged) {
  const int listener = Listener(ServerAddress());
  Child client(ClientArguments());
  const int connection = accept(listener, nullptr, nullptr);
  std::string sent;
  for (int i = 0; i < 100000; ++i) sent.push_back(static_cast<char>(i));
  EXPECT_EQ(write(connection, sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
  close(connection);
  EXPECT_EQ(client.Output(), sent);
  EXPECT_EQ(client.Wait(), 0);
  close(listener);
}

TEST_P(ReferenceTest, ClientReportsAnEmptyReply) {
  const int listener = Listener(ServerAddress());
  Child client(ClientArguments());
  close(accept(listener, nullptr, nullptr));
  EXPECT_EQ(client.Wait(), 1);
  EXPECT_THAT(client.Output(), IsEmpty());
  EXPECT_THAT(client.Errors(), HasSubstr("without sending"));
  close(listener);
}

TEST_P(ReferenceTest, ClientReportsARefusedConnection) {
  Child client(ClientArguments());
  EXPECT_EQ(client.Wait(), 1);
  EXPECT_THAT(client.Output(), IsEmpty());
  EXPECT_THAT(client.Errors(), HasSubstr(IsUnix() ? path_ : std::to_string(port_)));
}

INSTANTIATE_TEST_SUITE_P(Transports, ReferenceTest, testing::Values("tcp4", "tcp6", "unix-stream"),
                         [](const auto& info) {
                           return info.param == "unix-stream" ? "unix" : info.param;
                         });

TEST(ReferenceClient, ResetInTheMiddleIsAnError) {
  const int listener = Listener(Loopback(AF_INET, 0));
  sockaddr_in bound = {};
  socklen_t length = sizeof bound;
  getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &length);
  Child client({SOCKSPEC_REFERENCE_CLIENT, "--transport", "tcp4", "--host", "127.0.0.1", "--port",
                std::to_string(ntohs(bound.sin_port))});
  const int connection = accept(listener, nullptr, nullptr);
  const linger abort = {1, 0};
  setsockopt(connection, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  EXPECT_EQ(write(connection, "Sun", 3), 3);
  close(connection);
  EXPECT_EQ(client.Wait(), 1);
  EXPECT_THAT(client.Errors(), HasSubstr("reset"));
  close(listener);
}

TEST(ReferenceUnixPath, AFileOfAnotherKindIsKept) {
  char path[] = "/tmp/reference-file-XXXXXX";
  const int file = mkstemp(path);
  EXPECT_EQ(write(file, "data", 4), 4);
  close(file);
  Child server({SOCKSPEC_REFERENCE_SERVER, "--transport", "unix-stream", "--path", path});
  EXPECT_EQ(server.Wait(), 1);
  EXPECT_EQ(std::filesystem::file_size(path), 4u);
  unlink(path);
}

struct Refusal {
  std::vector<std::string> arguments;
  int status;
  std::string message;
};

class ReferenceRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(ReferenceRefusal, SaysWhy) {
  std::vector<std::string> arguments = {SOCKSPEC_REFERENCE_SERVER};
  for (const std::string& argument : GetParam().arguments) arguments.push_back(argument);
  Child server(arguments);
  EXPECT_EQ(server.Wait(), GetParam().status);
  EXPECT_THAT(server.Errors(), HasSubstr(GetParam().message));
  EXPECT_THAT(server.Output(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Arguments, ReferenceRefusal,
    testing::Values(
        Refusal{{}, 2, "usage:"}, Refusal{{"--no-such-option"}, 2, "usage:"},
        Refusal{
            {"--transport", "appletalk", "--address", "127.0.0.1", "--port", "0"}, 1, "AppleTalk"},
        Refusal{{"--transport", "pup", "--address", "127.0.0.1", "--port", "0"}, 1, "PUP"},
        Refusal{{"--transport", "tcp4", "--address", "127.0.0.1", "--port", "65536"}, 2, "65536"},
        Refusal{{"--transport", "tcp4", "--address", "127.0.0.1", "--port", "12x"}, 2, "12x"},
        Refusal{{"--transport", "tcp4", "--address", "127.0.0.1", "--port", "-1"}, 2, "-1"},
        Refusal{{"--transport", "tcp4", "--address", "127.0.0.1", "--port", ""}, 2, "port"},
        Refusal{{"--transport", "tcp4", "--address", "192.0.2.1", "--port", "0"}, 1, "192.0.2.1"},
        Refusal{{"--transport", "unix-stream", "--path", std::string(108, 'x')}, 1, "too long"}));

}  // namespace

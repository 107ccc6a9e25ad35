// The engine behind Scenario: the program's standard input, output and error.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

#include "harness/base/error.h"
#include "harness/testbed/testbed.h"

namespace sockspec {
namespace {

// Kept of each output stream; a client may be sent 1 MiB. The rest is read and thrown away, so that
// the program never stalls.
constexpr std::int64_t kOutputKept = 4 << 20;
constexpr std::int64_t kFloodOfOutput = 16 << 20;

struct Pipe {
  OwnedFd read_end, write_end;
};

Pipe MakePipe() {
  int ends[2];
  CheckCall(pipe2(ends, O_CLOEXEC), "pipe2()");
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

OwnedFd OpenDevice(const char* device, int flags) {
  return OwnedFd(CheckCall(open(device, flags | O_CLOEXEC), "open({})", device));
}

}  // namespace

void Testbed::OpenPipes(const LaunchOptions& options, const Placeholders& values, OwnedFd ends[3]) {
  input_.Reset();
  input_is_due_ = false;
  const StdinSpec& standard_input = spec_.standard_input;
  if (standard_input.kind == StdinKind::kOpen || standard_input.kind == StdinKind::kText) {
    Pipe pipe = MakePipe();
    ends[0] = std::move(pipe.read_end);
    input_ = std::move(pipe.write_end);
    input_is_due_ = standard_input.kind == StdinKind::kText;
    input_text_ = Expand(standard_input.text, values);
    if (input_is_due_ && standard_input.when == StdinWhen::kStart) GiveInput();
  } else {
    ends[0] = OpenDevice("/dev/null", O_RDONLY);
  }
  for (int stream = 1; stream <= 2; ++stream) {
    if (outputs_[stream].fd.get() >= 0) loop_.Forget(outputs_[stream].fd.get());
    outputs_[stream] = {};
    const OutputEnd kind = stream == 1 ? options.output : OutputEnd::kRecorded;
    if (kind == OutputEnd::kFull || kind == OutputEnd::kNull) {
      ends[stream] = OpenDevice(kind == OutputEnd::kFull ? "/dev/full" : "/dev/null", O_WRONLY);
      continue;
    }
    Pipe pipe = MakePipe();
    ends[stream] = std::move(pipe.write_end);
    if (kind == OutputEnd::kNoReader) continue;
    const int fd = pipe.read_end.get();
    CheckCall(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl(O_NONBLOCK)");
    outputs_[stream].fd = std::move(pipe.read_end);
    loop_.OnReadable(fd, [this, stream] { ReadOutput(stream); });
  }
}

void Testbed::GiveInput() {
  input_is_due_ = false;
  Step(fmt::format("gives the program its standard input, {} bytes, and ends it",
                   input_text_.size()));
  // A program that has closed its standard input is no end of this process.
  std::signal(SIGPIPE, SIG_IGN);
  // A pipe takes 64 KiB without a reader; more than that is no command line for a client.
  if (!input_text_.empty() && write(input_.get(), input_text_.data(), input_text_.size()) == -1 &&
      errno != EPIPE) {
    CheckCall(-1, "write(standard input)");
  }
  input_.Reset();
}

void Testbed::ReadOutput(int stream) {
  Output& output = outputs_[stream];
  char buffer[65536];
  while (!output.fd.empty() && !FloodsOutput()) {
    const ssize_t n = read(output.fd.get(), buffer, sizeof buffer);
    if (n == 0) {
      loop_.Forget(output.fd.get());
      output.fd.Reset();
      return;
    }
    if (n < 0) return;  // EAGAIN: all read
    output.total += n;
    std::string_view bytes(buffer, static_cast<std::size_t>(n));
    const std::int64_t limit = manifest_.limits.output.value_or(kOutputKept);
    const std::int64_t room = limit - output.kept;
    if (room <= 0) {
      if (!output.cut) {
        Record({.kind = EventKind::kOutput,
                .process = 1,
                .number = stream,
                .text = fmt::format("cut here: more than {} bytes", limit)});
      }
      output.cut = true;
      continue;
    }
    bytes = bytes.substr(0, static_cast<std::size_t>(room));
    output.kept += static_cast<std::int64_t>(bytes.size());
    Record({.kind = EventKind::kOutput,
            .run = run_,
            .process = 1,
            .number = stream,
            .bytes = std::string(bytes)});
  }
  // The rest stays where it is: the pipe is full, and the program waits.
  if (!output.fd.empty()) loop_.Forget(output.fd.get());
}

bool Testbed::FloodsOutput() const {
  return subject_.role == Role::kClient && outputs_[1].total + outputs_[2].total > kFloodOfOutput;
}

void Testbed::DrainOutput() {
  ReadOutput(1);
  ReadOutput(2);
}

}  // namespace sockspec

// The program `sockspec`.
#include "harness/cli/command_line.h"
#include "harness/testbed/judging.h"

int main(int argc, char** argv) {
  sockspec::InitialiseJudging();
  return sockspec::RunCommandLine({argv + 1, argv + argc});
}

// The program `sockspec`.
#include <malloc.h>

#include "harness/cli/command_line.h"
#include "harness/testbed/judging.h"

int main(int argc, char** argv) {
  // Each worker is a fork: a page of the heap that it writes to first is copied. So freed blocks
  // are joined when they are freed, and not all of them, all over the heap, when a worker asks for
  // a large one; and memory once taken is kept.
  mallopt(M_MXFAST, 0);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TOP_PAD, 1 << 20);
  sockspec::InitialiseJudging();
  return sockspec::RunCommandLine({argv + 1, argv + argc});
}

// What the tracer asks /proc of the program's processes, beside the kernel plane's questions.
#pragma once

#include <sys/types.h>

#include <string>

namespace sockspec {

// Whether `tid` is a thread of process `pid`.
bool IsThreadOf(int proc_fd, pid_t pid, pid_t tid);
// The program's name (comm), "" when it is gone.
std::string CommandName(int proc_fd, pid_t pid);
// e_machine of the program that the process runs; -1 when it is gone.
int MachineOf(int proc_fd, pid_t pid);
// The process's id in its innermost pid namespace; 0 when it is gone.
pid_t InnerPid(int proc_fd, pid_t pid);

}  // namespace sockspec

// ConfineSelf: the rights and limits of the program under test. No allocation, no lock, no write to
// anything but locals: after vfork() the memory is the parent's.
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/sandbox/sandbox.h"

namespace sockspec {
namespace {

// A limit may only be lowered: where the host's own is lower, that stays.
int Limit(__rlimit_resource resource, std::int64_t value) noexcept {
  rlimit limit = {};
  if (getrlimit(resource, &limit) != 0) return errno;
  const auto wanted = static_cast<rlim_t>(value);
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted) limit.rlim_max = wanted;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

int SetLimits(const Confinement& confinement) noexcept {
  if (const int error = Limit(RLIMIT_CORE, 0)) return error;
  if (const int error = Limit(RLIMIT_NPROC, confinement.processes)) return error;
  if (const int error = Limit(RLIMIT_FSIZE, confinement.file_size)) return error;
  if (const int error = Limit(RLIMIT_NOFILE, confinement.open_files)) return error;
  return confinement.memory > 0 ? Limit(RLIMIT_AS, confinement.memory) : 0;
}

int DropCapabilities(RawSockets raw_sockets) noexcept {
  if (const int error = DropFromBoundingSet()) return error;
  // Of a file that carries a capability beyond the bounding set exec() fails; whatever it carries,
  // no_new_privs lets it gain nothing.
  if (raw_sockets == RawSockets::kNever && prctl(PR_CAPBSET_DROP, CAP_NET_RAW) != 0 &&
      errno != EPERM) {
    return errno;
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return errno;
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (raw_sockets == RawSockets::kAllowed) {
    const __u32 bit = 1U << CAP_NET_RAW;
    data[0] = {bit, bit, bit};
  }
  if (syscall(SYS_capset, &header, data) != 0) return errno;
  if (raw_sockets == RawSockets::kAllowed &&
      prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) != 0) {
    return errno;
  }
  return 0;
}

}  // namespace

int DropFromBoundingSet() noexcept {
  if (prctl(PR_CAPBSET_READ, CAP_CHOWN) == 0) return 0;  // the first is gone: done before
  for (int capability = CAP_CHOWN;; ++capability) {
    if (capability == CAP_NET_RAW || prctl(PR_CAPBSET_DROP, capability) == 0) continue;
    // EPERM: without CAP_SETPCAP, which a degraded sandbox of an ordinary user has not. Then there
    // is nothing to lose, and no_new_privs keeps it so. EINVAL: past the last one.
    return errno == EPERM || errno == EINVAL ? 0 : errno;
  }
}

int ConfineSelf(const Confinement& confinement) noexcept {
  if (setsid() < 0 && getsid(0) != getpid()) return errno;
  if (const int error = SetLimits(confinement)) return error;
  if (const int error = DropCapabilities(confinement.raw_sockets)) return error;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  // Last, since a change of credentials may clear it. The worker's children see 0 as their parent
  // (it is outside the pid namespace), or the worker's number where there is none; 1 means that the
  // worker was gone before the signal was asked for.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
  return getppid() == 1 ? ESRCH : 0;
}

}  // namespace sockspec

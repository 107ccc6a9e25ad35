// The file system as the program under test sees it.
//
// One tmpfs holds everything that is private. Its root is attached below the private /tmp, where
// nobody can look; its subdirectories are bound to the places that they cover. So the size limit is
// one for all, and a place costs a bind mount and not a file system.
#include "harness/sandbox/mounts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/sandbox/mount_calls.h"
#include "harness/sandbox/name_files.h"

namespace sockspec {
namespace {

// Both views of a path: as it was given, and without symbolic links.
struct Place {
  std::string given;
  std::string real;
};

std::string RealPath(const std::string& path) {
  char buffer[PATH_MAX];
  return realpath(path.c_str(), buffer) != nullptr ? std::string(buffer) : std::string();
}

bool IsDirectory(const std::string& path) {
  struct stat status = {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool IsBelow(const std::string& path, const std::string& parent) {
  if (parent == "/") return path != "/";
  return path.size() > parent.size() + 1 && path.starts_with(parent) && path[parent.size()] == '/';
}

bool IsAtOrBelow(const std::string& path, const std::string& parent) {
  return path == parent || IsBelow(path, parent);
}

bool IsAtOrBelowAny(const std::string& path, const std::vector<std::string>& parents) {
  return std::any_of(parents.begin(), parents.end(),
                     [&](const std::string& parent) { return IsAtOrBelow(path, parent); });
}

// Service users live in directories such as /usr/sbin or /, which no program can do without.
bool MayBeHidden(const std::string& home) {
  static constexpr const char* kSystem[] = {"/bin",  "/boot", "/etc", "/lib", "/lib32", "/lib64",
                                            "/proc", "/sbin", "/sys", "/usr", "/libx32"};
  return !home.empty() && home != "/" &&
         std::none_of(std::begin(kSystem), std::end(kSystem),
                      [&](const char* system) { return IsAtOrBelow(home, system); });
}

OwnedFd OpenPath(const std::string& path) {
  return OwnedFd(CheckCall(open(path.c_str(), O_PATH | O_CLOEXEC), "open({}, O_PATH)", path));
}

void MakeDirectory(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return;
  ThrowSystemError(errno, fmt::format("mkdir({})", path));
}

void MakeParents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (access(parent.c_str(), F_OK) != 0) MakeDirectory(parent, 0755);
  }
}

// Attaches at a path that may have to be made first, in one of the private directories.
void Attach(const OwnedFd& mount, const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) {
    struct stat status = {};
    CheckCall(fstat(mount.get(), &status), "fstat({})", path);
    MakeParents(path);
    if (S_ISDIR(status.st_mode)) {
      MakeDirectory(path, 0755);
    } else {
      OwnedFd file(CheckCall(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644),
                             "open({}, O_CREAT)", path));
    }
  }
  AttachMount(mount.get(), path);
}

// A path that led through a symbolic link which is hidden now leads there again.
void RestoreGivenPath(const Place& place) {
  if (place.given == place.real || access(place.given.c_str(), F_OK) == 0) return;
  MakeParents(place.given);
  if (symlink(place.real.c_str(), place.given.c_str()) != 0 && errno != EEXIST) {
    ThrowSystemError(errno, fmt::format("symlink({}, {})", place.real, place.given));
  }
}

// The private tmpfs and its subdirectories.
class PrivateTmpfs {
 public:
  explicit PrivateTmpfs(std::int64_t bytes) : root_(NewTmpfs(bytes)) {}

  void AttachRoot(const std::string& path) const { AttachMount(root_.get(), path); }

  // A new empty directory with exactly this mode, whatever the umask.
  OwnedFd NewDirectory(mode_t mode) {
    const std::string name = std::to_string(count_++);
    CheckCall(mkdirat(root_.get(), name.c_str(), 0700), "mkdir(tmpfs/{})", name);
    CheckCall(fchmodat(root_.get(), name.c_str(), mode, 0), "chmod(tmpfs/{}, {:o})", name, mode);
    return OwnedFd(CheckCall(openat(root_.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC),
                             "open(tmpfs/{})", name));
  }

  void Cover(const std::string& path, mode_t mode) {
    AttachMount(CloneMount(NewDirectory(mode).get(), "").get(), path);
  }

 private:
  OwnedFd root_;
  int count_ = 0;
};

constexpr const char* kDevices[] = {"null", "zero", "full", "random", "urandom", "tty"};

// A /dev with the six devices that every program may expect. The host's own would hand the user's
// terminals to the program under test and, run as root, the disks.
void FillDevices(const OwnedFd& host_devices) {
  for (const char* name : kDevices) {
    if (faccessat(host_devices.get(), name, F_OK, 0) != 0) continue;
    const std::string path = fmt::format("/dev/{}", name);
    CheckCall(mknod(path.c_str(), S_IFREG | 0644, 0), "mknod({}, S_IFREG)", path);
    AttachMount(CloneMount(host_devices.get(), name).get(), path);
  }
  const std::pair<const char*, const char*> links[] = {{"/proc/self/fd", "/dev/fd"},
                                                       {"/proc/self/fd/0", "/dev/stdin"},
                                                       {"/proc/self/fd/1", "/dev/stdout"},
                                                       {"/proc/self/fd/2", "/dev/stderr"}};
  for (const auto& [target, path] : links) {
    CheckCall(symlink(target, path), "symlink({}, {})", target, path);
  }
  MakeDirectory("/dev/shm", 01777);
  CheckCall(chmod("/dev/shm", 01777), "chmod(/dev/shm, 1777)");
}

// Puts the resolver's files over the host's. One that the host lacks has no place to be put at;
// then resolvers go by what they have built in.
void CoverNameFiles(const HostNames& names, PrivateTmpfs& tmpfs) {
  if (names.empty()) return;
  const OwnedFd folder = tmpfs.NewDirectory(0755);
  for (const NameFile& file : NameFiles(names)) {
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    OwnedFd made(CheckCall(openat(folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644),
                           "open(tmpfs/{}, O_CREAT)", name));
    CheckCall(write(made.get(), file.content.data(), file.content.size()), "write(tmpfs/{})", name);
    // resolv.conf is a link into /run on many hosts.
    char target[PATH_MAX];
    const ssize_t length = readlink(file.path.c_str(), target, sizeof target);
    std::string place = file.path;
    if (length > 0) {
      place.assign(target, static_cast<std::size_t>(length));
      if (!place.starts_with('/')) {
        place = std::filesystem::path("/etc").append(place).lexically_normal();
      }
    } else if (access(file.path.c_str(), F_OK) != 0) {
      continue;
    }
    Attach(CloneMount(folder.get(), name.c_str()), place);
  }
}

// What the program under test gets as its working directory; empty: nothing can be written there.
OwnedFd WritableDirectory(const OwnedFd& original, PrivateTmpfs& tmpfs, bool overlay,
                          const DirectorySurvey& survey) {
  struct stat status = {};
  CheckCall(fstat(original.get(), &status), "fstat(working directory)");
  const mode_t mode = (status.st_mode & 07777) | S_IRWXU;
  const bool copy_first = survey.foreign_owners && survey.small;
  if (overlay && !copy_first) {
    const OwnedFd upper = tmpfs.NewDirectory(mode);
    const OwnedFd work = tmpfs.NewDirectory(0700);
    try {
      return NewOverlay(original.get(), upper.get(), work.get());
    } catch (const std::system_error&) {
      // Some file systems cannot be a lower layer, nor can one with locked mounts inside; what can
      // be tried instead follows.
    }
  }
  if (!survey.small) return OwnedFd();
  const OwnedFd copy = tmpfs.NewDirectory(mode);
  CopyDirectory(fmt::format("/proc/self/fd/{}/", original.get()),
                fmt::format("/proc/self/fd/{}", copy.get()));
  return CloneMount(copy.get(), "");
}

}  // namespace

Arrangement ArrangeMounts(const SandboxOptions& options, bool overlay,
                          const DirectorySurvey& survey) {
  OwnedFd stand_in;  // as long as it can be written
  if (options.keep_writes) stand_in = CloneMount(OpenPath(options.stand_in.files).get(), "");
  MakeEverythingReadOnly();
  if (!options.stand_in.files.empty()) {
    const OwnedFd files = CloneMount(OpenPath(options.stand_in.files).get(), "");
    AttachMount(files.get(), RealPath(options.stand_in.at));
  }

  std::vector<std::string> covered;
  for (const char* path : {"/tmp", "/run", "/var/tmp", "/dev"}) {
    const std::string real = RealPath(path);
    if (IsDirectory(real) && !IsAtOrBelowAny(real, covered)) covered.push_back(real);
  }
  const std::string real_home = options.home.empty() ? "" : RealPath(options.home);
  const bool hide_home = MayBeHidden(real_home) && IsDirectory(real_home) &&
                         std::none_of(covered.begin(), covered.end(), [&](const std::string& path) {
                           return IsBelow(path, real_home);
                         });
  if (hide_home && !IsAtOrBelowAny(real_home, covered)) covered.push_back(real_home);

  const Place directory = {options.directory, RealPath(options.directory)};
  if (directory.real.empty())
    ThrowSystemError(ENOENT, fmt::format("realpath({})", directory.given));
  const OwnedFd original = OpenPath(directory.real);
  const bool holds_covered =
      std::any_of(covered.begin(), covered.end(),
                  [&](const std::string& path) { return IsBelow(path, directory.real); });
  const bool virtual_files =
      IsAtOrBelow(directory.real, "/proc") || IsAtOrBelow(directory.real, "/sys");

  // All of these are opened while they can still be reached by path.
  struct Kept {
    Place place;
    OwnedFd fd;
  };
  std::vector<Kept> kept;
  for (const std::string& path : options.readable) {
    Place place = {path, RealPath(path)};
    if (place.real.empty()) continue;  // e.g. a directory of PATH that does not exist
    OwnedFd fd = OpenPath(place.real);
    kept.push_back({std::move(place), std::move(fd)});
  }
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) {
    return std::pair(a.place.real.size(), a.place.real) <
           std::pair(b.place.real.size(), b.place.real);
  });
  const OwnedFd host_devices = OpenPath("/dev");

  PrivateTmpfs tmpfs(options.tmpfs_bytes);
  tmpfs.AttachRoot("/tmp");
  OwnedFd writable;
  if (!holds_covered && !virtual_files) {
    writable = options.keep_writes ? std::move(stand_in)
                                   : WritableDirectory(original, tmpfs, overlay, survey);
  }
  for (const std::string& path : covered) {
    const bool for_everyone = path == RealPath("/tmp") || path == RealPath("/var/tmp");
    tmpfs.Cover(path, path == real_home ? 0700 : for_everyone ? 01777 : 0755);
  }
  FillDevices(host_devices);
  CoverNameFiles(options.names, tmpfs);

  std::vector<std::string> visible;
  for (const Kept& keep : kept) {
    const std::string& path = keep.place.real;
    const bool in_directory = !writable.empty() && IsAtOrBelow(path, directory.real);
    if (in_directory || !IsAtOrBelowAny(path, covered) || IsAtOrBelowAny(path, visible)) continue;
    Attach(CloneMount(keep.fd.get(), ""), path);
    visible.push_back(path);
  }
  Arrangement arrangement;
  arrangement.directory_writable = !writable.empty();
  if (!writable.empty()) {
    Attach(writable, directory.real);
  } else if (IsAtOrBelowAny(directory.real, covered) && !IsAtOrBelowAny(directory.real, visible)) {
    Attach(CloneMount(original.get(), ""), directory.real);
    visible.push_back(directory.real);
  }
  // Links last: one may lie in what was just attached.
  for (const Kept& keep : kept) RestoreGivenPath(keep.place);
  RestoreGivenPath(directory);

  arrangement.tmp = "/tmp";
  const bool home_is_empty =
      hide_home && real_home != directory.real && !IsAtOrBelowAny(real_home, visible) &&
      !(arrangement.directory_writable && IsBelow(real_home, directory.real));
  arrangement.home = home_is_empty ? real_home : "/tmp/home";
  MakeParents(arrangement.home);
  MakeDirectory(arrangement.home, 0700);
  return arrangement;
}

}  // namespace sockspec

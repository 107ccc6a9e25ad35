// Thin wrappers of the mount calls of Linux 5.2 and later.
#include "harness/sandbox/mount_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>

#include "harness/base/error.h"

namespace sockspec {
namespace {

void SetOption(int context, const char* key, const std::string& value) {
  CheckCall(fsconfig(context, FSCONFIG_SET_STRING, key, value.c_str(), 0), "fsconfig({}={})", key,
            value);
}

OwnedFd Create(int context, const char* type) {
  CheckCall(fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), "fsconfig({}, CREATE)",
            type);
  return OwnedFd(CheckCall(fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV),
                           "fsmount({})", type));
}

OwnedFd OpenType(const char* type) {
  return OwnedFd(CheckCall(fsopen(type, FSOPEN_CLOEXEC), "fsopen({})", type));
}

std::string DescriptorPath(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

}  // namespace

void MakeEverythingReadOnly() {
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  attributes.propagation = MS_PRIVATE;
  CheckCall(mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof attributes),
            "mount_setattr(/, RECURSIVE, RDONLY, PRIVATE)");
}

OwnedFd NewTmpfs(std::int64_t bytes) {
  const OwnedFd context = OpenType("tmpfs");
  SetOption(context.get(), "size", std::to_string(bytes));
  // An empty file takes no page but about 1 KiB of the kernel's memory.
  SetOption(context.get(), "nr_inodes", std::to_string(bytes / 1024));
  SetOption(context.get(), "mode", "0755");
  return Create(context.get(), "tmpfs");
}

OwnedFd NewOverlay(int lower, int upper, int work) {
  const OwnedFd context = OpenType("overlay");
  SetOption(context.get(), "lowerdir", DescriptorPath(lower));
  SetOption(context.get(), "upperdir", DescriptorPath(upper));
  SetOption(context.get(), "workdir", DescriptorPath(work));
  // trusted.* attributes are for real root alone.
  CheckCall(fsconfig(context.get(), FSCONFIG_SET_FLAG, "userxattr", nullptr, 0),
            "fsconfig(userxattr)");
  return Create(context.get(), "overlay");
}

OwnedFd CloneMount(int directory, const std::string& name) {
  return OwnedFd(
      CheckCall(open_tree(directory, name.c_str(),
                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH),
                "open_tree({}, CLONE)", name.empty() ? DescriptorPath(directory) : name));
}

void AttachMount(int mount, const std::string& path) {
  CheckCall(move_mount(mount, "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH),
            "move_mount({})", path);
}

}  // namespace sockspec

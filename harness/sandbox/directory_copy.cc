// What is in a working directory: its owners, its size, a copy of it.
#include "harness/sandbox/directory_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/owned_directory.h"
#include "harness/base/owned_fd.h"

namespace sockspec {
namespace {

namespace fs = std::filesystem;

constexpr int kEntriesLookedAt = 256;
constexpr int kMostCopiedEntries = 16384;

fs::recursive_directory_iterator Entries(const std::string& directory) {
  return fs::recursive_directory_iterator(directory, fs::directory_options::skip_permission_denied);
}

bool IsForeign(const struct stat& status) {
  return status.st_uid != geteuid() || status.st_gid != getegid();
}

void SetTimes(const fs::path& path, const struct stat& like) {
  const timespec times[2] = {like.st_atim, like.st_mtim};
  CheckCall(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat({})",
            path.string());
}

// Plain calls and no std::filesystem: this runs in a freshly forked process for every scenario,
// where each page that is touched for the first time costs a fault.
class Surveyor {
 public:
  explicit Surveyor(bool overlay_possible) : overlay_possible_(overlay_possible) {}

  DirectorySurvey Survey(OwnedFd directory) {
    struct stat status = {};
    CheckCall(fstat(directory.get(), &status), "fstat(working directory)");
    survey_.foreign_owners = IsForeign(status);
    survey_.small = Visit(std::move(directory)) && bytes_ <= kMostCopiedBytes;
    return survey_;
  }

 private:
  // False where it has seen enough before the end.
  bool Visit(OwnedFd fd) {
    OwnedDirectory directory(std::move(fd));
    if (directory.empty()) return true;  // not ours to read
    const int parent = directory.fd();
    while (const dirent* entry = directory.Next()) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat status = {};
      if (fstatat(parent, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      survey_.foreign_owners = survey_.foreign_owners || IsForeign(status);
      if (S_ISREG(status.st_mode)) bytes_ += status.st_size;
      const bool copy_considered = survey_.foreign_owners || !overlay_possible_;
      if (++entries_ > (copy_considered ? kMostCopiedEntries : kEntriesLookedAt)) return false;
      if (copy_considered && bytes_ > kMostCopiedBytes) return false;
      if (!S_ISDIR(status.st_mode)) continue;
      OwnedFd child(openat(parent, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!child.empty() && !Visit(std::move(child))) return false;
    }
    return true;
  }

  const bool overlay_possible_;
  DirectorySurvey survey_;
  int entries_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace

DirectorySurvey SurveyDirectory(const std::string& directory, bool overlay_possible) {
  static std::map<std::pair<std::string, bool>, DirectorySurvey> known;
  const std::pair<std::string, bool> key(directory, overlay_possible);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  Surveyor surveyor(overlay_possible);
  OwnedFd fd(CheckCall(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open({})",
                       directory));
  return known[key] = surveyor.Survey(std::move(fd));
}

void CopyDirectory(const std::string& from, const std::string& to) {
  // Directories get their times and modes last, since writing into them changes the former and may
  // be forbidden by the latter.
  std::vector<std::pair<fs::path, struct stat>> directories;
  for (const fs::directory_entry& entry : Entries(from)) {
    struct stat status = {};
    if (lstat(entry.path().c_str(), &status) != 0) continue;
    const fs::path target = to / entry.path().lexically_relative(from);
    if (S_ISDIR(status.st_mode)) {
      fs::create_directory(target);
      directories.emplace_back(target, status);
    } else if (S_ISLNK(status.st_mode)) {
      fs::copy_symlink(entry.path(), target);
      SetTimes(target, status);
    } else if (S_ISREG(status.st_mode) && access(entry.path().c_str(), R_OK) == 0) {
      fs::copy_file(entry.path(), target);
      SetTimes(target, status);
    }
  }
  for (auto last = directories.rbegin(); last != directories.rend(); ++last) {
    const auto& [path, status] = *last;
    CheckCall(chmod(path.c_str(), (status.st_mode & 07777) | S_IRWXU), "chmod({})", path.string());
    SetTimes(path, status);
  }
}

}  // namespace sockspec

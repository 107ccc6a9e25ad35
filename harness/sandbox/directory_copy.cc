// What is in a working directory: its owners, its size, a copy of it.
#include "harness/sandbox/directory_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "harness/base/error.h"

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

}  // namespace

DirectorySurvey SurveyDirectory(const std::string& directory, bool overlay_possible) {
  DirectorySurvey survey;
  struct stat status = {};
  CheckCall(stat(directory.c_str(), &status), "stat({})", directory);
  survey.foreign_owners = IsForeign(status);
  int entries = 0;
  std::int64_t bytes = 0;
  for (const fs::directory_entry& entry : Entries(directory)) {
    const bool copy_considered = survey.foreign_owners || !overlay_possible;
    if (++entries > (copy_considered ? kMostCopiedEntries : kEntriesLookedAt)) {
      return survey;
    }
    if (lstat(entry.path().c_str(), &status) != 0) continue;  // gone meanwhile
    survey.foreign_owners = survey.foreign_owners || IsForeign(status);
    if (S_ISREG(status.st_mode)) bytes += status.st_size;
    if (copy_considered && bytes > kMostCopiedBytes) return survey;
  }
  survey.small = bytes <= kMostCopiedBytes;
  return survey;
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

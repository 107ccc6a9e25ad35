// What is in a working directory: its owners, its size, a copy of it.
#pragma once

#include <cstdint>
#include <string>

namespace sockspec {

// The most that is copied for a scenario. More than this stays where it is.
inline constexpr std::int64_t kMostCopiedBytes = 64 << 20;

struct DirectorySurvey {
  bool foreign_owners = false;  // an owner or group that the sandbox's identity map leaves out
  bool small = false;           // at most kMostCopiedBytes in few enough files to be copied
};
// Looks at the first few hundred entries for owners; at all of them, up to the limit, for the size
// where a copy is to be considered. Looks once in a process: what was found in the one that forks
// workers holds for all of them. Call it before the user namespace is entered: inside, unmapped
// owners look like nobody's.
DirectorySurvey SurveyDirectory(const std::string& directory, bool overlay_possible);

// Copies files, directories and symbolic links with modes and times, owned by the caller. Leaves
// out what the caller may not read, and sockets, pipes and devices. Throws std::system_error.
void CopyDirectory(const std::string& from, const std::string& to);

}  // namespace sockspec

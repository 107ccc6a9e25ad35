// What stands in for init's death where there is no pid namespace.
#pragma once

namespace sockspec {

// Kills and reaps every descendant of the caller, which must be their subreaper
// (PR_SET_CHILD_SUBREAPER), so that daemons are found too. `proc` is a descriptor on /proc.
void EndDescendants(int proc);

// Reaps every child of the caller, also those that it traces, until there is none. All of them must
// be dying already.
void ReapChildren();

}  // namespace sockspec

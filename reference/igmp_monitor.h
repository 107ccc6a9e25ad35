// Watches IGMP with a raw socket.
#pragma once

namespace sockspec::reference {

// Prints a line for each good message that this host gets, `count` of them (0: until it is ended by
// a signal). Throws Failure.
void WatchIgmp(int count);

}  // namespace sockspec::reference

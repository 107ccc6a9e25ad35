// The manifest that `sockspec init` writes.
#include "harness/manifest/manifest.h"

namespace sockspec {

std::string ManifestTemplate() {
  return R"toml(# What sockspec should test. Commands are arrays of words; no shell reads them.
# Placeholders: {transport} {family} {address} {host} {port} {path} {backlog} {service} {user};
# {{ and }} are braces. Relative paths start at this file's folder.

[implementation]
name = "my-daytime"
# version = "1.0"

# [build]                          # run once, before the first scenario
# commands = [["make", "-s"]]

# [environment]
# pass = ["JAVA_HOME"]             # from your own environment
# set = { LANG = "C.UTF-8" }

# [sandbox]
# read = ["/opt/jdk"]              # more of this host, read-only

# [limits]
# processes = 64
# memory = 536870912               # bytes

[server]                           # several programs: one [[server]] for each
service = "daytime"                # daytime time echo discard chargen qotd, or [services.NAME]
transports = ["tcp4", "tcp6"]      # also udp4 udp6 unix-stream unix-seqpacket unix-dgram
command = ["./server", "{address}", "{port}"]
# port = 1313                      # where it is built in and the command has no {port}
# backlog = 5                      # likewise
# address = "any"                  # likewise
# stdin = "empty"                  # closed, open, or { text = "13\n", when = "settled" }
# stop = { signal = "SIGTERM", to = "launched" }
# claims = { dual = true }         # peer-log v6-only dual abstract workers usage-check iterative
# limits = { per-minute = 255 }    # what the server itself limits

# [services.redis]                 # a service of your own; use it by service = "redis"
# steps = [                        # each sends, expects or both; the first may expect alone
#   { send = "PING\r\n", expect = "+PONG\r\n" },
#   { send = { hex = "51 55 49 54 0d 0a" }, expect = { pattern = '\+OK.*' } },  # Perl's pattern
# ]                                # expect also: { hex = "00 ff" }, { bytes = 4 }, and
#                                  # { reply = "request" }, "nothing", "anything", "endless"
# closes = "server"                # who ends the connection: server, client, either
# banner = { lines = 1 }           # passed over; or { pattern = '220-.*' }: all lines that match

# [server.unix-stream]             # any of these keys for one transport, once it is in transports
# command = ["./server", "unix", "{path}"]

# [client]
# service = "daytime"
# transports = ["tcp4"]
# command = ["./client", "{host}", "{port}"]
# output = "exact"                 # contains, or decoded (time)
# stdin = "open"                   # echo and discard: { text = "what it is to send\n" }
# claims = { names = true }        # names text-only one-line own-timeout

# [waivers]
# "BIND-05" = { reason = "the assignment fixes the address", until = 2027-01-31 }
)toml";
}

}  // namespace sockspec

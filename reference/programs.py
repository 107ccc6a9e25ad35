"""For tests of the reference programs as processes: start them, talk to them with plain sockets,
judge their replies. Nothing here is shared with the programs."""
import calendar
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

SERVICES = ("daytime", "time", "qotd", "echo", "discard", "chargen")
MODELS = ("iterative", "forking", "threaded", "poll", "epoll")
STREAMS = ("tcp4", "tcp6", "tcp", "unix-stream", "unix-seqpacket", "abstract")
DATAGRAMS = ("udp4", "udp6", "udp", "unix-dgram", "abstract-dgram")

TYPES = {"seqpacket": socket.SOCK_SEQPACKET, "dgram": socket.SOCK_DGRAM}
FROM_1900_TO_1970 = 2208988800
MONTHS = ("January February March April May June July August September October November "
          "December").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
DAYTIME = re.compile(rb"([A-Z][a-z]+), ([A-Z][a-z]+) (\d\d), (\d{4}) (\d\d):(\d\d):(\d\d)-UTC\r\n")


def demand(condition, text):
    if not condition:
        raise AssertionError(text)


class Server:
    """A reference server; `with` ends it by SIGTERM, unless it has ended, and demands that it leaves
    nothing behind."""

    def __init__(self, binaries, service, transport, model="iterative", options=()):
        self.transport = transport
        self.folder = tempfile.TemporaryDirectory(prefix="sockspec-reference-")
        self.path = os.path.join(self.folder.name, "s")
        command = [os.path.join(binaries, "sockspec-reference-server"), "--service", service,
                   "--model", model, *options]
        if transport.startswith("abstract"):
            self.path = "@" + self.path
            word = "unix-stream" if transport == "abstract" else "unix-dgram"
            command += ["--transport", word, "--path", self.path]
        elif transport.startswith("unix"):
            command += ["--transport", transport, "--path", self.path]
        else:
            command += ["--transport", transport, "--port", "0"]
            if transport[-1] in "46":
                command += ["--address", "127.0.0.1" if transport[-1] == "4" else "::1"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.port = 0
        if "--port" in command:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"no port reported; {self.process.communicate()[1]!r}")
            self.port = int(line.rsplit(b":", 1)[1])

    def is_unix(self):
        return self.port == 0

    def addresses(self):
        """Where it must answer: the two families, for tcp and udp."""
        if self.is_unix():
            return [self.path.replace("@", "\0", 1)]
        hosts = {"4": ["127.0.0.1"], "6": ["::1"]}
        return [(host, self.port) for host in
                hosts.get(self.transport[-1], ["127.0.0.1", "::1"])]

    def dial(self, address=None, **options):
        """A connected socket; a datagram socket has an address of its own. Retries until the server
        is there, which matters for UNIX sockets alone."""
        address = address or self.addresses()[0]
        family = socket.AF_UNIX
        if not self.is_unix():
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        kind = TYPES.get(self.transport.rsplit("-", 1)[-1], socket.SOCK_STREAM)
        if self.transport.startswith("udp"):
            kind = socket.SOCK_DGRAM
        while True:
            peer = socket.socket(family, kind)
            peer.settimeout(options.get("timeout", 60))
            if family == socket.AF_UNIX and kind == socket.SOCK_DGRAM:
                peer.bind("")
            try:
                peer.connect(address)
                return peer
            except (ConnectionRefusedError, FileNotFoundError):
                peer.close()
                demand(self.process.poll() is None, "the server has ended")

    def hold(self):
        """Stops it, so that clients come in and nothing happens to them before go_on()."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def ends(self, signal_number=signal.SIGTERM, errors=b""):
        """Demands that it ends by this signal, in good order, having said this and no more."""
        self.process.send_signal(signal_number)
        said = self.process.communicate(timeout=60)
        status = self.process.returncode
        demand(status == 0, f"status {status} after signal {signal_number}; {said}")
        demand(said == (b"", errors), f"says {said}")
        demand(not os.path.exists(self.path), "leaves its path behind")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is not None:
                self.process.kill()
                self.process.communicate()
            elif self.process.returncode is None:
                self.ends()
        finally:
            self.folder.cleanup()


def read_all(peer):
    """All bytes up to the end; a reset is an error."""
    pieces = []
    while piece := peer.recv(1 << 18):
        pieces.append(piece)
    return b"".join(pieces)


def read_exactly(peer, size):
    """`size` bytes or some more, where records do not fit."""
    data = b""
    while len(data) < size:
        piece = peer.recv(1 << 18)
        demand(piece, f"ends after {len(data)} bytes")
        data += piece
    return data


def chargen(size):
    """The beginning of the pattern of RFC 864."""
    ring = bytes(range(32, 127))
    lines = b"".join((ring * 2)[i % 95:i % 95 + 72] + b"\r\n" for i in range(size // 74 + 1))
    return lines[:size]


def judge_message(service, reply):
    """That the reply of daytime, time or qotd is what the RFC says, now."""
    now = time.time()
    if service == "time":
        demand(len(reply) == 4, f"{len(reply)} bytes of time")
        value = int.from_bytes(reply, "big") - FROM_1900_TO_1970
        demand(abs(value - now) < 3, f"is {value - now} s from now")
    elif service == "daytime":
        match = DAYTIME.fullmatch(reply)
        demand(match, f"no daytime: {reply!r}")
        day, month, *numbers = match.groups()
        date, year, hour, minute, second = map(int, numbers)
        moment = (year, MONTHS.index(month.decode()) + 1, date, hour, minute, second, 0, 0, 0)
        stamp = calendar.timegm(moment)
        demand(abs(stamp - now) < 3, f"{reply!r} is {stamp - now} s from now")
        demand(DAYS[time.gmtime(stamp).tm_wday] == day.decode(), f"{reply!r}: wrong day")
    else:
        demand(0 < len(reply) < 512, f"{len(reply)} bytes of quote")
        demand(all(32 <= byte < 127 or byte in b"\r\n" for byte in reply), "not printable")

#!/usr/bin/env python3
"""The reference programs against programs that are not ours: the client against openbsd-inetd and
socat, the server against ncat, socat, curl and rdate. Replies are compared byte for byte. Runs in a
network namespace of its own, where ports below 1024 are free. Status 77 where there is none."""
import argparse
import calendar
import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

from programs import Server, chargen, demand, judge_message

BYTES = bytes(range(256)) * 30
CLIENT = "sockspec-reference-client"


def raise_loopback():
    """Sets the interface lo up."""
    flags = struct.pack("16sh14x", b"lo", 0x1 | 0x8 | 0x40)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, flags)


def at(host, port):
    """The reference client's options for that server."""
    return "--host", host, "--port", str(port)


def run(*command, text=b"", status=0):
    """The standard output of a program that must end with that status."""
    result = subprocess.run(command, input=text, capture_output=True, timeout=60, check=False)
    demand(result.returncode == status,
           f"{' '.join(command)}: status {result.returncode}, {result.stderr!r}")
    return result.stdout


def beginning(*command, size, text=b""):
    """The first bytes that a program prints which would go on, or wait for more input."""
    source = subprocess.PIPE if text else subprocess.DEVNULL
    with subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE) as program:
        if text:
            program.stdin.write(text)
            program.stdin.flush()
        got = program.stdout.read(size)
        program.terminate()
    return got


class Foreign:
    """A server that is not ours, ready when its socket is there; ended with `with`."""

    def __init__(self, *command, tcp=None, udp=None, path=None):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        while not self.is_there(tcp, udp, path):
            demand(self.process.poll() is None, f"{command[0]} has ended")
            time.sleep(0.01)

    @staticmethod
    def is_there(tcp, udp, path):
        if path:
            with open("/proc/net/unix", encoding="ascii") as rows:
                return any(row.split()[-1] == path.replace("\0", "@") for row in rows)
        protocol, port = ("tcp", tcp) if tcp else ("udp", udp)
        state = "0A" if tcp else "07"
        for table in (protocol, protocol + "6"):
            with open(f"/proc/net/{table}", encoding="ascii") as rows:
                for row in rows:
                    fields = row.split()
                    if fields[1].endswith(f":{port:04X}") and fields[3] == state:
                        return True
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)


class Tests:
    """Each method whose name begins with `test` is one."""

    def __init__(self, binaries, folder):
        self.binaries = binaries
        self.folder = folder
        self.client = os.path.join(binaries, CLIENT)

    def ask(self, transport, *options, text=b"", status=0):
        return run(self.client, "--transport", transport, *options, text=text, status=status)

    def served(self, service, transport, model="iterative"):
        return Server(self.binaries, service, transport, model)

    # The reference client.

    def test_client_against_inetd(self):
        services = ("echo", "discard", "daytime", "chargen", "time")
        lines = [f"127.0.0.1:{service} {kind} nowait root internal" if kind == "stream tcp" else
                 f"192.0.2.7:{service} dgram udp wait root internal"
                 for service in services for kind in ("stream tcp", "dgram udp")]
        config = os.path.join(self.folder, "inetd.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        # Its datagram services ignore whoever asks from 127/8.
        subprocess.run(["ip", "address", "add", "192.0.2.7/32", "dev", "lo"], check=True)
        with Foreign("/usr/sbin/inetd", "-i", config, tcp=37):
            for transport, host in (("tcp4", "127.0.0.1"), ("udp4", "192.0.2.7")):
                def ask(service, port, *options, text=b""):
                    return self.ask(transport, *at(host, port), "--service", service, *options,
                                    text=text)
                judge_message("time", ask("time", 37))
                demand(abs(calendar.timegm(time.strptime(
                    ask("time", 37, "--decode").decode(), "%A, %B %d, %Y %H:%M:%S-UTC\r\n"))
                    - time.time()) < 3, "decoded time")
                moment = time.strptime(ask("daytime", 13).decode().strip(), "%a %b %d %H:%M:%S %Y")
                demand(abs(time.mktime(moment) - time.time()) < 3, "daytime")
                demand(ask("echo", 7, text=BYTES[:1400]) == BYTES[:1400], "echo")
                demand(ask("discard", 9, text=BYTES[:1400]) == b"", "discard")
            got = beginning(self.client, "--transport", "tcp4", *at("127.0.0.1", 19), "--service",
                            "chargen", size=7400)
            demand(got.count(b"\r\n") == 100 and got[:72].isascii(), "chargen")

    def test_client_against_socat(self):
        reply = os.path.join(self.folder, "reply")
        with open(reply, "wb") as file:
            file.write(BYTES)
        path = os.path.join(self.folder, "socat")
        serve = f"SYSTEM:cat {reply}"
        for listen, there, options in (
                ("TCP4-LISTEN:4001,fork", {"tcp": 4001}, ("tcp4", *at("127.0.0.1", 4001))),
                ("TCP6-LISTEN:4002,fork", {"tcp": 4002}, ("tcp6", *at("::1", 4002))),
                (f"UNIX-LISTEN:{path}1,fork", {"path": path + "1"},
                 ("unix-stream", "--path", path + "1")),
                (f"UNIX-LISTEN:{path}2,fork,socktype=5", {"path": path + "2"},
                 ("unix-seqpacket", "--path", path + "2")),
                (f"ABSTRACT-LISTEN:{path}3,fork", {"path": "\0" + path + "3"},
                 ("unix-stream", "--path", "@" + path + "3"))):
            with Foreign("socat", listen, serve, **there):
                demand(self.ask(*options) == BYTES, listen)
        for listen, there, options in (
                ("UDP4-RECVFROM:4003,fork", {"udp": 4003}, ("udp4", *at("127.0.0.1", 4003))),
                ("UDP6-RECVFROM:4004,fork", {"udp": 4004}, ("udp6", *at("::1", 4004))),
                (f"UNIX-RECVFROM:{path}4,fork", {"path": path + "4"},
                 ("unix-dgram", "--path", path + "4"))):
            with Foreign("socat", listen, "EXEC:cat", **there):
                got = self.ask(*options, "--service", "echo", text=BYTES[:1400])
                demand(got == BYTES[:1400], listen)

    # The reference server.

    def test_ncat_against_server(self):
        with self.served("daytime", "tcp") as server:
            for address in ("127.0.0.1", "::1"):
                judge_message("daytime", run("ncat", "--recv-only", address, str(server.port)))
        with self.served("echo", "tcp4", "epoll") as server:
            demand(run("ncat", "127.0.0.1", str(server.port), text=BYTES) == BYTES, "echo")
        with self.served("qotd", "unix-stream", "forking") as server:
            server.dial().close()
            judge_message("qotd", run("ncat", "--recv-only", "-U", server.path))
        with self.served("time", "udp4", "threaded") as server:
            judge_message("time", beginning("ncat", "-u", "127.0.0.1", str(server.port), text=b"?",
                                            size=4))

    def test_socat_against_server(self):
        for service, transport, model, target in (
                ("echo", "tcp4", "poll", "TCP4:127.0.0.1:{port}"),
                ("echo", "tcp6", "threaded", "TCP6:[::1]:{port}"),
                ("echo", "unix-stream", "forking", "UNIX-CONNECT:{path}"),
                ("echo", "unix-seqpacket", "epoll", "UNIX-CONNECT:{path},socktype=5"),
                ("echo", "abstract", "iterative", "ABSTRACT-CONNECT:{name}"),
                ("echo", "udp4", "epoll", "UDP4:127.0.0.1:{port}"),
                ("echo", "udp6", "iterative", "UDP6:[::1]:{port}"),
                ("echo", "unix-dgram", "threaded", "UNIX-SENDTO:{path},bind={path}-client")):
            with self.served(service, transport, model) as server:
                if server.is_unix():
                    server.dial().close()
                address = target.format(port=server.port, path=server.path, name=server.path[1:])
                got = run("socat", "-t", "1", "-b", "1400", "-", address, text=BYTES[:1400])
                demand(got == BYTES[:1400], f"{transport}: {len(got)} bytes")

    def test_curl_against_server(self):
        with self.served("daytime", "tcp4") as server:
            judge_message("daytime", run("curl", "-s", f"telnet://127.0.0.1:{server.port}"))
        with self.served("chargen", "tcp6", "poll") as server:
            got = beginning("curl", "-sN", f"telnet://[::1]:{server.port}", size=100000)
            demand(got == chargen(100000), "chargen")
        with self.served("echo", "unix-stream") as server:
            server.dial().close()
            # What gopher sends comes back.
            got = beginning("curl", "-sN", "--unix-socket", server.path, "gopher://any/1words",
                            size=7)
            demand(got == b"words\r\n", got)

    def test_rdate_against_server(self):
        for transport, options in (("tcp4", ()), ("udp4", ("-u",))):
            with self.served("time", transport) as server:
                text = run("rdate", "-p", *options, "-o", str(server.port), "127.0.0.1").decode()
                moment = time.mktime(time.strptime(" ".join(text.split()[:4] + text.split()[-1:]),
                                                   "%a %b %d %H:%M:%S %Y"))
                demand(abs(moment - time.time()) < 3, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="where the reference programs are")
    parser.add_argument("--inside", action="store_true", help="already in the namespace")
    options = parser.parse_args()
    if not options.inside:
        unshare = ["unshare", "--user", "--map-root-user", "--net"]
        if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
            print("no namespaces here")
            return 77
        os.execvp("unshare", [*unshare, sys.executable, __file__, "--inside", "--bin", options.bin])
    raise_loopback()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="sockspec-reference-") as folder:
        tests = Tests(os.path.abspath(options.bin), folder)
        for name in [name for name in dir(tests) if name.startswith("test")]:
            try:
                getattr(tests, name)()
                print("ok     ", name[5:].replace("_", " "), flush=True)
            except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
                failures += 1
                print("FAILED ", name[5:].replace("_", " "), f": {type(error).__name__}: {error}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

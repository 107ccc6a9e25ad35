#!/usr/bin/env python3
"""What must not shake the reference server, in each model: signals while clients are there, no
descriptors left, clients that do not read, options and limits. Status 1 if something does."""
import argparse
import os
import resource
import select
import signal
import socket
import struct
import sys

from programs import MODELS, Server, demand, judge_message, read_all

BIG = bytes(range(256)) * 20


def fill(peer, piece):
    """Sends until nothing moves any more; the number of bytes."""
    peer.setblocking(False)
    sent = 0
    while select.select([], [peer], [], 0.2)[1]:
        sent += peer.send(piece)
    peer.settimeout(60)
    return sent


def test_sigterm_finishes_the_reply_under_way(start, model):
    """Records of a client that does not read, until SIGTERM: what comes back is whole, and the end is
    orderly."""
    with start("echo", "unix-seqpacket", model) as server:
        with server.dial() as peer:
            sent = fill(peer, BIG[:1000])
            server.process.send_signal(signal.SIGTERM)
            got = 0
            while record := peer.recv(1 << 16):
                demand(record == BIG[:1000], f"a record of {len(record)} bytes")
                got += len(record)
            demand(0 < got <= sent, f"{got} of {sent} bytes")
        server.ends()


def test_sigterm_ends_idle_clients(start, model):
    """Clients that are served but say nothing are closed by FIN, and nobody new is let in."""
    for service in ("echo", "chargen"):
        with start(service, "tcp4", model) as server:
            peers = [server.dial() for _ in range(1 if model == "iterative" else 5)]
            for peer in peers:
                if service == "echo":
                    peer.sendall(b"?")
                demand(peer.recv(1), "is not served")
            server.ends()
            for peer in peers:
                read_all(peer)
                peer.close()
            with socket.socket() as late:
                demand(late.connect_ex(server.addresses()[0]), "still listens")


def test_other_signals_do_no_harm(start, model):
    """SIGINT ends as SIGTERM does; stopping and going on does nothing."""
    with start("daytime", "tcp4", model) as server:
        for _ in range(3):
            server.hold()
            with server.dial() as peer:
                server.go_on()
                judge_message("daytime", read_all(peer))
        server.ends(signal.SIGINT)


def ticks(pid):
    """Processor time used so far, in clock ticks."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as line:
        fields = line.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_no_descriptors_left(start, model):
    """Clients wait, the server neither ends nor spins, and serves them once descriptors are free."""
    if model in ("forking", "iterative"):
        return  # never has more than one client's at a time
    with start("echo", "tcp4", model) as server:
        first = exchange(server)
        pid = server.process.pid
        limit = max(int(number) for number in os.listdir(f"/proc/{pid}/fd")) + 1
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, hard))
        second = server.dial()
        before = ticks(pid)
        second.sendall(b"?")
        demand(not select.select([second], [], [], 1)[0], "is served without a descriptor")
        demand(ticks(pid) - before < 20, f"used {ticks(pid) - before} ticks of a second")
        first.sendall(b"!")
        demand(first.recv(10) == b"!", "who is connected is not served any more")
        first.close()
        demand(second.recv(10) == b"?", "is not served when there is one again")
        second.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        exchange(server).close()


def exchange(server):
    """A client that has been served and stays."""
    peer = server.dial()
    peer.sendall(b"?")
    demand(peer.recv(10) == b"?", "echo")
    return peer


def test_who_does_not_read_blocks_himself_alone(start, model):
    """A client fills all buffers; another one is served. Its own bytes come back in the end."""
    if model == "iterative":
        return
    for transport in ("tcp4", "unix-seqpacket"):
        with start("echo", transport, model) as server:
            with server.dial() as rude:
                sent = fill(rude, BIG[:1000])
                exchange(server).close()
                rude.shutdown(socket.SHUT_WR)
                demand(len(read_all(rude)) == sent, "bytes are lost")


def test_resets_and_urgent_data(start, model):
    """A reset in the middle of each service, and a byte out of band."""
    for service in ("echo", "discard", "chargen"):
        with start(service, "tcp4", model) as server:
            for _ in range(5):
                with server.dial() as peer:
                    peer.send(b"x", socket.MSG_OOB)
                    peer.sendall(BIG[:5000])
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with server.dial() as peer:
                peer.sendall(b"?")
                if service != "discard":
                    peer.recv(1)


def test_peers_are_logged(start, model):
    """By their own addresses."""
    for transport, host in (("tcp4", "127.0.0.1"), ("tcp6", "[::1]"), ("udp6", "[::1]")):
        with start("echo", transport, model, options=["--log-peers"]) as server:
            with server.dial() as peer:
                peer.send(b"?")
                peer.recv(10)
                port = peer.getsockname()[1]
            server.ends(errors=f"client {host}:{port}\n".encode())


def test_families(start, model):
    """--v6only leaves the port's IPv4 half to others; without it [::] serves both."""
    with start("daytime", "tcp", model, options=["--v6only"]) as server:
        judge_message("daytime", read_all(server.dial(("::1", server.port))))
        with socket.socket() as other:
            # Some client of somebody else's may have had that port.
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("0.0.0.0", server.port))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="where the reference programs are")
    binaries = os.path.abspath(parser.parse_args().bin)
    failures = 0
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    for test in tests:
        for model in MODELS:
            try:
                test(lambda *words, **more: Server(binaries, *words, **more), model)
            except (AssertionError, OSError) as error:
                failures += 1
                print(f"FAILED {test.__name__} {model}: {type(error).__name__}: {error}", flush=True)
        print(f"done   {test.__name__}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

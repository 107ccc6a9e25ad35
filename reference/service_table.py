#!/usr/bin/env python3
"""Prints the table service x transport x model of the reference server: each cell is an exchange with
a plain socket, compared byte for byte with what the RFC demands. Status 1 if a cell fails."""
import argparse
import os
import socket
import struct
import sys

from programs import (DATAGRAMS, MODELS, SERVICES, STREAMS, Server, chargen, demand, judge_message,
                      read_all, read_exactly)

ALL_BYTES = bytes(range(256)) * 40


def converse(service, server, address):
    """One connection, from connect to the server's end."""
    if service in ("daytime", "time", "qotd"):
        with server.dial(address) as peer:
            judge_message(service, read_all(peer))
        # What a client says is thrown away, and costs it neither reply nor orderly end.
        server.hold()
        with server.dial(address) as peer:
            peer.sendall(b"what time is it?\r\n")
            server.go_on()
            judge_message(service, read_all(peer))
        return
    with server.dial(address) as peer:
        records = server.transport == "unix-seqpacket"
        if service == "chargen":
            reply = read_exactly(peer, 20000)
            demand(reply == chargen(len(reply)), "is not the pattern")
        elif service == "echo" and records:
            for size in (3, 500, 100000, 1):
                peer.sendall(ALL_BYTES.ljust(size)[:size])
                reply = peer.recv(1 << 18)
                demand(reply == ALL_BYTES.ljust(size)[:size], f"{len(reply)} bytes for {size}")
            peer.shutdown(socket.SHUT_WR)
            demand(read_all(peer) == b"", "says more than it heard")
        else:
            peer.sendall(ALL_BYTES)
            peer.shutdown(socket.SHUT_WR)
            demand(read_all(peer) == (ALL_BYTES if service == "echo" else b""), "wrong bytes")


def ask(service, server, address):
    """Some datagrams, each answered at most once."""
    with server.dial(address) as peer:
        for request in (b"", b"x" * 1400, ALL_BYTES):
            peer.send(request)
            if service == "discard":
                continue
            reply = peer.recv(1 << 18)
            if service == "echo":
                demand(reply == request, f"{len(reply)} bytes for {len(request)}")
            elif service == "chargen":
                demand(0 < len(reply) <= 512 and reply == chargen(len(reply)), f"{reply!r}")
            else:
                judge_message(service, reply)
        # Asked once more by another client: an answer too many would have come before that one's.
        if service != "discard":
            with server.dial(address) as other:
                other.send(b"?")
                other.recv(1 << 18)
        peer.setblocking(False)
        try:
            demand(False, f"says {peer.recv(1 << 18)!r} unasked")
        except BlockingIOError:
            pass


def reset(server, address):
    """Rude clients first: one that leaves at once, one by a reset."""
    server.dial(address).close()
    with server.dial(address) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cell(binaries, service, transport, model):
    """None, or what is wrong."""
    try:
        with Server(binaries, service, transport, model) as server:
            for address in server.addresses():
                if transport in DATAGRAMS:
                    ask(service, server, address)
                else:
                    reset(server, address)
                    converse(service, server, address)
    except (AssertionError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="where the reference programs are")
    binaries = os.path.abspath(parser.parse_args().bin)
    complaints = []
    print(f"{'service':8} {'transport':15}" + "".join(f"{model:>10}" for model in MODELS))
    for service in SERVICES:
        for transport in STREAMS + DATAGRAMS:
            row = f"{service:8} {transport:15}"
            for model in MODELS:
                wrong = cell(binaries, service, transport, model)
                row += f"{'FAILED' if wrong else 'ok':>10}"
                if wrong:
                    complaints.append(f"{service} {transport} {model}: {wrong}")
            print(row, flush=True)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

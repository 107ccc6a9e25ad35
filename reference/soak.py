#!/usr/bin/env python3
"""Many connections to the reference server in each model: every reply must be right, and descriptors,
threads, children and memory must be the same after the last as after the first tenth."""
import argparse
import os
import sys
import time

from programs import MODELS, Server, demand, judge_message, read_all

AT_ONCE = 50
# KiB. Threads leave behind the pages of as many stacks as there ever were at a time.
MOST_GROWTH = {model: 2048 if model == "threaded" else 256 for model in MODELS}


def exchange(service, server, count):
    """Some clients at once, each with a whole conversation."""
    peers = [server.dial() for _ in range(count)]
    for number, peer in enumerate(peers):
        if service == "echo":
            words = b"client %d" % number
            peer.sendall(words)
            demand(peer.recv(100) == words, "wrong echo")
            peer.close()
        else:
            judge_message(service, read_all(peer))
            peer.close()


def kind_of(link):
    """What a descriptor is open on; "" if it has been closed since it was listed."""
    try:
        return os.readlink(link).split(":")[0]
    except FileNotFoundError:
        return ""


def settle(server):
    """The server's figures, and its memory in KiB, once all children and threads have ended and no
    socket but the listening one is open; or after a minute."""
    pid = server.process.pid
    end = time.monotonic() + 60
    while True:
        with open(f"/proc/{pid}/status", encoding="ascii") as lines:
            status = dict(line.split(":", 1) for line in lines)
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as line:
            children = len(line.read().split())
        kinds = [kind for entry in os.scandir(f"/proc/{pid}/fd") if (kind := kind_of(entry.path))]
        figures = {"descriptors": len(kinds), "sockets": kinds.count("socket"),
                   "threads": int(status["Threads"]), "children": children}
        idle = (figures["sockets"], figures["threads"], children) == (1, 1, 0)
        if idle or time.monotonic() > end:
            return figures, int(status["RssAnon"].split()[0])
        time.sleep(0.02)


def soak(binaries, service, model, count):
    with Server(binaries, service, "tcp4", model) as server:
        at_once = 1 if (service, model) == ("echo", "iterative") else AT_ONCE
        start = time.monotonic()
        done = 0
        early = None
        while done < count:
            exchange(service, server, at_once)
            done += at_once
            if early is None and done * 10 >= count:
                early = settle(server)
        (figures, memory), (first_figures, first_memory) = settle(server), early
        took = time.monotonic() - start
        print(f"{service:8} {model:10} {done} connections in {took:.1f} s, "
              f"{figures['descriptors']} descriptors, {first_memory} -> {memory} KiB", flush=True)
        demand(figures == first_figures, f"{first_figures} became {figures}")
        demand(figures["sockets"] == 1, "connections are left open")
        demand(memory - first_memory <= MOST_GROWTH[model], "memory grows")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="where the reference programs are")
    parser.add_argument("--connections", type=int, default=500,
                        help="for each service and model (500)")
    options = parser.parse_args()
    failures = 0
    for service in ("daytime", "echo"):
        for model in MODELS:
            try:
                soak(os.path.abspath(options.bin), service, model, options.connections)
            except (AssertionError, OSError) as error:
                failures += 1
                print(f"FAILED {service} {model}: {type(error).__name__}: {error}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""TCP ports for those who must name one before they listen on it.

A port that the system gives out may be given to somebody else before its owner listens, and any
outgoing connection may take it meanwhile. These lie below the ranges that systems give out
(from 32768 on Linux, from 49152 on macOS), and each process has a block of its own.
"""

from __future__ import annotations

import functools
import itertools
import socket
from collections.abc import Iterator
from typing import Final

FIRST: Final = 10_000
LAST: Final = 32_000
BLOCK: Final = 200


def free_ports(count: int) -> list[int]:
    """Return TCP ports of this machine that nobody uses, and that no other process is given.

    Raises:
        RuntimeError: there are not so many.
    """
    found: list[int] = []
    ports = _own_ports()
    for port in itertools.islice(ports, BLOCK):
        if _is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"no {count} free ports between {FIRST} and {LAST}")


@functools.cache
def _own_ports() -> Iterator[int]:
    """Take a block for as long as this process lives, and go round in it."""
    for start in range(FIRST, LAST, BLOCK):
        mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            mark.bind(("127.0.0.1", start))
        except OSError:
            mark.close()
            continue
        mark.detach()  # the system closes it when the process ends
        return itertools.cycle(range(start, start + BLOCK))
    raise RuntimeError(f"every block between {FIRST} and {LAST} is taken")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

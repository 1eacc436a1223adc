"""Why nobody can listen at an address, in words for whoever wrote it into the settings."""

from __future__ import annotations

import errno
import os
import socket
from typing import Final

_HINTS: Final = {
    errno.EADDRINUSE: "another program listens there; stop it, or write another address",
    errno.EADDRNOTAVAIL: "this machine has no such address; 0.0.0.0 stands for all it has",
    errno.EACCES: "this user may not; ports below 1024 take the capability CAP_NET_BIND_SERVICE",
    errno.ENOENT: "there is no such folder",
}


def cannot_listen(path: str, address: str, error: OSError) -> str:
    """Return the fault of the setting `path`, which says to listen at `address`."""
    if isinstance(error, socket.gaierror):  # its numbers are of another kind
        return f"{path}: cannot listen on {address}: no such host"
    number = error.errno or 0
    why = _HINTS.get(number) or os.strerror(number)
    return f"{path}: cannot listen on {address}: {why}"

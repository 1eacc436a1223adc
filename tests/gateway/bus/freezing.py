"""A server that stands still, as on a host that hangs: it holds its sockets and answers nothing."""

from __future__ import annotations

import os
import signal

from maitred.gateway.bus.embedded import EmbeddedServer


def freeze(server: EmbeddedServer) -> None:
    """Stop the server, a child of this process, and return when it does nothing any more.

    The signal alone only asks: until every thread of the server has stopped, it may still read
    and store what is sent to it.
    """
    os.kill(server.pid, signal.SIGSTOP)
    os.waitpid(server.pid, os.WUNTRACED)

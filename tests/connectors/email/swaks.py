"""swaks (jetmore.org/john/code/swaks), with which mail administrators try a server.

`python -m tests.connectors.email.swaks` finds it, or installs it where that needs no questions.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass

from tests import apt

_MODULES = ("libnet-ssleay-perl", "libauthen-sasl-perl", "libdigest-hmac-perl")
"""What it needs for TLS and for AUTH; none of them is more than recommended to it."""
ABSENT = "no swaks on this machine: see tests/connectors/email/swaks.py"


@dataclass(frozen=True)
class Said:
    """How it ended (0, or swaks' number for what was refused), and all that was said."""

    code: int
    dialogue: str


def installed() -> str | None:
    """Return its path; `SWAKS` names one elsewhere."""
    return os.environ.get("SWAKS") or shutil.which("swaks")


async def swaks(port: int, *options: str, mail: str | None = None) -> Said:
    """Bring a mail to a port of the loopback, a `mail` of its own if none is given."""
    path = installed()
    assert path is not None
    given = ["--data", "-"] if mail is not None else []
    process = await asyncio.create_subprocess_exec(
        path,
        *("--server", "127.0.0.1", "--port", str(port), "--helo", "peer.example"),
        *("--from", "ann@home.example", "--to", "help@shop.example", "--timeout", "10"),
        *options,
        *given,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate((mail or "").encode())
    assert process.returncode is not None
    return Said(process.returncode, said.decode())


def main() -> int:
    """Install it if it is not there; say so where that cannot be."""
    if installed() is None:
        apt.install("swaks", *_MODULES)
    if installed() is None:
        sys.stdout.write("swaks cannot be installed here: the tests that need it are SKIPPED.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

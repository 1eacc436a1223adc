"""Reading a mail to its end, line by line.

A mail ends at CR LF . CR LF and nowhere else. A lone CR or LF inside a mail is how one message is
smuggled into another (CVE-2023-51764 and its kin), and RFC 5321 section 2.3.8 forbids both, so a
mail that holds one is read to its true end, refused whole, and the connection is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from maitred.connectors.email.sessions import Held
from maitred.contracts.limits import EMAIL_LINE_BYTES_MAX

BAD_LINE_END: Final = "550 5.6.0 Lines must end with CR LF"
LINE_TOO_LONG: Final = "500 5.5.2 Line too long"
TOO_BIG: Final = "552 5.3.4 Message too big"
NO_ROOM: Final = "452 4.3.1 Too much under way, try again later"

_PROGRESS_BYTES: Final = 1024 * 1024
_LINES_AT_ONCE: Final = 1_000
"""So many may have come at once; then others come to their turn, for a few milliseconds' work."""


async def read_mail(
    reader: asyncio.StreamReader, held: Held, bytes_max: int, progress: Callable[[], None]
) -> str:
    """Read up to the end of the mail; return the answer that refuses it, or nothing.

    A mail that is refused is read to its end all the same, since its peer listens only then
    (RFC 5321 section 4.2.5), but nothing of it is kept, and one that goes on for another
    `bytes_max` is cut off. `progress` is called with every mebibyte.
    """
    fault = ""
    read = marked = lines = 0
    continued = False
    while True:
        lines += 1
        if not lines % _LINES_AT_ONCE:
            await asyncio.sleep(0)
        try:
            line = await reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError as error:
            line = await reader.read(error.consumed)
            fault = fault or LINE_TOO_LONG
        if line == b".\r\n" and not continued:
            return fault
        read += len(line)
        if read - marked >= _PROGRESS_BYTES:
            marked = read
            progress()
        inner = line.removesuffix(b"\r\n")
        continued = len(inner) == len(line)
        # A lone CR or LF outweighs every other fault: its connection must be closed.
        if b"\n" in inner or b"\r" in inner:
            fault = BAD_LINE_END
        fault = fault or _keep(line, held, is_too_big=read > bytes_max)
        if fault:
            held.release()
        if read > 2 * bytes_max:
            return TOO_BIG


def _keep(line: bytes, held: Held, *, is_too_big: bool) -> str:
    """Keep one line, or say why not."""
    if is_too_big:
        return TOO_BIG
    if len(line) > EMAIL_LINE_BYTES_MAX:
        return LINE_TOO_LONG
    # The first dot of a line is the sender's transparency (RFC 5321 section 4.5.2).
    return "" if held.add(line.removeprefix(b".")) else NO_ROOM

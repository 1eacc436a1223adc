"""ISO-2022-JP as Japanese mailers send it: with the characters of Windows in it.

The charset of RFC 1468 has no circled digits, no company signs and no half-width kana; senders
use them under its name all the same (Microsoft's code page 50221). Python's codec refuses those,
so the two-byte runs are carried over to code page 932, which has them.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(rb"\x1b(\$[@AB]|\$\([CD]|\([ABHIJ])")
_PAIR: Final = re.compile(rb"[\x21-\x7e]{2}")
# What is no character of a run (a line end that broke it) stays.
_HIGH: Final = bytes(range(0x21)) + bytes(range(0xA1, 0x100)) + bytes(range(0x80, 0x100))
_ROWS_FIRST_HALF_MAX: Final = 0x5E
_CELL_BEFORE_GAP_MAX: Final = 0x5F


def has_escapes(data: bytes) -> bool:
    """Tell whether there is an escape to two-byte or kana characters in `data`."""
    return b"\x1b" in data and _ESCAPE.search(data) is not None


def from_iso_2022_jp(data: bytes) -> str:
    """Return the text of ISO-2022-JP of any quality; what fits nothing is replaced."""
    first, *runs = _ESCAPE.split(data)
    pieces = [first.decode("cp932", "replace")]
    for escape, run in zip(runs[::2], runs[1::2], strict=True):
        if escape in {b"$B", b"$@"}:
            pieces.append(_PAIR.sub(_shifted, run).decode("cp932", "replace"))
        elif escape == b"(I":
            pieces.append(run.translate(_HIGH).decode("cp932", "replace"))
        elif escape == b"$(D":
            pairs = _PAIR.sub(lambda match: b"\x8f" + match[0].translate(_HIGH), run)
            pieces.append(pairs.decode("euc_jp", "replace"))
        elif escape == b"$A":
            pieces.append(_PAIR.sub(_raised, run).decode("gb18030", "replace"))
        elif escape == b"$(C":
            pieces.append(_PAIR.sub(_raised, run).decode("cp949", "replace"))
        else:
            pieces.append(run.decode("cp932", "replace"))
    return "".join(pieces)


def _raised(pair: re.Match[bytes]) -> bytes:
    return pair[0].translate(_HIGH)


def _shifted(pair: re.Match[bytes]) -> bytes:
    """Return a character of JIS X 0208 as Shift JIS has it."""
    row, cell = pair[0]
    lead = ((row - 1) >> 1) + (0x71 if row <= _ROWS_FIRST_HALF_MAX else 0xB1)
    if row % 2:
        return bytes((lead, cell + (0x1F if cell <= _CELL_BEFORE_GAP_MAX else 0x20)))
    return bytes((lead, cell + 0x7E))

"""The only clock of the gateway."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the wall time in UTC milliseconds."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Return milliseconds of a clock that never goes back, for measuring how long things take."""
    return time.monotonic_ns() // 1_000_000

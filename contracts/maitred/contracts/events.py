"""Headers on every message: CloudEvents in binary mode and the W3C trace context.

CloudEvents 1.0.2 with its NATS binding: attributes in `ce-` headers, the payload as it is.
The trace context is one `traceparent` (W3C Trace Context, section 3.2), made at the door and
handed on unchanged in its trace id, so that one id leads from the door to the assignment.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from maitred.contracts.ids import digest

TRACEPARENT: Final = "traceparent"
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
_SOURCE: Final = "/maitred"
_SECONDS_KEPT: Final = 64


def headers(
    *,
    event_id: str,
    kind: str,
    at: int,
    traceparent: str = "",
) -> dict[str, str]:
    """Return the headers of one message; `at` is in UTC milliseconds.

    `kind` is the schema's tag and version, such as `entry/1`; it becomes `maitred.entry.v1`.
    """
    name, _, version = kind.partition("/")
    seconds, milliseconds = divmod(at, 1000)
    result = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": f"maitred.{name}.v{version or 1}",
        "ce-source": _SOURCE,
        "ce-time": f"{_second(seconds)}.{milliseconds:03}Z",
        "content-type": "application/json",
    }
    if traceparent:
        result[TRACEPARENT] = traceparent
    return result


@lru_cache(maxsize=_SECONDS_KEPT)
def _second(seconds: int) -> str:
    """Return a time as RFC 3339 has it, without its zone; most messages share their second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def new_traceparent(seed: str) -> str:
    """Return a trace context derived from `seed`, the id of what the trace follows."""
    digits = digest("trace", seed, length=48)
    return f"00-{digits[:32]}-{digits[32:]}-01"


def accepted_traceparent(value: str) -> str:
    """Return a foreign trace context if it is well-formed, else nothing."""
    return value if _TRACEPARENT.match(value) else ""


def trace_id(traceparent: str) -> str:
    """Return the trace id, the correlation id of logs; empty if there is none."""
    found = _TRACEPARENT.match(traceparent)
    return found.group(1) if found else ""

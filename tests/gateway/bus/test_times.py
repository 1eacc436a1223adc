"""A stored message has one time, whichever way it is read: replays stand on it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from maitred.gateway.bus.pull import delivery_of
from maitred.gateway.bus.streams import rfc3339_ms

_NS = 1_000_000_000


@given(st.integers(0, 4_000_000_000 * _NS))
@example(1_700_000_000_001_000_000)
@example(1_700_000_000_001_999_999)
def test_a_direct_read_and_a_consumer_tell_the_same_time(nanoseconds: int) -> None:
    whole = datetime.fromtimestamp(nanoseconds // _NS, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{nanoseconds % _NS:09}".rstrip("0")
    text = f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
    told = delivery_of(f"$JS.ACK.JOURNAL.dispatch.1.7.7.{nanoseconds}.0")
    assert told is not None
    assert rfc3339_ms(text) == told.time_ms == nanoseconds // 1_000_000

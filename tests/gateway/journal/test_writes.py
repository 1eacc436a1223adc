"""Effects as the messages of a batch."""

from __future__ import annotations

import pytest

from maitred.gateway.bus.pull import Received
from maitred.gateway.journal.effects import Effects, Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.writes import entries
from tests.gateway.journal.toy import Counted


@pytest.mark.parametrize(("own", "lives"), [(None, "60s"), (5_000, "5s")])
def test_an_entry_lives_as_long_as_the_log_unless_it_says_otherwise(
    own: int | None, lives: str
) -> None:
    item = Received(subject="s", data=b"", headers={}, stream_seq=1, time_ms=1, pending=0)
    entry = Entry("maitred.v1.t.count.a", Counted(order="o1", number=1), "o1", ttl_ms=own)
    (write,) = entries(item, Effects(entries=(entry,)), Keeping(log_ms=60_000))
    assert write.headers["Nats-TTL"] == lives

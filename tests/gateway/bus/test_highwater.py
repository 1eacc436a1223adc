"""The high-water mark: a store that went back, and a clock that is wrong, are noticed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.contracts.ids import CustomerId, Tenant
from maitred.contracts.limits import DAY_MS, INBOUND_AGE_MS, MINUTE_MS
from maitred.contracts.operations import ErasureDoc, PendingPurge, PurgedSubject
from maitred.contracts.subjects import INBOUND, JOURNAL, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.batch import commit, document, entry
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.highwater import HighWater

Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
NOW = 1_800_000_000_000
MARKED = (JOURNAL, INBOUND)


@pytest.fixture
def mark(tmp_path: Path) -> HighWater:
    return HighWater(tmp_path / "state" / "high-water.json")


async def _write(connection: Connection, subjects: Subjects, count: int) -> None:
    for number in range(count):
        name = f"{subjects.root}.customer.c{number}"
        await commit(connection, JOURNAL, [document(name, b"x", expected=0)])


async def _refused(mark: HighWater, connection: Connection, now: int, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        await mark.check(connection, MARKED, now, accept_restored_store=False)
    assert "--accept-restored-store" in str(refused.value)
    await mark.check(connection, MARKED, now, accept_restored_store=True)


async def test_a_store_that_only_grew_is_accepted(
    connection: Connection, subjects: Subjects, mark: HighWater
) -> None:
    await mark.check(connection, MARKED, NOW, accept_restored_store=False)  # the first start
    await _write(connection, subjects, 3)
    await mark.note(connection, MARKED, NOW)
    await commit(connection, JOURNAL, [document(subjects.root + ".agent.a", b"x", expected=0)])
    await mark.check(connection, MARKED, NOW + DAY_MS, accept_restored_store=False)


async def test_a_stream_that_went_back_is_told_with_how_far(
    connection: Connection, subjects: Subjects, mark: HighWater
) -> None:
    await _write(connection, subjects, 5)
    await mark.note(connection, MARKED, NOW)
    created = (await streams.info(connection, JOURNAL)).created_ms
    text = mark._path.read_text().replace('"seq":5', '"seq":12')
    mark._path.write_text(text)
    await _refused(mark, connection, NOW, "JOURNAL: went back 7 messages, from 12 to 5")
    assert (await streams.info(connection, JOURNAL)).created_ms == created


async def test_a_stream_that_was_made_again_is_told(
    connection: Connection, subjects: Subjects, mark: HighWater
) -> None:
    await _write(connection, subjects, 2)
    await mark.note(connection, MARKED, NOW)
    await connection.api(f"STREAM.DELETE.{JOURNAL}", None)
    await _refused(mark, connection, NOW, "JOURNAL: gone")
    await streams.declare(connection, replicas=1, inbound_age_ms=INBOUND_AGE_MS)
    await _write(connection, subjects, 5)
    await _refused(mark, connection, NOW, "JOURNAL: was made again")


async def test_another_message_at_the_mark_is_told(
    connection: Connection, subjects: Subjects, mark: HighWater
) -> None:
    await _write(connection, subjects, 2)
    await mark.note(connection, MARKED, NOW)
    before = mark._path.read_text()
    position = before.index('"sha256":"') + len('"sha256":"')
    mark._path.write_text(before[:position] + "0" * 64 + before[position + 64 :])
    await _refused(mark, connection, NOW, "JOURNAL: message 2 differs")


async def test_a_message_that_is_gone_before_its_time_is_told(
    connection: Connection, subjects: Subjects, mark: HighWater
) -> None:
    await _write(connection, subjects, 2)
    await mark.note(connection, MARKED, NOW)
    await reads.delete_at(connection, JOURNAL, 2)
    await _refused(mark, connection, NOW, "JOURNAL: message 2 is gone before its time")


async def test_a_document_that_was_replaced_since_is_no_fault(
    connection: Connection, subjects: Subjects, mark: HighWater
) -> None:
    await _write(connection, subjects, 2)
    await mark.note(connection, MARKED, NOW)
    name = subjects.root + ".customer.c1"
    await commit(connection, JOURNAL, [document(name, b"y", expected=2)])
    await mark.check(connection, MARKED, NOW, accept_restored_store=False)


async def test_an_entry_whose_time_has_passed_is_no_fault(
    connection: Connection, subjects: Subjects, mark: HighWater, until: Until
) -> None:
    await _write(connection, subjects, 1)
    said = entry(subjects.root + ".message.a", b"x", msg_id="m", ttl_ms=1_000)
    seq = await commit(connection, JOURNAL, [said])
    await mark.note(connection, MARKED, NOW)

    async def expired() -> bool:
        return await reads.get_at(connection, JOURNAL, seq) is None

    await until(expired)
    await mark.check(connection, MARKED, NOW + 25 * DAY_MS, accept_restored_store=False)


def _erasure(subject: str, until: int, **fields: object) -> ErasureDoc:
    purged = PurgedSubject(stream=JOURNAL, subject=subject, count=1, until=until)
    doc = ErasureDoc(
        customer=CustomerId("cus_1"),
        tenant=Tenant("t"),
        by="kim",
        why="asked",
        asked_at=1,
        subjects=(purged,),
    )
    return msgspec.structs.replace(doc, **fields)


PENDING = PendingPurge(stream=JOURNAL, subject="maitred.v1.t.customer.c1", count=1, until=2)


@pytest.mark.parametrize(
    "erasure",
    [
        _erasure("maitred.v1.t.customer.c1", 2),
        _erasure("maitred.v1.t.customer.c1", 9),
        _erasure("maitred.v1.t.customer.*", 2),
        _erasure("maitred.v1.t.customer.>", 2),
        _erasure("x", 2, pending=(PENDING,)),
    ],
    ids=["by its subject", "with later ones", "with others", "of a kind", "a moment ago"],
)
async def test_a_message_that_went_with_somebody_who_was_erased_is_no_fault(
    connection: Connection, subjects: Subjects, mark: HighWater, erasure: ErasureDoc
) -> None:
    """The mark may be another gateway's, which was down meanwhile: it is told by the journal."""
    await _write(connection, subjects, 2)
    await mark.note(connection, MARKED, NOW)
    data = msgspec.json.encode(erasure)
    where = subjects.erasure(erasure.customer)
    await commit(connection, JOURNAL, [document(where, data, expected=0)])
    await reads.purge(connection, JOURNAL, subjects.root + ".customer.c1")
    await mark.check(connection, MARKED, NOW, accept_restored_store=False)


@pytest.mark.parametrize(
    "erasure",
    [
        _erasure("maitred.v1.t.customer.c1", 1),
        _erasure("maitred.v1.t.customer.c2", 9),
        _erasure("maitred.v1.t.customer.c1.>", 9),
        _erasure("maitred.v1.*.customer", 9),
        _erasure("maitred.v1.t.customer.c1", 9, subjects=()),
    ],
    ids=["earlier ones", "another", "below it", "above it", "nothing"],
)
async def test_an_erasure_of_something_else_excuses_nothing(
    connection: Connection, subjects: Subjects, mark: HighWater, erasure: ErasureDoc
) -> None:
    await _write(connection, subjects, 2)
    await mark.note(connection, MARKED, NOW)
    data = msgspec.json.encode(erasure)
    where = subjects.erasure(erasure.customer)
    await commit(connection, JOURNAL, [document(where, data, expected=0)])
    await reads.delete_at(connection, JOURNAL, 2)
    await _refused(mark, connection, NOW, "JOURNAL: message 2 is gone before its time")


@pytest.mark.parametrize(
    ("now", "says"),
    [(NOW - 6 * MINUTE_MS, "clock: 360 s behind"), (NOW + 31 * DAY_MS, "clock: 31 days ahead")],
)
async def test_a_wrong_clock_is_told(
    connection: Connection, mark: HighWater, now: int, says: str
) -> None:
    await mark.note(connection, MARKED, NOW)
    await _refused(mark, connection, now, says)


async def test_a_mark_that_cannot_be_read_stops_the_start(
    connection: Connection, mark: HighWater
) -> None:
    await mark.note(connection, MARKED, NOW)
    mark._path.write_bytes(b"{")
    with pytest.raises(ConfigurationError, match=r"high-water\.json"):
        await mark.check(connection, MARKED, NOW, accept_restored_store=False)

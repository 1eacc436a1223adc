"""Atomic batches and group commit: all or nothing, and only the loser loses."""

from __future__ import annotations

import asyncio

import pytest

from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.limits import BATCH_MESSAGES_MAX
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.batch import AlreadyApplied, Conflict, Write, commit, document, entry
from maitred.gateway.bus.committer import Committer
from maitred.gateway.bus.connection import Connection


async def test_a_batch_lands_whole_with_consecutive_sequences(
    connection: Connection, subjects: Subjects
) -> None:
    names = [f"{subjects.root}.customer.c{number}" for number in range(5)]
    first = await commit(connection, JOURNAL, [document(name, b"1", expected=0) for name in names])
    found = await reads.get_many(connection, JOURNAL, names)
    assert [found[name].seq for name in names] == list(range(first, first + 5))


async def test_a_stale_expectation_writes_nothing_at_all(
    connection: Connection, subjects: Subjects
) -> None:
    here, other = subjects.root + ".customer.a", subjects.root + ".customer.b"
    seq = await commit(connection, JOURNAL, [document(here, b"1", expected=0)])
    await commit(connection, JOURNAL, [document(here, b"2", expected=seq)])
    with pytest.raises(Conflict) as lost:
        await commit(
            connection,
            JOURNAL,
            [document(other, b"x", expected=0), document(here, b"3", expected=seq)],
        )
    assert not isinstance(lost.value, AlreadyApplied)
    found = await reads.get_many(connection, JOURNAL, [here, other])
    assert {name: stored.data for name, stored in found.items()} == {here: b"2"}


async def test_an_entry_stored_before_refuses_the_whole_batch_as_applied(
    connection: Connection, subjects: Subjects
) -> None:
    said = entry(subjects.root + ".message.a", b"hello", msg_id="m", ttl_ms=60_000)
    await commit(connection, JOURNAL, [said])
    with pytest.raises(AlreadyApplied):
        await commit(
            connection, JOURNAL, [document(subjects.root + ".customer.a", b"1", expected=0), said]
        )
    assert (await streams.info(connection, JOURNAL)).messages == 1


async def test_a_document_replaces_its_last_version(
    connection: Connection, subjects: Subjects
) -> None:
    name = subjects.root + ".customer.a"
    seq = 0
    for text in (b"1", b"2", b"3"):
        seq = await commit(connection, JOURNAL, [document(name, text, expected=seq)])
    assert (await streams.info(connection, JOURNAL)).messages == 1


async def test_a_batch_for_another_stream_is_refused_for_good(
    connection: Connection, subjects: Subjects
) -> None:
    with pytest.raises(Permanent):
        await commit(
            connection, "DEAD", [document(subjects.root + ".customer.a", b"1", expected=0)]
        )


async def test_an_empty_and_an_oversized_batch_are_refused_before_they_are_sent(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    with pytest.raises(Permanent):
        await commit(connection, JOURNAL, [])
    writes = [
        entry(subjects.root + ".message.a", b"", msg_id=f"m{number}", ttl_ms=60_000)
        for number in range(BATCH_MESSAGES_MAX + 1)
    ]
    with pytest.raises(Permanent) as refused:
        await committer.commit(writes)
    assert refused.value.code == "too_large"
    assert committer.batches == 0


async def test_transactions_that_are_ready_together_share_a_batch(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    names = [f"{subjects.root}.customer.c{number}" for number in range(50)]
    written = await asyncio.gather(
        *(committer.commit([document(name, b"1", expected=0)]) for name in names)
    )
    found = await reads.get_many(connection, JOURNAL, names)
    assert [one[name] for one, name in zip(written, names, strict=True)] == [
        found[name].seq for name in names
    ]
    assert committer.batches < 5


async def test_one_loser_in_a_group_fails_alone(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    names = [f"{subjects.root}.customer.c{number}" for number in range(16)]
    await commit(connection, JOURNAL, [document(names[7], b"theirs", expected=0)])
    said = entry(subjects.root + ".message.a", b"", msg_id="m", ttl_ms=60_000)
    await commit(connection, JOURNAL, [said])
    outcomes = await asyncio.gather(
        *(committer.commit([document(name, b"ours", expected=0)]) for name in names),
        committer.commit([said]),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [
        *([dict] * 7),
        Conflict,
        *([dict] * 8),
        AlreadyApplied,
    ]
    found = await reads.get_many(connection, JOURNAL, names)
    assert [found[name].data for name in names] == [b"ours"] * 7 + [b"theirs"] + [b"ours"] * 8


async def test_two_that_write_one_document_go_one_after_the_other_and_the_second_loses(
    committer: Committer, subjects: Subjects
) -> None:
    name = subjects.root + ".customer.a"
    outcomes = await asyncio.gather(
        committer.commit([document(name, b"1", expected=0)]),
        committer.commit([document(name, b"2", expected=0)]),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [dict, Conflict]


async def test_an_expectation_counts_what_was_written_just_before_it(
    committer: Committer, subjects: Subjects
) -> None:
    name = subjects.root + ".customer.a"
    outcomes = await asyncio.gather(
        committer.commit([Write(name, b"1", {})]),
        committer.commit([document(name, b"2", expected=0)]),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [dict, Conflict]
    assert committer.batches == 2


async def test_entries_of_one_subject_keep_the_order_of_their_callers(
    connection: Connection, committer: Committer, subjects: Subjects
) -> None:
    subject = subjects.root + ".message.a"
    written = await asyncio.gather(
        *(
            committer.commit([entry(subject, b"", msg_id=f"m{number}", ttl_ms=60_000)])
            for number in range(40)
        )
    )
    assert [one[subject] for one in written] == list(range(1, 41))


async def test_a_cancelled_caller_does_not_disturb_the_others(
    committer: Committer, subjects: Subjects
) -> None:
    names = [f"{subjects.root}.customer.c{number}" for number in range(3)]
    waiting = [asyncio.gather(committer.commit([document(n, b"", expected=0)])) for n in names]
    await asyncio.sleep(0)
    waiting[1].cancel()
    assert await waiting[0]
    assert await waiting[2]


async def test_a_stopped_committer_refuses_and_finishes_what_it_took(
    committer: Committer, subjects: Subjects
) -> None:
    taken = asyncio.gather(
        *(
            committer.commit([document(f"{subjects.root}.customer.c{n}", b"", expected=0)])
            for n in range(10)
        )
    )
    await asyncio.sleep(0)
    await committer.stop()
    assert len(await taken) == 10
    with pytest.raises(StoreUnavailable):
        await committer.commit([document(subjects.root + ".customer.z", b"", expected=0)])

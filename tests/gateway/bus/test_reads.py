"""Reads: many documents at once, past the server's own bound, and what counts as missing."""

from __future__ import annotations

import asyncio

from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus import reads
from maitred.gateway.bus.batch import Write, commit, document
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.publisher import Publisher

_MANY = 1_300


async def _fill(connection: Connection, names: list[str]) -> None:
    for start in range(0, len(names), 650):
        writes = [document(name, name.encode(), expected=0) for name in names[start : start + 650]]
        await commit(connection, JOURNAL, writes)


async def test_more_subjects_than_the_server_answers_at_once_are_all_read(
    connection: Connection, subjects: Subjects
) -> None:
    names = [f"{subjects.root}.customer.c{number}" for number in range(_MANY)]
    await _fill(connection, names)
    by_name = await reads.get_many(connection, JOURNAL, [*names, subjects.root + ".customer.none"])
    by_wildcard = await reads.get_many(connection, JOURNAL, [subjects.any("customer")])
    assert set(by_name) == set(by_wildcard) == set(names)
    assert all(stored.data == name.encode() for name, stored in by_name.items())
    assert {name: one.seq for name, one in by_name.items()} == {
        name: one.seq for name, one in by_wildcard.items()
    }


async def test_wildcards_that_match_several_pages_are_read_whole(
    connection: Connection, subjects: Subjects
) -> None:
    names = [f"{subjects.root}.customer.c{number}" for number in range(900)]
    await _fill(connection, names)
    assert set(await reads.get_many(connection, JOURNAL, [subjects.any("customer")])) == set(names)


async def test_nothing_found_is_an_empty_answer(connection: Connection, subjects: Subjects) -> None:
    name = subjects.root + ".customer.none"
    assert await reads.get_many(connection, JOURNAL, [name]) == {}
    assert await reads.get_many(connection, JOURNAL, []) == {}
    for leader in (False, True):
        assert await reads.get_last(connection, JOURNAL, name, leader=leader) is None
        for seq in (0, 7):
            assert await reads.get_at(connection, JOURNAL, seq, leader=leader) is None


async def test_the_leader_and_any_replica_tell_the_same(
    connection: Connection, subjects: Subjects
) -> None:
    name = subjects.root + ".customer.a"
    written = document(name, b"\x00\xffbytes", expected=0, headers={"trace": "é:1"})
    seq = await commit(connection, JOURNAL, [written])
    quick = await reads.get_last(connection, JOURNAL, name)
    sure = await reads.get_last(connection, JOURNAL, name, leader=True)
    assert quick == sure == await reads.get_at(connection, JOURNAL, seq)
    assert sure is not None
    assert (sure.data, sure.headers["trace"]) == (b"\x00\xffbytes", "é:1")


async def test_a_marker_of_something_deleted_counts_as_missing(
    connection: Connection, subjects: Subjects
) -> None:
    name = subjects.root + ".customer.a"
    await commit(connection, JOURNAL, [Write(name, b"", {"KV-Operation": "DEL"})])
    assert await reads.get_many(connection, JOURNAL, [name]) == {}
    assert await reads.get_last(connection, JOURNAL, name) is None


async def test_a_purge_erases_what_it_names_and_nothing_else(
    connection: Connection, subjects: Subjects
) -> None:
    names = [f"{subjects.root}.customer.{kind}" for kind in ("a", "b")]
    await _fill(connection, names)
    assert await reads.purge(connection, JOURNAL, names[0]) == 1
    assert await reads.purge(connection, JOURNAL, names[0]) == 0
    assert set(await reads.get_many(connection, JOURNAL, names)) == {names[1]}


async def test_one_message_is_erased_once(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    acks = await asyncio.gather(
        *(
            publisher.publish(subjects.root + ".message.a", b"", msg_id=f"m{n}", stream=JOURNAL)
            for n in range(3)
        )
    )
    assert await reads.delete_at(connection, JOURNAL, acks[1].seq)
    assert not await reads.delete_at(connection, JOURNAL, acks[1].seq)
    assert not await reads.delete_at(connection, JOURNAL, 99)
    assert await reads.get_at(connection, JOURNAL, acks[0].seq) is not None


async def test_a_purge_up_to_a_sequence_leaves_what_came_later(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    mine, other = subjects.root + ".message.a", subjects.root + ".message.b"
    for number, subject in enumerate((mine, other, mine, mine), 1):
        await publisher.publish(subject, b"x", msg_id=str(number), stream=JOURNAL)
    assert await reads.purge(connection, JOURNAL, mine, until=3) == 2
    assert await reads.count(connection, JOURNAL, subjects.any("message")) == (
        {mine: 1, other: 1},
        4,
    )
    assert await reads.purge(connection, JOURNAL, mine, until=3) == 0
    assert await reads.purge(connection, JOURNAL, mine) == 1
    assert await reads.count(connection, JOURNAL, mine) == ({}, 4)


async def test_what_follows_a_sequence_is_found_by_wildcards_too(
    connection: Connection, subjects: Subjects
) -> None:
    await _fill(connection, [f"{subjects.root}.customer.c{number}" for number in range(3)])

    async def following(subject: str, after: int) -> int:
        found = await reads.get_next(connection, JOURNAL, subject, after=after)
        return found.seq if found is not None else 0

    assert [await following(subjects.any("customer"), after) for after in range(4)] == [1, 2, 3, 0]
    assert await following(f"{subjects.root}.customer.c1", 0) == 2
    assert await following(f"{subjects.root}.customer.c1", 2) == 0


async def test_of_two_who_delete_a_message_one_has_deleted_it(
    connection: Connection, subjects: Subjects
) -> None:
    await _fill(connection, [f"{subjects.root}.customer.c{number}" for number in range(20)])
    for seq in range(1, 21):
        done = await asyncio.gather(*(reads.delete_at(connection, JOURNAL, seq) for _ in range(4)))
        assert done.count(True) == 1
    assert not await reads.delete_at(connection, JOURNAL, 5)


async def test_a_log_is_scanned_page_by_page_up_to_a_sequence(
    connection: Connection, publisher: Publisher, subjects: Subjects
) -> None:
    subject = subjects.root + ".message.a"
    for number in range(7):
        await publisher.publish(subject, b"%d" % number, msg_id=str(number), stream=JOURNAL)
    for page in (1, 2, 3, 7, 50):
        found = [each.seq async for each in scan(connection, JOURNAL, subject, page=page)]
        assert found == [1, 2, 3, 4, 5, 6, 7]
        part = scan(connection, JOURNAL, subject, after=2, until=5, page=page)
        assert [each.seq async for each in part] == [3, 4, 5]

"""A stage's shell: groups, rounds of reading, bad inputs, duplicates, and what does not fit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from maitred.contracts import limits
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import reads
from maitred.gateway.bus.batch import Write, document
from maitred.gateway.bus.connection import Connection
from maitred.gateway.journal.writes import MESSAGE_BYTES_MAX
from tests.gateway.journal.conftest import Handled, Run
from tests.gateway.journal.toy import Count, Order, Toy, counts, entries, position, send_all


def _orders(count: int, *keys: str, start: int = 1) -> list[Order]:
    return [
        Order(id=f"o{number}", key=keys[number % len(keys)])
        for number in range(start, start + count)
    ]


async def test_a_group_is_one_batch_and_counts_every_order_once_and_in_order(
    backbone: Backbone, run: Run, handled: Handled
) -> None:
    await send_all(backbone, _orders(100, "a", "b"))
    before = backbone.committer.batches
    stage = Toy(backbone.subjects)
    run(backbone, stage)
    await handled(backbone, 100)
    assert backbone.committer.batches - before == len(stage.groups) < 20
    assert await counts(backbone) == {"a": 50, "b": 50}
    assert [each.order for each in await entries(backbone)] == [f"o{n}" for n in range(1, 101)]
    assert stage.told == [f"o{number}" for number in range(1, 101)]
    found = await position(backbone)
    assert (found.applied, found.suppressed, found.dead) == (100, 0, 0)


async def test_a_chain_of_documents_is_read_in_as_many_rounds_as_it_is_long(
    backbone: Backbone, run: Run, handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = [Order(id=f"l{n}", key=f"k{n}", then=f"k{n + 1}" if n < 4 else "") for n in range(5)]
    followers = [Order(id=f"f{n}", key="k0", act="follow") for n in range(20)]
    await send_all(backbone, links)
    task = run(backbone, Toy(backbone.subjects))
    await handled(backbone, len(links))
    task.cancel()
    asked: list[int] = []
    read = reads.get_many

    async def counting(
        connection: Connection, stream: str, subjects: Sequence[str], *, at_least: int
    ) -> dict[str, reads.Stored]:
        asked.append(len(subjects))
        return await read(connection, stream, subjects, at_least=at_least)

    monkeypatch.setattr("maitred.gateway.journal.runner.get_many", counting)
    await send_all(backbone, [*links, *followers])
    stage = Toy(backbone.subjects)
    run(backbone, stage)
    await handled(backbone, len(links) + len(followers))
    assert [each.number for each in (await entries(backbone))[-20:]] == [5] * 20
    assert asked == [1] * 5 * len(stage.groups)


async def test_what_another_stage_wrote_is_seen_by_the_next_group(
    backbone: Backbone, run: Run, handled: Handled
) -> None:
    stage = Toy(backbone.subjects)
    run(backbone, stage)
    peeks = [Order(id=f"p{number}", key="a", act="peek") for number in range(3)]
    for number in range(3):
        await send_all(backbone, peeks[: number + 1])
        await handled(backbone, number + 1)
        await _write_outside(backbone, stage.where("a"), number + 7)
    assert [each.number for each in await entries(backbone)] == [0, 7, 8]


async def test_a_bad_input_is_buried_and_the_next_ones_go_through(
    backbone: Backbone, run: Run, handled: Handled
) -> None:
    orders: list[Order | bytes] = [*_orders(3, "a"), b"no order", *_orders(3, "a", start=4)]
    await send_all(backbone, orders)
    stage = Toy(backbone.subjects)
    run(backbone, stage)
    await handled(backbone, 7)
    assert await counts(backbone) == {"a": 6}
    (letter,) = await backbone.dead.list(10)
    assert (letter.data, letter.reason_code, letter.input_seq) == (b"no order", "bad_order", 4)
    found = await position(backbone)
    assert (found.applied, found.dead) == (6, 1)


@pytest.mark.parametrize(("act", "code"), [("fail", "internal"), ("refuse", "refused_order")])
async def test_an_input_that_cannot_be_applied_is_buried_alone(
    backbone: Backbone, run: Run, handled: Handled, act: str, code: str
) -> None:
    orders = _orders(100, "a", "b")
    orders[41] = Order(id="bad", key="b", act=act)
    orders[77] = Order(id="bad too", key="c", act=act)
    await send_all(backbone, orders)
    stage = Toy(backbone.subjects)
    run(backbone, stage)
    await handled(backbone, 100)
    assert sum((await counts(backbone)).values()) == 98
    letters = await backbone.dead.list(10)
    assert [(each.input_seq, each.reason_code) for each in letters] == [(42, code), (78, code)]
    assert "a fault of the stage" not in letters[0].reason
    assert len(await entries(backbone)) == len(stage.told) == 98
    # What the stage keeps in memory must not count in what was buried.
    assert stage.rebuilt > 1


async def test_an_input_whose_documents_never_fit_together_is_buried_and_blocks_nobody(
    backbone: Backbone, run: Run, handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maitred.gateway.journal.runner.IDLE_ROUNDS_MAX", 2)
    orders = _orders(20, "a", "b")
    orders[7] = Order(id="torn", key="b", act="stubborn")
    await send_all(backbone, orders)
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, 20)
    assert sum((await counts(backbone)).values()) == 19
    (letter,) = await backbone.dead.list(10)
    assert (letter.input_seq, letter.reason_code) == (8, "torn")


async def test_an_entry_that_stands_already_is_a_duplicate_and_the_position_moves_on(
    backbone: Backbone, run: Run, handled: Handled
) -> None:
    orders = [
        *_orders(3, "a"),
        Order(id="first", key="z", act="again"),
        Order(id="second", key="z", act="again"),
        *_orders(3, "a", start=4),
    ]
    await send_all(backbone, orders)
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, 8)
    assert await counts(backbone) == {"a": 6}
    told = [each.order for each in await entries(backbone)]
    assert told == ["o1", "o2", "o3", "first", "o4", "o5", "o6"]
    found = await position(backbone)
    assert (found.applied, found.suppressed) == (7, 1)


async def test_a_document_may_be_written_without_being_looked_at(
    backbone: Backbone, run: Run, handled: Handled
) -> None:
    await send_all(backbone, [Order(id="1", key="a"), Order(id="2", key="a", act="blind")])
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, 2)
    assert await counts(backbone) == {"a": 1}


async def test_a_group_whose_effects_do_not_fit_into_one_batch_is_split(
    backbone: Backbone, run: Run, handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = _watched(backbone, monkeypatch)
    wide = [Order(id=f"w{number}", key="a", entries=20) for number in range(120)]
    await send_all(backbone, wide)
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, 120)
    assert await counts(backbone) == {"a": 120}
    assert len(await entries(backbone)) == 2_400
    assert max(sizes) > limits.BATCH_MESSAGES_MAX // 2
    assert (await position(backbone)).applied == 120


async def test_a_group_with_too_many_bytes_for_one_batch_is_split(
    backbone: Backbone, run: Run, handled: Handled
) -> None:
    large = [Order(id=f"l{number}", key="a", padding=700_000) for number in range(16)]
    await send_all(backbone, large)
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, 16)
    assert await counts(backbone) == {"a": 16}


async def test_a_lost_race_after_the_first_half_of_a_split_group_repeats_only_the_second(
    backbone: Backbone, run: Run, handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = [Order(id=f"w{number}", key="a", entries=20) for number in range(80)]
    await send_all(backbone, wide)
    stage = Toy(backbone.subjects)
    commits = 0
    commit = backbone.committer.commit

    async def raced(writes: list[Write]) -> dict[str, int]:
        nonlocal commits
        commits += 1
        if commits == 2:
            seen = await counts(backbone)
            await commit([_outside(stage.where("a"), seen["a"] + 1_000, await _at(backbone))])
        return await commit(writes)

    monkeypatch.setattr(backbone.committer, "commit", raced)
    run(backbone, stage)
    await handled(backbone, 80)
    assert await counts(backbone) == {"a": 1_080}
    assert len(await entries(backbone)) == 1_600
    assert (await position(backbone)).applied == 80


@pytest.mark.parametrize(
    "too_large",
    [
        Order(id="wide", key="a", entries=limits.BATCH_MESSAGES_MAX),
        Order(id="heavy", key="a", entries=12, padding=800_000),
        Order(id="tall", key="a", padding=MESSAGE_BYTES_MAX),
    ],
    ids=lambda order: order.id,
)
async def test_an_input_whose_effects_alone_are_too_large_is_buried(
    backbone: Backbone, run: Run, handled: Handled, too_large: Order
) -> None:
    await send_all(backbone, [*_orders(2, "a"), too_large, *_orders(2, "a", start=3)])
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, 5)
    assert await counts(backbone) == {"a": 4}
    (letter,) = await backbone.dead.list(10)
    assert (letter.reason_code, letter.input_seq) == ("too_large", 3)


async def test_an_input_whose_effects_the_store_can_never_take_is_buried(
    backbone: Backbone, run: Run, handled: Handled
) -> None:
    bad = Order(id="bad", key="a", act="unsendable")
    await send_all(backbone, [*_orders(2, "a"), bad, *_orders(2, "a", start=3)])
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, 5)
    assert await counts(backbone) == {"a": 4}
    (letter,) = await backbone.dead.list(10)
    assert (letter.reason_code, letter.input_seq) == ("bad_header", 3)


def _watched(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many writes each commit has."""
    sizes: list[int] = []
    commit = backbone.committer.commit

    async def noting(writes: list[Write]) -> dict[str, int]:
        sizes.append(len(writes))
        return await commit(writes)

    monkeypatch.setattr(backbone.committer, "commit", noting)
    return sizes


async def _at(backbone: Backbone, key: str = "a") -> int:
    subject = Toy(backbone.subjects).where(key)
    stored = await reads.get_last(backbone.connection, JOURNAL, subject, leader=True)
    return stored.seq if stored else 0


def _outside(subject: str, number: int, expected: int) -> Write:
    return document(subject, msgspec.json.encode(Count(number=number)), expected=expected)


async def _write_outside(backbone: Backbone, subject: str, number: int) -> None:
    await backbone.committer.commit([_outside(subject, number, await _at(backbone))])

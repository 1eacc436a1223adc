"""Exactly once: crashes anywhere, two runners, outside writers, a server that is killed."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest

from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import reads
from maitred.gateway.bus.batch import Write, document
from maitred.gateway.bus.embedded import EmbeddedServer
from tests.gateway.conftest import Eventually, OpenBackbone
from tests.gateway.journal.conftest import Handled, Run
from tests.gateway.journal.toy import (
    Count,
    Order,
    Toy,
    counts,
    cut_off,
    entries,
    position,
    runner,
    send,
    send_all,
)

KEYS = ("a", "b", "c")


def _orders(count: int) -> list[Order]:
    return [Order(id=f"o{number}", key=KEYS[number % 3]) for number in range(count)]


async def _assert_once(backbone: Backbone, orders: list[Order]) -> None:
    wanted = Counter(order.key for order in orders)
    assert await counts(backbone) == wanted
    told = await entries(backbone)
    assert [each.order for each in told] == [order.id for order in orders]
    for key in KEYS:
        mine = {order.id for order in orders if order.key == key}
        numbers = [each.number for each in told if each.order in mine]
        assert numbers == list(range(1, wanted[key] + 1))
    found = await position(backbone)
    assert (found.applied, found.suppressed, found.dead) == (len(orders), 0, 0)


async def _interrupted(backbone: Backbone, after: int, last: str) -> None:
    """Run a stage that ends where it waits for the `after`-th time, or when all is done."""
    stage = Toy(backbone.subjects)
    await cut_off(runner(backbone, stage).run(), lambda waits: waits >= after or last in stage.told)


@pytest.mark.parametrize("seed", range(4))
async def test_a_crash_between_any_two_effects_loses_and_doubles_nothing(
    backbone: Backbone, run: Run, handled: Handled, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  (a seed makes the crashes repeatable)
    orders = _orders(120)
    for start in range(0, len(orders), 4):
        for number, order in enumerate(orders[start : start + 4], start + 1):
            await send(backbone, order, number)
        await _interrupted(backbone, chance.randrange(1, 30), order.id)
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, len(orders))
    await _assert_once(backbone, orders)


async def test_every_place_where_a_runner_waits_may_be_its_last(
    backbone: Backbone, run: Run, handled: Handled
) -> None:
    orders = _orders(40)
    for after, order in enumerate(orders, 1):
        await send(backbone, order, after)
        await _interrupted(backbone, after, order.id)
    run(backbone, Toy(backbone.subjects))
    await handled(backbone, len(orders))
    await _assert_once(backbone, orders)


async def test_two_runners_on_one_partition_double_nothing(
    open_backbone: OpenBackbone, run: Run, handled: Handled
) -> None:
    one, two = await open_backbone(), await open_backbone()
    orders = _orders(200)
    stages = [Toy(one.subjects), Toy(two.subjects)]
    run(one, stages[0])
    run(two, stages[1])
    await send_all(one, orders)
    await handled(one, len(orders))
    await _assert_once(one, orders)
    # Each order was told once, by the runner whose batch went through.
    told = stages[0].told + stages[1].told
    assert len(told) == len(set(told))
    assert max(stage.rebuilt for stage in stages) > 1


async def test_a_writer_outside_is_met_by_a_second_try_and_both_effects_stay(
    open_backbone: OpenBackbone, run: Run, handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone, other = await open_backbone(), await open_backbone()
    orders = _orders(150)
    stage = Toy(backbone.subjects)
    subject = stage.where("a")
    added = 0
    commit = backbone.committer.commit

    async def commit_behind(writes: Sequence[Write]) -> dict[str, int]:
        """Let the outside writer in once the stage has read, and before it writes."""
        nonlocal added
        stored = await reads.get_last(other.connection, JOURNAL, subject, leader=True)
        if stored is not None and added < 5:
            number = msgspec.json.decode(stored.data, type=Count).number + 1_000
            data = msgspec.json.encode(Count(number=number))
            await other.committer.commit([document(subject, data, expected=stored.seq)])
            added += 1
        return await commit(writes)

    monkeypatch.setattr(backbone.committer, "commit", commit_behind)
    await send_all(backbone, orders[:3])
    run(backbone, stage)
    await handled(backbone, 3)
    await send_all(backbone, orders)
    await handled(backbone, len(orders))
    assert added == 5
    assert stage.rebuilt > 1  # a second try starts from what is stored
    assert await counts(backbone) == {"a": 50 + 1_000 * added, "b": 50, "c": 50}
    assert sorted(each.order for each in await entries(backbone)) == sorted(o.id for o in orders)
    assert (await position(backbone)).applied == len(orders)


async def test_a_server_that_is_killed_twice_delays_and_nothing_more(
    nats: EmbeddedServer,
    backbone: Backbone,
    run: Run,
    handled: Handled,
    eventually: Eventually,
) -> None:
    orders = _orders(400)
    run(backbone, Toy(backbone.subjects))
    for number, order in enumerate(orders, 1):
        await send(backbone, order, number)
        if number in {120, 260}:
            os.kill(nats.pid, signal.SIGKILL)

    async def through() -> bool:
        try:
            return (await position(backbone)).sequence >= len(orders)
        except StoreUnavailable:
            return False

    await eventually(through)
    assert nats.restarts == 2
    await _assert_once(backbone, orders)

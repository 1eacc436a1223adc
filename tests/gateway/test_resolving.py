"""Many resolvers on the real store, killed wherever they stand: the customers of one who never is.

`RACE_MESSAGES` makes the race as long as wanted (`make race`).
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from nats.aio.msg import Msg

from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.identifiers import Level
from maitred.contracts.limits import INBOUND_AGE_MS
from maitred.contracts.message import Message
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import View
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.batch import AlreadyApplied
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from maitred.identity.customers.whose import Whose, whose
from maitred.identity.evidence import nodes_of
from tests.gateway.journal.toy import cut_off
from tests.gateway.resolving import (
    END,
    SUBJECTS,
    Crash,
    Dial,
    Failing,
    Fault,
    Placing,
    agrees,
    place,
    stored,
    traffic,
)
from tests.identity.truth import living
from tests.identity.world import (
    START,
    TOOLS,
    World,
    account,
    email,
    said,
    slack,
    visitor,
)

RESOLVERS = 12
CONNECTIONS = 3
MESSAGES = int(os.environ.get("RACE_MESSAGES", "90"))
DUPLICATES = 0.2
FAULTS = 0.3


@dataclass
class Tally:
    """What happened on the way."""

    faults: Counter[Fault] = field(default_factory=Counter)
    computed: int = 0
    placed: int = 0
    again: int = 0
    cut: int = 0


async def _resolve(
    connection: Connection, inbox: deque[Message], chance: Random, tally: Tally
) -> None:
    """Place messages until none is left; who is killed has his message delivered again."""
    # A connection takes a fifth of a second to come back, and all who share it are cut off.
    kinds = {each: 1 if each is Fault.HALF_SENT else 3 for each in Fault if each is not Fault.NONE}
    while inbox:
        message = inbox.popleft()
        fault = Fault.NONE
        if chance.random() < FAULTS:
            (fault,) = chance.choices([*kinds], [*kinds.values()])
        step = Placing(message, fault)
        try:
            await place(Failing(connection, fault), step)
        except AlreadyApplied:
            tally.again += 1
        except Crash:
            tally.faults[fault] += 1
            inbox.append(message)
        except StoreUnavailable:
            tally.cut += 1
            inbox.append(message)
        else:
            tally.placed += 1
        tally.computed += max(step.runs - 1, 0)
        async with asyncio.timeout(10):
            await connection.wait_connected()


@pytest.fixture
async def dial(tmp_path: Path) -> Any:
    server = EmbeddedServer(tmp_path / "store")
    await server.start()
    opened: list[Connection] = []

    async def connect() -> Connection:
        endpoint = read_connection(tmp_path / "store")
        opened.append(await Connection.connect(endpoint, name="r", on_closed=lambda _: None))
        return opened[-1]

    await streams.declare(await connect(), replicas=1, inbound_age_ms=INBOUND_AGE_MS)
    yield connect
    for each in opened:
        await each.close()
    await server.stop()


# -- the proof ----------------------------------------------------------------------------------
@pytest.mark.timeout(max(120, MESSAGES))
@pytest.mark.parametrize("seed", range(2))
async def test_many_resolvers_that_crash_at_every_step_agree_with_one_who_does_not(
    dial: Dial, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311  (a seed for who writes, and who is killed)
    messages = traffic(chance, MESSAGES)
    again = [message for message in messages if chance.random() < DUPLICATES]
    arriving = [*messages, *again]
    chance.shuffle(arriving)
    inbox, tally = deque(arriving), Tally()
    connections = [await dial() for _ in range(CONNECTIONS)]
    async with asyncio.TaskGroup() as group:
        for number in range(RESOLVERS):
            connection = connections[number % CONNECTIONS]
            group.create_task(_resolve(connection, inbox, chance, tally))
    assert tally.faults.keys() == set(Fault) - {Fault.NONE}, "each way to die was died"
    assert tally.computed, "a race in which nobody ever collides proves nothing"
    assert tally.placed + tally.faults[Fault.UNHEARD] >= len(messages)
    assert tally.again, "what was done before is known to be done"
    racing = await agrees(connections[0], messages)
    alone = World(now=END)
    for message in messages:
        alone.take(message)
    assert set(racing.customers()) == set(alone.customers())


async def test_wherever_a_resolver_waits_may_be_its_end(dial: Dial) -> None:
    connection = await dial()
    messages = traffic(Random(11), 24)  # noqa: S311  (a seed for who writes)
    longest = 0
    for message in messages:
        waits = 0

        def now(waited: int, at: int) -> bool:
            nonlocal waits
            waits = waited
            return waited == at

        # Killed at its first wait, then at its second, and so on until it comes through.
        for at in range(1, 40):
            work = _ended(connection, message)
            task = asyncio.get_running_loop().create_task(_cut(work, lambda n, at=at: now(n, at)))
            if await task:
                break
        else:
            pytest.fail("it never comes through")
        longest = max(longest, waits)
    assert longest > 3, "to read, to read what that led to, and to write"
    await agrees(connection, messages)


async def _ended(connection: Connection, message: Message) -> None:
    try:
        await place(connection, Placing(message))
    except AlreadyApplied:
        return


async def _cut(work: Any, now: Callable[[int], bool]) -> bool:
    """Run `work` until it is cut off, and return whether it came to its end before."""
    try:
        await cut_off(work, now)
    except AssertionError:
        return True
    return False


# -- what a transaction costs, and who loses ----------------------------------------------------
async def test_to_ask_whose_a_known_sender_is_writes_nothing(dial: Dial) -> None:
    connection = await dial()
    messages = [
        said("m1", email("ann@example.com")),
        said("m2", slack("U1"), email("ann@example.com"), at=START + 1),
        said("m3", visitor("kiosk"), account("ann"), at=START + 2),
        said("m4", visitor("kiosk"), account("bob"), at=START + 3),
    ]
    for message in messages:
        await place(connection, Placing(message))
    before = await streams.last_sequence(connection, JOURNAL)
    expected = World(now=END)
    for message in messages:
        expected.take(message)
    for number, message in enumerate(messages):
        again = msgspec.structs.replace(message, id=said(f"n{number}", message.actor).id)
        nodes = nodes_of(again, TOOLS.keys, TOOLS.policy)

        def step(view: View, again: Message = again, nodes: Any = nodes) -> Decision[Whose]:
            found = whose(again, nodes, view, TOOLS, again.received_at)
            return Decision(found, found.documents)

        found = await transact(connection, Keeping(), step, END)
        assert found.documents == {}
        assert found.customer.id in expected.customers().values()
    assert await streams.last_sequence(connection, JOURNAL) == before


async def test_a_message_of_a_known_sender_writes_no_component_and_no_pointer(dial: Dial) -> None:
    connection = await dial()
    pair = (slack("U1"), email("ann@example.com"))
    await place(connection, Placing(said("m1", *pair)))
    watched = [SUBJECTS.any("identifier"), SUBJECTS.any("component")]
    before = await reads.get_many(connection, JOURNAL, watched)
    for number in range(3):
        await place(connection, Placing(said(f"n{number}", *pair, at=START + number)))
    claim = email("ann@example.com", Level.CLAIMED)
    owner = await reads.get_many(connection, JOURNAL, [SUBJECTS.any("customer")])
    await place(connection, Placing(said("c", visitor("eve"), claim, at=START + 9)))
    after = await reads.get_many(connection, JOURNAL, watched)
    assert {subject: after[subject].seq for subject in before} == {
        subject: stored.seq for subject, stored in before.items()
    }
    now = await reads.get_many(connection, JOURNAL, [*owner])
    assert {s: each.seq for s, each in now.items()} == {s: each.seq for s, each in owner.items()}


async def test_of_two_who_touch_one_component_one_loses_whole_and_computes_again(
    dial: Dial,
) -> None:
    one, two = await dial(), await dial()
    messages = [
        said("m0", account("ann")),
        said("m1", account("ann"), email("ann@example.com"), at=START + 1),
        said("m2", account("ann"), visitor("v1"), at=START + 2),
    ]
    await place(one, Placing(messages[0]))
    both = asyncio.Barrier(2)
    racing = [Failing(connection, gate=both.wait) for connection in (one, two)]
    steps = [Placing(message) for message in messages[1:]]
    before = await streams.last_sequence(one, JOURNAL)
    async with asyncio.TaskGroup() as group:
        for connection, step in zip(racing, steps, strict=True):
            group.create_task(place(connection, step))
    assert sorted(step.runs for step in steps) == [1, 2]
    winner, loser = sorted(racing, key=lambda each: len(each.sent))
    assert (len(winner.sent), len(loser.sent)) == (1, 2)
    # Of what the loser sent first, nothing took up so much as a sequence.
    kept = winner.sent[0] + loser.sent[1]
    assert await streams.last_sequence(one, JOURNAL) - before == kept
    world = await agrees(one, messages)
    assert len(world.customers()) == 1


async def test_who_loses_every_time_says_so_and_leaves_nothing(
    dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maitred.gateway.journal.transaction.TRIES_MAX", 3)
    connection = await dial()
    await place(connection, Placing(said("m0", email("ann@example.com"))))
    rivals = iter(range(99))

    class Outrun(Failing):
        """Whenever this one writes, somebody else was there a moment before."""

        async def request_raw(self, *arguments: Any, **more: Any) -> Msg:
            name = f"r{next(rivals)}"
            await place(connection, Placing(said(name, email("ann@example.com"), at=START + 1)))
            return await super().request_raw(*arguments, **more)

    late = Placing(said("late", email("ann@example.com"), visitor("v1"), at=START + 2))
    with pytest.raises(Permanent) as lost:
        await place(Outrun(connection), late)
    assert lost.value.code == "busy"
    assert late.runs >= 3
    world = await stored(connection)
    (customer,) = living(world)
    assert customer.messages == 1 + 3
    assert world.components() == []

"""Resolvers on a real store: how one is killed, what they take in, and what must come of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any, Protocol

import msgspec
from nats.aio.msg import Msg

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import ClaimDoc, ComponentDoc, CustomerDoc, IdentifierDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message
from maitred.contracts.subjects import JOURNAL, message_msg_id
from maitred.contracts.view import View
from maitred.gateway.bus import history, reads
from maitred.gateway.bus.connection import Connection
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from tests.identity.truth import customers_of, evidence_of, hold, living
from tests.identity.world import (
    START,
    TOOLS,
    World,
    account,
    email,
    phone,
    said,
    slack,
    visitor,
)

END = START + 400 * DAY_MS
NUMBERS = [phone(f"+1415555010{n}") for n in range(3)]
SUBJECTS = TOOLS.subjects
Document = IdentifierDoc | ComponentDoc | CustomerDoc | Conversation | ClaimDoc


class Crash(Exception):
    """The resolver is killed here."""


class Fault(Enum):
    """Where a resolver is killed, if it is."""

    NONE = "none"
    BEFORE_READING = "before reading"
    BEFORE_COMMIT = "between read and commit"
    HALF_SENT = "in the middle of its batch, and its connection with it"
    UNHEARD = "after the commit, before the answer is heard"


class Dial(Protocol):
    async def __call__(self) -> Connection: ...


@dataclass
class Failing:
    """A connection to which one thing happens where a batch is sent."""

    connection: Connection
    fault: Fault = Fault.NONE
    gate: Callable[[], Awaitable[object]] | None = None
    sent: list[int] = field(default_factory=list)
    """How many messages each batch had."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    async def request_raw(
        self, before: Sequence[bytes], asked: tuple[str, bytes, bytes], *, timeout_ms: int
    ) -> Msg:
        self.sent.append(len(before) + 1)
        if self.gate is not None:
            await self.gate()
            self.gate = None
        if self.fault is Fault.HALF_SENT:
            await self.connection.send(before)
            self.connection.client._transport._io_writer.transport.abort()
            raise Crash
        answer = await self.connection.request_raw(before, asked, timeout_ms=timeout_ms)
        if self.fault is Fault.UNHEARD:
            raise Crash
        return answer


@dataclass
class Placing:
    """The step of one resolver for one message; `runs` counts how often it was computed."""

    message: Message
    fault: Fault = Fault.NONE
    runs: int = 0

    def __call__(self, view: View) -> Decision[None]:
        if self.fault is Fault.BEFORE_READING:
            raise Crash
        placement, documents = World(now=END).compute(self.message, view)  # type: ignore[arg-type]
        self.runs += 1
        if self.fault is Fault.BEFORE_COMMIT:
            raise Crash
        entry = MessageEntry(
            message=self.message,
            customer=placement.customer,
            conversation=placement.conversation,
            joined=placement.joined,
        )
        subject = SUBJECTS.message(self.message.actor_key)
        return Decision(None, documents, (Entry(subject, entry, message_msg_id(self.message.id)),))


async def place(connection: Any, step: Placing) -> None:
    await transact(connection, Keeping(), step, END)


def people(chance: Random, count: int) -> list[list[Observed]]:
    """Return the contexts in which people are seen: own ones, and some that several share."""
    seen: list[list[Observed]] = []
    proven = [Observed(identifier=each.identifier, level=Level.PROVEN) for each in NUMBERS]
    for number in range(count):
        own = [
            account(f"a{number}"),
            email(f"p{number}@example.com"),
            visitor(f"v{number}"),
            slack(f"U{number}"),
        ]
        seen += [own[:2], own[1:3], [own[3], own[1]], [own[0], chance.choice(proven)]]
        seen += [[each] for each in own]
        seen += [[visitor(f"kiosk{number % 2}"), own[0]], [own[2], email("info@example.com")]]
        seen += [[email(f"p{number}@example.com", Level.CLAIMED)]]
        seen += [[own[2], email(f"p{number + 1}@example.com", Level.CLAIMED)]]
    return [*seen, *([each] for each in NUMBERS)]


def traffic(chance: Random, count: int) -> list[Message]:
    contexts = people(chance, max(4, count // 40))
    return [
        said(f"m{number}", *chance.choice(contexts), at=START + chance.randrange(350) * DAY_MS)
        for number in range(count)
    ]


async def stored(connection: Connection) -> World:
    """Return the world as the store has it."""
    kinds = ("identifier", "component", "customer", "conversation", "claim")
    found = await reads.get_many(connection, JOURNAL, [SUBJECTS.any(kind) for kind in kinds])
    world = World(now=END)
    for subject, each in found.items():
        world.store[subject] = (1, msgspec.json.decode(each.data, type=Document))
    return world


async def agrees(connection: Connection, messages: Sequence[Message]) -> World:
    """Check the store against all evidence at once: nothing lost, nothing doubled, no orphan."""
    world = await stored(connection)
    times = sorted({message.received_at for message in messages})
    for at in times[:: 1 + len(times) // 20]:
        assert set(world.customers(at)) == customers_of(messages, at)
    hold(world)
    _, edges = evidence_of(messages)
    kept = [edge for component in world.components() for edge in component.edges]
    assert sorted((e.a, e.b, e.level, e.first_at, e.last_at) for e in kept) == [
        (e.a, e.b, e.level, e.first_at, e.last_at) for e in edges
    ]
    log = await history.read_log(
        connection, JOURNAL, SUBJECTS.any("message"), after=0, limit=10 * len(messages)
    )
    written = [msgspec.json.decode(each.data, type=MessageEntry).message.id for each in log]
    assert sorted(written) == sorted(message.id for message in messages)
    assert sum(customer.messages for customer in living(world)) == len(messages)
    return world

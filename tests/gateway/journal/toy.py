"""A toy stage: it counts orders by key in a document and writes one entry for each.

An entry's id holds the count, so an order that counted twice shows as two entries.
"""

from __future__ import annotations

import asyncio
import dataclasses
import types
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any

import msgspec

from maitred.contracts.documents import PositionDoc
from maitred.contracts.errors import BadPayload, StoreUnavailable
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.subjects import COMMANDS, JOURNAL, Subjects
from maitred.contracts.view import NotRead, View
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import history, reads
from maitred.gateway.bus.pull import Received
from maitred.gateway.journal.effects import Effects, Entry, Outcome
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.runner import Runner
from maitred.gateway.journal.stage import Buried
from maitred.gateway.metrics import Metrics


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An input; `entries` is how many entries it asks for, `padding` how large each is."""

    id: str
    key: str
    act: str = "count"
    entries: int = 1
    padding: int = 0
    then: str = ""


class Count(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="count"):
    """The document: how many orders of a key were counted, and the next key of a chain."""

    number: int
    then: str = ""


class Counted(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="counted"):
    """The entry."""

    order: str
    number: int
    padding: str = ""


class Toy:
    """The stage; `watch` is called with every order that is applied."""

    name = "toy"
    stream = COMMANDS
    prepares_ahead = True

    def __init__(
        self, subjects: Subjects, *, watch: Callable[[Order], None] = lambda _: None
    ) -> None:
        self._subjects = subjects
        self._watch = watch
        self.rebuilt = 0
        self.told: list[str] = []
        self.groups: list[int] = []

    def subjects(self, partition: int) -> Sequence[str]:
        return [self._subjects.any("command")]

    async def rebuild(self) -> None:
        self.rebuilt += 1

    async def prepare(self, received: Sequence[Received]) -> Sequence[Order | Buried]:
        self.groups.append(len(received))
        prepared: list[Order | Buried] = []
        for item in received:
            try:
                prepared.append(msgspec.json.decode(item.data, type=Order))
            except msgspec.MsgspecError:
                prepared.append(Buried("bad_order", "not an order"))
        return prepared

    def wanted(self, prepared: Any) -> tuple[str, ...]:
        return ()

    def apply(self, prepared: Order, view: View) -> Effects:
        self._watch(prepared)
        match prepared.act:
            case "fail":
                raise ValueError("a fault of the stage")
            case "refuse":
                raise BadPayload("not to be handled", code="refused_order")
            case "unsendable":
                entry = self._entry(prepared.id, prepared, 0)
                return Effects(entries=(dataclasses.replace(entry, id="two\nlines"),))
            case "again":
                return Effects(entries=(self._entry("fixed", prepared, 0),))
            case "peek":
                seen = view.read(self.where(prepared.key), Count)
                number = seen.number if seen else 0
                return Effects(entries=(self._entry(prepared.id, prepared, number),))
            case "follow":
                return self._follow(prepared, view)
            case "stubborn":
                raise NotRead(self.where(prepared.key))
            case "blind":
                return Effects(documents={self.where(prepared.key): Count(number=1)})
        before = view.read(self.where(prepared.key), Count)
        number = before.number + 1 if before else 1
        entries = tuple(
            self._entry(f"{prepared.key}:{number}:{each}", prepared, number)
            for each in range(prepared.entries)
        )
        document = Count(number=number, then=prepared.then)
        return Effects(documents={self.where(prepared.key): document}, entries=entries)

    def duplicate(self, prepared: Order) -> Effects:
        return Effects(outcome=Outcome.SUPPRESSED)

    def committed(self, prepared: Order, effects: Effects) -> None:
        self.told.append(prepared.id)

    def where(self, key: str) -> str:
        return self._subjects.customer(CustomerId(key))

    def _follow(self, order: Order, view: View) -> Effects:
        """Walk a chain of documents, each of which names the next."""
        key, steps = order.key, 0
        while key:
            if missing := view.missing(self.where(key)):
                raise NotRead(*missing)
            found = view.read(self.where(key), Count)
            key, steps = (found.then if found else ""), steps + 1
        return Effects(entries=(self._entry(order.id, order, steps),))

    def _entry(self, identity: str, order: Order, number: int) -> Entry:
        return Entry(
            subject=self._subjects.decision(ConversationId(order.key)),
            body=Counted(order=order.id, number=number, padding="x" * order.padding),
            id=f"toy:{identity}",
        )


class OpenLease:
    """A lease that everybody holds: the position alone must keep two runners apart."""

    held = True
    when_lost: Callable[[], None] | None = None

    async def acquire(self) -> None:
        return

    async def release(self) -> None:
        return


def runner(backbone: Backbone, stage: Toy) -> Runner[Order]:
    return Runner(
        stage, 0, backbone=backbone, keeping=Keeping(), metrics=Metrics(), lease=OpenLease()
    )


async def send(backbone: Backbone, order: Order | bytes, number: int) -> None:
    """Store an order, however often the store goes away meanwhile."""
    data = order if isinstance(order, bytes) else msgspec.json.encode(order)
    while True:
        try:
            await backbone.publisher.publish(
                backbone.subjects.agent_command(AgentId("ann"), "accept"),
                data,
                msg_id=f"order-{number}",
                stream=COMMANDS,
            )
        except StoreUnavailable:
            await backbone.connection.wait_connected()
        else:
            return


async def send_all(backbone: Backbone, orders: Sequence[Order | bytes]) -> None:
    for number, order in enumerate(orders, 1):
        await send(backbone, order, number)


async def position(backbone: Backbone) -> PositionDoc:
    subject = backbone.subjects.position("toy", 0)
    try:
        stored = await reads.get_last(backbone.connection, JOURNAL, subject, leader=True)
    except StoreUnavailable:
        stored = None
    if stored is None:
        return PositionDoc(stage="toy", partition=0, sequence=0)
    return msgspec.json.decode(stored.data, type=PositionDoc)


async def counts(backbone: Backbone) -> dict[str, int]:
    """Return the count of each key, as the documents have it."""
    found = await reads.get_many(backbone.connection, JOURNAL, [backbone.subjects.any("customer")])
    return {
        subject.rpartition(".")[2]: msgspec.json.decode(stored.data, type=Count).number
        for subject, stored in found.items()
    }


async def entries(backbone: Backbone) -> list[Counted]:
    """Return all entries, oldest first."""
    stored = await history.read_log(
        backbone.connection, JOURNAL, backbone.subjects.any("decision"), after=0, limit=10_000
    )
    return [msgspec.json.decode(each.data, type=Counted) for each in stored]


async def cut_off(work: Coroutine[Any, Any, None], now: Callable[[int], bool]) -> None:
    """Run `work` until `now` says so of how often it has waited, and cancel it right there."""

    async def watched() -> None:
        await _watched(work, now)

    task = asyncio.get_running_loop().create_task(watched())
    await asyncio.wait({task}, timeout=10)
    assert task.cancelled()


@types.coroutine
def _watched(
    work: Coroutine[Any, Any, None], now: Callable[[int], bool]
) -> Generator[Any, Any, None]:
    waits, ended = 0, False
    step: Callable[[], Any] = lambda: work.send(None)  # noqa: E731  (each step has another one)
    while True:
        try:
            waiting = step()
        except StopIteration:
            return
        waits += 1
        if not ended and now(waits):
            ended = True
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            yield waiting
        except BaseException as error:  # noqa: BLE001  (handed on)
            step = lambda error=error: work.throw(error)  # noqa: E731  (as above)
        else:
            step = lambda: work.send(None)  # noqa: E731  (as above)

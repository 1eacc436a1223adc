"""Operators' words on a real store, beside the stages that write for the same customers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import ComponentDoc, CustomerDoc, IdentifierDoc
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import OperationId, operation_id
from maitred.contracts.operations import OperationKind
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import operating
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import batch
from maitred.gateway.bus.reads import get_many
from maitred.gateway.journal import transaction
from maitred.gateway.operating import Operating
from maitred.identity.operators.ground import Target
from maitred.identity.operators.operations import Order, Outcome
from tests.gateway.conftest import OpenBackbone
from tests.gateway.lodge import SECRET, Lodge, account, email, visitor
from tests.identity.truth import hold, living
from tests.identity.world import World

ANN, BOB, CAT = (email(f"{name}@example.com") for name in ("ann", "bob", "cat"))
LINK, CANNOT = OperationKind.LINK, OperationKind.CANNOT_LINK
SHAPES: dict[str, type[msgspec.Struct]] = {
    "identifier": IdentifierDoc,
    "component": ComponentDoc,
    "customer": CustomerDoc,
    "conversation": Conversation,
}


@pytest.fixture
async def lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lodge]:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    opened = Lodge(backbone, tmp_path)
    opened.start()
    yield opened
    await opened.stop()


def desk(lodge: Lodge, backbone: Backbone | None = None) -> Operating:
    return Operating((backbone or lodge.backbone).connection, lodge.tools, lodge.keeping)


def order(
    lodge: Lodge, kind: OperationKind, a: Observed, b: Observed | None = None, by: str = "eve"
) -> Order:
    lodge.now += 1
    targets = [
        Target(lodge.keys.identifier(each.identifier), each.identifier)
        for each in (a, b)
        if each is not None
    ]
    return Order(
        id=operation_id(by, kind.value, lodge.now, *(each.key for each in targets)),
        kind=kind,
        by=by,
        why="she called",
        at=lodge.now,
        a=targets[0],
        b=targets[1] if len(targets) > 1 else None,
    )


async def undo(lodge: Lodge, operation: OperationId | None, by: str = "joe") -> Outcome:
    assert operation is not None
    lodge.now += 1
    record = await desk(lodge).find(operation)
    return await desk(lodge).undo(record, by, "a slip", lodge.now)


async def world_of(lodge: Lodge) -> World:
    """Return what stands in the store, to be looked at as a whole."""
    world = World(tools=lodge.tools, now=lodge.now + 1_000_000)
    for kind, shape in SHAPES.items():
        stored = await get_many(lodge.backbone.connection, JOURNAL, [lodge.subjects.any(kind)])
        for subject, each in stored.items():
            world.store[subject] = (1, msgspec.json.decode(each.data, type=shape))
    return world


async def test_a_link_holds_for_what_comes_and_its_undo_gives_everybody_his_own(
    lodge: Lodge,
) -> None:
    await lodge.mail(ANN, "I am Ann.", name="Ann")
    await lodge.mail(BOB, "I am Bob.", name="Bob")
    await lodge.settle()
    ann, bob = await lodge.customer_of(ANN), await lodge.customer_of(BOB)
    outcome = await desk(lodge).say(order(lodge, LINK, ANN, BOB))
    assert outcome.receipt.moves
    await lodge.mail(BOB, "It is me again.", name="Bob")
    await lodge.settle()
    both = await lodge.customer_of(BOB)
    assert both in {ann, bob}
    await undo(lodge, outcome.receipt.operation)
    await lodge.mail(BOB, "And again.", name="Bob")
    await lodge.settle()
    assert await lodge.customer_of(BOB) == bob
    world = await world_of(lodge)
    hold(world)
    names = {each.id: (each.name, each.messages) for each in living(world)}
    assert names == {ann: ("Ann", 1), bob: ("Bob", 3)}
    (record,) = await desk(lodge).records()
    assert (record.by, record.undone_by) == ("eve", "joe")


async def test_the_record_lives_for_ever_and_names_nobody(lodge: Lodge) -> None:
    await desk(lodge).say(order(lodge, LINK, ANN, BOB))
    stored = await get_many(lodge.backbone.connection, JOURNAL, [lodge.subjects.any("operation")])
    (record,) = stored.values()
    assert "Nats-TTL" not in record.headers
    assert b"example.com" not in record.data


async def test_a_preview_writes_nothing_and_says_the_same(lodge: Lodge) -> None:
    await lodge.mail(ANN, "I am Ann.")
    await lodge.mail(BOB, "I am Bob.")
    await lodge.settle()
    before = await lodge.everything()
    wanted = order(lodge, LINK, ANN, BOB)
    preview = await desk(lodge).say(wanted, dry=True)
    assert await lodge.everything() == before
    done = await desk(lodge).say(wanted)
    assert done.receipt == preview.receipt


async def test_a_message_is_revoked_by_what_the_journal_says_of_the_others(lodge: Lodge) -> None:
    browser = visitor("v1")
    await lodge.chat(browser, "Hello.", ANN)
    await lodge.chat(browser, "Hello again.", BOB)
    await lodge.chat(browser, "Me too.", ANN)
    await lodge.settle()
    first, other, last = [each.message.id for each in await lodge.entries()]
    assert len((await world_of(lodge)).customers()) == 1
    for message, customers in ((first, 1), (last, 2), (other, 3)):
        revoke = order(lodge, OperationKind.REVOKED, browser)
        outcome = await desk(lodge).revoke(revoke, message)
        assert outcome.documents
        assert len((await world_of(lodge)).customers()) == customers
        again = await desk(lodge).revoke(order(lodge, OperationKind.REVOKED, browser), message)
        assert again.already is not None
    hold(await world_of(lodge))
    for record in await desk(lodge).records():
        await undo(lodge, record.id)
    world = await world_of(lodge)
    hold(world)
    assert len(world.customers()) == 1
    assert [customer.messages for customer in living(world)] == [3]


async def test_whoever_is_asked_for_what_is_not_there_says_so(lodge: Lodge) -> None:
    with pytest.raises(Permanent, match="no operation is known as op_x"):
        await desk(lodge).find(OperationId("op_x"))
    with pytest.raises(Permanent, match="no message is known as msg_x"):
        await desk(lodge).revoke(order(lodge, OperationKind.REVOKED, ANN), "msg_x")  # type: ignore[arg-type]


PEOPLE = [ANN, BOB, CAT, *(visitor(f"v{number}") for number in range(3))]


async def write(lodge: Lodge, chance: Random, count: int) -> None:
    """Let customers write, by mail and in chats that show who they are now and then."""
    for number in range(count):
        if number % 2:
            await lodge.mail(chance.choice(PEOPLE[:3]), f"mail {number}")
        else:
            seen = chance.sample([*PEOPLE[:3], account("4711")], chance.choice((0, 1)))
            await lodge.chat(chance.choice(PEOPLE[3:]), f"chat {number}", *seen)


async def operate(lodge: Lodge, own: Operating, name: str, chance: Random) -> None:
    """Say one word after the other, and take one back now and then."""
    done: list[OperationId] = []
    for _ in range(15):
        kind, people = chance.choice((LINK, LINK, CANNOT, OperationKind.SHARED)), PEOPLE
        pair = chance.sample(people, 1 if kind is OperationKind.SHARED else 2)
        outcome = await own.say(order(lodge, kind, *pair, by=name))
        if outcome.documents and outcome.receipt.operation is not None:
            done.append(outcome.receipt.operation)
        if done and chance.random() < 0.4:
            await undo(lodge, done.pop(chance.randrange(len(done))), by=name)


async def test_operators_and_customers_at_once_lose_nothing(
    lodge: Lodge, open_backbone: OpenBackbone
) -> None:
    chance = Random(4)  # noqa: S311  (a seed for who comes next)
    desks = [desk(lodge, await open_backbone()) for _ in range(2)]
    await asyncio.gather(
        write(lodge, chance, 60),
        operate(lodge, desks[0], "eve", chance),
        operate(lodge, desks[1], "joe", chance),
    )
    await lodge.settle()
    world = await world_of(lodge)
    hold(world)
    assert sum(customer.messages for customer in living(world)) == 60
    for record in await desk(lodge).records():
        if not record.undone_at:
            await undo(lodge, record.id)
    world = await world_of(lodge)
    hold(world)
    assert not any(component.statements for component in world.components())
    assert sum(customer.messages for customer in living(world)) == 60
    plain = World(tools=lodge.tools, now=world.now)
    for entry in await lodge.entries():
        plain.take(entry.message)
    assert set(plain.customers()) <= set(world.customers())


async def test_two_operators_who_say_the_same_at_once_say_it_once(
    lodge: Lodge, open_backbone: OpenBackbone
) -> None:
    backbones = [await open_backbone() for _ in range(3)]
    outcomes = await asyncio.gather(
        *(
            desk(lodge, each).say(order(lodge, LINK, ANN, BOB, by=f"operator {number}"))
            for number, each in enumerate(backbones)
        )
    )
    done = [each for each in outcomes if each.documents]
    assert len(done) == 1
    assert {each.already.id for each in outcomes if each.already is not None} == {
        done[0].receipt.operation
    }
    operation = done[0].receipt.operation
    assert operation is not None
    record = await desk(lodge).find(operation)
    undone = await asyncio.gather(
        *(
            desk(lodge, each).undo(record, f"operator {number}", "no", lodge.now)
            for number, each in enumerate(backbones)
        )
    )
    assert sum(each.already is None for each in undone) == 1


@pytest.mark.parametrize("is_written", [False, True])
async def test_who_does_not_know_whether_it_was_done_asks_again(
    lodge: Lodge, monkeypatch: pytest.MonkeyPatch, *, is_written: bool
) -> None:
    await lodge.mail(ANN, "I am Ann.")
    await lodge.mail(BOB, "I am Bob.")
    await lodge.settle()
    whole = batch.commit

    async def cut(*arguments: object, **more: object) -> int:
        if is_written:
            await whole(*arguments, **more)  # type: ignore[arg-type]
        raise StoreUnavailable("the connection dropped")

    with monkeypatch.context() as broken:
        broken.setattr(transaction.batch, "commit", cut)
        with pytest.raises(StoreUnavailable):
            await desk(lodge).say(order(lodge, LINK, ANN, BOB))
    again = await desk(lodge).say(order(lodge, LINK, ANN, BOB))
    assert (again.already is not None) == is_written
    (record,) = await desk(lodge).records()
    with monkeypatch.context() as broken:
        broken.setattr(transaction.batch, "commit", cut)
        with pytest.raises(StoreUnavailable):
            await undo(lodge, record.id)
    assert ((await undo(lodge, record.id)).already is not None) == is_written
    world = await world_of(lodge)
    hold(world)
    assert len(world.customers()) == 2


async def test_whoever_writes_all_the_time_is_waited_for_and_then_no_longer(
    lodge: Lodge, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visitor("v1")
    await lodge.chat(browser, "Hello.", ANN)
    await lodge.settle()
    (entry,) = await lodge.entries()
    read = operating.Operating._log
    more = 0

    async def slow(self: Operating, *arguments: object) -> object:
        nonlocal more
        found = await read(self, *arguments)  # type: ignore[arg-type]
        if more:
            more -= 1
            await lodge.chat(browser, f"And more: {more}.", ANN)
            await lodge.settle()
        return found

    monkeypatch.setattr(operating.Operating, "_log", slow)
    more = 2
    revoke = order(lodge, OperationKind.REVOKED, browser)
    assert (await desk(lodge).revoke(revoke, entry.message.id, dry=True)).documents
    assert more == 0
    monkeypatch.setattr(operating, "READS_MAX", 3)
    more = 20
    with pytest.raises(Permanent, match="others wrote at every try"):
        await desk(lodge).revoke(revoke, entry.message.id)

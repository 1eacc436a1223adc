"""Dead addresses: not written to for sixty days, unless they write themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from maitred.connectors.email.suppression import AGE_MS, Suppression
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import email_identifier
from maitred.contracts.limits import DAY_MS
from tests.connectors.email.delivery import MAIL, Make, deliver
from tests.connectors.email.relay import ANN, Smarthost, connect, reply
from tests.connectors.email.reports import header_of, report

KIM = email_identifier("kim@home.example")


async def refused(connector: Any, context: Any, **changes: Any) -> str:
    with pytest.raises(Permanent) as refusal:
        await connector.send(reply(context, **changes))
    assert "ann" not in str(refusal.value)
    return refusal.value.code


async def test_a_dead_address_is_not_written_to_for_sixty_days(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    await connector.send(reply(context))
    bounce = report(header_of(relay.content()))
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], bounce, "")
    assert await refused(connector, context) == "suppressed"
    assert len(relay.envelopes) == 1
    await connector.send(reply(context, endpoint=KIM))
    context.now += 60 * DAY_MS
    await connector.send(reply(context))
    assert len(relay.envelopes) == 3


async def test_a_mail_from_the_address_shows_that_it_lives(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost(answers={"RCPT": "550 5.1.1 No such user"})
    connector, context = await connect(email, relay)
    assert await refused(connector, context) == "smtp_550"
    relay.answers.clear()
    assert await refused(connector, context) == "suppressed"
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], MAIL)
    assert context.memory.kept == {}
    await connector.send(reply(context))
    assert len(relay.envelopes) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.1 Blocked",
        "552 5.2.2 Mailbox full",
        "550 No such user",
        "450 4.1.1 Not now",
        "554 5.4.14 Loop",
    ],
)
async def test_what_says_nothing_of_the_address_does_not_condemn_it(
    email: Make, smarthost: Smarthost, answer: str
) -> None:
    connector, context = await connect(email, await smarthost(answers={"RCPT": answer}))
    with pytest.raises(Exception, match="answered"):
        await connector.send(reply(context))
    assert context.memory.kept == {}


async def test_the_list_holds_no_address(email: Make, smarthost: Smarthost) -> None:
    connector, context = await connect(
        email, await smarthost(answers={"RCPT": "550 5.1.1 No such user"})
    )
    await refused(connector, context)
    ((name, entry),) = context.memory.kept.items()
    assert b"ann" not in name.encode() + entry
    assert name == f"dead_{context.keys.identifier(ANN)}"


def suppression(context: Any) -> Suppression:
    return Suppression(context.memory, context.keys, lambda: int(context.now))


async def test_a_door_learns_what_another_process_has_listed(recording: Any) -> None:
    context = recording()
    here, there = suppression(context), suppression(context)
    await there.add(ANN, "5.1.1")
    with pytest.raises(Permanent):
        await here.check(ANN)
    await here.lift(ANN)
    assert len(context.memory.kept) == 1
    await here.refresh()
    await here.lift(ANN)
    assert context.memory.kept == {}
    await here.check(ANN)
    await there.refresh()
    await there.lift(ANN)


async def test_what_is_over_is_deleted_and_the_rest_of_the_memory_left_alone(
    recording: Any,
) -> None:
    context = recording()
    context.memory.kept["imap"] = b"17"
    here = suppression(context)
    await here.add(ANN, "5.1.1")
    context.now += AGE_MS // 2
    await suppression(context).add(KIM, "5.1.10")
    context.now += AGE_MS // 2
    await here.refresh()
    assert sorted(context.memory.kept) == [f"dead_{context.keys.identifier(KIM)}", "imap"]

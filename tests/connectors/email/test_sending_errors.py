"""What the smarthost answers, or does not, and what becomes of the reply."""

from __future__ import annotations

import asyncio

import pytest

from maitred.contracts.errors import (
    Deferred,
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Throttled,
)
from tests.connectors.email.delivery import Make
from tests.connectors.email.relay import Smarthost, connect, reply


@pytest.mark.parametrize(
    ("verb", "answer", "kind", "code"),
    [
        ("RCPT", "550 5.1.1 no such user ann@home.example", Permanent, "smtp_550"),
        ("DATA", "554 5.7.1 spam", Permanent, "smtp_554"),
        ("MAIL", "451 4.3.0 later", Deferred, None),
        ("RCPT", "450 4.7.1 greylisted", Deferred, None),
        ("RCPT", "451 greylisted", Deferred, None),
        ("MAIL", "450 4.7.1 too much", Throttled, None),
        ("MAIL", "421 4.3.2 closing", Throttled, None),
        ("RCPT", "421 4.7.0 closing", Throttled, None),
        ("DATA", "452 4.3.1 full", Deferred, None),
    ],
)
async def test_the_smarthosts_answers_become_our_errors(
    email: Make,
    smarthost: Smarthost,
    verb: str,
    answer: str,
    kind: type[MaitredError],
    code: str | None,
) -> None:
    relay = await smarthost(answers={verb: answer})
    connector, context = await connect(email, relay)
    with pytest.raises(kind) as refusal:
        await connector.send(reply(context))
    assert type(refusal.value) is kind
    assert getattr(refusal.value, "code", None) == code
    assert "ann" not in str(refusal.value)


async def test_a_smarthost_that_falls_silent_after_the_mail_is_not_asked_again(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost(hang_up_after_data=True)
    connector, context = await connect(email, relay)
    with pytest.raises(OutcomeUnknown):
        await connector.send(reply(context))
    assert len(relay.envelopes) == 1


async def test_what_is_answered_to_the_goodbye_does_not_make_a_sent_mail_unsent(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost(answers={"QUIT": "421 4.3.2 closing"})
    connector, context = await connect(email, relay)
    assert (await connector.send(reply(context))).provider_id == "<out_1@shop.example>"
    assert len(relay.envelopes) == 1


async def test_a_smarthost_that_is_not_there_is_worth_another_try(email: Make) -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    connector, context = await email(smarthost=f"127.0.0.1:{port}")
    with pytest.raises(Retryable):
        await connector.send(reply(context))


async def test_without_a_smarthost_or_an_account_nothing_can_be_sent(
    email: Make, smarthost: Smarthost
) -> None:
    connector, context = await email()
    with pytest.raises(Permanent) as refusal:
        await connector.send(reply(context))
    assert refusal.value.code == "no_smarthost"
    connector, context = await connect(email, await smarthost())
    with pytest.raises(Permanent) as refusal:
        await connector.send(reply(context, account="closed"))
    assert refusal.value.code == "no_account"

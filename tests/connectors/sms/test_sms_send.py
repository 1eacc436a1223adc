"""Replies go out through Twilio's own client, and its answers become our errors."""

from __future__ import annotations

import asyncio
import logging

import pytest

from demo.standins.twilio_api import TwilioFailure
from maitred.connectors.sms import connector as sms
from maitred.contracts.errors import MaitredError, OutcomeUnknown, Permanent, Retryable, Throttled
from maitred.contracts.identifiers import text_identifier
from maitred.contracts.outbound import Outbound
from maitred.contracts.secret import Secret
from tests.connectors.sms.door import Door, OpenDoor

CUSTOMER = text_identifier("+14158675309").identifier


def reply(
    door: Door, text: str = "On its way.", *, account: str = "main", **extra: str
) -> Outbound:
    return door.recorded.outbound(CUSTOMER, text, channel="sms", account=account, extra=extra)


async def test_a_reply_goes_from_the_number_that_the_customer_wrote_to(door: Door) -> None:
    sent = await door.connector.send(reply(door, "Grüße & bis bald", **{"from": "+18005559999"}))
    [form] = await asyncio.wait_for(door.api.wait_sent(1), 5)
    assert form == {"To": "+14158675309", "From": "+18005559999", "Body": "Grüße & bis bald"}
    assert sent.provider_id == f"SM{1:032x}"


async def test_a_reply_to_whatsapp_goes_to_whatsapp(door: Door) -> None:
    await door.connector.send(reply(door, **{"from": "whatsapp:+18005551212"}))
    assert door.api.sent[0]["To"] == "whatsapp:+14158675309"


@pytest.mark.parametrize(
    ("sender", "to", "written"),
    [
        ("rcs:acme", "+14158675309", "rcs:+14158675309"),
        ("messenger:99", "messenger:4158675309", "messenger:4158675309"),
        ("+18005551212", "72975", "72975"),
    ],
)
async def test_a_reply_goes_back_on_the_messenger_that_was_used(
    door: Door, sender: str, to: str, written: str
) -> None:
    customer = text_identifier(to).identifier
    extra = {"from": sender}
    await door.connector.send(
        door.recorded.outbound(customer, "Hi", channel="sms", account="main", extra=extra)
    )
    assert door.api.sent[0]["To"] == written


async def test_what_we_send_to_a_messenger_can_be_answered_by_its_id(door: Door) -> None:
    sent = await door.connector.send(reply(door, **{"from": "whatsapp:+18005551212"}))
    assert sent.thread_ids == (sent.provider_id,)
    assert (await door.connector.send(reply(door))).thread_ids == ()


@pytest.mark.parametrize("sender", ["AMAZON", "anonymous"])
async def test_nobody_who_cannot_be_written_to_is_written_to(door: Door, sender: str) -> None:
    customer = text_identifier(sender, unique="SM1").identifier
    outbound = door.recorded.outbound(customer, "Hi", channel="sms", account="main")
    with pytest.raises(Permanent) as refused:
        await door.connector.send(outbound)
    assert refused.value.code == "no_way_back"
    assert door.api.sent == []


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ({"from_number": "+1900"}, {"From": "+1900"}),
        ({"messaging_service_sid": "MG1"}, {"MessagingServiceSid": "MG1"}),
        ({}, {"From": "+18005551212"}),
    ],
)
async def test_without_that_number_the_account_says_from_whom(
    open_door: OpenDoor, account: dict[str, str], expected: dict[str, str]
) -> None:
    door = await open_door(**account)
    await door.connector.send(reply(door))
    form = door.api.sent[0]
    assert {name: form[name] for name in form if name not in {"To", "Body"}} == expected


@pytest.mark.parametrize(
    ("failure", "error", "code"),
    [
        (TwilioFailure(status=500), Retryable, None),
        (TwilioFailure(status=503, page="<html>down</html>"), Retryable, None),
        (TwilioFailure(status=400, code=21_610), Permanent, "twilio_21610"),
        (TwilioFailure(status=404, page="gone"), Permanent, "http_404"),
        (TwilioFailure(status=401, code=20_003), Permanent, "twilio_20003"),
        (TwilioFailure(status=201, page="<html>"), OutcomeUnknown, None),
        (TwilioFailure(status=201), OutcomeUnknown, None),
    ],
)
async def test_twilios_answers_become_our_errors(
    door: Door, failure: TwilioFailure, error: type[MaitredError], code: str | None
) -> None:
    door.api.fail(failure)
    with pytest.raises(error) as raised:
        await door.connector.send(reply(door))
    assert "4158675309" not in str(raised.value)
    if isinstance(raised.value, Permanent):
        assert raised.value.code == code


@pytest.mark.parametrize(("said", "after_ms"), [(7, 7_000), (None, 1_000), (999_999, 3_600_000)])
async def test_twilio_asks_to_wait(door: Door, said: int | None, after_ms: int) -> None:
    door.api.fail(TwilioFailure(status=429, retry_after_s=said))
    with pytest.raises(Throttled) as raised:
        await door.connector.send(reply(door))
    assert raised.value.after_ms == after_ms


async def test_a_twilio_that_does_not_answer_is_given_up(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "SEND_TIMEOUT_S", 0.05)
    door = await open_door()
    door.api.held = True
    with pytest.raises(OutcomeUnknown):
        await door.connector.send(reply(door))


async def test_a_twilio_that_is_not_there_is_tried_again(door: Door) -> None:
    await door.api.stop()
    with pytest.raises(Retryable):
        await door.connector.send(reply(door))


async def test_a_wrong_token_is_final(open_door: OpenDoor) -> None:
    door = await open_door(auth_token=Secret("other"))
    with pytest.raises(Permanent):
        await door.connector.send(reply(door))


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty_text"), (" \n", "empty_text"), ("x" * 1_601, "text_too_long")],
)
async def test_a_text_that_twilio_would_not_take_is_not_sent(
    door: Door, text: str, code: str
) -> None:
    with pytest.raises(Permanent) as raised:
        await door.connector.send(reply(door, text))
    assert raised.value.code == code
    assert door.api.sent == []


async def test_the_longest_text_is_sent_whole(door: Door) -> None:
    await door.connector.send(reply(door, "x" * door.connector.capabilities.text_characters_max))
    assert len(door.api.sent[0]["Body"]) == 1_600


async def test_nobody_to_send_from_is_final(open_door: OpenDoor) -> None:
    door = await open_door(numbers=())
    with pytest.raises(Permanent) as raised:
        await door.connector.send(reply(door))
    assert raised.value.code == "no_sender"


async def test_an_account_that_is_gone_is_final(door: Door) -> None:
    with pytest.raises(Permanent):
        await door.connector.send(reply(door, account="gone"))


async def test_a_stopped_channel_sends_nothing_and_can_be_tried_again(door: Door) -> None:
    await door.connector.stop()
    with pytest.raises(Retryable):
        await door.connector.send(reply(door))


async def test_no_log_line_tells_a_number_or_a_text(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await door.connector.send(reply(door, "my secret text"))
    door.api.fail(TwilioFailure(status=400, code=21_211))
    with pytest.raises(Permanent):
        await door.connector.send(reply(door, "my secret text"))
    assert "4158675309" not in caplog.text
    assert "my secret text" not in caplog.text

"""Replies go out through Twilio's own client, and its answers become our errors."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import aiohttp
import pytest

from demo.standins.twilio_api import TwilioFailure
from maitred.connectors.sms import connector as sms
from maitred.connectors.sms import sender
from maitred.contracts.errors import (
    MaitredError,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Throttled,
    Unreachable,
)
from maitred.contracts.identifiers import text_identifier
from maitred.contracts.outbound import Outbound
from maitred.contracts.secret import Secret
from tests.connectors.sms.door import PATH, PUBLIC, Door, OpenDoor

FROM_WHOM = ("From", "MessagingServiceSid")
CUSTOMER = text_identifier("+14158675309").identifier


def reply(
    door: Door, text: str = "On its way.", *, account: str = "main", **extra: str
) -> Outbound:
    return door.recorded.outbound(CUSTOMER, text, channel="sms", account=account, extra=extra)


async def test_a_reply_goes_from_the_number_that_the_customer_wrote_to(door: Door) -> None:
    sent = await door.connector.send(reply(door, "Grüße & bis bald", **{"from": "+18005559999"}))
    [form] = await asyncio.wait_for(door.api.wait_sent(1), 5)
    assert form == {
        "To": "+14158675309",
        "From": "+18005559999",
        "Body": "Grüße & bis bald",
        "StatusCallback": f"{PUBLIC}{PATH}/status/out_1#rc=5&rp=5xx,ct,rt",
    }
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
    assert {name: door.api.sent[0].get(name) for name in FROM_WHOM} == {
        name: expected.get(name) for name in FROM_WHOM
    }


async def test_a_number_of_a_messaging_service_answers_by_that_service(open_door: OpenDoor) -> None:
    door = await open_door(messaging_service_sid="MG1", from_number="+1900")
    await door.connector.send(reply(door, **{"from": "+18005559999", "service": "MG2"}))
    await door.connector.send(reply(door, **{"from": "+18005551212"}))
    assert [{name: form.get(name) for name in FROM_WHOM} for form in door.api.sent] == [
        {"From": "+18005559999", "MessagingServiceSid": "MG2"},
        {"From": "+18005551212", "MessagingServiceSid": None},
    ]


@pytest.mark.parametrize(
    ("failure", "error", "code"),
    [
        (TwilioFailure(status=500), Retryable, None),
        (TwilioFailure(status=503, page="<html>down</html>"), Unreachable, None),
        (TwilioFailure(status=502, page="<html>"), OutcomeUnknown, None),
        (TwilioFailure(status=504, page="<html>"), OutcomeUnknown, None),
        (TwilioFailure(status=400, code=21_610), Permanent, "opted_out"),
        (TwilioFailure(status=400, code=63_016), Permanent, "outside_window"),
        (TwilioFailure(status=400, code=21_211), Permanent, "twilio_21211"),
        (TwilioFailure(status=400, code=14_107), Retryable, None),
        (TwilioFailure(status=404, page="gone"), Permanent, "http_404"),
        (TwilioFailure(status=400, code=21_408), Permanent, "twilio_21408"),
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


@pytest.mark.parametrize(
    ("failure", "after_ms"),
    [
        (TwilioFailure(status=503, retry_after_s=9), 9_000),
        (TwilioFailure(status=400, code=20_429), 1_000),
        (TwilioFailure(status=400, code=21_611), 30_000),
        (TwilioFailure(status=400, code=30_001), 30_000),
        (TwilioFailure(status=400, code=63_018), 5_000),
    ],
)
async def test_a_twilio_that_has_no_room_for_more_is_waited_for(
    door: Door, failure: TwilioFailure, after_ms: int
) -> None:
    door.api.fail(failure)
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


async def test_a_twilio_that_is_not_there_is_waited_for(door: Door) -> None:
    await door.api.stop()
    with pytest.raises(Unreachable):
        await door.connector.send(reply(door))


async def test_what_cannot_connect_in_time_is_certainly_not_sent(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host behind a firewall that drops everything looks like this."""
    connecting = asyncio.Event()

    async def never(*_: object, **__: object) -> None:
        connecting.set()
        await asyncio.Event().wait()

    await door.connector.stop()
    monkeypatch.setattr(sender, "CONNECT_TIMEOUT_S", 0.05)
    monkeypatch.setattr("aiohttp.connector.TCPConnector._create_connection", never)
    await door.connector.start()
    with pytest.raises(Unreachable):
        await door.connector.send(reply(door))
    assert connecting.is_set()


async def test_a_wrong_token_costs_no_reply(open_door: OpenDoor) -> None:
    door = await open_door(auth_token=Secret("other"))
    with pytest.raises(Unreachable, match=r"^Twilio refused our access with 20003$"):
        await door.connector.send(reply(door))


@pytest.mark.parametrize(
    "failure",
    [
        TwilioFailure(status=401, code=20_003),
        TwilioFailure(status=401, page="<html>who?</html>"),
        TwilioFailure(status=403, code=20_003),
        TwilioFailure(status=403, code=20_005),
        TwilioFailure(status=404, code=20_404),
    ],
)
async def test_an_account_that_twilio_does_not_let_in_is_waited_for(
    door: Door, failure: TwilioFailure
) -> None:
    door.api.fail(failure)
    with pytest.raises(Unreachable, match="refused our access"):
        await door.connector.send(reply(door))
    await door.connector.send(reply(door))
    assert len(door.api.sent) == 1


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


async def test_the_longest_text_is_sent_whole(open_door: OpenDoor) -> None:
    door = await open_door(segments_max=11)
    text = "x" * door.connector.capabilities.text_characters_max
    sent = await door.connector.send(reply(door, text))
    assert len(door.api.sent[0]["Body"]) == 1_600
    assert sent.segments == 11


async def test_a_text_of_too_many_segments_is_refused_with_how_many(door: Door) -> None:
    with pytest.raises(Permanent, match="11 segments, and 10") as refused:
        await door.connector.send(reply(door, "x" * 1_531))
    assert refused.value.code == "text_too_long"
    assert (await door.connector.send(reply(door, "x" * 1_530))).segments == 10


async def test_a_messenger_counts_no_segments(door: Door) -> None:
    sent = await door.connector.send(reply(door, "ж" * 1_600, **{"from": "whatsapp:+18005551212"}))
    assert sent.segments == 0


async def test_typography_is_written_plainly_where_that_saves_segments(door: Door) -> None:
    text = "It\u2019s \u201chere\u201d \u2013 at last\u2026" + "x" * 100
    sent = await door.connector.send(reply(door, text))
    assert door.api.sent[0]["Body"] == 'It\'s "here" - at last...' + "x" * 100
    assert sent.segments == 1


@pytest.mark.parametrize(
    ("setting", "sender"),
    [({"smart_encoding": False}, "+18005551212"), ({}, "whatsapp:+18005551212")],
)
async def test_typography_stays_where_it_is_wanted_or_costs_nothing(
    open_door: OpenDoor, setting: dict[str, bool], sender: str
) -> None:
    door = await open_door(**setting)
    text = "It\u2019s \u201chere\u201d" + "x" * 100
    await door.connector.send(reply(door, text, **{"from": sender}))
    assert door.api.sent[0]["Body"] == text


async def test_without_a_public_address_twilio_is_not_told_where_to_report(
    open_door: OpenDoor,
) -> None:
    door = await open_door(public_url="")
    await door.connector.send(reply(door))
    assert "StatusCallback" not in door.api.sent[0]


async def test_the_first_of_several_tokens_sends(open_door: OpenDoor) -> None:
    door = await open_door(auth_token=None, auth_tokens=(Secret("standin"), Secret("old")))
    await door.connector.send(reply(door))
    assert len(door.api.sent) == 1


async def test_a_second_answer_to_one_call_is_nobodys(open_door: OpenDoor) -> None:
    numbers, read, answered_twice = iter(range(1, 9)), asyncio.Event(), asyncio.Event()

    def answer() -> bytes:
        body = b'{"sid":"SM%d"}' % next(numbers)
        kind = b"Content-Type: application/json\r\nContent-Length: 13\r\n\r\n"
        return b"HTTP/1.1 201 Created\r\n" + kind + body

    async def answer_twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"Body="):
                writer.write(answer())
                await read.wait()
                writer.write(answer())
                answered_twice.set()
        writer.close()

    async with await asyncio.start_server(answer_twice, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        door = await open_door(api_url=f"http://127.0.0.1:{port}")
        assert (await door.connector.send(reply(door))).provider_id == "SM1"
        read.set()
        await asyncio.wait_for(answered_twice.wait(), 5)
        # The stand-in's own API is a round trip over the same loop, so the answer has arrived.
        async with aiohttp.ClientSession() as session, session.get(door.api.url):
            pass
        assert (await door.connector.send(reply(door))).provider_id == "SM3"
        await door.connector.stop()


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


async def test_what_is_under_way_when_the_channel_stops_may_have_been_sent(door: Door) -> None:
    async def stop(_: dict[str, str]) -> None:
        await door.connector.stop()

    door.api.taken = stop
    with pytest.raises(OutcomeUnknown):
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

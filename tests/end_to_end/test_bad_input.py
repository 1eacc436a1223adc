"""Bad input at every door: refused in the door's own words, told without personal data, counted.

After each case the next good message goes through the same door.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import pytest
import pytest_asyncio

from demo.writers import letter
from tests.end_to_end.lab import (
    ADDRESS,
    MAIL_BYTES_MAX,
    NAME,
    PHONE,
    SLACK_USER,
    WORD,
    Lab,
    RawMail,
    open_lab,
)
from tests.end_to_end.posting import post_slack, post_twilio, slack_event, twilio_form

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("bad_input"),
]
JSON = "application/json"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    async with open_lab(tmp_path_factory.mktemp("lab") / "house") as opened:
        yield opened


@dataclass(frozen=True)
class Case:
    """What is done, how the door must answer, and under which reason it is counted."""

    name: str
    act: Callable[[Lab], Awaitable[Any]]
    answer: Any
    reason: str = ""
    account: str = "main"
    before: tuple[str, int] | None = None
    """Another reason, and how often, that comes before."""


async def check(lab: Lab, channel: str, case: Case) -> None:
    before = await lab.refusals()
    assert await case.act(lab) == case.answer
    await lab.next_good_one(channel)
    assert WORD not in " ".join(lab.texts)
    assert lab.personal() == []
    after = await lab.refusals()
    counted = {key: after[key] - before.get(key, 0) for key in after}
    changed = {key: times for key, times in counted.items() if times}
    if not case.reason:
        assert changed == {}
        return
    expected = {(channel, case.account, case.reason): 1}
    if case.before is not None:
        reason, times = case.before
        expected[channel, case.account, reason] = times
    assert changed == expected
    assert lab.logged("refused", channel=channel, account=case.account, reason=case.reason)


def form(lab: Lab, **fields: str) -> dict[str, str]:
    return twilio_form(lab.house, **{"From": PHONE, "Body": WORD, "ProfileName": NAME, **fields})


def sms(name: str, status: int, reason: str, account: str = "main", **asked: Any) -> Case:
    """Return a case of the SMS door: `fields` go into the signed form, the rest around it."""
    fields = asked.pop("fields", {})

    async def act(lab: Lab) -> int:
        response = await post_twilio(lab.house, lab.session, form(lab, **fields), **asked)
        return response.status

    return Case(name, act, status, reason, account)


SMS = [
    sms("wrong signature", 403, "bad_signature", **{"X-Twilio-Signature": "bm9wZQ=="}),
    sms("no signature", 403, "bad_signature", **{"X-Twilio-Signature": ""}),
    sms("truncated", 403, "bad_signature", body=f"From=%2B15552000001&Body={WORD}".encode()),
    sms(
        "not UTF-8", 400, "malformed_form", body=b"From=%2B15552000001&Body=%FF%FE" + b"Zinnoberrot"
    ),
    sms("bytes that are no form", 400, "malformed_form", body=b"\xff\xfe\x00Zinnoberrot"),
    sms("oversized", 413, "too_large", body=b"Body=" + WORD.encode() * 200_000),
    sms("JSON", 415, "content_type", **{"Content-Type": JSON}),
    sms("another account's SID", 403, "other_account_sid", fields={"AccountSid": "AC1"}),
    sms("no message id", 400, "no_message_id", fields={"MessageSid": ""}),
    sms("no sender", 400, "no_sender", fields={"From": ""}),
    sms("unknown account", 404, "unknown_account", "unknown", path="nobody"),
]


@pytest.mark.parametrize("case", SMS, ids=lambda case: case.name)
async def test_the_sms_door_refuses(lab: Lab, case: Case) -> None:
    await check(lab, "sms", case)


def slack(name: str, status: int, reason: str, account: str = "main", **asked: Any) -> Case:
    """Return a case of the Slack door: `body` replaces the event, `event` parts of it."""
    event = asked.pop("event", {})
    body = asked.pop("body", None)

    async def act(lab: Lab) -> int:
        usual = {"user": SLACK_USER, "text": WORD, "ts": "1780000000.000100"}
        sent = body or slack_event(lab.house, event_id="EvBad", **{**usual, **event})
        return (await post_slack(lab.house, lab.session, sent, **asked)).status

    return Case(name, act, status, reason, account)


SLACK = [
    slack("wrong signature", 401, "bad_signature", X_Slack_Signature="v0=" + "0" * 64),
    slack("no signature", 401, "bad_signature", X_Slack_Signature=""),
    slack("an old request played again", 401, "bad_signature", age_s=600),
    slack("truncated", 400, "malformed_event", body=b'{"type":"event_callback","event":{"te'),
    slack("not UTF-8", 400, "malformed_event", body=b'{"type":"event_callback","x":"\xff\xfe"}'),
    slack("not JSON", 400, "malformed_event", body=WORD.encode()),
    slack("a JSON list", 400, "malformed_event", body=b"[1]"),
    slack("a number for the time stamp", 400, "malformed_event", event={"ts": 5}),
    slack("a list for the user", 400, "malformed_event", event={"user": [SLACK_USER]}),
    slack("no channel", 400, "malformed_event", event={"channel": ""}),
    slack("oversized", 413, "too_large", body=b'{"type":"' + WORD.encode() * 200_000 + b'"}'),
    slack("a form", 415, "content_type", Content_Type="application/x-www-form-urlencoded"),
    slack("unknown account", 404, "unknown_account", "unknown", path="nobody"),
    slack("unknown event", 200, "", event={"type": "moon_rose"}),
    slack("our own bot", 200, "", event={"user": "U0BOT"}),
]


@pytest.mark.parametrize("case", SLACK, ids=lambda case: case.name)
async def test_the_slack_door_refuses(lab: Lab, case: Case) -> None:
    await check(lab, "slack", case)


def email(name: str, answer: int, reason: str, mail: bytes, account: str = "support") -> Case:
    async def act(lab: Lab) -> int:
        return (await RawMail(lab.house).hand_over(mail))[0]

    return Case(name, act, answer, reason, account)


MAIL = letter(sender=ADDRESS, name=NAME, text=WORD, message_id="bad@m")
EMAIL = [
    email("oversized", 552, "smtp_552", MAIL + (WORD.encode() + b"\r\n") * (MAIL_BYTES_MAX // 10)),
    email("a bare line feed", 550, "bare_line_end", MAIL + b"\nsmuggled"),
    email("a line without end", 500, "smtp_500", MAIL + WORD.encode() * 200),
]


@pytest.mark.parametrize("case", EMAIL, ids=lambda case: case.name)
async def test_the_mail_door_refuses(lab: Lab, case: Case) -> None:
    await check(lab, "email", case)


async def test_the_mail_door_knows_no_other_recipient(lab: Lab) -> None:
    async def act(lab: Lab) -> int:
        recipient = "nobody@elsewhere.example"
        return (await RawMail(lab.house).hand_over(MAIL, recipient=recipient))[0]

    await check(lab, "email", Case("", act, 550, "unknown_recipient", "unknown"))


async def test_the_mail_door_takes_no_unknown_command_and_no_half_mail(lab: Lab) -> None:
    async def act(lab: Lab) -> list[int]:
        raw = RawMail(lab.house)
        await raw.break_off(MAIL[: len(MAIL) // 2])
        return await raw.say(b"MOON rise", b"MAIL FROM:<", b"RCPT TO:<\xff\xfe>", b"DATA")

    await check(lab, "email", Case("", act, [500, 553, 503, 503]))


@pytest.mark.parametrize(
    "mail",
    [
        b"From: kim.berg@mail.example\r\nSubject: \xff\xfe\r\n\r\nOdd bytes 1 \xff",
        b"From: kim.berg@mail.example\r\nContent-Type: text/plain; charset=moon\r\n\r\nOdd bytes 2",
        b"From: kim.berg@mail.example\r\nContent-Type: multipart/mixed\r\n\r\nOdd bytes 3",
        b"Odd bytes 4",
        b"",
    ],
    ids=["not UTF-8", "an unknown charset", "no boundary", "no header", "nothing"],
)
async def test_a_mail_that_is_no_good_mail_is_kept_and_stops_nobody(lab: Lab, mail: bytes) -> None:
    code, _ = await RawMail(lab.house).hand_over(mail)
    assert code == 250
    await lab.next_good_one("email")
    assert lab.personal() == []


@dataclass(frozen=True)
class Talk:
    """Frames of a visitor, the error that answers the last one, and how the line is closed."""

    name: str
    frames: tuple[str | bytes, ...]
    code: str = ""
    closed: int | None = None
    reason: str = ""
    before: tuple[str, int] | None = None


HELLO = '{"type":"hello","token":null,"after":0}'
CHAT = [
    Talk("wrong token", (HELLO.replace("null", '"v1.x.1.y"'),), "bad_token", 4401, "bad_token"),
    Talk("a message before hello", ('{"type":"message","id":"m","text":"x"}',), "hello_first"),
    Talk("not JSON", (HELLO, WORD), "bad_frame"),
    Talk("truncated", (HELLO, '{"type":"message","id":"m","text":"Zinn'), "bad_frame"),
    Talk("unknown frame", (HELLO, '{"type":"moon"}'), "unknown_type"),
    Talk("a number for the text", (HELLO, '{"type":"message","id":"m","text":5}'), "bad_frame"),
    Talk("an id with a space", (HELLO, '{"type":"message","id":"a b","text":"x"}'), "bad_frame"),
    Talk("no text", (HELLO, '{"type":"message","id":"m","text":"  "}'), "bad_frame"),
    Talk("hello again", (HELLO, HELLO), "bad_frame"),
    Talk(
        "too long a text",
        (HELLO, f'{{"type":"message","id":"m","text":"{WORD * 1500}"}}'),
        "too_long",
    ),
    Talk("binary", (HELLO, b"\x00\x01"), "bad_frame", 1003, "bad_frame"),
    Talk("oversized", (HELLO, WORD * 10_000), closed=1009, reason="too_large"),
    Talk(
        "unruly", (HELLO, *(["moon"] * 10)), "bad_frame", 1008, "unruly", before=("bad_frame", 10)
    ),
]


async def talk(lab: Lab, told: Talk) -> tuple[str, int | None]:
    """Return the last error, and the close code if the door closed."""
    code = ""
    async with (
        asyncio.timeout(10),
        lab.session.ws_connect(f"{lab.house.http}/v1/chat/shop") as socket,
    ):
        for frame in told.frames:
            if isinstance(frame, bytes):
                await socket.send_bytes(frame)
            else:
                await socket.send_str(frame)
        if told.closed is None:
            for _ in told.frames:
                code = (await socket.receive_json()).get("code", "")
            return code, None
        # What was said before the end may be cut off by it.
        async for message in socket:
            code = orjson.loads(message.data).get("code", "")
        return code, socket.close_code


@pytest.mark.parametrize("told", CHAT, ids=lambda told: told.name)
async def test_the_chat_door_refuses(lab: Lab, told: Talk) -> None:
    async def act(lab: Lab) -> tuple[str, int | None]:
        return await talk(lab, told)

    reason = told.reason or told.code
    case = Case(told.name, act, (told.code, told.closed), reason, "shop", told.before)
    await check(lab, "chat", case)


async def test_a_chat_frame_that_is_not_utf_8_ends_the_line(lab: Lab) -> None:
    async with (
        asyncio.timeout(10),
        lab.session.ws_connect(f"{lab.house.http}/v1/chat/shop") as socket,
    ):
        await socket.send_str(HELLO)
        await socket.receive()
        assert await socket.send_frame(b"\xff\xfe", aiohttp.WSMsgType.TEXT) is None
        await socket.receive()
        assert socket.close_code == 1007
    await lab.next_good_one("chat")


async def test_the_chat_door_knows_no_other_account_and_no_foreign_page(lab: Lab) -> None:
    url = f"{lab.house.http}/v1/chat/"
    with pytest.raises(aiohttp.WSServerHandshakeError) as unknown:
        await lab.session.ws_connect(url + "nobody")
    assert unknown.value.status == 404
    with pytest.raises(aiohttp.WSServerHandshakeError) as foreign:
        await lab.session.ws_connect(url + "shop", origin="https://elsewhere.example")
    assert foreign.value.status == 403
    await lab.next_good_one("chat")


async def test_a_webhook_that_breaks_off_or_never_was_stops_nobody(lab: Lab) -> None:
    head = b"POST /v1/webhooks/twilio/main HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    for sent in (head + b"Body=Zinnoberrot", b"MOON /rise\r\n\r\n", b"\x16\x03\x01\x00\xff\xfe"):
        _, writer = await asyncio.open_connection("127.0.0.1", lab.house.ports.http)
        writer.write(sent)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    for path in ("/", "/v1/webhooks/twilio", "/v1/webhooks/moon/main", "/metrics"):
        async with lab.session.post(lab.house.http + path) as response:
            assert response.status == 404
    async with lab.session.get(f"{lab.house.http}/v1/webhooks/slack/main") as response:
        assert response.status == 405
    for channel in ("sms", "slack"):
        await lab.next_good_one(channel)
    assert lab.personal() == []

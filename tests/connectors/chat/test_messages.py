"""What a visitor writes: stored, then acked, once; or refused in a frame."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from maitred.connectors.chat import connector as chat_module
from maitred.connectors.chat.token import issue
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import IdentifierKind, Level
from maitred.contracts.inbound import Verification
from maitred.contracts.limits import (
    CHAT_FRAME_BYTES_MAX,
    CHAT_FRAMES_PER_MINUTE_MAX,
    CHAT_TEXT_CHARACTERS_MAX,
    CHAT_TOKEN_AGE_MS_MAX,
    MINUTE_MS,
)
from maitred.contracts.secret import Secret

Chat = Callable[..., Awaitable[Any]]


async def test_a_message_is_stored_as_received_and_then_acked(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    welcome = await ann.hello()
    assert welcome["resumed"] is False
    sent = '{"type": "message",  "id":"m1","text":"Grüße 🎂","name":"Ann","unlisted":[1]}'
    await ann.socket.send_str(sent)
    ack = await ann.hear()
    ((inbound, body),) = house.context.accepted
    assert ack == {"type": "ack", "id": "m1", "message": inbound.id, "duplicate": False}
    assert body == sent.encode()
    assert (inbound.channel, inbound.account) == ("chat", "web")
    assert inbound.provider_id == f"{ann.id}:m1"
    assert inbound.content_type == "application/vnd.maitred.chat+json"
    assert inbound.sender.identifier.kind == IdentifierKind.VISITOR
    assert inbound.sender.identifier.value == ann.id
    assert inbound.sender.level == Level.AUTHENTICATED
    assert inbound.evidence.verification == Verification.TOKEN
    assert inbound.evidence.name == "Ann"


async def test_a_message_sent_again_is_the_same_message(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    first = await ann.ask(type="message", id="m1", text="Hello?")
    again = await house.visit()
    await again.hello(ann.token)
    second = await again.ask(type="message", id="m1", text="Hello?")
    assert second == {**first, "duplicate": True}
    assert len(house.context.accepted) == 1


async def test_two_visitors_may_use_the_same_id(chat: Chat) -> None:
    house = await chat()
    for _ in range(2):
        visitor = await house.visit()
        await visitor.hello()
        assert (await visitor.ask(type="message", id="m1", text="x"))["duplicate"] is False


@pytest.mark.parametrize(
    ("address", "observed"),
    [("Ann@Home.example", ["ann@home.example"]), ("no address", []), ("", [])],
)
async def test_an_address_that_a_visitor_types_is_a_claim(
    chat: Chat, address: str, observed: list[str]
) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.ask(type="message", id="m1", text="x", email=address)
    evidence = house.context.accepted[0][0].evidence
    assert [one.identifier.value for one in evidence.observed] == observed
    assert {one.level for one in evidence.observed} <= {Level.CLAIMED}


async def test_no_ack_comes_before_the_store_has_answered(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    house.context.store.gate = asyncio.Event()
    await ann.say(type="message", id="m1", text="x")
    await house.context.store.called.wait()
    house.reply(ann.id, "meanwhile")
    assert (await ann.hear())["type"] == "reply"
    house.context.store.gate.set()
    assert (await ann.hear())["type"] == "ack"


@pytest.mark.parametrize(
    ("error", "frame"),
    [
        (None, {"code": "try_again", "retry_after_ms": 2000}),
        (RuntimeError("ann@home.example"), {"code": "try_again", "retry_after_ms": 2000}),
        (Permanent("beyond every limit"), {"code": "refused"}),
    ],
)
async def test_a_message_that_is_not_stored_is_not_acked_and_the_next_one_is(
    chat: Chat, error: Exception | None, frame: dict[str, Any]
) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    house.context.store.fail()
    house.context.store.error = error or house.context.store.error
    answer = await ann.ask(type="message", id="m1", text="x")
    assert answer == {"type": "error", "id": "m1", **frame}
    house.context.store.recover()
    assert (await ann.ask(type="message", id="m1", text="x"))["type"] == "ack"
    assert len(house.context.accepted) == 1


@pytest.mark.parametrize(
    ("sent", "code", "about"),
    [
        ("{", "bad_frame", None),
        ("", "bad_frame", None),
        ("[]", "bad_frame", None),
        ("null", "bad_frame", None),
        ('{"type":7}', "bad_frame", None),
        ('{"type":"\\ud800"}', "bad_frame", None),
        ("[" * 30_000, "bad_frame", None),
        ('{"type":"shout"}', "unknown_type", None),
        ('{"type":"hello"}', "bad_frame", None),
        ('{"type":"message"}', "bad_frame", None),
        ('{"type":"message","id":"m1"}', "bad_frame", "m1"),
        ('{"type":"message","id":"m1","text":7}', "bad_frame", "m1"),
        ('{"type":"message","id":"m1","text":"  "}', "bad_frame", "m1"),
        ('{"type":"message","id":"m1","text":"\\udc00"}', "bad_frame", None),
        ('{"type":"message","id":"m1","text":"x","email":["a@b"]}', "bad_frame", "m1"),
        ('{"type":"message","id":"<b>","text":"x"}', "bad_frame", None),
        ('{"type":"message","id":"m1\\n","text":"x"}', "bad_frame", None),
        ('{"type":"message","id":1,"text":"x"}', "bad_frame", None),
    ],
)
async def test_a_frame_that_is_none_is_refused_and_the_connection_goes_on(
    chat: Chat, sent: str, code: str, about: str | None
) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.socket.send_str(sent)
    expected = {"type": "error", "code": code} | ({"id": about} if about else {})
    assert await ann.hear() == expected
    assert await ann.ask(type="ping") == {"type": "pong"}
    assert house.context.store.calls == 0


async def test_ten_bad_frames_close_the_connection(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    for _ in range(10):
        await ann.say(type="shout")
        assert (await ann.hear())["code"] == "unknown_type"
    assert await ann.closed() == 1008


async def test_a_text_of_just_the_bound_passes_and_a_longer_one_does_not(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    longest = "x" * CHAT_TEXT_CHARACTERS_MAX
    assert (await ann.ask(type="message", id="m1", text=longest))["type"] == "ack"
    answer = await ann.ask(type="message", id="m2", text=longest + "x")
    assert answer == {"type": "error", "id": "m2", "code": "too_long"}


async def test_a_frame_beyond_the_bound_closes_the_connection(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.say(type="message", id="m1", text="x" * CHAT_FRAME_BYTES_MAX)
    assert await ann.closed() == 1009
    assert house.context.store.calls == 0


async def test_a_binary_frame_closes_the_connection(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.socket.send_bytes(b'{"type":"ping"}')
    assert await ann.hear() == {"type": "error", "code": "bad_frame"}
    assert await ann.closed() == 1003


async def test_who_speaks_too_fast_is_slowed_down_over_all_his_tabs(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    for _ in range(CHAT_FRAMES_PER_MINUTE_MAX - 1):
        await ann.say(type="ping")
    for _ in range(CHAT_FRAMES_PER_MINUTE_MAX - 1):
        assert (await ann.hear())["type"] == "pong"
    tab = await house.visit()
    await tab.hello(ann.token)
    assert (await tab.ask(type="ping"))["type"] == "pong"
    answer = await tab.ask(type="message", id="m1", text="x")
    wait_ms = MINUTE_MS // CHAT_FRAMES_PER_MINUTE_MAX
    expected = {"type": "error", "id": "m1", "code": "slow_down", "retry_after_ms": wait_ms}
    assert answer == expected
    house.context.now += wait_ms
    assert (await tab.ask(type="message", id="m1", text="x"))["type"] == "ack"
    assert (await ann.ask(type="ping"))["code"] == "slow_down"


async def test_who_never_slows_down_is_closed(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    for _ in range(CHAT_FRAMES_PER_MINUTE_MAX + 100):
        await ann.say(type="ping")
    heard = [(await ann.hear())["type"] for _ in range(CHAT_FRAMES_PER_MINUTE_MAX + 100)]
    assert heard.count("error") == 100
    assert await ann.closed() == 1008


async def test_the_first_frame_must_be_a_hello(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    assert (await ann.ask(type="message", id="m1", text="x"))["code"] == "hello_first"
    assert house.context.store.calls == 0
    assert (await ann.hello())["type"] == "welcome"


async def test_without_a_hello_in_time_the_connection_is_closed(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maitred.connectors.chat.listener._HELLO_S", 0.01)
    house = await chat()
    ann = await house.visit()
    assert await ann.closed() == 1008


OTHER = Secret("another secret that signs tokens")


async def test_a_token_that_we_did_not_issue_or_no_longer_trust_is_refused(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    now = house.context.now
    secret = house.connector._settings.secret
    version, visitor, issued_at, mac = ann.token.split(".")
    forged = [
        "",
        "x",
        "v1.a.b.c",
        ann.token + "x",
        ann.token[:-1],
        f"{version}.{visitor}x.{issued_at}.{mac}",
        f"{version}.{visitor}.{now + 1}.{mac}",
        f"v2.{visitor}.{issued_at}.{mac}",
        issue(OTHER, "web", visitor, now=now),
        issue(secret, "app", visitor, now=now),
        issue(secret, "web", visitor, now=now - CHAT_TOKEN_AGE_MS_MAX - 1),
        issue(secret, "web", visitor, now=now + 10 * MINUTE_MS),
        "ü" * 100,
        "v1." + "x" * 10_000,
    ]
    for token in forged:
        stranger = await house.visit()
        assert await stranger.ask(type="hello", token=token) == {
            "type": "error",
            "code": "bad_token",
        }, token
        assert await stranger.closed() == 4401
    assert house.context.refusals == [("web", "bad_token")] * len(forged)
    old = issue(secret, "web", visitor, now=now - CHAT_TOKEN_AGE_MS_MAX)
    resumed = await (await house.visit()).hello(old)
    assert (resumed["resumed"], resumed["visitor"]) == (True, visitor)


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        (None, True),
        ("https://shop.example", True),
        ("HTTPS://Shop.Example:443", True),
        ("https://care.example", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example.evil.example", False),
        ("null", False),
        ("", False),
        ("https://[", False),
    ],
)
async def test_only_allowed_pages_may_connect(chat: Chat, origin: str | None, may: bool) -> None:  # noqa: FBT001  (a row of the table)
    account = chat_module.ChatAccount(allowed_origins=("https://shop.example",))
    house = await chat(accounts={"web": account}, public_url="https://care.example")
    headers = {} if origin is None else {"Origin": origin}
    if may:
        assert (await (await house.visit(headers=headers)).hello())["type"] == "welcome"
        return
    with pytest.raises(WSServerHandshakeError) as refusal:
        await house.visit(headers=headers)
    assert refusal.value.status == 403
    assert house.context.refusals == [("web", "origin")]


async def test_a_page_of_the_same_host_may_always_connect(chat: Chat) -> None:
    house = await chat()
    assert (await (await house.visit(headers={"Origin": house.url})).hello())["token"]
    with pytest.raises(WSServerHandshakeError):
        await house.visit(headers={"Origin": "https://evil.example"})


async def test_an_unknown_account_is_not_found(chat: Chat) -> None:
    house = await chat()
    with pytest.raises(WSServerHandshakeError) as refusal:
        await house.visit(account="nobody")
    assert refusal.value.status == 404


async def test_a_plain_request_is_told_to_upgrade(chat: Chat) -> None:
    house = await chat()
    async with house.session.get(f"{house.url}/v1/chat/web") as response:
        assert response.status == 426


async def test_connections_beyond_the_bound_are_put_off(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_module, "CHAT_SOCKETS_MAX", 1)
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    with pytest.raises(WSServerHandshakeError) as refusal:
        await house.visit()
    assert refusal.value.status == 503
    await ann.socket.close()
    await asyncio.wait_for(house.connector._all_gone.wait(), 5)
    assert (await (await house.visit()).hello())["token"]


async def test_bytes_that_are_no_text_close_the_connection(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.hello()
    await ann.socket.send_frame(b"\xff\xfe{}", WSMsgType.TEXT)
    assert await ann.closed() == 1007


async def test_frames_are_json_of_the_listed_fields_only(chat: Chat) -> None:
    house = await chat()
    ann = await house.visit()
    await ann.socket.send_str('{"type":"hello"}')
    raw = orjson.loads((await ann.socket.receive(timeout=5)).data)
    assert set(raw) == {
        *("type", "token", "visitor", "resumed"),
        *("signed_in", "offers", "verified"),
        *("title", "pre_chat", "files"),
    }
    assert (raw["signed_in"], raw["offers"], raw["verified"]) == (False, [], [])

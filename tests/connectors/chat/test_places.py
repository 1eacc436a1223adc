"""Slow uploads: each is waited for as long as it is worth, and nobody alone takes all places."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from maitred.connectors.chat import places
from maitred.connectors.chat.places import UploadPace
from maitred.contracts import limits
from maitred.contracts.limits import (
    CHAT_UPLOAD_BYTES_MAX,
    CHAT_UPLOAD_BYTES_PER_SECOND_MIN,
    CHAT_UPLOADS_AT_ONCE_MAX,
    CHAT_UPLOADS_PER_SOURCE_MAX,
    CHAT_UPLOADS_PER_VISITOR_MAX,
    KIB,
)
from tests.connectors.chat.test_files import PNG, form, post, token_of

Chat = Callable[..., Awaitable[Any]]
PROXIES = ("127.0.0.0/8",)
HEAD = b"""--x\r
Content-Disposition: form-data; name="frame"\r
\r
{"type":"message","id":"s1","text":"a"}"""
FILE = b'\r\n--x\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: image/png\r\n\r\n'
END = b"\r\n--x--\r\n"


class Slow:
    """An upload that comes as slowly as the test likes, over a connection of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def write(self, data: bytes) -> None:
        """Send so much of it."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, Any]:
        """Return status and frame of the answer."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        return int(head.split()[1]), orjson.loads(await self.reader.readexactly(length))


@asynccontextmanager
async def slow(house: Any, token: str, length: int, source: str = "") -> AsyncIterator[Slow]:
    """Begin an upload of a length, of which nothing has come yet."""
    reader, writer = await asyncio.open_connection(*house.url[7:].split(":"))
    forwarded = f"X-Forwarded-For: {source}\r\n" if source else ""
    writer.write(
        f"POST /v1/chat/web/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"{forwarded}Content-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
    )
    try:
        yield Slow(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize("length", [100 * KIB, CHAT_UPLOAD_BYTES_MAX])
def test_an_upload_is_waited_for_by_what_has_come(length: int) -> None:
    pace = UploadPace(started=100.0, length=length)
    assert pace.due(100.0) == 110.0
    rate = max(CHAT_UPLOAD_BYTES_PER_SECOND_MIN, length / 110)
    pace.received = round(20 * rate)
    # Ahead of its pace, it may stand still for no longer than the grace.
    assert pace.due(105.0) == 115.0
    assert pace.due(125.0) == pytest.approx(130.0)
    pace.received = length
    assert pace.due(1_000.0) <= 220.0


def test_the_largest_upload_has_two_minutes() -> None:
    pace = UploadPace(started=0.0, length=CHAT_UPLOAD_BYTES_MAX, received=CHAT_UPLOAD_BYTES_MAX)
    assert pace.due(119.0) == pytest.approx(120.0)


async def test_a_slow_upload_that_keeps_its_pace_is_taken(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "CHAT_UPLOAD_GRACE_MS", 5_000)
    house = await chat()
    token, _ = await token_of(house)
    async with slow(house, token, len(HEAD + FILE) + 3 + len(END)) as upload:
        for piece in (HEAD, FILE, b"\x89", b"P", b"N", END):
            await upload.write(piece)
        status, ack = await upload.answer()
    assert (status, ack["type"], ack["id"]) == (200, "ack", "s1")


@pytest.mark.parametrize("begun", [b"", HEAD[:20], HEAD + FILE + b"x"])
async def test_an_upload_that_stands_still_is_given_up_and_its_place_is_free(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(places, "CHAT_UPLOAD_GRACE_MS", 30)
    monkeypatch.setattr(places, "CHAT_UPLOADS_AT_ONCE_MAX", 1)
    house = await chat()
    token, _ = await token_of(house)
    async with slow(house, token, 9_000) as upload:
        await upload.write(begun)
        assert await upload.answer() == (408, {"type": "error", "code": "too_slow"})
    assert ("web", "too_slow") in house.context.refusals
    assert (await post(house, token, form(PNG)))[0] == 200


async def test_bytes_that_drip_do_not_buy_time(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "CHAT_UPLOAD_GRACE_MS", 50)
    house = await chat()
    token, _ = await token_of(house)
    async with slow(house, token, 1_000_000) as upload:
        await upload.write(HEAD + FILE)
        async with asyncio.TaskGroup() as group:
            answer = group.create_task(upload.answer())
            while not answer.done():
                await upload.write(b"x")
                await asyncio.sleep(0.01)  # polling: a byte now and then is what is tested
        assert answer.result()[0] == 408


async def _hold(house: Any, token: str, source: str, stack: Any, count: int) -> list[Slow]:
    """Begin uploads that never end, and see that they have their places."""
    held = []
    for _ in range(count):
        upload = await stack.enter_async_context(slow(house, token, 100_000, source))
        await upload.write(HEAD)
        held.append(upload)
    async with asyncio.timeout(5):
        while house.connector._files._uploads._taken < count:  # noqa: ASYNC110  (nobody is told)
            await asyncio.sleep(0.005)  # polling: that the server has read the heads
    return held


async def test_one_visitor_has_few_places_and_others_have_theirs(chat: Chat, stack: Any) -> None:
    house = await chat()
    token, _ = await token_of(house)
    await _hold(house, token, "", stack, CHAT_UPLOADS_PER_VISITOR_MAX)
    status, fault, headers = await post(house, token, form(PNG))
    assert (status, fault["code"], headers["Retry-After"]) == (429, "slow_down", "5")
    other, _ = await token_of(house)
    assert (await post(house, other, form(PNG)))[0] == 200


async def test_one_address_has_few_places_however_many_visitors_it_is(
    chat: Chat, stack: Any
) -> None:
    house = await chat(proxies=PROXIES)
    for number in range(CHAT_UPLOADS_PER_SOURCE_MAX):
        token, _ = await token_of(house)
        upload = await stack.enter_async_context(slow(house, token, 100_000, "203.0.113.9"))
        await upload.write(HEAD)
        async with asyncio.timeout(5):
            while house.connector._files._uploads._taken <= number:  # noqa: ASYNC110  (as above)
                await asyncio.sleep(0.005)  # polling: that the server has read the head
    other, _ = await token_of(house)
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert (await post(house, other, form(PNG), **forwarded))[:2] == (
        429,
        {"type": "error", "code": "slow_down", "retry_after_ms": 5_000},
    )
    forwarded = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
    assert (await post(house, other, form(PNG), **forwarded))[0] == 200


async def test_a_visitor_who_has_hung_up_holds_no_place(chat: Chat) -> None:
    house = await chat()
    token, _ = await token_of(house)
    for _ in range(CHAT_UPLOADS_PER_VISITOR_MAX + 1):
        async with slow(house, token, 100_000) as upload:
            await upload.write(HEAD)
    async with asyncio.timeout(5):
        while (await post(house, token, form(PNG)))[0] != 200:  # noqa: ASYNC110  (as above)
            await asyncio.sleep(0.005)  # polling: that the server has seen them hang up


async def test_no_more_than_a_few_are_held_in_memory_at_a_time(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "CHAT_UPLOADS_AT_ONCE_MAX", 1)
    assert CHAT_UPLOADS_AT_ONCE_MAX > 1
    house = await chat()
    token, _ = await token_of(house)
    house.context.store.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(post(house, token, form(PNG)))
        await house.context.store.called.wait()
        status, fault, headers = await post(house, token, form(PNG))
        assert (status, fault["code"], headers["Retry-After"]) == (503, "try_again", "5")
        house.context.store.gate.set()
    assert first.result()[0] == 200
    assert (await post(house, token, form(PNG)))[0] == 200


def test_the_page_says_what_the_limits_are() -> None:
    page = " ".join((Path(__file__).parents[3] / "docs" / "chat.md").read_text().split())
    pace = limits.CHAT_UPLOAD_BYTES_PER_SECOND_MIN // KIB
    still = limits.CHAT_UPLOAD_GRACE_MS // limits.SECOND_MS
    assert f"{pace} KiB a second" in page
    assert f"never still for {still} seconds" in page
    assert limits.CHAT_UPLOAD_TIMEOUT_MS == 2 * limits.MINUTE_MS
    assert (
        f"A visitor may have {CHAT_UPLOADS_PER_VISITOR_MAX} uploads under way at a time, one "
        f"address {CHAT_UPLOADS_PER_SOURCE_MAX}, and all together {CHAT_UPLOADS_AT_ONCE_MAX}"
    ) in page
    assert f"sockets that are open | {limits.CHAT_SOCKETS_PER_SOURCE_MAX} |" in page
    assert f"hellos a minute | {limits.CHAT_HELLOS_PER_SOURCE_PER_MINUTE_MAX} |" in page
    assert limits.CHAT_CODES_SHARE_PER_SOURCE == 10
    assert f"and at least {limits.CODES_PER_ADDRESS_MAX} |" in page
    assert f"uploads at a time | {CHAT_UPLOADS_PER_SOURCE_MAX} |" in page

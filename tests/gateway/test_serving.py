"""The public listener: what no door is ever asked to bear."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest

from maitred.connectors.webhook.connector import (
    WebhookAccount,
    WebhookConnector,
    WebhookSettings,
)
from maitred.connectors.webhook.standard import key_of, signed_headers
from maitred.contracts.limits import MIB
from maitred.contracts.secret import Secret
from maitred.gateway import doors, quiet
from maitred.gateway.serving import Sites
from tests.connectors.conftest import RecordingContext

SECRET = Secret("whsec_" + "A" * 43 + "=")
BODY = b'{"type": "message", "sender": {"id": "u1"}, "text": "Hello?"}'


@pytest.fixture
async def served() -> AsyncIterator[tuple[str, RecordingContext]]:
    """Return the address of a generic webhook, and what it hands over."""
    recorded = RecordingContext()
    settings = WebhookSettings(accounts={"shop": WebhookAccount(secrets=(SECRET,))})
    connector = WebhookConnector(settings, recorded.context)
    sites = Sites()
    _, port = await sites.open(doors.application([connector]), "127.0.0.1:0", "http.listen")
    yield f"http://127.0.0.1:{port}/v1/webhooks/generic/shop", recorded
    await sites.close()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "Gzip, identity"])
async def test_what_comes_packed_is_refused_and_never_unpacked(
    served: tuple[str, RecordingContext], coding: str
) -> None:
    """A thousandth of what it unpacks to is enough to hold up everybody for seconds."""
    url, recorded = served
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    async with aiohttp.ClientSession() as http:
        bomb = gzip.compress(b" " * 16 * MIB)
        async with http.post(url, data=bomb, headers=headers) as answer:
            assert answer.status == 415
            assert answer.headers["Accept-Encoding"] == "identity"
        assert recorded.store.calls == 0


async def test_what_comes_as_it_is_goes_through(served: tuple[str, RecordingContext]) -> None:
    url, recorded = served
    now = recorded.context.clock()
    headers = {
        "Content-Type": "application/json",
        "Content-Encoding": "identity",
        **signed_headers([key_of(SECRET.reveal())], "evt_1", now, BODY),
    }
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=BODY, headers=headers) as answer,
    ):
        assert answer.status == 202
    assert [body for _, body in recorded.accepted] == [BODY]


@pytest.mark.parametrize("said", [b"", b"POST /v1/webhooks/generic/shop HTTP/1.1\r\nHost: x\r\n"])
async def test_who_never_brings_a_whole_request_is_not_waited_for(
    served: tuple[str, RecordingContext], monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(quiet, "FIRST_REQUEST_S", 0.1)
    port = urlsplit(served[0]).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_who_has_asked_may_take_his_time_for_the_next_request_but_not_for_ever(
    served: tuple[str, RecordingContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "FIRST_REQUEST_S", 0.0)
    port = urlsplit(served[0]).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ask = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    for _ in range(2):
        writer.write(ask)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 404")
        await reader.readexactly(len(b"404: Not Found"))
    monkeypatch.setattr(quiet, "NEXT_REQUEST_S", 0.1)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()

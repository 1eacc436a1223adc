"""No answer says what it is made with: neither a door's, nor an operator's, nor one to no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.settings.load import parse
from maitred.gateway.supervision import Gateway

GET = "GET {} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
CHAT = (
    "GET /v1/chat/shop HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    server = EmbeddedServer(tmp_path / "nats")
    endpoint = await server.start()
    for name in ("secret", "password"):
        (tmp_path / name).write_text(endpoint.password if name == "password" else "s" * 32)
    settings = {
        "nats": {
            "urls": list(endpoint.urls),
            "user": endpoint.user,
            "password": "file:password",
            "allow_lazy_sync": True,
        },
        "http": {"listen": "127.0.0.1:0"},
        "admin": {"listen": "127.0.0.1:0"},
        "identity": {"secret": "file:secret"},
        "channels": {"chat": {"secret": "file:secret", "accounts": {"shop": {}}}},
    }
    gateway = Gateway(parse(settings, folder=tmp_path), roles=frozenset({"doors"}))
    await gateway.start()
    yield gateway
    await gateway.stop()
    await server.stop()


async def head(port: int, request: str) -> str:
    """Send bytes as they are and return the head of what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request.encode())
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_no_answer_says_what_it_is_made_with(gateway: Gateway) -> None:
    assert gateway.listening.http is not None
    assert gateway.listening.admin is not None
    http, admin = gateway.listening.http[1], gateway.listening.admin[1]
    asked = [
        (http, CHAT, 101),
        (http, GET.format("/v1/chat/shop/page"), 404),
        (http, GET.format("/"), 404),
        (http, "POST" + GET.format("/v1/chat/shop")[3:], 405),
        (admin, GET.format("/livez"), 200),
        (admin, GET.format("/metrics"), 200),
        (admin, GET.format("/"), 404),
    ]
    for port, request, status in asked:
        answer = await head(port, request)
        assert f" {status} " in answer.splitlines()[0]
        assert "\r\nserver:" not in answer.lower()
    for port in (http, admin):
        answer = await head(port, "no http\r\n\r\n")
        assert " 400 " in answer.splitlines()[0]
        assert not any(word in answer.lower() for word in ("aiohttp", "python"))

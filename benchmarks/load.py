"""A lean HTTP load generator: prepared requests over kept-open connections.

The generator shares the machine with what it measures, so it does as little as possible: requests
are made and signed before the clock starts, and an answer is read up to its length and no further.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from demo.house import OUR_NUMBER
from demo.standins.twilio_api import TwilioApi, signed_twilio_request

_OK: Final = b"HTTP/1.1 2"


@dataclass(frozen=True, slots=True)
class Burst:
    """What one burst came to: answers per second, and how many were no success."""

    sent: int
    failed: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return accepted messages per second."""
        return (self.sent - self.failed) / self.seconds


def sms_requests(twilio: TwilioApi, *, port: int, path: str, count: int, first: int) -> list[bytes]:
    """Return signed Twilio webhooks as raw HTTP, each from a number of its own."""
    url = f"http://127.0.0.1:{port}{path}"
    requests = []
    for number in range(first, first + count):
        form = {
            "MessageSid": f"SM{number:032x}",
            "AccountSid": twilio.account_sid,
            "From": f"+1555{number % 10_000_000:07d}",
            "To": OUR_NUMBER,
            "Body": f"Where is my parcel? It was sent on Monday, order {number}.",
            "NumMedia": "0",
        }
        body = urlencode(form).encode()
        headers = signed_twilio_request(twilio.auth_token, url, form)
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        requests.append("\r\n".join(lines).encode() + body)
    return requests


async def burst(port: int, requests: Sequence[bytes], *, clients: int) -> Burst:
    """Send all requests as fast as `clients` connections can, each waiting for its answer."""
    waiting = iter(requests)
    failed = 0

    async def client() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            failed += not await exchange(reader, writer, request)
        writer.close()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    return Burst(len(requests), failed, time.perf_counter() - started)


async def paced(port: int, requests: Sequence[bytes], *, rate: float, clients: int) -> Burst:
    """Send the requests at an even rate, whatever the answers take (an open loop)."""
    loop = asyncio.get_running_loop()
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(clients):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    failed = 0

    async def send(request: bytes) -> None:
        nonlocal failed
        reader, writer = await idle.get()
        failed += not await exchange(reader, writer, request)
        idle.put_nowait((reader, writer))

    started = loop.time()
    async with asyncio.TaskGroup() as group:
        for index, request in enumerate(requests):
            wait = started + index / rate - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(send(request))
    seconds = loop.time() - started
    while not idle.empty():
        idle.get_nowait()[1].close()
    return Burst(len(requests), failed, seconds)


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bool:
    """Send a request over a kept-open connection; return whether it was taken."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.partition(b":")[2]))
            break
    return head.startswith(_OK)

"""History: log entries of one subject filter, read and counted without a consumer.

Both are one direct read (ADR-31, `next_by_subj` with `batch`): the server's own count of what
still follows comes with the first message, so counting a million costs as much as counting one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Final

import orjson
from nats.aio.msg import Msg

from maitred.contracts import limits
from maitred.contracts.errors import StoreUnavailable
from maitred.gateway.bus.connection import Connection, status_of
from maitred.gateway.bus.reads import Stored, of_direct
from maitred.gateway.bus.streams import last_sequence

_END: Final = frozenset({"204", "404"})


async def sequence_at(connection: Connection, stream: str, subject: str, since_ms: int) -> int:
    """Return the sequence before the first message on `subject` stored at `since_ms` or later.

    Where none is that young, it is the stream's last one, behind which nothing follows.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    since = datetime.fromtimestamp(since_ms / 1000, UTC).isoformat().replace("+00:00", "Z")
    body: dict[str, str | int] = {"start_time": since, "next_by_subj": subject, "batch": 1}
    async for message in _direct(connection, stream, body):
        return of_direct(message).seq - 1
    return await last_sequence(connection, stream)


async def read_log(
    connection: Connection, stream: str, subject: str, *, after: int, limit: int
) -> list[Stored]:
    """Return up to `limit` messages on `subject` (wildcards allowed) behind sequence `after`.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    found: list[Stored] = []
    while len(found) < limit:
        page = min(limit - len(found), limits.PULL_MESSAGES_MAX)
        before = len(found)
        found += [
            of_direct(message)
            async for message in _direct(connection, stream, _behind(after, subject, page))
        ]
        if len(found) - before < page:
            break
        after = found[-1].seq
    return found


async def scan(
    connection: Connection,
    stream: str,
    subject: str,
    *,
    after: int = 0,
    until: int | None = None,
    page: int | None = None,
) -> AsyncIterator[Stored]:
    """Yield what stands on `subject` (wildcards allowed) behind sequence `after`, in order.

    Up to and with sequence `until`, or all of it; at most `page` messages are read at once.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    page = page or limits.PULL_MESSAGES_MAX
    while True:
        found = await read_log(connection, stream, subject, after=after, limit=page)
        for stored in found:
            if until is not None and stored.seq > until:
                return
            yield stored
        if len(found) < page:
            return
        after = found[-1].seq


async def count_after(connection: Connection, stream: str, subject: str, *, after: int) -> int:
    """Return how many messages on `subject` stand behind sequence `after`.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    count = 0
    async for message in _direct(connection, stream, _behind(after, subject, 1)):
        count = 1 + int((message.headers or {}).get("Nats-Num-Pending", "0"))
    return count


def _behind(after: int, subject: str, batch: int) -> dict[str, str | int]:
    return {"seq": after + 1, "next_by_subj": subject, "batch": batch}


async def _direct(
    connection: Connection, stream: str, asked: Mapping[str, str | int]
) -> AsyncIterator[Msg]:
    body = orjson.dumps(asked)
    async with connection.answers() as (reply, following):
        await connection.publish(f"$JS.API.DIRECT.GET.{stream}", body, reply=reply)
        try:
            async with asyncio.timeout(limits.READ_TIMEOUT_MS / 1000):
                while True:
                    message = await following()
                    status = status_of(message)
                    if status in _END:
                        return
                    if status:
                        raise StoreUnavailable(f"a direct read answered {status}")
                    yield message
        except TimeoutError as error:
            raise StoreUnavailable("a direct read was not answered in time") from error

"""Reading documents: many at once and quickly, or from the leader; erasing them.

Direct reads are answered by any replica and may be stale; the expectation of a batch decides.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from nats.aio.msg import Msg

from maitred.contracts import limits
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.connection import Connection, status_of
from maitred.gateway.bus.pull import delivery_of
from maitred.gateway.bus.streams import rfc3339_ms

_MARKERS: Final = ("KV-Operation", "Nats-Marker-Reason")
"""Headers of a message that stands for one that is gone."""
_NO_MESSAGE: Final = 10037
_GONE: Final = frozenset({10043, 10057})
_SERVER_FAULT: Final = 500
_END: Final = "204"
_NOTHING: Final = "404"
_TOO_MANY: Final = "413"
_NS: Final = 1_000_000
_BEHIND_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored message; `time_ms` is when the server took it."""

    subject: str
    seq: int
    data: bytes
    headers: Mapping[str, str]
    time_ms: int


class _TooManySubjects(Exception):
    """The server answers at most 1,024 subjects in one batched read (ADR-31)."""


async def get_many(
    connection: Connection,
    stream: str,
    subjects: Sequence[str],
    *,
    timeout_ms: int = limits.READ_TIMEOUT_MS,
    at_least: int = 0,
) -> dict[str, Stored]:
    """Return the last message of each of `subjects`, which may hold wildcards.

    What is missing, or was deleted, is not in the answer. `timeout_ms` bounds each page. A
    replica that has not come as far as sequence `at_least` is asked again.

    Raises:
        StoreUnavailable: not answered in time.
    """
    found: dict[str, Stored] = {}
    asked = list(dict.fromkeys(subjects))
    for start in range(0, len(asked), limits.DIRECT_GET_SUBJECTS_MAX):
        page = asked[start : start + limits.DIRECT_GET_SUBJECTS_MAX]
        try:
            found |= await _multi_last(connection, stream, page, timeout_ms, at_least)
        except _TooManySubjects:
            found |= await _scan_last(connection, stream, page, timeout_ms)
    return {
        subject: stored
        for subject, stored in found.items()
        if not any(marker in stored.headers for marker in _MARKERS)
    }


async def get_last(
    connection: Connection, stream: str, subject: str, *, leader: bool = False
) -> Stored | None:
    """Return the last message of `subject`; `leader` asks the one server that cannot be stale.

    Raises:
        StoreUnavailable: not answered in time.
    """
    stored = await _get(connection, stream, {"last_by_subj": subject}, leader=leader)
    if stored is None or any(marker in stored.headers for marker in _MARKERS):
        return None
    return stored


async def get_at(
    connection: Connection, stream: str, seq: int, *, leader: bool = False
) -> Stored | None:
    """Return the message at sequence `seq`, or None when it is gone.

    Raises:
        StoreUnavailable: not answered in time.
    """
    if seq < 1:  # an empty stream's last sequence is 0, which the server calls a bad request
        return None
    return await _get(connection, stream, {"seq": seq}, leader=leader)


async def get_next(
    connection: Connection, stream: str, subject: str, *, after: int
) -> Stored | None:
    """Return the first message on `subject` (wildcards allowed) behind a sequence, if any.

    The leader answers.

    Raises:
        StoreUnavailable: not answered in time.
    """
    asked = {"seq": after + 1, "next_by_subj": subject}
    return await _get(connection, stream, asked, leader=True)


async def purge(
    connection: Connection, stream: str, subject_filter: str, *, until: int | None = None
) -> int:
    """Erase everything under `subject_filter` (wildcards allowed) and return how many it was.

    With `until`, only what stands up to and with that sequence.

    Raises:
        StoreUnavailable: not answered in time.
    """
    asked: dict[str, str | int] = {"filter": subject_filter}
    if until is not None:
        # The server's `seq` is the first one that stays.
        asked["seq"] = until + 1
    answer = await _api(
        connection, f"STREAM.PURGE.{stream}", asked, timeout_ms=limits.COMMIT_TIMEOUT_MS
    )
    return int(answer["purged"])


async def count(
    connection: Connection, stream: str, subject_filter: str
) -> tuple[Mapping[str, int], int]:
    """Return how many messages stand on each subject that matches, and the stream's last sequence.

    The leader answers, so it is the truth of this moment; no body is read.

    Raises:
        StoreUnavailable: not answered in time.
    """
    found: dict[str, int] = {}
    while True:
        answer = await _api(
            connection,
            f"STREAM.INFO.{stream}",
            {"subjects_filter": subject_filter, "offset": len(found)},
        )
        page: dict[str, int] = answer["state"].get("subjects") or {}
        found |= page
        if not page or len(found) >= int(answer.get("total", 0)):
            return found, int(answer["state"]["last_seq"])


async def delete_at(connection: Connection, stream: str, seq: int) -> bool:
    """Erase the message at `seq`, overwriting it on disk; False when it is not there.

    Raises:
        StoreUnavailable: not answered in time.
    """
    # Asked to delete what it does not have, the server answers 500, as if it were broken.
    if await get_at(connection, stream, seq, leader=True) is None:
        return False
    try:
        await connection.api(f"STREAM.MSG.DELETE.{stream}", {"seq": seq})
    except ApiError as error:
        if error.err_code in _GONE:  # somebody else was faster
            return False
        if error.code >= _SERVER_FAULT:
            raise StoreUnavailable(str(error)) from error
        raise
    return True


async def _api(
    connection: Connection,
    verb_subject: str,
    body: object,
    *,
    timeout_ms: int = limits.READ_TIMEOUT_MS,
) -> dict[str, Any]:
    """Ask JetStream's API; a fault of the store is worth another try, as when it is away."""
    try:
        return await connection.api(verb_subject, body, timeout_ms=timeout_ms)
    except ApiError as error:
        if error.code >= _SERVER_FAULT:
            raise StoreUnavailable(str(error)) from error
        raise


# -- one message --------------------------------------------------------------------------
async def _get(
    connection: Connection, stream: str, what: dict[str, Any], *, leader: bool
) -> Stored | None:
    if leader:
        try:
            answer = await _api(connection, f"STREAM.MSG.GET.{stream}", what)
        except ApiError as error:
            if error.err_code == _NO_MESSAGE:
                return None
            raise
        return _of_leader(answer["message"])
    message = await connection.request(
        f"$JS.API.DIRECT.GET.{stream}", orjson.dumps(what), timeout_ms=limits.READ_TIMEOUT_MS
    )
    status = status_of(message)
    if status == _NOTHING:
        return None
    if status:
        raise StoreUnavailable(f"a direct read of {stream} was answered {status}")
    return of_direct(message)


def _of_leader(message: Mapping[str, Any]) -> Stored:
    raw = base64.b64decode(message.get("hdrs", ""))
    return Stored(
        subject=message["subject"],
        seq=message["seq"],
        data=base64.b64decode(message.get("data", "")),
        headers=_headers(raw),
        time_ms=rfc3339_ms(message["time"]),
    )


def _headers(raw: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in raw.decode("utf-8", "replace").split("\r\n")[1:])
    return {name.strip(): value.strip() for name, sep, value in pairs if sep}


def of_direct(message: Msg) -> Stored:
    """Read one answer to a direct read (ADR-31)."""
    headers = message.headers or {}
    return Stored(
        subject=headers["Nats-Subject"],
        seq=int(headers["Nats-Sequence"]),
        data=message.data,
        headers={
            name: value for name, value in headers.items() if name not in _ADDED_BY_DIRECT_GET
        },
        time_ms=rfc3339_ms(headers["Nats-Time-Stamp"]),
    )


_ADDED_BY_DIRECT_GET: Final = frozenset(
    {
        "Nats-Stream",
        "Nats-Subject",
        "Nats-Sequence",
        "Nats-Time-Stamp",
        "Nats-Num-Pending",
        "Nats-Last-Sequence",
        "Nats-UpTo-Sequence",
    }
)


# -- many messages ------------------------------------------------------------------------
async def _multi_last(
    connection: Connection, stream: str, subjects: list[str], timeout_ms: int, at_least: int
) -> dict[str, Stored]:
    """Read one consistent snapshot of at most 1,024 subjects, page by page."""
    found: dict[str, Stored] = {}
    request: dict[str, Any] = {"multi_last": subjects, "batch": limits.DIRECT_GET_SUBJECTS_MAX}
    deadline = asyncio.get_running_loop().time() + timeout_ms / 1000
    while True:
        async with connection.answers() as (reply, following):
            await connection.publish(
                f"$JS.API.DIRECT.GET.{stream}", orjson.dumps(request), reply=reply
            )
            page, end = await _page(following, stream, timeout_ms)
        if int(end.get("Nats-UpTo-Sequence", at_least)) < at_least:
            if asyncio.get_running_loop().time() > deadline:
                raise StoreUnavailable(f"a replica of {stream} stays behind")
            await asyncio.sleep(_BEHIND_S)
            continue
        found.update((stored.subject, stored) for stored in page)
        if not page or int(end.get("Nats-Num-Pending", "0")) == 0:
            return found
        request |= {
            "seq": int(end["Nats-Last-Sequence"]) + 1,
            "up_to_seq": int(end["Nats-UpTo-Sequence"]),
        }


async def _page(
    following: Callable[[], Awaitable[Msg]], stream: str, timeout_ms: int
) -> tuple[list[Stored], Mapping[str, str]]:
    """Collect the answers to one request, up to the one that says it is the last."""
    page: list[Stored] = []
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            while True:
                message = await following()
                status = status_of(message)
                if not status:
                    page.append(of_direct(message))
                elif status in {_END, _NOTHING}:
                    return page, message.headers or {}
                elif status == _TOO_MANY:
                    raise _TooManySubjects
                else:
                    raise StoreUnavailable(f"a direct read of {stream} was answered {status}")
    except TimeoutError as error:
        raise StoreUnavailable(f"a direct read of {stream} was not answered in time") from error


async def _scan_last(
    connection: Connection, stream: str, subjects: list[str], timeout_ms: int
) -> dict[str, Stored]:
    """Read the last message of every matching subject through a throw-away consumer."""
    consumer = f"scan-{connection.fresh_name()}"
    config = {
        "name": consumer,
        "deliver_policy": "last_per_subject",
        "ack_policy": "none",
        "filter_subjects": subjects,
        "inactive_threshold": 30_000 * _NS,
        "mem_storage": True,
        "num_replicas": 1,
    }
    try:
        await _api(
            connection,
            f"CONSUMER.CREATE.{stream}.{consumer}",
            {"stream_name": stream, "config": config, "action": "create"},
        )
    except ApiError as error:
        raise Permanent(str(error), code=f"nats_{error.err_code}") from error
    found: dict[str, Stored] = {}
    more = True
    async with connection.inbox() as (reply, following):
        while more:
            body = {"batch": limits.DIRECT_GET_SUBJECTS_MAX, "no_wait": True}
            await connection.publish(
                f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}", orjson.dumps(body), reply=reply
            )
            more = await _pulled(following, stream, found, timeout_ms)
    await _api(connection, f"CONSUMER.DELETE.{stream}.{consumer}", None)
    return found


async def _pulled(
    following: Callable[[], Awaitable[Msg]],
    stream: str,
    found: dict[str, Stored],
    timeout_ms: int,
) -> bool:
    """Collect the messages of one pull request into `found`; False when nothing is left."""
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            for _ in range(limits.DIRECT_GET_SUBJECTS_MAX):
                message = await following()
                status = status_of(message)
                delivery = delivery_of(message.reply)
                if status in {_NOTHING, "408"}:
                    return False
                if status or delivery is None:
                    raise StoreUnavailable(f"a scan of {stream} was answered {status}")
                found[message.subject] = Stored(
                    subject=message.subject,
                    seq=delivery.stream_seq,
                    data=message.data,
                    headers=message.headers or {},
                    time_ms=delivery.time_ms,
                )
    except TimeoutError as error:
        raise StoreUnavailable(f"a scan of {stream} was not answered in time") from error
    return True

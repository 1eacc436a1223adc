"""Atomic batches: several documents and log entries of one stream, all written or none (ADR-50).

A transaction of one message is a batch as well: a single publish with an expectation answers a
repeated write differently on one node and on three, a batch answers the same on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from maitred.contracts import limits
from maitred.contracts.errors import MaitredError, Permanent, StoreUnavailable
from maitred.gateway.bus import wire
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.publisher import AckError, decode_ack, error_of, ttl

_WRONG_LAST_SEQUENCE: Final = frozenset({10071, 10164})
_DUPLICATE_IN_BATCH: Final = 10201
_INCOMPLETE: Final = 10176
"""The server lost the first part (it was restarted in between): nothing was written."""
_TOO_MANY_UNDER_WAY: Final = 10210


class Conflict(MaitredError):
    """A document was written by somebody else meanwhile: nothing was written, compute again."""


class AlreadyApplied(Conflict):
    """An entry of the batch is in the stream already: nothing was written, it was done before."""


@dataclass(frozen=True, slots=True)
class Write:
    """One message of a batch; `expected` is the sequence its subject must stand at, if any."""

    subject: str
    data: bytes
    headers: Mapping[str, str]
    expected: int | None = None

    @property
    def size(self) -> int:
        """Bytes that the server counts at most, with what a batch adds to the headers."""
        return len(self.data) + len(self.subject) + _HEADER_BYTES


_HEADER_BYTES: Final = 1 * limits.KIB
"""More than the headers of any document or entry come to."""


def document(
    subject: str,
    data: bytes,
    *,
    expected: int,
    ttl_ms: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Write:
    """Write a document: it replaces its last version, which must be `expected` (0: none).

    `ttl_ms` lets it expire that long after this write; without it, it stays.
    """
    sent = {
        **(headers or {}),
        "Nats-Expected-Last-Subject-Sequence": str(expected),
        "Nats-Rollup": "sub",
    }
    if ttl_ms is not None:
        sent["Nats-TTL"] = ttl(ttl_ms)
    return Write(subject=subject, data=data, headers=sent, expected=expected)


def entry(
    subject: str,
    data: bytes,
    *,
    msg_id: str,
    ttl_ms: int,
    headers: Mapping[str, str] | None = None,
) -> Write:
    """Append a log entry under `msg_id`, which expires `ttl_ms` after this write."""
    sent = {**(headers or {}), "Nats-Msg-Id": msg_id, "Nats-TTL": ttl(ttl_ms)}
    return Write(subject=subject, data=data, headers=sent)


async def commit(
    connection: Connection,
    stream: str,
    writes: Sequence[Write],
    *,
    timeout_ms: int = limits.COMMIT_TIMEOUT_MS,
) -> int:
    """Write all of `writes` or none and return the sequence of the first; the others follow it.

    Raises:
        Conflict: a document does not stand where it was expected.
        AlreadyApplied: an entry's `Nats-Msg-Id` was stored before.
        StoreUnavailable: not confirmed; whether it was written is unknown.
        Permanent: the server will never take it.
    """
    if not 1 <= len(writes) <= limits.NATS_BATCH_MESSAGES_MAX:
        raise Permanent(f"a batch of {len(writes)} messages", code="too_large")
    batch = connection.fresh_name()
    reconnects = connection.reconnects
    common = f"Nats-Expected-Stream: {stream}\r\nNats-Batch-Id: {batch}\r\nNats-Batch-Sequence: "
    commands = []
    for number, write in enumerate(writes, 1):
        commit = "\r\nNats-Batch-Commit: 1" if number == len(writes) else ""
        ending = f"{common}{number}{commit}\r\n\r\n".encode()
        head = wire.block(write.headers)[:-2] + ending
        if len(head) + len(write.data) > connection.payload_bytes_max:
            raise Permanent("a message of a batch is larger than NATS takes", code="too_large")
        commands.append((write.subject, head, write.data))
    subject, head, data = commands[-1]
    answer = await connection.request_raw(
        [wire.command(each, "", block, body) for each, block, body in commands[:-1]],
        (subject, head, data),
        timeout_ms=timeout_ms,
    )
    if connection.reconnects != reconnects:
        raise StoreUnavailable("the connection dropped inside a batch")
    ack = decode_ack(answer.data)
    if ack.error is not None:
        raise _refused(ack.error)
    if ack.count != len(writes):
        raise StoreUnavailable("JetStream confirmed another number of messages than were sent")
    return ack.seq - ack.count + 1


def _refused(refusal: AckError) -> MaitredError:
    if refusal.err_code in _WRONG_LAST_SEQUENCE:
        return Conflict("a document was written by somebody else")
    if refusal.err_code == _DUPLICATE_IN_BATCH:
        return AlreadyApplied("an entry of this batch is stored already")
    if refusal.err_code in {_INCOMPLETE, _TOO_MANY_UNDER_WAY}:
        return StoreUnavailable(f"JetStream dropped the batch ({refusal.err_code})")
    return error_of(refusal)

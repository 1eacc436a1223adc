"""The high-water mark: how far the streams had got, kept outside of them.

A damaged store loses messages without an error and gives their sequence numbers out again, and
a server that boots with a wrong clock empties what has an age. Both show only to somebody who
remembers.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from maitred.contracts import limits
from maitred.contracts.errors import ConfigurationError
from maitred.contracts.operations import ErasureDoc
from maitred.contracts.subjects import JOURNAL, ROOT
from maitred.gateway.bus import reads, streams
from maitred.gateway.bus.api import ApiError
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import write_private

CLOCK_BEHIND_MS_MAX: Final = 5 * limits.MINUTE_MS
CLOCK_AHEAD_MS_MAX: Final = 30 * limits.DAY_MS

_STREAM_NOT_FOUND: Final = 10059
_ERASURES: Final = f"{ROOT}.*.erasure.*"
_ADVICE: Final = (
    "restore the store, or start once with --accept-restored-store to go on with what is there"
)

_log = structlog.get_logger(__name__)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How far one stream had got, and what stood there.

    `sha256` is of subject and data together and empty where the message was gone already;
    `expires_ms` is when its own TTL ends, 0 without one.
    """

    created_ms: int
    seq: int
    subject: str = ""
    sha256: str = ""
    expires_ms: int = 0


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds."""

    wall_ms: int
    streams: dict[str, Mark]


class HighWater:
    """The marks of some streams in the file `path`, which must not lie inside the store."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def check(
        self,
        connection: Connection,
        streams: Iterable[str],
        now_ms: int,
        *,
        accept_restored_store: bool,
    ) -> None:
        """Compare `streams` with their marks; without a file there is nothing to compare with.

        A mark's message may be missing where something followed it legitimately: its age or TTL
        has passed, a later version replaced it, or it went with somebody who was erased, which
        the certificate of his erasure tells.

        Raises:
            ConfigurationError: a stream went back, was made again or was altered, or the clock
                is wrong. Not with `accept_restored_store`.
            StoreUnavailable: the store does not answer.
        """
        marks = await asyncio.to_thread(self._read)
        if marks is None:
            return
        faults = _clock_faults(marks.wall_ms, now_ms)
        for name in streams:
            mark = marks.streams.get(name)
            if mark is not None:
                faults += await _faults(connection, name, mark, now_ms)
        if not faults:
            return
        if not accept_restored_store:
            raise ConfigurationError(*(f"{fault}; {_ADVICE}" for fault in faults))
        for fault in faults:
            _log.warning("restored_store_accepted", fault=fault)

    async def note(self, connection: Connection, streams: Iterable[str], now_ms: int) -> None:
        """Write down how far `streams` are now.

        Raises:
            StoreUnavailable: the store does not answer; the last marks stay.
        """
        marks = {name: await _mark(connection, name) for name in streams}
        encoded = msgspec.json.encode(Marks(wall_ms=now_ms, streams=marks))
        await asyncio.to_thread(self._write, encoded)

    def _read(self) -> Marks | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Marks)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise ConfigurationError(
                f"{self._path}: the high-water mark cannot be read ({type(error).__name__}); "
                "delete the file if you trust the store"
            ) from error

    def _write(self, encoded: bytes) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._path, encoded)


def _clock_faults(wall_ms: int, now_ms: int) -> list[str]:
    if now_ms < wall_ms - CLOCK_BEHIND_MS_MAX:
        return [f"clock: {(wall_ms - now_ms) // limits.SECOND_MS} s behind the last run's"]
    if now_ms > wall_ms + CLOCK_AHEAD_MS_MAX:
        days = (now_ms - wall_ms) // limits.DAY_MS
        return [f"clock: {days} days ahead of the last run's; set it right if it is wrong"]
    return []


async def _faults(connection: Connection, name: str, mark: Mark, now_ms: int) -> list[str]:
    try:
        found = await streams.info(connection, name)
    except ApiError as error:
        if error.err_code == _STREAM_NOT_FOUND:
            return [f"stream {name}: gone, it had got to message {mark.seq}"]
        raise
    if found.created_ms != mark.created_ms:
        return [f"stream {name}: was made again, the old one had got to message {mark.seq}"]
    if found.last_seq < mark.seq:
        back = mark.seq - found.last_seq
        return [f"stream {name}: went back {back} messages, from {mark.seq} to {found.last_seq}"]
    if not mark.sha256:
        return []
    stored = await reads.get_at(connection, name, mark.seq, leader=True)
    if stored is not None:
        return (
            [] if _hash(stored) == mark.sha256 else [f"stream {name}: message {mark.seq} differs"]
        )
    if found.first_seq > mark.seq or (mark.expires_ms and now_ms >= mark.expires_ms):
        return []
    last = await reads.get_last(connection, name, mark.subject, leader=True)
    if last is not None and last.seq > mark.seq:
        return []
    if await _was_erased(connection, name, mark):
        return []
    return [f"stream {name}: message {mark.seq} is gone before its time"]


async def _was_erased(connection: Connection, name: str, mark: Mark) -> bool:
    """Whether an erasure, done or under way, took the message of a mark; of any gateway's mark."""
    try:
        stored = await reads.get_many(connection, JOURNAL, [_ERASURES])
    except ApiError:
        return False
    for each in stored.values():
        try:
            doc = msgspec.json.decode(each.data, type=ErasureDoc)
        except msgspec.DecodeError:
            continue
        purged = [(each.stream, each.subject, each.until) for each in doc.subjects]
        purged += [(each.stream, each.subject, each.until) for each in doc.pending]
        for stream, subject, until in purged:
            if stream == name and until >= mark.seq and _matches(subject, mark.subject):
                return True
    return False


def _matches(pattern: str, subject: str) -> bool:
    """Whether a subject matches a pattern of NATS (`*` one token, `>` one or more at the end)."""
    wanted, found = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(found) <= len(wanted):
            return False
        found = found[: len(wanted)]
    return len(wanted) == len(found) and all(
        one in ("*", other) for one, other in zip(wanted, found, strict=True)
    )


async def _mark(connection: Connection, name: str) -> Mark:
    found = await streams.info(connection, name)
    stored = await reads.get_at(connection, name, found.last_seq, leader=True)
    if stored is None:
        return Mark(created_ms=found.created_ms, seq=found.last_seq)
    return Mark(
        created_ms=found.created_ms,
        seq=found.last_seq,
        subject=stored.subject,
        sha256=_hash(stored),
        expires_ms=_expires_ms(stored),
    )


def _hash(stored: reads.Stored) -> str:
    state = hashlib.sha256(stored.subject.encode())
    state.update(b"\0")
    state.update(stored.data)
    return state.hexdigest()


def _expires_ms(stored: reads.Stored) -> int:
    seconds = stored.headers.get("Nats-TTL", "").removesuffix("s")
    return stored.time_ms + int(seconds) * limits.SECOND_MS if seconds.isdigit() else 0

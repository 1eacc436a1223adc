"""The quarantine: what a stage cannot handle is kept whole, with the reason, to be replayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts import limits
from maitred.contracts.errors import Permanent
from maitred.contracts.subjects import DEAD, Subjects
from maitred.gateway.bus import history, reads
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.publisher import PubAck, Publisher

_PREFIX: Final = "maitred-dead-"
_REASON_CHARACTERS_MAX: Final = 500
_HEADERS_BYTES_MAX: Final = limits.NATS_HEADER_BYTES_MAX // 2
_OURS: Final = ("Nats-", _PREFIX)
_KEPT: Final = frozenset({"Nats-TTL"})
"""Of JetStream's own headers, what a replayed message must carry again."""
_headers_decoder: Final = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A quarantined message: why it is here, and all of what it was.

    `stream`, `subject` and `input_seq` say where it came from; `at_ms` is when it was put here.
    `whole` is False where the data did not fit any more and was left in its stream.
    """

    seq: int
    stage: str
    reason_code: str
    reason: str
    stream: str
    subject: str
    input_seq: int
    at_ms: int
    data: bytes
    headers: Mapping[str, str]
    whole: bool = True


class DeadLetters:
    """The quarantine of one tenant."""

    def __init__(self, connection: Connection, publisher: Publisher, subjects: Subjects) -> None:
        self._connection = connection
        self._publisher = publisher
        self._subjects = subjects

    async def bury(  # noqa: PLR0913  (the letter's fields, all named)
        self,
        *,
        stage: str,
        input_stream: str,
        input_seq: int,
        subject: str,
        data: bytes,
        headers: Mapping[str, str],
        reason_code: str,
        reason: str,
    ) -> None:
        """Store an input of `stage` in the quarantine; to do so again changes nothing.

        Raises:
            StoreUnavailable: not confirmed; bury it again.
        """
        envelope = {
            "stage": stage,
            "stream": input_stream,
            "seq": str(input_seq),
            "subject": subject,
            "code": _one_line(reason_code),
            "reason": _one_line(reason),
            "whole": "yes",
        }
        packed = msgspec.json.encode(dict(headers)).decode()
        if len(packed.encode()) <= _HEADERS_BYTES_MAX:
            envelope["headers"] = packed
        try:
            await self._store(stage, envelope, data)
        except Permanent as error:
            if error.code != "too_large":
                raise
            await self._store(stage, {**envelope, "headers": "{}", "whole": "no"}, b"")

    async def list(self, limit: int) -> list[DeadLetter]:
        """Return up to `limit` letters, the oldest first.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        stored = await history.read_log(
            self._connection, DEAD, self._subjects.any("dead"), after=0, limit=limit
        )
        return [letter for letter in map(_letter, stored) if letter is not None]

    async def show(self, seq: int) -> DeadLetter | None:
        """Return the letter with number `seq`, or None when this tenant has none.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        stored = await reads.get_at(self._connection, DEAD, seq, leader=True)
        if stored is None or not stored.subject.startswith(f"{self._subjects.root}.dead."):
            return None
        return _letter(stored)

    async def drop(self, seq: int) -> bool:
        """Delete a letter for good; False when there is none with this number.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        if await self.show(seq) is None:
            return False
        return await reads.delete_at(self._connection, DEAD, seq)

    async def replay(self, seq: int) -> PubAck:
        """Put a letter back to where it came from, then delete it here.

        Interrupted in between and done again, it is stored there once.

        Raises:
            Permanent: no such letter (`not_found`), or its data was not kept (`not_whole`).
            StoreUnavailable: not confirmed; replay it again.
        """
        letter = await self.show(seq)
        if letter is None:
            raise Permanent(f"no dead letter has number {seq}", code="not_found")
        if not letter.whole:
            raise Permanent(f"dead letter {seq} was not kept whole", code="not_whole")
        ack = await self._publisher.publish(
            letter.subject,
            letter.data,
            # The time makes it another id when the quarantine was made anew and counts from 1.
            msg_id=f"replay:{seq}:{letter.at_ms}",
            stream=letter.stream,
            headers={
                name: value
                for name, value in letter.headers.items()
                if name in _KEPT or not name.startswith(_OURS)
            },
        )
        await reads.delete_at(self._connection, DEAD, seq)
        return ack

    async def _store(self, stage: str, envelope: Mapping[str, str], data: bytes) -> None:
        await self._publisher.publish(
            self._subjects.dead(stage, _about(envelope["subject"])),
            data,
            msg_id=f"dead:{stage}:{envelope['stream']}:{envelope['seq']}",
            stream=DEAD,
            headers={f"{_PREFIX}{name}": value for name, value in envelope.items()},
        )


async def buried_inputs(connection: Connection, subjects: Subjects, stage: str) -> frozenset[int]:
    """Return where inputs of a stage stood that are in the quarantine now.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    found = history.scan(connection, DEAD, subjects.dead(stage, ">"))
    letters = [letter async for stored in found if (letter := _letter(stored)) is not None]
    return frozenset(letter.input_seq for letter in letters if letter.stage == stage)


def _about(subject: str) -> str:
    """Return whom or what an input was about: the last token of its subject, a key or an id."""
    return subject.rpartition(".")[2]


def _letter(stored: reads.Stored) -> DeadLetter | None:
    """Read a letter; None for a message that somebody else put into the stream."""
    told = {
        name.removeprefix(_PREFIX): value
        for name, value in stored.headers.items()
        if name.startswith(_PREFIX)
    }
    try:
        return DeadLetter(
            seq=stored.seq,
            stage=told["stage"],
            reason_code=told["code"],
            reason=told["reason"],
            stream=told["stream"],
            subject=told["subject"],
            input_seq=int(told["seq"]),
            at_ms=stored.time_ms,
            data=stored.data,
            headers=_headers_decoder.decode(told.get("headers", "{}")),
            whole=told.get("whole") == "yes",
        )
    except (KeyError, ValueError, msgspec.DecodeError):
        return None


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_REASON_CHARACTERS_MAX] or "-"

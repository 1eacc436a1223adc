"""The timeline of an export: what a customer wrote and was answered, for programs and for people.

Entry by entry in the journal's order; in memory is one of them at a time, and of each message only
where its files are.
"""

from __future__ import annotations

import heapq
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, Any, Final

import msgspec
import orjson

from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import IdentifierKey, MessageId
from maitred.contracts.message import Attachment, Message
from maitred.contracts.outbound import DeliveryDoc, Outbound, OutboundKind
from maitred.contracts.revision import Revision
from maitred.contracts.subjects import JOURNAL, Subjects
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import Stored, get_last
from maitred.gateway.erasure.belongings import Belongings
from maitred.gateway.export.archive import Archive, safe_name
from maitred.gateway.export.page import Shown, day_of, page_day, page_head, page_part, page_tail
from maitred.gateway.journal.lookup import decoded

PAGE: Final = 16
"""How many entries of one log are read at once."""
_COPY_BYTES: Final = 1 << 20
Advance = Callable[[str, int, int], None]
"""Told what is done now, how far it is, and of how many."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is still to be added of a message: where it came in, and files by their place."""

    id: MessageId
    owner: IdentifierKey
    sequence: int
    files: tuple[tuple[str, Attachment], ...]


@dataclass(slots=True)
class Seen:
    """What the messages tell of one identifier."""

    level: Level = Level.CLAIMED
    first_at: int = 0
    last_at: int = 0
    messages: int = 0

    def add(self, message: Message) -> None:
        """Count a message in."""
        self.level = max(self.level, message.actor.level)
        self.first_at = min(self.first_at or message.received_at, message.received_at)
        self.last_at = max(self.last_at, message.received_at)
        self.messages += 1


@dataclass(slots=True)
class Timeline:
    """Writes the timeline of one customer, and notes what else his messages come to."""

    connection: Connection
    subjects: Subjects
    found: Belongings
    at: int
    advance: Advance
    counts: Counter[str]
    left: list[Left] = field(default_factory=list)
    seen: dict[IdentifierKey, Seen] = field(default_factory=dict)

    async def write(self, archive: Archive) -> None:
        """Add `timeline.jsonl` and `timeline.html`.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        with tempfile.TemporaryFile() as page:
            page.write(page_head(self.found.person.customer, self.at).encode())
            with archive.open("timeline.jsonl") as line:
                await self._lines(line, page)
            page.write(page_tail().encode())
            page.seek(0)
            with archive.open("timeline.html") as write:
                while piece := page.read(_COPY_BYTES):
                    write(piece)

    async def _lines(self, line: Callable[[bytes], object], page: IO[bytes]) -> None:
        done, total, day = 0, self.found.messages + len(self.found.written), ""
        logs = [scan(self.connection, JOURNAL, each, page=PAGE) for each in self._logs()]
        async for stored in merged(logs):
            told = await self._told(stored)
            if told is None:
                continue
            written, shown = told
            line(orjson.dumps(written) + b"\n")
            if shown is not None:
                if day != (day := day_of(shown.at)):
                    page.write(page_day(day).encode())
                page.write(page_part(shown).encode())
            done += 1
            self.advance("reading", done, max(total, done))

    def _logs(self) -> Iterable[str]:
        person = self.found.person
        for key in sorted(person.holding.whole | person.holding.shared.keys()):
            yield self.subjects.message(key)
            yield self.subjects.revision(key)
        for key in sorted(person.holding.whole):
            yield f"{self.subjects.root}.outbound.*.*.{key}"
        for conversation in sorted(person.conversations):
            yield f"{self.subjects.root}.outbound.*.{conversation}.*"

    async def _told(self, stored: Stored) -> tuple[dict[str, Any], Shown | None] | None:
        match stored.subject.split(".")[3]:
            case "message":
                entry = decoded(stored.data, MessageEntry)
                if entry is None or not self.found.person.wrote(entry):
                    return None
                return self._message(entry)
            case "revision":
                revision = decoded(stored.data, Revision)
                if revision is None or not self._is_his(revision.message):
                    return None
                self.counts["later readings of messages"] += 1
                return {"what": "revision", "revision": msgspec.to_builtins(revision)}, None
        return await self._reply(stored)

    def _is_his(self, message: Message) -> bool:
        whole = self.found.person.holding.whole
        return message.actor_key in whole or message.id in self.found.written

    def _message(self, entry: MessageEntry) -> tuple[dict[str, Any], Shown]:
        message = entry.message
        self.counts["messages of the customer"] += 1
        self.seen.setdefault(message.actor_key, Seen()).add(message)
        files = tuple(
            (f"attachments/{message.id}/{safe_name(each.name, number)}", each)
            for number, each in enumerate(message.attachments)
        )
        sequence = message.raw.sequence if message.raw is not None else 0
        self.left.append(Left(message.id, message.actor_key, sequence, files))
        # Whom he seems to be is somebody else.
        work = msgspec.structs.replace(entry.work, hint=None) if entry.work is not None else None
        kind = message.kind.value
        shown = Shown(
            at=message.received_at,
            who=message.name or _known_as(message.actor.identifier),
            channel=message.channel,
            kind="" if kind == "message" else kind.replace("_", " "),
            subject=message.subject,
            text=message.text,
            files=[(each.name, place if each.blob is not None else "") for place, each in files],
        )
        kept = msgspec.structs.replace(entry, work=work)
        return {"what": "message", "entry": msgspec.to_builtins(kept)}, shown

    async def _reply(self, stored: Stored) -> tuple[dict[str, Any], Shown] | None:
        reply = decoded(stored.data, Outbound)
        # A code is a secret between us and the address.
        if reply is None or reply.kind is OutboundKind.CODE:
            return None
        self.counts["answers to the customer"] += 1
        found = await get_last(self.connection, JOURNAL, self.subjects.delivery(reply.id))
        delivery = decoded(found.data, DeliveryDoc) if found is not None else None
        state = delivery.state.value if delivery is not None else ""
        shown = Shown(
            at=reply.at,
            who=reply.agent_name or "answer",
            channel=reply.to.channel,
            kind=_kind(reply, state),
            subject=reply.subject,
            text=reply.text,
            is_ours=True,
        )
        plain = msgspec.to_builtins(reply)
        if reply.to.key not in self.found.person.keys:
            plain.pop("to")
        return {"what": "reply", "reply": plain, "delivery": state}, shown


async def merged(logs: Iterable[AsyncIterator[Stored]]) -> AsyncIterator[Stored]:
    """Yield what stands in several logs in the journal's order, each message once.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    heads: list[tuple[int, int, Stored, AsyncIterator[Stored]]] = []
    for number, log in enumerate(logs):
        first = await anext(log, None)
        if first is not None:
            heads.append((first.seq, number, first, log))
    heapq.heapify(heads)
    last = 0
    while heads:
        sequence, number, stored, log = heads[0]
        if sequence != last:
            yield stored
            last = sequence
        following = await anext(log, None)
        if following is None:
            heapq.heappop(heads)
        else:
            heapq.heapreplace(heads, (following.seq, number, following, log))


def _kind(reply: Outbound, state: str) -> str:
    """Return what is remarkable about an answer: that it is an edit, and what became of it."""
    edit = "edit" if reply.kind is OutboundKind.EDIT else ""
    return ", ".join(each for each in (edit, "" if state == "sent" else state) if each)


def _known_as(identifier: Identifier) -> str:
    """Return what a person reads of an identifier: of a browser, which has no name, that it is."""
    return "browser" if identifier.kind is IdentifierKind.VISITOR else identifier.value

"""Picking: what one person wrote from an endpoint of several, message by message, with its files.

A browser that a whole family uses has one key, and so has a number that changed hands. Of what
stands under it only his messages are taken, and of the files only those that nobody else sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from maitred.contracts.ids import IdentifierKey, MessageId
from maitred.contracts.inbound import BlobRef
from maitred.contracts.subjects import BLOBS, INBOUND, JOURNAL, Subjects
from maitred.gateway.attachments import note_of
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import get_last
from maitred.gateway.journal.lookup import decoded


class _Raw(msgspec.Struct, frozen=True):
    sequence: int


class _Blob(msgspec.Struct, frozen=True):
    sha256: str


class _File(msgspec.Struct, frozen=True):
    blob: _Blob | None = None
    remote: str = ""


class _Message(msgspec.Struct, frozen=True):
    id: MessageId
    raw: _Raw | None = None
    attachments: tuple[_File, ...] = ()


class _Entry(msgspec.Struct, frozen=True):
    """What tells of an entry or a revision where its parts stand."""

    message: _Message


class _Again(msgspec.Struct, frozen=True):
    original: MessageId
    sequence: int


class _Inbound(msgspec.Struct, frozen=True):
    blob: _Blob | None = None


@dataclass(slots=True)
class Picked:
    """Sequences by subject, and the names of blobs that nobody else has."""

    journal: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    inbound: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    blobs: set[str] = field(default_factory=set)

    def messages(self) -> Iterator[tuple[str, str, list[int]]]:
        """Yield stream, subject and sequences; the journal's are last, since they lead there."""
        for stream, found in ((INBOUND, self.inbound), (JOURNAL, self.journal)):
            for subject, sequences in found.items():
                yield stream, subject, sequences


class Picker:
    """Picks of what stands under `key` the messages named in `written`, up to some sequences."""

    def __init__(
        self,
        connection: Connection,
        subjects: Subjects,
        key: IdentifierKey,
        written: Collection[MessageId],
        upto: Mapping[str, int],
    ) -> None:
        self._connection = connection
        self._subjects = subjects
        self._key = key
        self._written = written
        self._upto = upto
        self._others: set[str] = set()
        self._raws: set[int] = set()
        self._picked = Picked()

    async def pick(self) -> Picked:
        """Return what is his.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        await self._journal()
        await self._inbound()
        self._picked.blobs -= self._others
        return self._picked

    async def _journal(self) -> None:
        upto, key = self._upto[JOURNAL], self._key
        for subject in (self._subjects.message(key), self._subjects.revision(key)):
            async for stored in scan(self._connection, JOURNAL, subject, until=upto):
                entry = decoded(stored.data, _Entry)
                if entry is None:
                    continue
                message, is_his = entry.message, entry.message.id in self._written
                self._owned(is_his).update(await self._files(message))
                if is_his:
                    self._picked.journal[subject].append(stored.seq)
                    self._raws |= {message.raw.sequence} if message.raw is not None else set()
        subject = self._subjects.suppressed(key)
        async for stored in scan(self._connection, JOURNAL, subject, until=upto):
            again = decoded(stored.data, _Again)
            if again is not None and again.original in self._written:
                self._picked.journal[subject].append(stored.seq)
                self._raws.add(again.sequence)

    async def _inbound(self) -> None:
        subject = f"{self._subjects.root}.inbound.*.*.{self._key}"
        upto = self._upto[INBOUND]
        async for stored in scan(self._connection, INBOUND, subject, until=upto):
            is_his = stored.seq in self._raws
            inbound = decoded(stored.data, _Inbound)
            if inbound is not None and inbound.blob is not None:
                self._owned(is_his).add(inbound.blob.sha256)
            if is_his:
                self._picked.inbound[stored.subject].append(stored.seq)

    def _owned(self, is_his: bool) -> set[str]:  # noqa: FBT001  (which of two sets)
        return self._picked.blobs if is_his else self._others

    async def _files(self, message: _Message) -> set[str]:
        """Return under which names a message's files stand, with what was fetched later."""
        found: set[str] = set()
        for each in message.attachments:
            if each.blob is not None:
                found.add(each.blob.sha256)
            elif each.remote:
                note = note_of(self._subjects, self._key, message.id, each.remote)
                stored = await get_last(self._connection, BLOBS, note, leader=True)
                if stored is not None:
                    found.add(msgspec.json.decode(stored.data, type=BlobRef).sha256)
                    found.add(note.split(".")[-2])
        return found

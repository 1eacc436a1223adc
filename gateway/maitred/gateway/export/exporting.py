"""Exporting: all that is known of one customer, in one archive that he can read.

What is written goes straight into the archive, so that memory does not grow with what he wrote.
What others wrote is left out, and so is whatever only claims to be his.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from maitred.contracts.assignments import Assignment
from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import CustomerDoc, IdentifierDoc
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import ConversationId
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import Attachment
from maitred.contracts.operations import OperationDoc
from maitred.contracts.proofs import ProofDoc
from maitred.contracts.routing import Decision, RoutingDoc
from maitred.contracts.subjects import DEAD, INBOUND, JOURNAL
from maitred.gateway.attachments import fetched, note_of
from maitred.gateway.bus import blobs
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import Stored, get_at
from maitred.gateway.decoding import raw_of
from maitred.gateway.erasure.belongings import Belongings
from maitred.gateway.export.archive import Archive, new_archive
from maitred.gateway.export.page import readme
from maitred.gateway.export.profile import known_by, without_others
from maitred.gateway.export.timeline import PAGE, Advance, Left, Timeline, merged
from maitred.gateway.journal.lookup import Lookup, decoded
from maitred.identity.customers.components import Tools
from maitred.identity.erasure.extent import only_his

_SUFFIXES: Final = {
    "message/rfc822": ".eml",
    "application/json": ".json",
    "application/x-www-form-urlencoded": ".txt",
}
_TOLD_OF_DEAD: Final = ("stage", "code", "reason")


@dataclass(slots=True)
class Export:
    """Writes one customer's archive; `at` is now, in UTC milliseconds."""

    connection: Connection
    tools: Tools
    found: Belongings
    at: int
    advance: Advance = lambda _what, _done, _of: None
    counts: Counter[str] = field(default_factory=Counter)
    _gone: int = 0

    async def write(self, path: Path) -> Counter[str]:
        """Write the archive to `path`, which must be new, and return what is in it.

        Raises:
            FileExistsError: the file is there already.
            Permanent: nothing is known that is surely his (code `not_found`).
            StoreUnavailable: the store does not answer; nothing is left behind.
        """
        person, subjects = self.found.person, self.tools.subjects
        lookup = Lookup(self.connection, subjects)
        await lookup.begin()
        customer = await lookup.one(subjects.customer(person.customer), CustomerDoc)
        own = sorted(person.holding.whole | person.holding.shared.keys())
        pointers = [await lookup.one(subjects.identifier(key), IdentifierDoc) for key in own]
        known = [pointer for pointer in pointers if pointer is not None]
        if customer is None and not known:
            raise Permanent("nothing is known that is surely his", code="not_found")
        timeline = Timeline(
            self.connection, subjects, self.found, self.at, self.advance, self.counts
        )
        with new_archive(path, self.at) as archive:
            await timeline.write(archive)
            archive.add_json("customer.json", customer or {})
            component = await lookup.root(customer.component) if customer is not None else None
            identifiers = known_by(person, known, component, timeline.seen)
            self.counts["identifiers"] = len(identifiers)
            archive.add_json("identifiers.json", identifiers)
            archive.add_json("proofs.json", await self._proofs(lookup))
            await self._conversations(archive, lookup)
            await self._decisions(archive)
            await self._operations(archive)
            for done, each in enumerate(timeline.left, 1):
                await self._add_raw(archive, each)
                await self._add_files(archive, each)
                self.advance("files", done, len(timeline.left))
            await self._dead(archive)
            archive.add("README.txt", readme(person.customer, self.at, self.counts, self._gone))
        return self.counts

    async def _proofs(self, lookup: Lookup) -> list[dict[str, Any]]:
        found = []
        for key in sorted(self.found.person.holding.whole):
            proof = await lookup.one(self.tools.subjects.proof(key), ProofDoc)
            if proof is not None:
                proved = [{"identifier": each.identifier, "at": each.at} for each in proof.proofs]
                found.append({"key": key, "asked_at": proof.sent, "proved": proved})
        return found

    # -- what became of it
    async def _conversations(self, archive: Archive, lookup: Lookup) -> None:
        person, subjects = self.found.person, self.tools.subjects
        known = person.keys | person.holding.shared.keys()
        for each in sorted(person.conversations):
            where = (subjects.conversation(each), subjects.routing(each))
            said = await lookup.one(where[0], Conversation)
            routing = await lookup.one(where[1], RoutingDoc)
            lookup.forget(*where)
            plain = []
            for document in (only_his(said, person) if said is not None else None, routing):
                if document is None:
                    continue
                told: dict[str, Any] = msgspec.to_builtins(document)
                if (told.get("reply_to") or {}).get("key") not in known:
                    told.pop("reply_to", None)
                plain.append(told)
            if plain:
                self.counts["conversations"] += 1
                archive.add_json(f"conversations/{each}.json", plain)

    async def _decisions(self, archive: Archive) -> None:
        with archive.open("decisions.jsonl") as line:
            for conversation in sorted(self.found.person.conversations):
                async for decision in self._decided(conversation):
                    self.counts["decisions"] += 1
                    line(msgspec.json.encode(decision) + b"\n")

    async def _decided(self, conversation: ConversationId) -> AsyncIterator[Decision]:
        """Yield why, in the journal's order: what was offered rides in the event that offers it."""
        subjects = self.tools.subjects
        logs = (subjects.decision(conversation), f"{subjects.root}.assign.*.{conversation}")
        async for stored in merged([self._log(JOURNAL, subject) for subject in logs]):
            if stored.subject == logs[0]:
                decision = decoded(stored.data, Decision)
            else:
                told = decoded(stored.data, Assignment)
                decision = told.decision if told is not None else None
            if decision is not None:
                yield decision

    async def _operations(self, archive: Archive) -> None:
        records = []
        async for stored in self._log(JOURNAL, self.tools.subjects.any("operation")):
            record = decoded(stored.data, OperationDoc)
            kept = without_others(record, self.found.person) if record is not None else None
            if kept is not None:
                records.append(kept)
        self.counts["records of operators"] = len(records)
        archive.add_json("operations.json", records)

    # -- files
    async def _add_raw(self, archive: Archive, left: Left) -> None:
        stored = await get_at(self.connection, INBOUND, left.sequence)
        inbound = decoded(stored.data, Inbound) if stored is not None else None
        if inbound is None or inbound.id != left.id:
            self._gone += 1
            return
        try:
            raw = await raw_of(self.connection, self.tools.subjects, inbound)
        except Permanent:
            self._gone += 1
            return
        self.counts["raw messages"] += 1
        suffix = _SUFFIXES.get(inbound.content_type.partition(";")[0].strip().lower(), ".bin")
        archive.add(f"raw/{left.id}{suffix}", raw)
        envelope = msgspec.structs.replace(inbound, body=None)
        archive.add_json(f"raw/{left.id}.envelope.json", envelope)

    async def _add_files(self, archive: Archive, left: Left) -> None:
        for place, attachment in left.files:
            data = await self._file(left, attachment)
            if data is None:
                self._gone += 1
            else:
                self.counts["files that came with messages"] += 1
                archive.add(place, data)

    async def _file(self, left: Left, attachment: Attachment) -> bytes | None:
        subjects, blob = self.tools.subjects, attachment.blob
        try:
            if blob is not None:
                return await blobs.get(
                    self.connection, subjects, blob.owner, blob.sha256, blob.size
                )
            note = note_of(subjects, left.owner, left.id, attachment.remote)
            return await fetched(self.connection, subjects, note) if attachment.remote else None
        except Permanent:
            return None

    async def _dead(self, archive: Archive) -> None:
        for key in sorted(self.found.person.holding.whole):
            async for stored in self._log(DEAD, f"{self.tools.subjects.root}.dead.*.{key}"):
                self.counts["messages that could not be understood"] += 1
                why = {name: stored.headers.get(f"maitred-dead-{name}") for name in _TOLD_OF_DEAD}
                archive.add(f"dead/{stored.seq}.bin", stored.data)
                archive.add_json(f"dead/{stored.seq}.json", {**why, "at": stored.time_ms})

    def _log(self, stream: str, subject: str) -> AsyncIterator[Stored]:
        return scan(self.connection, stream, subject, page=PAGE)

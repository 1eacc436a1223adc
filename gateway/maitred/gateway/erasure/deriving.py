"""Deriving: what stands under names of its own and is found through what a person wrote and got.

Threads stand under hashes of foreign ids, deliveries under the ids of replies, and what agents said
under the agents' names. All of it is looked for from his messages, his conversations and the
replies to him, so that an erasure costs what he wrote and not what the store holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec

from maitred.contracts.agents import Command
from maitred.contracts.conversation import Conversation
from maitred.contracts.documents import ThreadDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import AgentId, IdentifierKey, OutboundId
from maitred.contracts.limits import DIRECT_GET_SUBJECTS_MAX
from maitred.contracts.operations import OperationDoc
from maitred.contracts.outbound import DeliveryDoc
from maitred.contracts.subjects import COMMANDS, DEAD, JOURNAL
from maitred.gateway.admit import STAGE as ADMIT
from maitred.gateway.bus import reads
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.erasure.belongings import PAGE, Belongings
from maitred.gateway.journal.lookup import decoded
from maitred.identity.conversations.threads import links_of
from maitred.identity.customers.components import Tools
from maitred.identity.erasure.extent import Person

_AGENT: Final = 4
"""Which token of a subject names the agent."""


class _Sent(msgspec.Struct, frozen=True):
    id: OutboundId


class Deriver:
    """Finds what was derived of one person, up to a sequence of each stream."""

    def __init__(
        self, connection: Connection, tools: Tools, found: Belongings, upto: Mapping[str, int]
    ) -> None:
        self._connection = connection
        self._tools = tools
        self._subjects = tools.subjects
        self._found = found
        self._person = found.person
        self._upto = upto

    async def documents(self) -> AsyncIterator[tuple[str, int]]:
        """Yield subject and sequence of documents of the journal that are about him.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        async for replies in self._replies():
            stored = await self._many([self._subjects.delivery(each) for each in replies])
            threads: set[str] = set()
            for subject, found in stored.items():
                yield subject, found.seq
                delivery = decoded(found.data, DeliveryDoc)
                if delivery is not None:
                    threads |= set(map(self._subjects.thread, delivery.threads))
            for thread in await self._threads(threads):
                yield thread
            reports = await self._many([self._subjects.report("*", each) for each in replies])
            for subject, found in reports.items():
                yield subject, found.seq
        async for candidates in self._named_by_messages():
            for thread in await self._threads(candidates):
                yield thread
        async for each in self._scan(JOURNAL, self._subjects.any("operation")):
            record = decoded(each.data, OperationDoc)
            if record is not None and _is_about(record, self._person):
                yield each.subject, each.seq

    async def said_by_agents(self) -> AsyncIterator[tuple[str, str, list[int]]]:
        """Yield stream, subject and sequences of commands that name his conversations.

        Only of agents who were told of one, or spoke of one: nobody else knows its name.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        agents: set[AgentId] = set()
        for conversation in self._person.conversations:
            for pattern in (f"assign.*.{conversation}", f"admitted.*.*.{conversation}"):
                subject = f"{self._subjects.root}.{pattern}"
                found, _ = await reads.count(self._connection, JOURNAL, subject)
                agents |= {AgentId(each.split(".")[_AGENT]) for each in found}
        for agent in sorted(agents):
            async for found_ in self._commands(COMMANDS, self._subjects.agent_command(agent, "*")):
                yield found_
        async for found_ in self._commands(DEAD, self._subjects.dead(ADMIT, "*")):
            yield found_

    async def _commands(
        self, stream: str, pattern: str
    ) -> AsyncIterator[tuple[str, str, list[int]]]:
        sequences: defaultdict[str, list[int]] = defaultdict(list)
        async for stored in self._scan(stream, pattern):
            command = decoded(stored.data, Command)
            if command is not None and command.conversation in self._person.conversations:
                sequences[stored.subject].append(stored.seq)
        for subject, each in sequences.items():
            yield stream, subject, each

    # -- replies and threads
    async def _replies(self) -> AsyncIterator[Sequence[OutboundId]]:
        """Yield the ids of replies, in his conversations and to him in those of others."""
        patterns = [f"*.*.{key}" for key in sorted(self._person.keys)]
        patterns += [f"*.{each}.*" for each in sorted(self._person.conversations)]
        ids: list[OutboundId] = []
        for pattern in patterns:
            async for stored in self._scan(JOURNAL, f"{self._subjects.root}.outbound.{pattern}"):
                sent = decoded(stored.data, _Sent)
                if sent is not None:
                    ids.append(sent.id)
                if len(ids) == DIRECT_GET_SUBJECTS_MAX:
                    yield ids
                    ids = []
        if ids:
            yield ids

    async def _named_by_messages(self) -> AsyncIterator[set[str]]:
        """Yield where the threads of messages stand: of his own, and of others' in his matters."""
        candidates: set[str] = set()
        for key in sorted(
            {*self._person.keys, *self._person.holding.shared, *await self._guests()}
        ):
            async for stored in self._scan(JOURNAL, self._subjects.message(key)):
                entry = decoded(stored.data, MessageEntry)
                if entry is None:
                    continue
                if not self._person.wrote(entry) and not self._is_here(entry):
                    continue
                candidates |= set(links_of(entry.message, self._tools).all())
                if len(candidates) >= DIRECT_GET_SUBJECTS_MAX:
                    yield candidates
                    candidates = set()
        if candidates:
            yield candidates

    def _is_here(self, entry: MessageEntry) -> bool:
        return entry.conversation in self._person.conversations

    async def _guests(self) -> set[IdentifierKey]:
        """Return who else wrote in his conversations: a mail system, somebody in copy."""
        found: set[IdentifierKey] = set()
        for each in sorted(self._person.conversations):
            stored = await reads.get_last(
                self._connection, JOURNAL, self._subjects.conversation(each), leader=True
            )
            said = decoded(stored.data, Conversation) if stored is not None else None
            if said is not None:
                found |= {*said.participants}
                found |= {turn.actor for turn in said.turns if turn.actor is not None}
        return found - self._person.keys

    async def _threads(self, candidates: set[str]) -> list[tuple[str, int]]:
        prefix = f"{self._subjects.root}.thread."
        stored = await self._many(sorted(each for each in candidates if each.startswith(prefix)))
        found = []
        for subject, each in stored.items():
            thread = decoded(each.data, ThreadDoc)
            if thread is not None and self._is_his(thread):
                found.append((subject, each.seq))
        return found

    def _is_his(self, thread: ThreadDoc) -> bool:
        person = self._person
        return (
            thread.actor_key in person.keys
            or thread.conversation in person.conversations
            or thread.customer in person.customers
            or thread.message in self._found.written
        )

    async def _many(self, subjects: Sequence[str]) -> Mapping[str, reads.Stored]:
        return await reads.get_many(
            self._connection, JOURNAL, subjects, at_least=self._upto[JOURNAL]
        )

    def _scan(self, stream: str, subject: str) -> AsyncIterator[reads.Stored]:
        return scan(self._connection, stream, subject, until=self._upto[stream], page=PAGE)


def _is_about(record: OperationDoc, person: Person) -> bool:
    """Whether an operator's record names a person, whatever it stands under."""
    keys = {record.a, record.b, *(key for edge in record.edges for key in (edge.a, edge.b))}
    return bool(keys & person.keys) or bool(
        {record.conversation, record.other} & person.conversations
    )

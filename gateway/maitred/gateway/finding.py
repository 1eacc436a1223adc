"""Finding: a message in the journal by its id, for people and programs who ask.

The journal is ordered by sender and time and has no index of ids. What opened a conversation is
found through it; anything else by reading back from the newest, since whoever asks mostly saw the
message a moment ago. Where the sender is known, his log alone is read.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import IdentifierKey, MessageId, conversation_id
from maitred.contracts.message import Message
from maitred.contracts.revision import Revision
from maitred.contracts.subjects import JOURNAL, Subjects, message_msg_id
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import Stored, get_at, get_last
from maitred.gateway.bus.streams import last_sequence

PLACES_REMEMBERED_MAX: Final = 200_000
"""Some 200 bytes each."""
_BLOCK_FIRST: Final = 2_000
"""How many of the journal's last sequences are read first; each block before is twice as long."""
_MSG_ID: Final = "Nats-Msg-Id"


async def find_message(connection: Connection, subjects: Subjects, message: MessageId) -> Message:
    """Return a message as the journal has it, in its newest reading.

    Raises:
        Permanent: the journal has none of that id (code `not_found`).
        StoreUnavailable: the store does not answer.
    """
    found = await _first_reading(connection, subjects, message)
    newest, number = found, 0
    async for stored in scan(connection, JOURNAL, subjects.revision(found.actor_key)):
        named = msgspec.json.decode(stored.data, type=_Named)
        if named.message.id == message and named.number >= number:
            newest = msgspec.json.decode(stored.data, type=Revision).message
            number = named.number
    return newest


@dataclass(frozen=True, slots=True)
class Known:
    """A message as the journal has it, in its newest reading, and how often it was revised."""

    entry: MessageEntry
    revisions: int = 0


class _Id(msgspec.Struct, frozen=True):
    id: MessageId


class _Named(msgspec.Struct, frozen=True):
    """What tells an entry or a revision from the others; an entry has no number."""

    message: _Id
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Sequences of a message's entry and of its newest revision, whose number stands beside."""

    entry: int
    revision: int = 0
    number: int = 0


class Places:
    """Where the messages of senders stand; what was asked for last is remembered.

    Only the places are, so that a sender with a hundred thousand messages costs little memory,
    and his log is read once.
    """

    def __init__(
        self,
        connection: Connection,
        subjects: Subjects,
        *,
        remembered_max: int = PLACES_REMEMBERED_MAX,
    ) -> None:
        self._connection = connection
        self._subjects = subjects
        self._remembered_max = remembered_max
        self._remembered = 0
        self._senders: OrderedDict[IdentifierKey, dict[MessageId, _Place]] = OrderedDict()

    async def read(self, sender: IdentifierKey, message: MessageId) -> Known | None:
        """Return what the journal has of a message, if it has it.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        place = (await self._of(sender)).get(message)
        stored = await get_at(self._connection, JOURNAL, place.entry) if place else None
        if place is None or stored is None:
            return None
        entry = msgspec.json.decode(stored.data, type=MessageEntry)
        revised = await get_at(self._connection, JOURNAL, place.revision)
        if revised is not None:
            newest = msgspec.json.decode(revised.data, type=Revision).message
            entry = msgspec.structs.replace(entry, message=newest)
        return Known(entry, place.number)

    def revised(
        self, sender: IdentifierKey, message: MessageId, sequence: int, number: int
    ) -> None:
        """Note a revision that was just written at a sequence of the journal."""
        places = self._senders.get(sender, {})
        if (place := places.get(message)) is not None:
            places[message] = _Place(place.entry, sequence, number)

    def forget(self, sender: IdentifierKey) -> None:
        """Read a sender's log again when he is asked for next: others have written."""
        self._remembered -= len(self._senders.pop(sender, ()))

    async def _of(self, sender: IdentifierKey) -> dict[MessageId, _Place]:
        found = self._senders.get(sender)
        if found is not None:
            self._senders.move_to_end(sender)
            return found
        found = {}
        async for stored in scan(self._connection, JOURNAL, self._subjects.message(sender)):
            named = msgspec.json.decode(stored.data, type=_Named)
            found[named.message.id] = _Place(stored.seq)
        async for stored in scan(self._connection, JOURNAL, self._subjects.revision(sender)):
            named = msgspec.json.decode(stored.data, type=_Named)
            place = found.get(named.message.id)
            if place is not None and named.number >= place.number:
                found[named.message.id] = _Place(place.entry, stored.seq, named.number)
        self._senders[sender] = found
        self._remembered += len(found)
        while self._remembered > self._remembered_max and len(self._senders) > 1:
            self.forget(next(iter(self._senders)))
        return found


async def _first_reading(connection: Connection, subjects: Subjects, message: MessageId) -> Message:
    wanted = message_msg_id(message)
    opened = await get_last(connection, JOURNAL, subjects.conversation(conversation_id(message)))
    if opened is not None:
        said = msgspec.json.decode(opened.data, type=Conversation)
        for writer in said.participants:
            async for stored in scan(connection, JOURNAL, subjects.message(writer)):
                if stored.headers.get(_MSG_ID) == wanted:
                    return _message(stored)
    end, block = await last_sequence(connection, JOURNAL), _BLOCK_FIRST
    while end > 0:
        start = max(0, end - block)
        async for stored in scan(
            connection, JOURNAL, subjects.any("message"), after=start, until=end
        ):
            if stored.headers.get(_MSG_ID) == wanted:
                return _message(stored)
        end, block = start, 2 * block
    raise Permanent(f"no message is known as {message}", code="not_found")


def _message(stored: Stored) -> Message:
    return msgspec.json.decode(stored.data, type=MessageEntry).message

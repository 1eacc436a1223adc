"""Finding: a message in the journal by its id alone, for people and programs who ask.

The journal is ordered by sender and time and has no index of ids. What opened a conversation is
found through it; anything else by reading back from the newest, since whoever asks mostly saw the
message a moment ago.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from maitred.contracts.conversation import Conversation
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import MessageId, conversation_id
from maitred.contracts.limits import PULL_MESSAGES_MAX
from maitred.contracts.message import Message
from maitred.contracts.subjects import JOURNAL, Subjects, message_msg_id
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.history import read_log
from maitred.gateway.bus.reads import Stored, get_last
from maitred.gateway.bus.streams import last_sequence

_BLOCK_FIRST: Final = 2_000
"""How many of the journal's last sequences are read first; each block before is twice as long."""
_MSG_ID: Final = "Nats-Msg-Id"


async def find_message(connection: Connection, subjects: Subjects, message: MessageId) -> Message:
    """Return a message as the journal has it.

    Raises:
        Permanent: the journal has none of that id (code `not_found`).
        StoreUnavailable: the store does not answer.
    """
    wanted = message_msg_id(message)
    opened = await get_last(connection, JOURNAL, subjects.conversation(conversation_id(message)))
    if opened is not None:
        said = msgspec.json.decode(opened.data, type=Conversation)
        for writer in said.participants:
            async for stored in _log(connection, subjects.message(writer), after=0):
                if stored.headers.get(_MSG_ID) == wanted:
                    return _message(stored)
    end, block = await last_sequence(connection, JOURNAL), _BLOCK_FIRST
    while end > 0:
        start = max(0, end - block)
        async for stored in _log(connection, subjects.any("message"), after=start, until=end):
            if stored.headers.get(_MSG_ID) == wanted:
                return _message(stored)
        end, block = start, 2 * block
    raise Permanent(f"no message is known as {message}", code="not_found")


async def _log(
    connection: Connection, subject: str, *, after: int, until: int | None = None
) -> AsyncIterator[Stored]:
    """Yield the log's messages behind sequence `after`, up to and with sequence `until`."""
    while True:
        page = await read_log(connection, JOURNAL, subject, after=after, limit=PULL_MESSAGES_MAX)
        for stored in page:
            if until is not None and stored.seq > until:
                return
            yield stored
        if len(page) < PULL_MESSAGES_MAX:
            return
        after = page[-1].seq


def _message(stored: Stored) -> Message:
    return msgspec.json.decode(stored.data, type=MessageEntry).message

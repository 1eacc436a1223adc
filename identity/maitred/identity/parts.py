"""Parts: a long text message that came as several ones is one turn again."""

from __future__ import annotations

from typing import Final

from maitred.contracts.conversation import Conversation, Speaker
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.segments import BODY_CHARACTERS_MAX, room_of, taken

PART_GAP_MS_MAX: Final = 20 * SECOND_MS
"""Parts of one message leave the telephone together; nobody types 70 characters in that time."""
_CHANNEL: Final = "sms"


def joint(conversation: Conversation, message: Message) -> str | None:
    """Return what belongs between the last turn and `message`, if they are one text in two parts.

    It is nothing where a word was cut, and a space where the earlier part lost one. None means
    that the message stands for itself: somebody else wrote it, on another way or later, or the
    last turn had room left. The last turn may have been joined of several parts itself.
    """
    last = conversation.turns[-1] if conversation.turns else None
    if (
        last is None
        or last.speaker is not Speaker.CUSTOMER
        or {last.kind, message.kind} != {MessageKind.MESSAGE}
        or {last.channel, message.channel} != {_CHANNEL}
        or not 0 <= message.received_at - last.at <= PART_GAP_MS_MAX
        or conversation.reply_to != message.reply_to
        # Messengers have no segments.
        or ":" in message.reply_to.extra.get("from", "")
        or last.attachments
        or message.attachments
        or last.cut
    ):
        return None
    return _between(last.text, message.text)


def _between(earlier: str, later: str) -> str | None:
    if not earlier or not later:
        return None
    # A telephone writes the whole in one alphabet, which one character of either part decides.
    room = room_of(earlier + later)
    used = taken(earlier, room)
    if len(earlier) >= BODY_CHARACTERS_MAX or any(used % each == 0 for each in room):
        return ""
    if any((used + 1) % each == 0 for each in room):
        return "" if taken(later[0], room) > 1 else " "
    return None

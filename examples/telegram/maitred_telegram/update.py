"""Updates: what Telegram posts, as far as this channel reads it.

Source: https://core.telegram.org/bots/api#update and, for a message, #message.
"""

from __future__ import annotations

import msgspec

from maitred.contracts.errors import BadPayload


class User(msgspec.Struct, frozen=True):
    """Who wrote."""

    id: int
    first_name: str = ""
    is_bot: bool = False


class Chat(msgspec.Struct, frozen=True):
    """Where it was written: `private`, `group`, `supergroup` or `channel`."""

    id: int
    type: str


class Message(msgspec.Struct, frozen=True):
    """What was written; `date` is in UTC seconds."""

    message_id: int
    date: int
    chat: Chat
    sender: User | None = msgspec.field(default=None, name="from")
    text: str = ""
    caption: str = ""

    @property
    def words(self) -> str:
        """What somebody wrote, beside a picture or alone."""
        return self.text or self.caption

    @property
    def name(self) -> str:
        """What the message is known by: its number counts within its chat alone."""
        return f"{self.chat.id}:{self.message_id}"


class Update(msgspec.Struct, frozen=True):
    """One update; `update_id` is the same for every retry."""

    update_id: int
    message: Message | None = None
    edited_message: Message | None = None

    @property
    def said(self) -> Message | None:
        """What a person wrote to the bot in private; None if it is something else."""
        found = self.message or self.edited_message
        if found is None or found.chat.type != "private" or not found.words.strip():
            return None
        return None if found.sender is None or found.sender.is_bot else found

    @property
    def provider_id(self) -> str:
        """The id under which it is stored; edits name that of the message."""
        return self.message.name if self.message else f"update:{self.update_id}"


def read(body: bytes) -> Update:
    """Read an update.

    Raises:
        BadPayload: it is none.
    """
    try:
        return msgspec.json.decode(body, type=Update)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadPayload("not an update of Telegram's", code="bad_update") from None

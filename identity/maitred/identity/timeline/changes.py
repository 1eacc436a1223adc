"""Changes: what edits, deletes and reactions make of the messages that they are about.

Nothing is overwritten: a message says what its author wrote last, and keeps what it said before.
An edit or a delete counts only where the author of the words made it; anybody may react to them.
What was taken back stays so, whatever edit comes later or late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import MessageId, OutboundId
from maitred.contracts.message import Message, MessageKind
from maitred.contracts.outbound import DeliveryDoc
from maitred.identity.timeline.moments import Reaction, Said, Version

ABOUT_EARLIER: Final = frozenset({MessageKind.EDIT, MessageKind.DELETE, MessageKind.REACTION})
_NAMED_BY: Final = "reaction"
"""Where a channel names a reaction: its author may have several, each with a name of its own."""


class Changes:
    """The changes among a number of messages, by what they are about.

    `spoken` are the messages that stand for themselves; among them are changes of what is not
    there, or not theirs to change. `deliveries` are of replies that a reaction may be about.
    """

    def __init__(
        self, entries: Mapping[MessageId, MessageEntry], deliveries: Iterable[DeliveryDoc]
    ) -> None:
        self._sent = {(each.channel, each.provider_id): each.id for each in deliveries}
        self._about: defaultdict[str, list[Message]] = defaultdict(list)
        self.spoken: list[MessageEntry] = []
        for entry in entries.values():
            target = self._target(entry.message, entries)
            if target is None:
                self.spoken.append(entry)
            else:
                self._about[target].append(entry.message)

    def said(self, entry: MessageEntry) -> Said:
        """Return a message as it stands now, and all that it ever was."""
        message = entry.message
        changes = self._of(message.id)
        versions = [Version(at=message.received_at, text=message.text)]
        versions += [
            Version(at=_made_at(each), text=each.text, change=each.id)
            for each in changes
            if each.kind is MessageKind.EDIT
        ]
        deleted = [_made_at(each) for each in changes if each.kind is MessageKind.DELETE]
        return Said(
            id=message.id,
            at=message.received_at,
            text="" if deleted else versions[-1].text,
            attachments=() if deleted else tuple(each.name for each in message.attachments),
            versions=tuple(versions),
            deleted_at=deleted[0] if deleted else 0,
            reactions=self.reactions(message.id),
            entry=entry,
        )

    def reactions(self, about: MessageId | OutboundId) -> tuple[Reaction, ...]:
        """Return the reactions that stand: the last of each author, or of each that he named."""
        found: dict[tuple[str, str], Reaction] = {}
        for each in self._of(about):
            if each.kind is MessageKind.REACTION:
                slot = (each.actor_key, each.channel_extra.get(_NAMED_BY, ""))
                found[slot] = Reaction(
                    at=_made_at(each), actor=each.actor_key, name=each.name, text=each.text
                )
        # One that was taken away again has no text.
        return tuple(each for each in found.values() if each.text)

    def _of(self, about: str) -> list[Message]:
        return sorted(self._about.get(about, ()), key=_order)

    def _target(
        self, message: Message, entries: Mapping[MessageId, MessageEntry]
    ) -> MessageId | OutboundId | None:
        """Return what a change is about; None if that is not here, or if it is no change."""
        if message.kind not in ABOUT_EARLIER:
            return None
        is_reaction = message.kind is MessageKind.REACTION
        named = entries.get(message.target) if message.target is not None else None
        if named is not None and named.message.kind not in ABOUT_EARLIER:
            is_own = named.message.actor_key == message.actor_key
            return named.message.id if is_own or is_reaction else None
        if not is_reaction or not message.thread.refers_to:
            return None
        # A provider's id may lack what the whole channel has in common, such as the workspace.
        whole = message.thread.refers_to[0]
        ids = ((message.channel, each) for each in (whole, whole.partition(":")[2]))
        return next((self._sent[each] for each in ids if each in self._sent), None)


def place_of(message: Message) -> int:
    """Return where a message stands in INBOUND: in the order of one sender's messages."""
    return message.raw.sequence if message.raw is not None else 0


def _order(message: Message) -> tuple[int, int, str]:
    return (_made_at(message), place_of(message), message.id)


def _made_at(message: Message) -> int:
    """Return when a change was made: changes may overtake each other on their way here."""
    return message.received_at if message.sent_at is None else message.sent_at

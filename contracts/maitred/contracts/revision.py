"""Revision: a message as a later decoder reads it; the entry that it revises stays as it is."""

from __future__ import annotations

import msgspec

from maitred.contracts.message import Message


class Revision(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="revision"):
    """A newer reading of a message that is in the journal already; `at` is in UTC milliseconds.

    `number` counts a message's revisions from 1, and the highest one holds. `decoder` names what
    read it (an installed one, or `package.module:function`), `changed` the fields that differ
    from before.
    """

    version: int = 1
    message: Message
    number: int
    decoder: str
    changed: tuple[str, ...]
    at: int


def revision_msg_id(message: Message, number: int) -> str:
    """Return the `Nats-Msg-Id` of a revision, which makes each number one."""
    return f"revision:{message.id}:{number}"

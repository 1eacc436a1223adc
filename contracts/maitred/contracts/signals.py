"""Signals: what is worth knowing for a moment and not a moment longer, such as who is typing.

They go over plain NATS and into no stream: nobody acknowledges one, nobody repeats it, and whoever
is not there misses it. Nothing may rest on one.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from maitred.contracts.ids import ConversationId, MessageId
from maitred.contracts.vocabulary import Vocabulary


class SignalKind(Vocabulary):
    """What is signalled."""

    TYPING = "typing"
    """Somebody is writing; it is over a few seconds after the last one."""
    READ = "read"
    """An agent has read what the customer wrote, up to `message`."""
    UNKNOWN = "unknown"


class Signal(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="signal"):
    """One signal; whose it is stands in the subject, which NATS guards.

    Between an agent and us it names a conversation, in the epoch that he was told last. Between a
    door and dispatch it names none: the endpoint in the subject does.
    """

    version: int = 1
    kind: SignalKind
    conversation: ConversationId | None = None
    epoch: int = 0
    message: Annotated[MessageId, msgspec.Meta(max_length=64)] | None = None

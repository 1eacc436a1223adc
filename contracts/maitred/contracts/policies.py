"""Policies on the record: which settings decided since when, and what another policy would have.

With the first, recorded decisions can be replayed under the settings that they were made by.
"""

from __future__ import annotations

from typing import Any

import msgspec

from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import RoutingState


class PolicyInForce(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="policy"):
    """By which settings dispatch decides from the input `since` on, a sequence of the journal.

    It is written with the first decisions under it. `settings` are those of `[routing]`, without
    names of agents and without what decides nothing. Where they are long they stand in `packed`
    instead, as JSON that zlib (RFC 1950) made smaller, in base64.
    """

    version: int = 1
    name: str
    hash: str
    since: int
    at: int
    """When the store took that input, in UTC milliseconds."""
    closed_ms: int
    """For how long who served a closed conversation was remembered, in milliseconds."""
    release: str
    """The release of Maitred that decided."""
    settings: dict[str, Any] | None = None
    packed: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a conversation stands by some policy: with whom, by which rule, with what score."""

    state: RoutingState
    agents: tuple[AgentId, ...] = ()
    rule: str = ""
    score: float = 0.0


class ShadowAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="shadow"):
    """What a shadow policy would have done with a conversation, where the active one did else.

    It was asked from where everything really stood; `input` is the event's sequence in the journal.
    `active` and `shadow` are where the conversation stood after it by either.
    """

    version: int = 1
    conversation: ConversationId
    at: int
    input: int
    policy: str
    """Name and hash of the shadow policy and its settings."""
    channel: str
    skills: tuple[str, ...] = ()
    """What it asked for by the shadow's rules."""
    active: Standing
    shadow: Standing

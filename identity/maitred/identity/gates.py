"""Gates: what may be said to whom, decided apart from who was merged with whom.

A merge says that two identifiers are one person; it does not say that whoever sits at one of
them may read what was said at the other.
"""

from __future__ import annotations

from typing import Final

from maitred.contracts.conversation import Conversation
from maitred.contracts.identifiers import Level

OWNED_CHANNELS: Final = frozenset({"email", "sms", "slack"})
"""Channels where an answer goes to the owner of the address, whoever asked."""


def may_read_history(
    endpoint_level: Level,
    endpoint_is_member: bool,  # noqa: FBT001  (the four facts of the rule, in its order)
    channel: str,
    session_level: Level | None,
) -> bool:
    """Whether an answer may draw on more of the customer than this conversation.

    `endpoint_level` is the strongest level at which the endpoint of the answer is tied to the
    customer, `endpoint_is_member` whether it is one of his identifiers and nobody else reads
    there, `session_level` the proof that this session holds (none where there are no sessions).

    By mail, SMS and Slack the owner of the endpoint reads the answer, so the endpoint must be
    his, at level 2. A chat, and any channel that is not known to have owned endpoints, needs a
    proof of level 3 in the session itself, since a browser may be shared.
    """
    if channel in OWNED_CHANNELS:
        return endpoint_is_member and endpoint_level >= Level.AUTHENTICATED
    return session_level is not None and session_level >= Level.PROVEN


def brief_may_show_journey(conversation: Conversation) -> bool:
    """Whether a brief may show the customer's other conversations.

    Only while who wrote last was authenticated: below that, it may be somebody else under the
    customer's number, and an agent's answer would tell him what he should not know.
    """
    return conversation.trust >= Level.AUTHENTICATED

"""Gates: what may be said to whom, decided apart from who was merged with whom.

A merge says that two identifiers are one person; it does not say that whoever sits at one of
them may read what was said at the other, or may act in his name. Every exit asks here: the brief,
the reply, what an AI agent is told, and what the command line prints for an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from maitred.contracts.conversation import Conversation
from maitred.contracts.identifiers import Level
from maitred.contracts.limits import PROOF_AGE_MS

OWNED_CHANNELS: Final = frozenset({"email", "sms", "slack"})
"""Channels where an answer goes to the owner of the address, whoever asked."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of who sits at the other end, as of one message.

    `endpoint_level` is the level at which the endpoint of the answer is known to be the customer's
    (CLAIMED where it is none of his identifiers), `is_private` whether nobody else reads there.
    `session_level` is the surest proof of the customer that this session holds, and `proven_at`
    when it was given (UTC milliseconds, 0: never).
    """

    channel: str
    endpoint_level: Level = Level.CLAIMED
    is_private: bool = False
    session_level: Level = Level.CLAIMED
    proven_at: int = 0


def may_read(standing: Standing) -> bool:
    """Whether an answer may draw on more of the customer than this conversation (READ gate).

    By mail, SMS and Slack the owner of the endpoint reads the answer, so the endpoint must be
    his, at level 2, and nobody else's. A chat, and any channel that is not known to have owned
    endpoints, needs a proof of level 3 in the session itself, since a browser may be shared.
    """
    if standing.channel in OWNED_CHANNELS:
        return standing.is_private and standing.endpoint_level >= Level.AUTHENTICATED
    return standing.session_level >= Level.PROVEN


def act_until(standing: Standing) -> int:
    """Return until when he may act for the customer, in UTC milliseconds; 0 if he may not.

    To refund, to change an address, to add an identifier or to export (ACT gate) takes a proof of
    level 3 in this session, no older than `PROOF_AGE_MS`, whatever the channel.
    """
    if standing.session_level < Level.PROVEN or standing.proven_at <= 0:
        return 0
    return standing.proven_at + PROOF_AGE_MS


def may_act(standing: Standing, now: int) -> bool:
    """Whether he may act for the customer at `now` (UTC milliseconds)."""
    until = act_until(standing)
    return until > 0 and now <= until


def brief_may_show_journey(conversation: Conversation, *, to_machine: bool) -> bool:
    """Whether a brief may show the customer's other conversations.

    A person may see them once who wrote last was authenticated: below that, it may be somebody
    else under the customer's number, and his answer would tell him what he should not know. He
    still must not repeat them where the READ gate is shut, which the brief says. A machine repeats
    what it is told, so it is told nothing that the READ gate would keep back.
    """
    if to_machine:
        return conversation.may_read
    return conversation.may_read or (
        conversation.trust >= Level.AUTHENTICATED and not conversation.unidentified
    )

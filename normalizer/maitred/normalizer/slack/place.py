"""Where in Slack a message stands, and whose workspace its author belongs to.

A message is one by its channel and its time stamp (docs.slack.dev/messaging/retrieving-messages);
the workspace is the one that the app is installed in, also for what others write in a channel
that two companies share (docs.slack.dev/apis/slack-connect).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from maitred.contracts import thread_evidence
from maitred.contracts.errors import BadPayload
from maitred.contracts.ids import MessageId, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.message import ThreadHints
from maitred.normalizer.payload import required, string
from maitred.normalizer.slack.shape import items

TEAM_FACT: Final = "team"
"""The fact by which the door tells which workspace its account is of."""
_TIMESTAMP: Final = re.compile(r"([0-9]{1,11})\.([0-9]{6})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands; `thread_ts` is empty outside threads."""

    inbound: Inbound
    team: str
    channel: str
    ts: str
    thread_ts: str
    direct: bool

    @property
    def own(self) -> str:
        """The thread id of the message itself."""
        return f"{self.team}:{self.channel}:{self.ts}"

    @property
    def thread(self) -> str:
        """The thread id of the message that it is an answer to, empty if it is none."""
        if not self.thread_ts or self.thread_ts == self.ts:
            return ""
        return f"{self.team}:{self.channel}:{self.thread_ts}"

    @property
    def reply_thread(self) -> str:
        """The time stamp of the thread that an answer goes to, empty for none."""
        return self.thread_ts or ("" if self.direct else self.ts)

    @property
    def id(self) -> MessageId:
        """The message's id, by the formula of the connector."""
        inbound = self.inbound
        return message_id(inbound.tenant, inbound.channel, inbound.account, self.own)

    def said_here(self) -> ThreadHints:
        """Return the hints of a message that stands here."""
        thread = self.thread
        if not thread:
            return ThreadHints(own=(self.own,))
        return ThreadHints(
            own=(self.own,), refers_to=(thread,), evidence=(thread_evidence.answers(thread),)
        )

    def said_of_it(self) -> ThreadHints:
        """Return the hints of a change or a reaction to the message that stands here."""
        first = thread_evidence.answers(self.own)
        thread = self.thread
        if not thread:
            return ThreadHints(refers_to=(self.own,), evidence=(first,))
        return ThreadHints(
            refers_to=(self.own, thread), evidence=(first, thread_evidence.refers(thread, 0))
        )


def place(inbound: Inbound, team: str, where: dict[str, object], which: dict[str, object]) -> Place:
    """Return the place of a message: `where` names its channel, `which` its time stamps.

    Raises:
        BadPayload: one of the two is missing.
    """
    channel = required(where, "channel")
    ts = required(which, "ts")
    if milliseconds(ts) is None:
        raise BadPayload("a Slack timestamp of another form", code="bad_field")
    thread_ts = string(which, "thread_ts")
    # Reactions do not carry the channel's type; ids of direct messages start with a D.
    direct = string(where, "channel_type") == "im" or channel.startswith("D")
    known = thread_ts if milliseconds(thread_ts) is not None else ""
    return Place(inbound, team, channel, ts, known, direct)


def milliseconds(ts: str) -> int | None:
    """Return a Slack time stamp in UTC milliseconds, None if it is of another form."""
    match = _TIMESTAMP.fullmatch(ts)
    return int(match[1]) * 1_000 + int(match[2]) // 1_000 if match else None


def home(inbound: Inbound, envelope: dict[str, object]) -> str:
    """Return the workspace that the app is installed in.

    The door knows it. For what was stored without it the event's own word stands: in a shared
    channel `team_id` may be the author's, and `context_team_id` is ours
    (docs.slack.dev/apis/events-api).

    Raises:
        BadPayload: nothing names it.
    """
    return (
        inbound.evidence.facts.get(TEAM_FACT)
        or string(envelope, "context_team_id")
        or required(envelope, "team_id")
    )


def foreign_team(envelope: dict[str, object], author: dict[str, object], own: str) -> str:
    """Return the workspace or organisation of an author who is not of ours, else nothing."""
    team = next(
        filter(None, (string(author, name) for name in ("user_team", "team", "source_team"))), ""
    )
    organisation = string(envelope, "context_enterprise_id") or next(
        (string(each, "enterprise_id") for each in items(envelope, "authorizations")), ""
    )
    if not team or team in {own, organisation}:
        return ""
    # Within one organisation workspaces share channels too, and are no strangers.
    shared = envelope.get("is_ext_shared_channel") is True
    return team if shared or not organisation else ""

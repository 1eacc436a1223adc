"""Needing: what conversations ask for by other rules than those in force.

The log has every message and what the rules in force made of it, so other rules can be asked about
the same words. What no entry tells is taken as far as the record proves it: that a customer came
for the third time, say, where a rule that asks for it had matched.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import msgspec
from msgspec.structs import replace

from maitred.contracts.conversation import Needs
from maitred.contracts.entry import Work
from maitred.contracts.ids import ConversationId
from maitred.contracts.message import MessageKind
from maitred.contracts.reply_token import without_token
from maitred.contracts.routing import RoutingDoc
from maitred.gateway.policies import house_calendar
from maitred.identity.conversations.gathering import together
from maitred.router.events import ChangeCame, Event, WorkArrived
from maitred.router.rules.needs import CompiledRules, Facts, compile_rules, needs_of
from maitred.router.settings import RoutingSettings

STANDARD: Final = "standard"
_KNOWN_MAX: Final = 200_000
"""Of so many conversations it is remembered what they ask for, the latest."""


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    kind: MessageKind
    channel: str
    account: str
    received_at: int
    subject: str = ""
    text: str = ""
    recipients: tuple[str, ...] = ()


class _Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="entry"):
    message: _Message


class Needing:
    """What each conversation asks for by the rules of a draft; it must see every message."""

    def __init__(self, active: RoutingSettings, draft: RoutingSettings) -> None:
        self._active = _rules(active)
        self._draft = _rules(draft)
        self._known: dict[ConversationId, tuple[Needs, str]] = {}

    def under(self, active: RoutingSettings) -> None:
        """Go on with what came in under other rules in force."""
        self._active = _rules(active)

    def own(self, event: Event, data: bytes) -> Event:
        """Return an event as the draft's rules read it; `data` is its journal entry."""
        match event:
            case WorkArrived(work=work):
                message = msgspec.json.decode(data, type=_Entry).message
                if message.kind.wants_an_answer:
                    self._know(work.conversation, self._judged(work, message))
                return dataclasses.replace(event, work=self._asking(work))
            case ChangeCame(change=change) if change.work is not None:
                return ChangeCame(replace(change, work=self._asking(change.work)))
        return event

    def seen(self, doc: RoutingDoc) -> RoutingDoc:
        """Return a document with what the draft's rules ask for."""
        if (known := self._known.get(doc.conversation)) is None:
            return doc
        needs, tier = known
        return replace(doc, needs=together(needs, doc.asked), tier=tier)

    def _know(self, conversation: ConversationId, asked: tuple[Needs, str]) -> None:
        self._known.pop(conversation, None)
        self._known[conversation] = asked
        if len(self._known) > _KNOWN_MAX:
            del self._known[next(iter(self._known))]

    def _asking(self, work: Work) -> Work:
        if (known := self._known.get(work.conversation)) is None:
            return work
        needs, tier = known
        return replace(work, needs=needs, tier=tier)

    def _judged(self, work: Work, message: _Message) -> tuple[Needs, str]:
        matched = [each.rule for each in self._active.rules if each.rule.name in work.needs.because]
        facts = Facts(
            channel=message.channel,
            account=message.account,
            recipients=tuple(map(without_token, message.recipients)),
            subject=message.subject,
            text=message.text,
            language=work.needs.language,
            mood=work.mood.label,
            complaints=max((rule.when.complaints for rule in matched), default=0),
            contacts=max((1, *(rule.when.contacts for rule in matched))),
            is_open=self._draft.calendar.is_open(message.received_at),
        )
        before, raised = self._known.get(work.conversation, (Needs(), STANDARD))
        # A tier that rules do not explain is the customer's own.
        explained = {rule.tier for rule in matched}
        tier = raised if work.tier in explained else work.tier
        needs, tier = needs_of(self._draft, dataclasses.replace(facts, tier=tier))
        return together(before, needs), tier


def needing_of(active: RoutingSettings, draft: RoutingSettings) -> Needing | None:
    """Return what asks a draft's rules; nothing where they are those in force."""
    alike = (active.rules, active.hours) == (draft.rules, draft.hours)
    return None if alike else Needing(active, draft)


def _rules(settings: RoutingSettings) -> CompiledRules:
    return compile_rules(settings, house_calendar(settings.hours))

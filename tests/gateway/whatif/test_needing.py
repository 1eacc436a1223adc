"""Needing: the same words under other rules, and what the record proves of the rest."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest
from msgspec.structs import replace

from maitred.contracts.conversation import Needs, SkillNeed
from maitred.contracts.ids import ConversationId
from maitred.contracts.message import MoodLabel
from maitred.contracts.operations import ChangeKind, ConversationChange
from maitred.contracts.routing import Due
from maitred.gateway.whatif import needing
from maitred.gateway.whatif.needing import Needing, needing_of
from maitred.router.events import ChangeCame, DueCame, WorkArrived
from maitred.router.settings import RoutingSettings
from tests.router.play import asks, work

ANY_HOURS = {"timezone": "UTC", "days": {"mon": "09:00-17:00"}}


def settings(*rules: dict[str, Any], **more: object) -> RoutingSettings:
    return msgspec.convert({"rules": rules, **more}, RoutingSettings)


def rule(name: str, when: dict[str, Any], **gives: object) -> dict[str, Any]:
    return {"name": name, "when": when, **(gives or {"skills": {name: 0.5}})}


def entry(text: str, *, kind: str = "message", **more: object) -> bytes:
    """Return a journal entry as far as rules read it."""
    message = {"kind": kind, "channel": "chat", "account": "main", "received_at": 1, "text": text}
    return orjson.dumps({"schema": "entry", "message": {**message, **more}})


def needs(event: object) -> Needs:
    assert isinstance(event, WorkArrived)
    return event.work.needs


ACTIVE = settings(rule("billing", {"text": "invoice"}), rule("vip", {"text": "gold"}, tier="vip"))
DRAFT = settings(
    rule("refund", {"text": "refund"}),
    rule("angry", {"mood": "angry"}, human_only=True),
    rule("third", {"contacts": 3}, priority_minutes=5.0),
    rule("sour", {"complaints": 1}, priority_minutes=7.0),
)


def test_a_message_asks_for_what_the_draft_s_rules_make_of_it() -> None:
    event = work("x", needs=asks(("billing", 0.5), language="fr"))
    found = needs(Needing(ACTIVE, DRAFT).own(event, entry("A refund of my invoice")))
    assert found.skills == (SkillNeed(skill="refund", level=0.5),)
    assert (found.language, found.because) == ("fr", ("refund",))


def test_what_a_conversation_asked_for_stays_and_more_is_added_as_it_goes_on() -> None:
    asked = Needing(ACTIVE, DRAFT)
    asked.own(work("x"), entry("A refund"))
    again = asked.own(work("x", mood=MoodLabel.ANGRY), entry("Now!"))
    assert needs(again).human_only
    assert needs(again).skills == (SkillNeed(skill="refund", level=0.5),)
    assert needs(asked.own(work("y"), entry("Hello"))) == Needs()


def test_what_wants_no_answer_asks_for_nothing() -> None:
    asked = Needing(ACTIVE, DRAFT)
    event = work("x", needs=asks(("billing", 0.5)))
    assert needs(asked.own(event, entry("A refund", kind="auto_reply"))) == event.work.needs


@pytest.mark.parametrize(
    ("because", "minutes"),
    [((), 0.0), (("twice",), 0.0), (("often",), 5.0), (("often", "sour"), 12.0)],
)
def test_what_no_entry_tells_is_taken_as_far_as_the_record_proves_it(
    because: tuple[str, ...], minutes: float
) -> None:
    """That a rule matched which asks for a third contact proves that there were three."""
    active = settings(
        rule("often", {"contacts": 3}), rule("twice", {"contacts": 2}),
        rule("sour", {"complaints": 2}),
    )  # fmt: skip
    event = work("x", needs=Needs(because=because))
    found = needs(Needing(active, DRAFT).own(event, entry("Hello")))
    assert found.priority_minutes == minutes


@pytest.mark.parametrize(
    ("recorded", "because", "expected"),
    [
        ("standard", (), "standard"),
        ("vip", ("vip",), "standard"),  # the rule in force had raised it
        ("vip", (), "vip"),  # he is one
    ],
)
def test_a_tier_that_rules_gave_is_theirs_and_another_the_customer_s(
    recorded: str, because: tuple[str, ...], expected: str
) -> None:
    event = work("x", tier=recorded, needs=Needs(because=because))
    found = Needing(ACTIVE, DRAFT).own(event, entry("gold"))
    assert isinstance(found, WorkArrived)
    assert found.work.tier == expected


def test_the_draft_s_hours_are_its_own() -> None:
    draft = settings(rule("late", {"hours": "closed"}), hours=ANY_HOURS)
    sunday = 1_790_467_200_000
    found = needs(Needing(ACTIVE, draft).own(work("x"), entry("Hello", received_at=sunday)))
    assert found.because == ("late",)


def test_what_an_operator_changed_asks_for_the_same_and_the_rest_passes() -> None:
    asked = Needing(ACTIVE, DRAFT)
    asked.own(work("x"), entry("A refund"))
    event = work("x", needs=asks(("billing", 0.5)))
    change = ConversationChange(
        conversation=ConversationId("cnv_x"), kind=ChangeKind.CHANGED, at=1, work=event.work
    )
    found = asked.own(ChangeCame(change), b"")
    assert isinstance(found, ChangeCame)
    assert found.change.work is not None
    assert found.change.work.needs.skills == (SkillNeed(skill="refund", level=0.5),)
    unknown = ChangeCame(replace(change, work=work("new").work))
    assert asked.own(unknown, b"") == unknown
    due = DueCame(Due(due_at=1))
    assert asked.own(due, b"") is due


def test_only_the_latest_conversations_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needing, "_KNOWN_MAX", 2)
    asked = Needing(ACTIVE, DRAFT)
    for name in ("x", "y", "x", "z"):
        asked.own(work(name), entry("A refund"))
    quiet = entry("", kind="auto_reply")
    known = [name for name in "xyz" if needs(asked.own(work(name), quiet)).skills]
    assert known == ["x", "z"]


@pytest.mark.parametrize(
    ("draft", "differs"),
    [
        (ACTIVE, False),
        (replace(ACTIVE, lam=0.1), False),
        (DRAFT, True),
        (replace(ACTIVE, hours=settings(hours=ANY_HOURS).hours), True),
    ],
)
def test_rules_are_asked_again_only_where_they_differ(
    draft: RoutingSettings,
    differs: bool,  # noqa: FBT001  (a column of the table)
) -> None:
    assert (needing_of(ACTIVE, draft) is not None) is differs

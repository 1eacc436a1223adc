"""A journey as people read it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import ComponentId, CustomerId, IdentifierKey, MessageId
from maitred.contracts.message import Affect, MoodLabel
from maitred.contracts.outbound import DeliveryState
from maitred.contracts.routing import RoutingDoc
from maitred.gateway.cli.showing import story_lines
from maitred.gateway.cli.telling import counted, journey_lines
from maitred.gateway.reading import ConversationStory, Journey
from maitred.identity.timeline.line import timeline
from maitred.identity.timeline.sources import Sources
from tests.identity.journal import (
    CONVERSATION,
    PHOTO,
    delete,
    delivery,
    edit,
    entry,
    react,
    reply,
)
from tests.identity.test_bursts import told
from tests.identity.world import START, email

CUSTOMER = CustomerDoc(
    id=CustomerId("cus_1"),
    component=ComponentId("cmp_1"),
    name="Kim\x1b[31m",
    first_seen_at=START,
    last_seen_at=START,
    channels=("slack",),
)
ANGRY = Affect(valence=-0.9, arousal=0.9, label=MoodLabel.ANGRY, confidence=0.9)


def lines(sources: Sources, *, unidentified: bool = False, **how: object) -> list[str]:
    found = timeline(sources)
    journey = Journey(
        customer=msgspec.structs.replace(CUSTOMER, unidentified=unidentified),
        identifiers=(IdentifierKey("k"),),
        moments=found.moments,
        claimed=found.claimed,
    )
    return [*_stripped(journey_lines(journey, 300, **how))]


def _stripped(printed: Iterator[str]) -> Iterator[str]:
    """Yield lines without the times, which say nothing here."""
    for line in printed:
        assert line == line.rstrip()
        yield line[23:] if line.startswith("  2") else line


def test_a_journey_says_who_felt_what_and_what_was_answered() -> None:
    first = entry("m", text="Where is it?\nI wait.", affect=ANGRY)
    told = lines(
        Sources(
            entries=[first, react("r", "👍", at=9, target=first.message.id, name="Kim")],
            replies=[reply("a", at=10), reply("b", "And now?", at=20)],
            deliveries=[
                delivery("a", DeliveryState.SENT),
                delivery("b", DeliveryState.FAILED, error="mailbox_gone"),
            ],
        )
    )
    assert told == [
        "customer   cus_1  Kim�[31m",
        "since      2027-01-15 08:00:00 UTC",
        "channels   slack",
        "known by   1 identifier",
        "wrote      1 message",
        "",
        CONVERSATION,
        "slack   angry       Where is it? I wait. [👍 Kim]",
        "slack   → ann       We look into it.",
        "slack   → ann       (failed: mailbox_gone) And now?",
    ]


def test_what_was_changed_is_marked_and_its_versions_are_shown_when_asked_for() -> None:
    album = [entry(f"a{n}", at=500 * n, text="", attachments=PHOTO) for n in range(3)]
    gone = entry("g", at=60_000, text="a secret")
    sources = Sources(
        entries=[
            *album,
            delete("d0", album[0], at=9_000),
            edit("e", album[1], "the lamp", at=9_500),
            gone,
            delete("d", gone, at=61_000),
        ]
    )
    assert lines(sources)[-2:] == [
        "slack   -           (1 of 3 deleted) (edited) the lamp [lamp.jpg, lamp.jpg]",
        "slack   -           (deleted)",
    ]
    shown = lines(sources, versions=True)
    assert [line.strip() for line in shown if line.startswith("      ")] == [
        "said 2027-01-15 08:00:00",
        "deleted 2027-01-15 08:00:09",
        "said 2027-01-15 08:00:00",
        "said 2027-01-15 08:01:00  a secret",
        "deleted 2027-01-15 08:01:01",
    ]


def test_messages_are_named_by_their_ids_when_asked_for() -> None:
    album = [entry(f"a{n}", at=500 * n, text="", attachments=PHOTO) for n in range(2)]
    sources = Sources(entries=album, replies=[reply("a", at=10_000)])
    shown = [line.strip() for line in lines(sources, ids=True) if line.startswith("      ")]
    assert shown == [*(each.message.id for each in album), sources.replies[0].id]
    assert not [line for line in lines(sources) if line.startswith("      ")]


def test_what_others_claimed_stands_behind_a_line_that_says_so() -> None:
    stranger = Turn(
        at=START,
        speaker=Speaker.CLAIMED,
        channel="email",
        text="I am his wife.",
        message=MessageId("msg_x"),
        name="Eve <eve@example.net>",
    )
    mine = entry("m", text="one", conversation=None)
    told = lines(Sources(entries=[mine], remembered=[(CONVERSATION, stranger)]))
    assert told[5:] == [
        "",
        "(no conversation)",
        "slack   -           one",
        "",
        "said by others, whom nothing proves to be this customer",
        "email   Eve <eve@…  I am his wife.",
    ]


def test_of_whom_nothing_is_known_it_says_so() -> None:
    unproven = entry("m", email("ann@example.com", Level.CLAIMED), text="one")
    told = lines(Sources(entries=[unproven]), unidentified=True)
    assert "known by   nothing that tells him from others; this is one conversation" in told


@pytest.mark.parametrize("last", [1, 2, 3, None])
def test_of_a_long_journey_the_latest_are_printed_and_the_others_counted(last: int | None) -> None:
    sources = Sources(entries=[entry(f"m{n}", at=60_000 * n, text=f"text {n}") for n in range(3)])
    told = lines(sources, last=last)
    count = last or 3
    assert sum("text" in line for line in told) == count
    left_out = [line for line in told if "--all" in line]
    assert left_out == ([f"… {3 - count} earlier; `--all` shows everything"] if count < 3 else [])


def test_numbers_stand_with_their_nouns() -> None:
    assert [counted(n, "message") for n in (0, 1, 2_000)] == [
        "0 messages",
        "1 message",
        "2,000 messages",
    ]
    assert counted(2, "entry", "entries") == "2 entries"


def test_a_conversation_shows_what_was_edited_deleted_and_sent_along() -> None:
    album = [entry(f"a{n}", at=500 * n, text="", attachments=PHOTO) for n in range(2)]
    gone = entry("g", at=60_000, text="a secret")
    said: Conversation = told(
        *(each.message for each in album),
        edit("e", album[1], "the lamp", at=9_500).message,
        gone.message,
        delete("d", gone, at=61_000).message,
    )
    routing: RoutingDoc | None = None
    printed = list(
        story_lines(ConversationStory(conversation=said, routing=routing, decisions=()), 300)
    )
    spoken = [line[23:] for line in printed if line.startswith("  2")]
    assert spoken == [
        "slack   customer: (edited) the lamp [lamp.jpg, lamp.jpg]",
        "slack   customer: (deleted)",
    ]

"""The timeline of any history: the same in any order, and nothing lost on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Observed
from maitred.contracts.ids import CustomerId
from maitred.contracts.limits import CONVERSATION_TURNS_MAX
from maitred.contracts.message import (
    MessageKind,
)
from maitred.contracts.outbound import DeliveryState
from maitred.contracts.revision import Revision
from maitred.identity.conversations.journey import add_turn
from maitred.identity.conversations.place import Placement
from maitred.identity.timeline.line import Timeline, timeline
from maitred.identity.timeline.sources import Sources
from tests.identity.journal import (
    ANN,
    CONVERSATION,
    PHOTO,
    delivery,
    entry,
    moments,
    reply,
)
from tests.identity.world import START, phone, said, slack, visitor

PLACED = Placement(
    customer=CustomerId("cus_1"), conversation=CONVERSATION, joined=JoinReason.THREAD
)
# -- in any order -----------------------------------------------------------------------------
people = st.sampled_from([ANN, slack("U2"), phone("+14155550123"), visitor("v1")])
kinds = st.sampled_from([
    *[MessageKind.MESSAGE] * 4,
    MessageKind.EDIT,
    MessageKind.EDIT,
    MessageKind.DELETE,
    MessageKind.REACTION,
    MessageKind.OPT_OUT,
    MessageKind.VERIFICATION,
])  # fmt: skip
NAMES = [f"m{n}" for n in range(8)]


@st.composite
def histories(draw: st.DrawFn) -> Sources:
    """Draw a history in which much happens at the same time, and names repeat."""
    entries = []
    for name in NAMES[: draw(st.integers(1, 8))]:
        actor, kind = draw(people), draw(kinds)
        about = said(draw(st.sampled_from(NAMES)), draw(people)).id
        entries.append(
            entry(
                name,
                actor,
                at=draw(st.integers(0, 4)) * 700,
                sequence=draw(st.integers(0, 2)),
                kind=kind,
                target=about if kind not in {MessageKind.MESSAGE, MessageKind.OPT_OUT} else None,
                text=draw(st.sampled_from(["", "x", "x" * 153])),
                attachments=draw(st.sampled_from([(), PHOTO])),
                conversation=draw(st.sampled_from([CONVERSATION, "cnv_2", None])),
            )
        )
    replies = [
        reply(f"r{n}", at=draw(st.integers(0, 4)) * 700) for n in range(draw(st.integers(0, 2)))
    ]
    states = [
        delivery(f"r{draw(st.integers(0, 1))}", draw(st.sampled_from(DeliveryState)), at=n % 2)
        for n in range(draw(st.integers(0, 3)))
    ]
    revisions = [
        Revision(
            message=msgspec.structs.replace(each.message, text=draw(st.sampled_from("pq"))),
            number=draw(st.integers(1, 2)),
            decoder="x",
            changed=("text",),
            at=START,
        )
        for each in entries[: draw(st.integers(0, 2))]
    ]
    return Sources(entries=entries, replies=replies, deliveries=states, revisions=revisions)


def told_of(sources: Sources) -> bytes:
    return msgspec.json.encode(timeline(sources))


@given(histories(), st.randoms(use_true_random=False))
def test_order_and_duplicates_of_what_is_read_make_no_difference(
    sources: Sources, chance: Any
) -> None:
    def shuffled(things: Any) -> list[Any]:
        several = [*things, *chance.sample(list(things), len(list(things)) // 2)]
        chance.shuffle(several)
        return several

    again = replace(
        sources,
        entries=shuffled(sources.entries),
        replies=shuffled(sources.replies),
        deliveries=shuffled(sources.deliveries),
        revisions=shuffled(sources.revisions),
    )
    assert told_of(again) == told_of(sources)


@given(histories())
def test_nothing_is_lost_and_nothing_is_there_twice(sources: Sources) -> None:
    told: Timeline = timeline(sources)
    shown = [part.id for each in told.moments for part in each.parts]
    assert len(shown) == len(set(shown))
    changes = [
        version.change
        for each in told.moments
        for part in each.parts
        for version in part.versions
        if version.change is not None
    ]
    applied = {entry.message.id for entry in sources.entries} - set(shown)
    kinds = {entry.message.id: entry.message.kind for entry in sources.entries}
    assert set(changes) == {each for each in applied if kinds[each] is MessageKind.EDIT}
    assert {kinds[each] for each in applied} <= {
        MessageKind.EDIT,
        MessageKind.DELETE,
        MessageKind.REACTION,
    }
    assert [each.at for each in told.moments] == sorted(each.at for each in told.moments)


spoken = st.tuples(
    st.sampled_from([ANN, phone("+14155550123"), slack("U2")]),
    st.integers(0, 25),
    st.sampled_from(["", "x", "x" * 153]),
    st.booleans(),
    st.sampled_from([*[MessageKind.MESSAGE] * 4, MessageKind.AUTO_REPLY, MessageKind.BOUNCE]),
)


@given(st.lists(spoken, min_size=1, max_size=CONVERSATION_TURNS_MAX // 2))
def test_what_is_one_turn_to_an_agent_is_one_moment_here(
    history: list[tuple[Observed, int, str, bool, MessageKind]],
) -> None:
    entries, at = [entry("m0", text="hello")], 30_000
    for number, (actor, seconds, text, brings, kind) in enumerate(history, 1):
        at += 1_000 * seconds
        files = PHOTO if brings else ()
        entries.append(
            entry(
                f"m{number}",
                actor,
                at=at,
                sequence=number,
                text=text,
                attachments=files,
                kind=kind,
            )
        )
    conversation = None
    for each in entries:
        conversation = add_turn(conversation, each.message, PLACED, None, START + 10**9)
    assert conversation is not None
    turns = {
        (turn.message, *turn.parts)
        for turn in conversation.turns
        if turn.kind is not MessageKind.BOUNCE
    }
    told = {
        tuple(part.id for part in moment.parts)
        for moment in moments(
            *(msgspec.structs.replace(each, conversation=CONVERSATION) for each in entries)
        )
        if moment.kind is not MessageKind.BOUNCE
    }
    assert turns == told

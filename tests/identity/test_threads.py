"""What leads a message to its conversation: tokens, third mails, and subjects."""

from __future__ import annotations

import pytest

from maitred.contracts import thread_evidence
from maitred.contracts.documents import ThreadDoc
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message, MessageKind, ThreadEvidenceKind, ThreadHints
from maitred.contracts.routing import RoutingState
from maitred.identity.conversations.place import Placement
from maitred.identity.conversations.threads import (
    BORROWED_MAX,
    NAMED_MAX,
    SUBJECT_WINDOW_MS,
    links_of,
    named,
)
from tests.identity.world import START, TOOLS, World, email, key_of, said, slack

ANN, EVE = email("ann@example.com"), email("eve@example.com")
DAEMON = email("mailer-daemon@mx.example.net", Level.CLAIMED)


def mail(
    name: str,
    /,
    *refers_to: str,
    sender: Observed = ANN,
    at: int = START,
    base: str = "",
    is_reply: bool = False,
    token: Placement | None = None,
    **more: object,
) -> Message:
    """Return a mail as its decoder reads it; `refers_to` are nearest first, `base` its subject."""
    evidence = [thread_evidence.refers(each, steps) for steps, each in enumerate(refers_to)]
    if token is not None and token.conversation is not None:
        evidence.insert(0, thread_evidence.token(token.conversation))
    if base:
        evidence.append(thread_evidence.subject(base, is_reply=is_reply))
    hints = ThreadHints(own=(f"<{name}>",), refers_to=refers_to, evidence=tuple(evidence))
    return said(name, sender, thread=hints, at=at, **more)


def stored(world: World, foreign: str) -> ThreadDoc:
    return world.get(TOOLS.subjects.thread(TOOLS.keys.thread("email", foreign)), ThreadDoc)


def two_open(world: World, first: Message) -> tuple[Placement, Placement]:
    """Give a customer an older conversation that `first` opens, and a newer one."""
    older = world.take(first)
    newer = world.take(said("s1", slack("U1"), at=START + 1))
    world.take(said("s2", slack("U1"), ANN, at=START + 2))
    return older, newer


def test_the_scores_fall_from_our_own_word_to_what_may_be_chance() -> None:
    scores = [
        thread_evidence.TOKEN_SCORE,
        thread_evidence.ANSWERS_SCORE,
        *(thread_evidence.refers("x", steps).score for steps in range(20)),
        thread_evidence.REFERS_SCORE_MIN,
        thread_evidence.SHARED_SCORE,
        thread_evidence.SUBJECT_REPLY_SCORE,
        thread_evidence.SUBJECT_SCORE,
    ]
    assert scores == sorted(set(scores), reverse=True)
    assert thread_evidence.refers("x", 500).score == thread_evidence.REFERS_SCORE_MIN


# -- tokens ------------------------------------------------------------------------------------
def test_a_token_leads_a_participant_to_its_conversation_though_another_is_newer() -> None:
    world = World()
    older, _ = two_open(world, mail("m1"))
    answer = world.take(mail("m2", token=older, at=START + 9))
    assert answer.conversation == older.conversation
    assert answer.joined is JoinReason.THREAD
    assert answer.evidence is not None
    assert answer.evidence.kind is ThreadEvidenceKind.REPLY_TOKEN


def test_a_token_outweighs_the_references() -> None:
    world = World()
    older, newer = two_open(world, mail("m1"))
    world.take(mail("m2", token=newer, at=START + 3))
    answer = world.take(mail("m3", "<m2>", token=older, at=START + 9))
    assert answer.conversation == older.conversation


def test_a_token_of_a_closed_conversation_reopens_nothing() -> None:
    world = World()
    first = world.take(mail("m1"))
    world.route(first.conversation, RoutingState.CLOSED)
    again = world.take(mail("m2", token=first, at=START + 1))
    assert again.joined is JoinReason.OPENED
    assert again.evidence is None


def test_a_token_of_a_conversation_that_is_gone_says_nothing() -> None:
    world = World()
    gone = Placement(conversation=World().take(mail("m0")).conversation)
    assert world.take(mail("m1", token=gone)).joined is JoinReason.OPENED


def test_a_bounce_finds_its_conversation_by_the_token() -> None:
    world = World()
    first = world.take(mail("m1"))
    bounce = mail("b", sender=DAEMON, token=first, kind=MessageKind.BOUNCE)
    assert world.take(bounce).conversation == first.conversation


# -- third mails -------------------------------------------------------------------------------
def test_two_mails_that_answer_a_third_are_one_conversation() -> None:
    world = World()
    older, _ = two_open(world, mail("m1", "<third>"))
    later = world.take(mail("m2", "<third>", at=START + 9))
    assert later.conversation == older.conversation
    assert later.evidence == thread_evidence.shares("<third>")


def test_what_a_stranger_refers_to_first_is_not_his_and_claims_nothing() -> None:
    world = World()
    strangers = world.take(mail("x", "<third>", sender=EVE))
    mine = world.take(mail("m1", "<third>", at=START + 1))
    assert mine.conversation != strangers.conversation
    assert mine.claimed is None
    assert len(world.conversation(strangers).turns) == 1


def test_an_id_that_was_borrowed_belongs_to_whom_it_names_when_he_comes() -> None:
    world = World()
    strangers = world.take(mail("x", "<m1>", sender=EVE))
    assert stored(world, "<m1>").borrowed
    first = world.take(mail("m1", at=START + 1))
    assert first.conversation != strangers.conversation
    assert not stored(world, "<m1>").borrowed
    assert stored(world, "<m1>").conversation == first.conversation
    answer = world.take(mail("m2", "<m1>", at=START + 2))
    assert answer.conversation == first.conversation


def test_an_owned_id_cannot_be_borrowed() -> None:
    world = World()
    first = world.take(mail("m1"))
    world.take(mail("x", "<m1>", sender=EVE, at=START + 1))
    assert stored(world, "<m1>").conversation == first.conversation
    assert not stored(world, "<m1>").borrowed


def test_a_mail_that_comes_after_its_answer_joins_it() -> None:
    world = World()
    older, _ = two_open(world, mail("m2", "<m1>"))
    late = world.take(mail("m1", at=START + 9))
    assert late.conversation == older.conversation
    assert late.evidence == thread_evidence.shares("<m1>")
    assert not stored(world, "<m1>").borrowed


def test_only_the_nearest_ids_are_borrowed_and_none_by_machines() -> None:
    world = World()
    many = tuple(f"<r{n}>" for n in range(BORROWED_MAX + 3))
    placed = world.take(mail("m1", *many))
    borrowed = [d for d in placed.documents.values() if isinstance(d, ThreadDoc) and d.borrowed]
    assert len(borrowed) == BORROWED_MAX
    assert stored(world, "<r0>").borrowed
    world.take(mail("b", "<m1>", "<far>", sender=DAEMON, kind=MessageKind.BOUNCE, at=START + 1))
    assert TOOLS.subjects.thread(TOOLS.keys.thread("email", "<far>")) not in world.store


def test_a_postmasters_word_needs_an_id_of_the_conversation_itself() -> None:
    world = World()
    world.take(mail("m1", "<third>"))
    bounce = mail("b", "<third>", sender=DAEMON, kind=MessageKind.BOUNCE, at=START + 1)
    assert world.take(bounce).conversation is None


# -- subjects ----------------------------------------------------------------------------------
def test_the_same_subject_by_the_same_sender_soon_after_is_the_same_conversation() -> None:
    world = World()
    older, _ = two_open(world, mail("m1", base="the broken lamp"))
    answer = world.take(mail("m2", base="the broken lamp", is_reply=True, at=START + 9))
    assert answer.conversation == older.conversation
    assert answer.evidence is not None
    assert answer.evidence.kind is ThreadEvidenceKind.SUBJECT


def test_a_subject_puts_no_mere_claim_into_the_conversation_of_that_name() -> None:
    claimed = email("ann@example.com", Level.CLAIMED)
    world = World()
    first = world.take(mail("m1", sender=claimed, base="the broken lamp"))
    forged = mail("x", sender=claimed, base="the broken lamp", is_reply=True, at=START + 9)
    placed = world.take(forged)
    assert placed.conversation != first.conversation
    assert placed.customer != first.customer
    knows = world.take(mail("m2", "<m1>", sender=claimed, at=START + 10))
    assert knows.conversation == first.conversation


def test_a_reference_outweighs_the_subject() -> None:
    world = World()
    _, newer = two_open(world, mail("m1", base="the broken lamp"))
    world.take(mail("m2", token=newer, at=START + 3))
    third = world.take(mail("m3", "<m2>", base="the broken lamp", is_reply=True, at=START + 9))
    assert third.conversation == newer.conversation


@pytest.mark.parametrize(
    "other",
    [
        mail("x", base="the broken lamp", is_reply=True, sender=EVE, at=START + 9),
        mail("x", base="the broken lamp", at=START + 9, account="sales"),
        mail("x", base="the broken lamp", at=START + SUBJECT_WINDOW_MS + 1),
    ],
    ids=["another sender", "another account", "much later"],
)
def test_an_equal_subject_alone_is_not_enough(other: Message) -> None:
    world = World()
    world.now = START + SUBJECT_WINDOW_MS + DAY_MS
    older, _ = two_open(world, mail("m1", base="the broken lamp"))
    placed = world.take(other)
    assert placed.conversation != older.conversation
    assert placed.claimed is None


def test_a_subject_costs_one_document_at_first_and_then_one_a_day() -> None:
    world = World()
    world.now = START + 3 * DAY_MS

    def threads(message: Message) -> int:
        placed = world.take(message)
        return sum(isinstance(each, ThreadDoc) for each in placed.documents.values())

    assert threads(mail("m1", base="the broken lamp")) == 2
    assert threads(mail("m2", base="the broken lamp", at=START + 1)) == 1
    assert threads(mail("m3", base="the broken lamp", at=START + DAY_MS)) == 2
    assert threads(said("s", slack("U1"), thread=ThreadHints(own=("T:C:1",)))) == 1


def test_a_subject_leads_to_the_conversation_that_it_was_in_last() -> None:
    world = World()
    first = world.take(mail("m1", base="the broken lamp"))
    world.route(first.conversation, RoutingState.CLOSED)
    second = world.take(mail("m2", base="the broken lamp", at=START + 1))
    assert second.conversation != first.conversation
    third = world.take(mail("m3", base="the broken lamp", at=START + 2))
    assert third.conversation == second.conversation
    assert third.joined is JoinReason.THREAD


def test_a_channel_without_evidence_answers_what_it_refers_to() -> None:
    world = World()
    first = world.take(said("s1", slack("U1"), thread=ThreadHints(own=("T:C:1",))))
    answer = said("s2", slack("U1"), thread=ThreadHints(refers_to=("T:C:1",)), at=START + 1)
    placed = world.take(answer)
    assert placed.conversation == first.conversation
    assert placed.evidence == thread_evidence.answers("T:C:1")
    assert key_of(slack("U1")) in world.conversation(placed).participants


def test_who_names_fifty_conversations_has_the_surest_few_looked_at() -> None:
    world = World()
    for number in range(50):
        world.take(mail(f"m{number}", sender=email(f"p{number}@example.com"), at=START + number))
    stranger = mail("x", *(f"<m{number}>" for number in range(50)), sender=EVE, at=START + 99)
    found = named(stranger, links_of(stranger, TOOLS), world.everything())
    assert len(found) == NAMED_MAX
    assert [each.evidence.id for each in found] == [f"<m{n}>" for n in range(NAMED_MAX)]
    assert world.take(stranger).claimed is not None

"""Who must not get in, and what he must not change: claims, spoofs, mails that were passed on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts import thread_evidence
from maitred.contracts.conversation import Conversation, Speaker
from maitred.contracts.documents import ComponentDoc, CustomerDoc, IdentifierDoc
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.ids import ConversationId
from maitred.contracts.limits import MINUTE_MS, PROOF_AGE_MS
from maitred.contracts.message import Message, MessageKind, ThreadEvidence, ThreadHints
from maitred.contracts.routing import RoutingState
from maitred.identity.conversations.place import Placement
from maitred.identity.gates import brief_may_show_journey
from tests.identity.world import (
    START,
    World,
    account,
    email,
    key_of,
    phone,
    said,
    slack,
    visitor,
)

ADDRESS = "ann@example.com"
ANN = email(ADDRESS)
PROVEN = email(ADDRESS, Level.PROVEN)
CLAIM = email(ADDRESS, Level.CLAIMED)
EVE = email("eve@elsewhere.example")


def mail(
    name: str,
    sender: Observed,
    /,
    *evidence: ThreadEvidence,
    at: int = START,
    proof: str = "",
    proven_at: int = 0,
    **more: object,
) -> Message:
    refers_to = tuple(each.id for each in evidence if each.id.startswith("<"))
    hints = ThreadHints(own=(f"<{name}>",), refers_to=refers_to, evidence=evidence, proof=proof)
    return said(name, sender, thread=hints, at=at, proven_at=proven_at, **more)


def token(conversation: ConversationId | None) -> ThreadEvidence:
    assert conversation is not None
    return thread_evidence.token(conversation)


def turns(conversation: Conversation) -> list[tuple[str, str]]:
    return [(turn.speaker.value, turn.text) for turn in conversation.turns]


# -- an answer from the mailbox that our mail went to ---------------------------------------------
@dataclass(frozen=True)
class Opened:
    """A conversation that a mere claim opened."""

    world: World
    by: Placement

    @property
    def conversation(self) -> Conversation:
        return self.world.conversation(self.by)

    def answer(self, name: str, sender: Observed, **more: object) -> Placement:
        at = START + MINUTE_MS // 2
        return self.world.take(mail(name, sender, token(self.by.conversation), at=at, **more))


@pytest.fixture
def opened() -> Opened:
    world = World()
    return Opened(world, world.take(mail("m1", CLAIM)))


def test_who_proves_the_mailbox_goes_on_with_what_its_claim_opened(opened: Opened) -> None:
    answer = opened.answer("m2", PROVEN)
    conversation = opened.conversation
    assert (answer.conversation, answer.joined) == (conversation.id, JoinReason.THREAD)
    assert turns(conversation) == [("customer", "text of m1"), ("customer", "text of m2")]
    assert conversation.customer == answer.customer != opened.by.customer
    assert conversation.participants == (key_of(PROVEN),)
    assert conversation.bearer == conversation.reply_to.key == key_of(PROVEN)
    assert (conversation.trust, conversation.may_read) == (Level.PROVEN, True)
    assert not conversation.unidentified
    assert conversation.id in opened.world.customer(answer.customer).open_conversations
    assert conversation.id in opened.world.customer(answer.customer).conversations


def test_the_claims_customer_is_merged_with_nobody_and_keeps_what_it_wrote(opened: Opened) -> None:
    before = opened.world.customer(opened.by.customer)
    opened.answer("m2", PROVEN)
    after = opened.world.customer(opened.by.customer)
    assert after.alias_of is None
    assert after.unidentified
    assert (after.writers, after.messages, after.component) == (
        before.writers,
        before.messages,
        before.component,
    )
    assert after.open_conversations == after.conversations == ()
    assert opened.world.components() == []
    assert len(opened.world.customers()) == 1


def test_the_claim_is_out_once_the_mailbox_is_proven(opened: Opened) -> None:
    opened.answer("m2", PROVEN)
    before = opened.conversation
    spoof = opened.answer("m3", CLAIM)
    assert spoof.conversation != before.id
    assert spoof.claimed is not None
    assert not spoof.may_read
    after = opened.conversation
    assert turns(after) == [*turns(before), ("claimed", "text of m3")]
    assert msgspec.structs.replace(after, turns=before.turns) == before


@pytest.mark.parametrize(
    "sender",
    [
        EVE,
        email("eve@elsewhere.example", Level.PROVEN),
        email("eve@elsewhere.example", Level.CLAIMED),
    ],
    ids=["authenticated", "proven", "a claim"],
)
def test_nobody_else_goes_on_with_it(opened: Opened, sender: Observed) -> None:
    """A mail that was passed on: its token names the conversation, its bearer is somebody else."""
    before = opened.conversation
    other = opened.answer("m2", sender)
    assert other.conversation != before.id
    assert other.customer != before.customer
    after = opened.conversation
    assert msgspec.structs.replace(after, turns=before.turns) == before
    assert turns(after)[1:] == [("claimed", "text of m2")]


@pytest.mark.parametrize(
    "evidence",
    [thread_evidence.subject("the broken lamp", is_reply=True), thread_evidence.answers("<third>")],
    ids=["a subject", "a third mail"],
)
def test_what_anybody_could_name_does_not_take_a_conversation_over(
    evidence: ThreadEvidence,
) -> None:
    world = World()
    first = world.take(mail("m1", CLAIM, evidence))
    second = world.take(mail("m2", PROVEN, evidence, at=START + 1))
    assert second.conversation != first.conversation


def test_what_a_machine_answers_for_the_mailbox_joins_and_takes_nothing_over(
    opened: Opened,
) -> None:
    before = opened.conversation
    placed = opened.answer("m2", PROVEN, kind=MessageKind.AUTO_REPLY)
    assert placed.conversation == before.id
    after = opened.conversation
    assert (after.customer, after.participants, after.trust, after.may_read) == (
        before.customer,
        before.participants,
        before.trust,
        before.may_read,
    )


def test_a_closed_conversation_is_not_taken_over(opened: Opened) -> None:
    opened.world.route(opened.by.conversation, RoutingState.CLOSED)
    assert opened.answer("m2", PROVEN).conversation != opened.by.conversation


def test_a_role_mailbox_that_answers_stays_a_contact_point() -> None:
    world = World()
    info = email("info@example.com", Level.CLAIMED)
    first = world.take(mail("m1", info))
    own = email("info@example.com", Level.PROVEN)
    answer = world.take(mail("m2", own, token(first.conversation), at=START + 1))
    assert answer.conversation == first.conversation
    assert answer.unidentified
    assert (answer.may_read, answer.act_until) == (False, 0)


# -- reply to prove ----------------------------------------------------------------------------
def test_a_proof_opens_the_act_gate_for_a_quarter_of_an_hour_and_once() -> None:
    world = World()
    first = world.take(mail("m1", ANN))
    at = START + 10
    proof = {"proof": "p1", "proven_at": at, "at": at}
    answer = mail("m2", PROVEN, token(first.conversation), **proof)  # type: ignore[arg-type]
    assert world.take(answer).act_until == at + PROOF_AGE_MS
    assert world.conversation(first).act_until == at + PROOF_AGE_MS
    assert world.take(answer).act_until == at + PROOF_AGE_MS, "placed again, it proves the same"
    copied = mail("m3", PROVEN, token(first.conversation), **proof)  # type: ignore[arg-type]
    later = world.take(copied)
    assert later.conversation == first.conversation
    assert later.act_until == 0, "whoever was copied in comes second"
    assert world.conversation(first).act_until == 0


def test_what_was_asked_under_a_claim_is_not_proven_by_who_answers_for_its_address(
    opened: Opened,
) -> None:
    """The transcript trick: another asked, and the owner of the mailbox is made to say yes."""
    first = opened.answer("m2", PROVEN, proof="p1", proven_at=START)
    assert (first.conversation, first.act_until) == (opened.by.conversation, 0)
    assert opened.conversation.act_until == 0
    again = opened.answer("m3", PROVEN, proof="p2", proven_at=START)
    assert again.act_until == START + PROOF_AGE_MS, "asked once more, he knows what for"


def test_an_ordinary_token_never_opens_the_act_gate() -> None:
    world = World()
    first = world.take(mail("m1", ANN))
    answer = world.take(mail("m2", PROVEN, token(first.conversation), at=START + 1))
    assert (answer.may_read, answer.act_until) == (True, 0)


# -- what the gates say of each sender ------------------------------------------------------------
def tied(world: World) -> None:
    """Let the company's own site say that a number is Ann's."""
    number = Observed(identifier=phone("+14155550100").identifier, level=Level.SIGNED)
    world.take(said("c1", account("42"), number))


@pytest.mark.parametrize("is_tied", [False, True], ids=["alone", "tied at level 4"])
def test_a_text_opens_no_gate_unless_its_number_is_surely_the_customers(*, is_tied: bool) -> None:
    """The sender of an SMS can be forged; the answer goes to the handset all the same."""
    world = World()
    if is_tied:
        tied(world)
    placed = world.take(said("t1", phone("+14155550100"), at=START + 1))
    assert (placed.may_read, placed.act_until) == (is_tied, 0)
    conversation = world.conversation(placed)
    assert conversation.trust is Level.ASSERTED
    assert brief_may_show_journey(conversation, to_machine=True) is is_tied


def test_a_forged_number_reaches_no_other_customer() -> None:
    world = World()
    known = world.take(mail("m1", ANN))
    spoof = said("t1", phone("+14155550100"), ANN, CLAIM, at=START + 1)
    assert world.take(spoof).customer != known.customer
    assert world.components() == []


@pytest.mark.parametrize("level", [Level.CLAIMED, Level.ASSERTED])
def test_an_address_from_a_foreign_workspace_merges_nobody(level: Level) -> None:
    world = World()
    known = world.take(mail("m1", ANN))
    guest = said("s1", slack("U1", team="T9"), email(ADDRESS, level), at=START + 1)
    placed = world.take(guest)
    assert placed.customer != known.customer
    assert world.components() == []


def test_a_shared_channel_shows_nothing_of_anybody() -> None:
    world = World()
    message = said("s1", slack("U1"), ANN)
    world.take(mail("m1", ANN))
    public = msgspec.structs.replace(message.reply_to, is_private=False)
    placed = world.take(msgspec.structs.replace(message, reply_to=public))
    assert not placed.may_read


def test_an_address_typed_into_a_chat_merges_and_shows_nothing() -> None:
    world = World()
    known = world.take(mail("m1", ANN))
    typed = world.take(said("c1", visitor("v1"), CLAIM, at=START + 1))
    assert typed.customer != known.customer
    assert (typed.may_read, typed.act_until) == (False, 0)
    assert world.components() == []
    assert not brief_may_show_journey(world.conversation(typed), to_machine=True)


# -- claims change nothing of anybody else's -----------------------------------------------------
OWN = [
    ("m1", ANN, ()),
    ("m2", ANN, ("<m1>",)),
    ("s1", slack("U1"), ()),
    ("m3", ANN, ("<m2>", "<m1>")),
]


def theirs(world: World) -> dict[str, object]:
    """Return what the store knows of Ann, without the turns of claimed participants."""
    found: dict[str, object] = {}
    for subject, (_, document) in world.store.items():
        if isinstance(document, Conversation):
            kept = tuple(turn for turn in document.turns if turn.speaker is not Speaker.CLAIMED)
            found[subject] = msgspec.structs.replace(document, turns=kept)
        elif isinstance(document, CustomerDoc | ComponentDoc | IdentifierDoc):
            found[subject] = document
    return found


def run(spoofs: Iterable[tuple[int, Message]]) -> World:
    """Let Ann write, and others under her name in between."""
    world = World()
    between: dict[int, list[Message]] = {}
    for place, message in spoofs:
        between.setdefault(place, []).append(message)
    for index, (name, sender, refers_to) in enumerate(OWN):
        at = START + index * 1_000
        evidence = [thread_evidence.answers(each) for each in refers_to[:1]]
        evidence += [thread_evidence.refers(each, n) for n, each in enumerate(refers_to[1:])]
        observed = (ANN,) if sender.identifier.kind.value == "slack" else ()
        own = mail(name, sender, *evidence, at=at)
        world.take(msgspec.structs.replace(own, observed=observed))
        for message in between.get(index, ()):
            world.take(message)
    return world


CONVERSATION = next(
    document.id for _, document in run(()).store.values() if isinstance(document, Conversation)
)
EVIDENCE = [
    thread_evidence.token(CONVERSATION),
    *(thread_evidence.answers(f"<{name}>") for name in ("m1", "m2", "m3")),
    *(thread_evidence.refers(f"<{name}>", 3) for name in ("m1", "m2", "m3")),
    thread_evidence.subject("the broken lamp", is_reply=True),
]


@st.composite
def spoofed(draw: st.DrawFn) -> list[tuple[int, Message]]:
    """Draw mails under Ann's name that nobody vouches for, which name all that can be named."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(OWN) - 1))
        evidence = draw(st.lists(st.sampled_from(EVIDENCE), max_size=4, unique=True))
        kind = draw(st.sampled_from([MessageKind.MESSAGE, MessageKind.AUTO_REPLY]))
        reused = draw(st.sampled_from(["", "<m1>", "<m2>", "<m3>"]))
        sender = draw(st.sampled_from([CLAIM, email("eve@elsewhere.example", Level.CLAIMED)]))
        message = mail(f"x{number}", sender, *evidence, at=START + place * 1_000 + 500, kind=kind)
        if reused:
            own = (reused,)
            thread = msgspec.structs.replace(message.thread, own=own)
            message = msgspec.structs.replace(message, thread=thread)
        claims = draw(st.lists(st.sampled_from([ANN, PROVEN, slack("U1")]), max_size=2))
        found.append((place, msgspec.structs.replace(message, observed=tuple(claims))))
    return found


@given(spoofed())
def test_no_claim_changes_anything_of_the_owners(spoofs: list[tuple[int, Message]]) -> None:
    alone, beset = theirs(run(())), theirs(run(spoofs))
    assert {subject: beset.get(subject) for subject in alone} == alone


@given(spoofed())
def test_no_claim_is_placed_with_the_owner_or_opens_a_gate(
    spoofs: list[tuple[int, Message]],
) -> None:
    alone = theirs(run(()))
    world = run(spoofs)
    for subject, (_, document) in world.store.items():
        if isinstance(document, Conversation) and subject not in alone:
            assert document.unidentified
            assert document.trust is Level.CLAIMED
            assert (document.may_read, document.act_until) == (False, 0)
            assert not brief_may_show_journey(document, to_machine=False)

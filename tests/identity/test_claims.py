"""Who names a thread without belonging there: seen by the agent, and otherwise without effect."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts import thread_evidence
from maitred.contracts.conversation import Conversation, Speaker
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.limits import CLAIMED_TURNS_MAX, CONVERSATION_TURNS_MAX, HOUR_MS
from maitred.contracts.message import Entity, EntityKind, Language, Message, MessageKind
from maitred.contracts.routing import RoutingState
from maitred.identity.conversations.place import Placement
from tests.identity.test_threads import mail
from tests.identity.world import START, World, email, key_of, said, slack, visitor

ANN, EVE = email("ann@example.com"), email("eve@example.com")
CLAIMED_ANN = email("ann@example.com", Level.CLAIMED)
WAYS = ("token", "answers", "refers")


def naming(name: str, way: str, first: Placement, sender: Observed, at: int) -> Message:
    """Return a mail by `sender` that names the conversation of `<m1>` in one way."""
    if way == "token":
        return mail(name, sender=sender, token=first, at=at, name="Ann", subject="my words")
    message = mail(name, "<m1>", sender=sender, at=at, name="Ann", subject="my words")
    if way == "refers":
        return message
    hints = msgspec.structs.replace(message.thread, evidence=(thread_evidence.answers("<m1>"),))
    return msgspec.structs.replace(message, thread=hints)


def without_turns(conversation: Conversation) -> Conversation:
    return msgspec.structs.replace(conversation, turns=())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sender", [EVE, CLAIMED_ANN], ids=["a stranger", "an unproven From"])
def test_who_names_a_thread_stands_in_it_as_claimed_and_has_his_own_conversation(
    way: str, sender: Observed
) -> None:
    world = World()
    first = world.take(mail("m1"))
    before = world.conversation(first)
    placed = world.take(naming("x", way, first, sender, START + 1))
    after = world.conversation(first)
    assert without_turns(after) == without_turns(before)
    own, claimed = after.turns
    assert own == before.turns[0]
    assert claimed.speaker is Speaker.CLAIMED
    assert claimed.text == "text of x"
    assert claimed.name == f"Ann <{sender.identifier.value}>"
    assert placed.claimed is not None
    assert placed.claimed.evidence.kind.value == ("reply_token" if way == "token" else way)
    assert placed.joined is JoinReason.OPENED
    his = world.conversation(placed)
    assert [turn.speaker for turn in his.turns] == [Speaker.CUSTOMER]
    assert his.participants == (key_of(sender),)


def test_who_has_a_conversation_keeps_it_and_is_claimed_besides() -> None:
    world = World()
    first = world.take(mail("m1"))
    own = world.take(mail("e1", sender=EVE, at=START + 1))
    placed = world.take(mail("e2", "<m1>", sender=EVE, at=START + 2))
    assert placed.conversation == own.conversation
    assert placed.joined is JoinReason.OPEN_CONVERSATION
    assert placed.claimed is not None
    assert placed.claimed.previous.id == first.conversation


def test_who_belongs_to_a_thread_that_he_names_claims_no_other() -> None:
    world = World()
    world.take(mail("m1"))
    own = world.take(mail("e1", sender=EVE, at=START + 1))
    placed = world.take(mail("e2", "<m1>", "<e1>", sender=EVE, at=START + 2))
    assert placed.conversation == own.conversation
    assert placed.joined is JoinReason.THREAD
    assert placed.claimed is None


def test_a_closed_conversation_takes_no_claims_and_stays_closed() -> None:
    world = World()
    first = world.take(mail("m1"))
    world.route(first.conversation, RoutingState.CLOSED)
    before = dict(world.store)
    placed = world.take(mail("x", "<m1>", sender=EVE, at=START + 1))
    assert placed.claimed is None
    assert len(world.conversation(first).turns) == 1
    assert {key: world.store[key] for key in before} == before


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if not kind.wants_an_answer])
def test_machines_and_changes_claim_nothing(kind: MessageKind) -> None:
    world = World()
    first = world.take(mail("m1"))
    placed = world.take(mail("x", "<m1>", sender=EVE, kind=kind, at=START + 1))
    assert placed.claimed is None
    assert not any(turn.speaker is Speaker.CLAIMED for turn in world.conversation(first).turns)


def test_a_claim_that_is_computed_again_stands_there_once() -> None:
    world = World()
    first = world.take(mail("m1"))
    stranger = mail("x", "<m1>", sender=EVE, at=START + 1)
    world.take(stranger)
    world.take(stranger)
    assert len(world.conversation(first).turns) == 2


def test_a_flood_of_claims_is_cut_off_and_the_customers_own_words_all_stay() -> None:
    world = World()
    world.now = START + 9 * HOUR_MS
    first = world.take(mail("m1"))
    for number in range(CONVERSATION_TURNS_MAX - 1):
        world.take(mail(f"m{number + 2}", "<m1>", at=START + number + 1))
    written = [turn.text for turn in world.conversation(first).turns]
    for number in range(60):
        world.take(mail(f"x{number}", "<m1>", sender=EVE, at=START + 1_000 + number))
    turns = world.conversation(first).turns
    assert [turn.text for turn in turns if turn.speaker is Speaker.CUSTOMER] == written
    claimed = [turn.text for turn in turns if turn.speaker is Speaker.CLAIMED]
    assert claimed == [f"text of x{number}" for number in range(CLAIMED_TURNS_MAX)]
    world.take(mail("later", "<m1>", sender=EVE, at=START + 2 * HOUR_MS))
    turns = world.conversation(first).turns
    assert turns[-1].text == "text of later"
    assert sum(turn.speaker is Speaker.CLAIMED for turn in turns) == CLAIMED_TURNS_MAX
    assert sum(turn.speaker is Speaker.CUSTOMER for turn in turns) == CONVERSATION_TURNS_MAX


def test_another_member_of_a_slack_thread_is_claimed_in_it() -> None:
    world = World()
    first = world.take(said("s1", slack("U1"), thread=mail("s1").thread))
    placed = world.take(said("s2", slack("U2"), thread=mail("s2", "<s1>").thread, at=START + 1))
    assert placed.conversation != first.conversation
    assert world.conversation(first).turns[-1].name == "<T1:U2>"


strangers = st.sampled_from([EVE, CLAIMED_ANN, email("bob@example.com"), visitor("v1")])
ways = st.sampled_from(WAYS)
written = st.fixed_dictionaries(
    {
        "text": st.text(max_size=40),
        "name": st.text(max_size=20),
        "subject": st.text(max_size=20),
        "language": st.just(Language(code="xx", confidence=0.99)),
        "entities": st.just((Entity(kind=EntityKind.ORDER, value="666"),)),
        "account": st.sampled_from(["main", "sales"]),
    }
)


@given(st.lists(st.tuples(strangers, ways, written), min_size=1, max_size=12))
def test_no_stranger_ever_changes_more_than_claimed_turns(
    traffic: list[tuple[Observed, str, dict[str, object]]],
) -> None:
    world = World()
    first = world.take(mail("m1", name="Ann"))
    before, customer = world.conversation(first), world.customer(first.customer)
    for number, (sender, way, fields) in enumerate(traffic):
        message = naming(f"x{number}", way, first, sender, START + 1 + number)
        placed = world.take(msgspec.structs.replace(message, **fields))
        assert placed.conversation != first.conversation, "nothing of his is lost"
        assert any(turn.message == message.id for turn in world.conversation(placed).turns)
    after = world.conversation(first)
    assert without_turns(after) == without_turns(before)
    assert [t for t in after.turns if t.speaker is not Speaker.CLAIMED] == list(before.turns)
    assert world.customer(first.customer) == customer
    answer = world.take(mail("m2", "<m1>", at=START + 99))
    assert answer.conversation == first.conversation

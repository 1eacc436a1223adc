"""Which conversation a message belongs to."""

from __future__ import annotations

import pytest

from maitred.contracts.documents import CustomerDoc, ThreadDoc
from maitred.contracts.entry import JoinReason
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import MessageId
from maitred.contracts.limits import CLOSED_AGE_MS, OPEN_CONVERSATIONS_MAX
from maitred.contracts.message import MessageKind, ThreadHints
from maitred.contracts.routing import RoutingState
from maitred.identity.conversations.place import Placement, Tools
from maitred.identity.conversations.threads import thread_documents
from maitred.identity.customers.writers import CONVERSATIONS_MAX, MERGED_CONVERSATIONS_MAX
from maitred.identity.policy import KindLimits, Policy
from tests.identity.world import START, TOOLS, World, email, key_of, phone, said, slack, visitor

ANN, BOB, EVE = email("ann@example.com"), email("bob@example.com"), email("eve@example.com")
DAEMON = email("mailer-daemon@mx.example.net", Level.CLAIMED)


def _hints(own: str = "", *refers_to: str, fingerprint: str = "") -> ThreadHints:
    return ThreadHints(own=(own,) if own else (), refers_to=refers_to, fingerprint=fingerprint)


def _two_open(world: World) -> tuple[Placement, Placement]:
    """Give one customer two open conversations, as a merge does."""
    first = world.take(said("m1", ANN, thread=_hints("<m1>")))
    second = world.take(said("s1", slack("U1"), at=START + 1))
    world.take(said("s2", slack("U1"), ANN, at=START + 2))
    return first, second


def test_two_texts_of_one_number_are_one_conversation() -> None:
    world = World()
    first = world.take(said("t1", phone("+14155550100")))
    second = world.take(said("t2", phone("+14155550100"), at=START + 1))
    assert second.conversation == first.conversation
    assert second.joined is JoinReason.OPEN_CONVERSATION
    assert not second.opened
    assert second.previous is not None
    assert [t.text for t in world.conversation(second).turns] == ["text of t1", "text of t2"]


def test_without_a_thread_the_newest_open_conversation_is_joined() -> None:
    world = World()
    _, second = _two_open(world)
    assert world.take(said("m9", ANN, at=START + 9)).conversation == second.conversation


def test_the_newest_is_the_one_opened_last_whoever_had_it_before_a_merge() -> None:
    world = World()
    closed = world.take(said("m1", ANN))
    world.route(closed.conversation, RoutingState.CLOSED)
    world.take(said("s1", slack("U1"), at=START + 1))
    newest = world.take(said("m2", ANN, at=START + 2))
    merged = world.take(said("s2", slack("U1"), ANN, at=START + 3))
    assert merged.customer == closed.customer
    assert merged.conversation == newest.conversation


def test_a_thread_leads_to_its_conversation_though_another_is_newer() -> None:
    world = World()
    first, _ = _two_open(world)
    answer = world.take(said("m2", ANN, thread=_hints("<m2>", "<m1>"), at=START + 9))
    assert answer.conversation == first.conversation
    assert answer.joined is JoinReason.THREAD


def test_a_closed_conversation_is_not_reopened_and_leaves_the_customers_list() -> None:
    world = World()
    first = world.take(said("m1", ANN, thread=_hints("<m1>")))
    world.route(first.conversation, RoutingState.CLOSED)
    again = world.take(said("m2", ANN, thread=_hints("<m2>", "<m1>"), at=START + 1))
    assert again.joined is JoinReason.OPENED
    assert again.opened
    assert again.conversation != first.conversation
    customer = world.customer(again.customer)
    assert customer.open_conversations == (again.conversation,)
    assert customer.conversations == (first.conversation, again.conversation)


def test_a_conversation_in_an_agents_hands_is_open() -> None:
    world = World()
    first = world.take(said("m1", ANN))
    world.route(first.conversation, RoutingState.ASSIGNED)
    assert world.take(said("m2", ANN, at=START + 1)).conversation == first.conversation


def test_a_conversation_whose_routing_has_expired_is_over() -> None:
    world = World()
    first = world.take(said("m1", ANN))
    world.now = START + CLOSED_AGE_MS
    again = world.take(said("m2", ANN, at=world.now))
    assert again.conversation != first.conversation
    assert world.customer(again.customer).open_conversations == (again.conversation,)


def test_a_stranger_in_a_thread_gets_a_conversation_of_his_own() -> None:
    world = World()
    first = world.take(said("m1", ANN, thread=_hints("<m1>")))
    stranger = world.take(said("x", EVE, thread=_hints("<x>", "<m1>"), at=START + 1))
    assert stranger.joined is JoinReason.OPENED
    assert stranger.conversation != first.conversation
    assert stranger.previous is None
    spoofed = said("y", email("ann@example.com", Level.CLAIMED), thread=_hints("<y>", "<m1>"))
    assert world.take(spoofed).conversation != first.conversation
    assert world.conversation(first).participants == (key_of(ANN),)


def test_a_stranger_who_reuses_a_message_id_captures_nothing() -> None:
    world = World()
    first = world.take(said("m1", ANN, thread=_hints("<m1>")))
    world.take(said("x", EVE, thread=_hints("<m1>"), at=START + 1))
    thread = world.get(TOOLS.subjects.thread(TOOLS.keys.thread("email", "<m1>")), ThreadDoc)
    assert thread.conversation == first.conversation
    answer = world.take(said("m2", ANN, thread=_hints("<m2>", "<m1>"), at=START + 2))
    assert answer.conversation == first.conversation


def test_what_a_machine_calls_itself_names_no_thread() -> None:
    world = World()
    first = world.take(said("m1", ANN, thread=_hints("<m1>")))
    bounce = said("b", DAEMON, kind=MessageKind.BOUNCE, thread=_hints("<b>", "<m1>"))
    assert world.take(bounce).conversation == first.conversation
    assert TOOLS.subjects.thread(TOOLS.keys.thread("email", "<b>")) not in world.store


def test_an_id_names_a_thread_of_its_own_channel_only() -> None:
    world = World()
    _two_open(world)
    thread = _hints("", "<m1>")
    assert world.take(said("s9", slack("U1"), thread=thread, at=START + 9)).joined is (
        JoinReason.OPEN_CONVERSATION
    )


def test_an_answer_to_what_we_sent_joins_by_its_thread() -> None:
    world = World()
    first, second = _two_open(world)
    assert first.conversation is not None
    assert first.customer is not None
    sent = thread_documents(
        TOOLS,
        "email",
        ("<ours>",),
        conversation=first.conversation,
        customer=first.customer,
        message=MessageId("out_1"),
        actor_key=key_of(ANN),
    )
    for subject, document in sent.items():
        world.store[subject] = (1, document)
    answer = world.take(said("m2", ANN, thread=_hints("<m2>", "<ours>"), at=START + 9))
    assert answer.conversation == first.conversation != second.conversation
    stranger = world.take(said("x", EVE, thread=_hints("<x>", "<ours>"), at=START + 9))
    assert stranger.conversation != first.conversation


@pytest.mark.parametrize("kind", [k for k in MessageKind if not k.wants_an_answer])
def test_what_machines_send_never_opens_a_conversation(kind: MessageKind) -> None:
    world = World()
    placed = world.take(said("b", DAEMON, kind=kind, thread=_hints("<b>", "<nowhere>")))
    assert placed.joined is JoinReason.NONE
    assert placed.conversation is None
    assert not placed.opened
    assert world.store == {}


def test_a_bounce_joins_the_thread_it_is_about_even_closed_and_writes_no_customer() -> None:
    world = World()
    first = world.take(said("m1", ANN, thread=_hints("<m1>")))
    world.route(first.conversation, RoutingState.CLOSED)
    bounce = world.take(
        said("b", DAEMON, kind=MessageKind.BOUNCE, thread=_hints("<b>", "<m1>"), at=START + 1)
    )
    assert bounce.conversation == first.conversation
    assert bounce.joined is JoinReason.THREAD
    assert bounce.customer == first.customer
    assert not any(isinstance(d, CustomerDoc) for d in bounce.documents.values())
    conversation = world.conversation(first)
    assert conversation.turns[-1].kind is MessageKind.BOUNCE
    assert conversation.participants == (key_of(ANN),), "a postmaster gains nothing by it"
    assert conversation.reply_to.key == key_of(ANN)


def test_a_strangers_automatic_reply_stays_out_of_the_thread() -> None:
    world = World()
    first = world.take(said("m1", ANN, thread=_hints("<m1>")))
    auto, thread = MessageKind.AUTO_REPLY, _hints("", "<m1>")
    assert world.take(said("x", EVE, kind=auto, thread=thread)).conversation is None
    own = world.take(said("o", ANN, kind=auto, thread=thread))
    assert own.conversation == first.conversation
    assert own.customer == first.customer


def test_an_edit_finds_its_message_and_another_senders_does_not() -> None:
    world = World()
    first = world.take(said("s1", slack("U1")))
    target = said("s1", slack("U1")).id
    edit = said("e", slack("U1"), kind=MessageKind.EDIT, target=target, text="new", at=START + 1)
    assert world.take(edit).conversation == first.conversation
    assert [t.text for t in world.conversation(first).turns] == ["new"]
    foreign = said("f", slack("U2"), kind=MessageKind.EDIT, target=target, text="forged")
    assert world.take(foreign).conversation is None
    assert [t.text for t in world.conversation(first).turns] == ["new"]


def test_an_edit_finds_a_later_message_of_its_conversation() -> None:
    world = World()
    first = world.take(said("s1", slack("U1")))
    world.take(said("s2", slack("U1"), at=START + 1))
    target = said("s2", slack("U1")).id
    gone = said("d", slack("U1"), kind=MessageKind.DELETE, target=target, at=START + 2)
    assert world.take(gone).conversation == first.conversation
    assert [t.text for t in world.conversation(first).turns] == ["text of s1", ""]


def test_the_same_content_by_the_same_sender_is_suppressed_with_the_originals_id() -> None:
    world = World()
    first = world.take(said("m1", ANN, thread=_hints("<m1>", fingerprint="f")))
    before = dict(world.store)
    copy = said(
        "m1-alias", ANN, thread=_hints("<m1>", fingerprint="f"), recipients=("sales@acme.example",)
    )
    again = world.take(copy)
    assert again.suppressed is not None
    assert again.suppressed.original == said("m1", ANN).id
    assert again.suppressed.recipients == ("sales@acme.example",)
    assert again.suppressed.sequence == 2
    assert again.documents == {}
    assert again.conversation is None
    assert world.store == before
    other = world.take(said("m2", BOB, thread=_hints("<m2>", fingerprint="f")))
    assert other.suppressed is None
    assert other.conversation != first.conversation


def test_a_message_computed_again_is_no_duplicate_of_itself() -> None:
    world = World()
    message = said("m1", ANN, thread=_hints("<m1>", fingerprint="f"))
    first, second = world.take(message), world.take(message)
    assert second.suppressed is None
    assert second.conversation == first.conversation
    assert len(world.conversation(first).turns) == 1


def test_an_opener_computed_again_stands_where_it_stood_even_closed_or_parted() -> None:
    world = World()
    message = said("v", visitor("v1"))
    first = world.take(message)
    world.route(first.conversation, RoutingState.CLOSED)
    world.take(said("w", visitor("v1"), at=START + 1))
    again = world.take(message)
    assert again.conversation == first.conversation
    assert not again.opened
    assert first.conversation not in world.customer(again.customer).open_conversations
    assert len(world.conversation(first).turns) == 1


def test_open_and_last_conversations_are_bounded_and_the_newest_stay() -> None:
    policy = Policy(limits=KindLimits(visitor=500), degree_max=500)
    world = World(tools=Tools(TOOLS.subjects, TOOLS.keys, policy))
    count = MERGED_CONVERSATIONS_MAX + 3
    opened = [
        world.take(said(f"a{n}", visitor(f"v{n}"), at=START + n)).conversation for n in range(count)
    ]
    for number in range(1, count):
        pair = visitor("v0"), visitor(f"v{number}")
        last = world.take(said(f"b{number}", *pair, at=START + count + number))
    customer = world.customer(last.customer)
    assert len(customer.open_conversations) == OPEN_CONVERSATIONS_MAX
    assert len(customer.conversations) == MERGED_CONVERSATIONS_MAX
    assert last.conversation == opened[-1]


def test_the_last_conversations_of_one_who_was_never_merged_are_bounded() -> None:
    world = World()
    for number in range(CONVERSATIONS_MAX + 3):
        placed = world.take(said(f"m{number}", ANN, at=START + number))
        world.route(placed.conversation, RoutingState.CLOSED)
    assert len(world.customer(placed.customer).conversations) == CONVERSATIONS_MAX

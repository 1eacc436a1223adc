"""Who a message is from: merging by proof, never by claim."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.documents import ComponentDoc, CustomerDoc, IdentifierDoc
from maitred.contracts.entry import JoinReason
from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Level
from maitred.contracts.limits import DAY_MS, MINUTE_MS
from maitred.contracts.message import Message, MessageKind, ThreadHints
from maitred.contracts.routing import RoutingState
from maitred.identity.conversations.place import Tools
from maitred.identity.evidence import edges_of, nodes_of
from maitred.identity.policy import Policy
from maitred.identity.reading import read_customer
from tests.identity.world import (
    START,
    TOOLS,
    World,
    account,
    email,
    key_of,
    phone,
    said,
    slack,
    visitor,
)

ANN = "ann@example.com"


def _mail(name: str = "m1", at: int = START) -> Message:
    return said(name, email(ANN), at=at)


def _slack(name: str = "s1", at: int = START, level: Level = Level.AUTHENTICATED) -> Message:
    return said(name, slack("U1"), email(ANN, level), at=at)


@pytest.mark.parametrize("first", ["mail", "slack"])
def test_a_mail_and_a_slack_profile_with_its_address_are_one_customer_in_either_order(
    first: str,
) -> None:
    world = World()
    messages = [_mail(), _slack(at=START + 1)]
    one, two = [world.take(m) for m in (messages if first == "mail" else messages[::-1])]
    assert one.customer == two.customer
    assert one.conversation == two.conversation
    assert (one.joined, two.joined) == (JoinReason.OPENED, JoinReason.OPEN_CONVERSATION)
    assert [t.channel for t in world.conversation(two).turns] == ["email", "slack"]
    customer = world.customer(one.customer)
    assert customer.messages == 2
    assert set(customer.channels) == {"email", "slack"}
    assert customer.open_conversations == (one.conversation,)
    assert len(world.customers()) == 1


def test_two_known_strangers_become_one_when_a_profile_shows_both() -> None:
    world = World()
    mail = world.take(_mail())
    chat = world.take(said("s0", slack("U1"), at=START + 1))
    assert mail.customer != chat.customer
    both = world.take(_slack("s2", at=START + 2))
    assert both.customer == mail.customer, "the older name stays"
    customer = world.customer(both.customer)
    assert customer.messages == 3
    assert customer.open_conversations == (mail.conversation, chat.conversation)
    assert set(customer.conversations) == {mail.conversation, chat.conversation}
    assert chat.customer is not None
    alias = world.customer(chat.customer)
    assert alias.alias_of == mail.customer
    assert alias.open_conversations == ()
    assert read_customer(world.everything(), TOOLS.subjects, chat.customer)[0] == mail.customer
    (component,) = world.components()
    assert {m.key for m in component.members} == {key_of(email(ANN)), key_of(slack("U1"))}


def test_the_oldest_name_stays_though_the_larger_component_takes_the_other_in() -> None:
    world = World()
    older = world.take(said("v", visitor("v1")))
    pair = world.take(said("p", visitor("v2"), visitor("v3"), at=START + 1))
    both = world.take(said("b", visitor("v1"), visitor("v2"), at=START + 2))
    assert both.component == pair.component
    assert both.customer == older.customer
    assert world.customer(pair.customer).alias_of == older.customer
    assert world.take(said("c", visitor("v3"), at=START + 3)).customer == older.customer


def test_identifiers_of_a_merged_customer_are_found_through_aliases_of_aliases() -> None:
    world = World()
    people = [visitor(f"v{n}") for n in range(4)]
    for number, person in enumerate(people):
        world.take(said(f"a{number}", person, at=START + number))
    world.take(said("b0", people[0], people[1], at=START + 10))
    world.take(said("b1", people[2], people[3], at=START + 11))
    world.take(said("b2", people[1], people[3], at=START + 12))
    last = [world.take(said(f"c{n}", person, at=START + 20 + n)) for n, person in enumerate(people)]
    assert len({placement.customer for placement in last}) == 1
    assert len({placement.conversation for placement in last}) == 1
    assert len(world.components()) == 1
    assert world.customer(last[0].customer).messages == 11


def test_pointers_are_written_once() -> None:
    world = World()
    world.take(_mail())
    world.take(said("s0", slack("U1")))
    world.take(_slack("s2"))
    for subject, (revision, document) in world.store.items():
        if isinstance(document, IdentifierDoc):
            assert revision == 1, subject


def test_an_address_from_a_foreign_workspace_merges_nobody() -> None:
    world = World()
    mail = world.take(_mail())
    foreign = world.take(_slack(level=Level.ASSERTED))
    assert foreign.customer != mail.customer
    assert foreign.conversation != mail.conversation
    assert world.components() == []


def test_a_claimed_address_in_a_chat_merges_nobody() -> None:
    world = World()
    mail = world.take(_mail())
    chat = world.take(said("c1", visitor("v1"), email(ANN, Level.CLAIMED)))
    assert chat.customer != mail.customer
    assert world.components() == []


def test_a_from_nobody_vouched_for_joins_nothing_of_the_owner_and_nothing_of_its_like() -> None:
    world = World()
    mail = world.take(_mail())
    claimed = email(ANN, Level.CLAIMED)
    placed = [world.take(said(name, claimed, at=START + 1)) for name in ("x", "y")]
    assert {each.joined for each in placed} == {JoinReason.OPENED}
    assert all(each.unidentified and not each.may_read for each in placed)
    assert len({each.customer for each in (mail, *placed)}) == 3
    assert len({each.conversation for each in (mail, *placed)}) == 3
    assert world.customer(mail.customer).messages == 1
    assert world.customer(placed[0].customer).unidentified
    assert TOOLS.subjects.identifier(key_of(claimed)) not in world.store, "it names nobody"


def test_a_from_nobody_vouched_for_goes_on_with_a_thread_that_it_began() -> None:
    world = World()
    claimed = email(ANN, Level.CLAIMED)
    began = world.take(said("x", claimed, thread=ThreadHints(own=("<x>",))))
    thread = ThreadHints(own=("<y>",), refers_to=("<x>",))
    again = world.take(said("y", claimed, thread=thread, at=START + 1))
    assert again.conversation == began.conversation
    assert again.customer == began.customer
    assert again.unidentified
    assert world.customer(again.customer).messages == 2


def test_a_claim_with_proven_company_still_merges_nobody() -> None:
    world = World()
    mail = world.take(_mail())
    world.take(said("x", email("eve@example.com", Level.CLAIMED), email(ANN), visitor("v9")))
    assert world.components() == []
    assert world.customer(mail.customer).messages == 1


def test_a_claim_under_the_key_of_the_identifier_itself_is_refused() -> None:
    forged = msgspec.structs.replace(
        said("x", email(ANN, Level.CLAIMED)), actor_key=key_of(email(ANN))
    )
    with pytest.raises(BadPayload):
        World().take(forged)


def test_a_sender_that_the_channel_only_asserts_stays_on_its_own_node() -> None:
    world = World()
    mail = world.take(_mail())
    text = world.take(said("t1", phone("+14155550100"), email(ANN)))
    assert text.customer != mail.customer
    assert world.components() == []


def test_a_linked_phone_reaches_its_customer_and_is_marked_with_its_level() -> None:
    world = World()
    proven = msgspec.structs.replace(phone("+14155550100"), level=Level.PROVEN)
    chat = world.take(said("c1", visitor("v1"), proven))
    text = world.take(said("t1", phone("+14155550100"), at=START + 1))
    assert text.customer == chat.customer
    assert text.conversation == chat.conversation
    assert world.conversation(text).trust is Level.ASSERTED


def test_a_role_mailbox_in_two_profiles_merges_nobody() -> None:
    world = World()
    one = world.take(said("a", slack("U1"), email("info@example.com")))
    two = world.take(said("b", slack("U2"), email("info@example.com")))
    assert one.customer != two.customer
    assert world.components() == []


def test_a_shared_browser_leaves_each_account_its_own_customer_and_conversation() -> None:
    world = World()
    ann = world.take(said("a", visitor("kiosk"), account("ann")))
    bob = world.take(said("b", visitor("kiosk"), account("bob"), at=START + 1))
    ann_again = world.take(said("c", account("ann"), at=START + 2))
    bob_again = world.take(said("d", account("bob"), at=START + 3))
    assert ann_again.customer != bob_again.customer
    assert bob.customer == bob_again.customer
    assert bob.conversation == bob_again.conversation
    assert bob.conversation != ann.conversation
    assert len(world.customers()) == 3


def test_a_customer_that_falls_apart_gives_each_conversation_to_who_began_it() -> None:
    world = World()
    ann = world.take(said("a", account("ann")))
    world.take(said("b", visitor("kiosk"), account("ann"), at=START + 1))
    alone = world.take(said("v", visitor("kiosk"), at=START + 2))
    assert alone.customer == ann.customer
    bob = world.take(said("c", visitor("kiosk"), account("bob"), at=START + 3))
    assert bob.joined is JoinReason.OPENED
    kiosk = world.take(said("d", visitor("kiosk"), at=START + 4))
    assert kiosk.customer not in {ann.customer, bob.customer}
    assert kiosk.conversation not in {ann.conversation, bob.conversation}
    assert world.take(said("e", account("ann"), at=START + 5)).conversation == ann.conversation


def test_a_merge_that_is_undone_by_a_hub_revives_the_younger_customer() -> None:
    world = World()
    first = world.take(said("v", visitor("kiosk")))
    bob = world.take(said("b0", account("bob"), at=START + 1))
    merged = world.take(said("b1", visitor("kiosk"), account("bob"), at=START + 2))
    assert merged.customer == first.customer
    assert world.customer(bob.customer).alias_of == first.customer
    world.take(said("a", visitor("kiosk"), account("ann"), at=START + 3))
    revived = world.take(said("b2", account("bob"), at=START + 4))
    assert revived.customer == bob.customer
    assert world.customer(bob.customer).alias_of is None
    assert revived.conversation == bob.conversation
    assert world.customer(first.customer).messages == 1
    assert world.customer(bob.customer).messages == 3, "a message hangs on its surest identifier"


def test_a_known_customer_costs_one_customer_document_and_two_rounds_of_reading() -> None:
    world = World()
    world.take(_mail())
    assert world.rounds == 1
    again = world.take(_mail("m2", at=START + 1))
    assert again.customer is not None
    assert list(again.documents) == [TOOLS.subjects.customer(again.customer)]
    assert world.rounds == 2


def test_evidence_seen_again_on_the_same_day_writes_no_component() -> None:
    world = World()
    day = START - START % DAY_MS
    world.now = day + 2 * DAY_MS
    first, second = sorted(
        (_slack("s1", at=day + 1), _slack("s2", at=day + MINUTE_MS)), key=lambda m: m.id
    )
    world.take(first)
    same = world.take(second)
    assert not any(isinstance(d, ComponentDoc) for d in same.documents.values())
    later = world.take(_slack("s3", at=day + DAY_MS))
    assert any(isinstance(d, ComponentDoc) for d in later.documents.values())
    (edge,) = world.components()[0].edges
    assert edge.last_at - edge.first_at == DAY_MS


def test_a_changed_policy_computes_a_touched_component_anew() -> None:
    world = World()
    world.take(said("a", slack("U1"), email("desk@example.com")))
    assert len(world.customers()) == 1
    policy = Policy(role_local_parts=("desk",))
    world.tools = Tools(TOOLS.subjects, TOOLS.keys, policy)
    world.take(said("b", slack("U1"), at=START + 1))
    assert len(world.customers()) == 2
    assert world.components()[0].policy == policy.version()


def test_a_full_component_takes_no_more_and_its_senders_are_still_placed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("maitred.identity.customers.components.COMPONENT_MEMBERS_MAX", 2)
    world = World()
    one = world.take(said("a", visitor("v1"), visitor("v2")))
    two = world.take(said("b", visitor("v3"), visitor("v1"), at=START + 1))
    assert two.customer != one.customer
    assert world.take(said("c", visitor("v1"), at=START + 2)).customer == one.customer
    assert world.take(said("d", visitor("v3"), at=START + 3)).customer == two.customer


def test_no_document_is_dated_later_than_now() -> None:
    world = World()
    placed = world.take(_mail(at=START + 9 * DAY_MS))
    assert world.customer(placed.customer).last_seen_at == world.now


def test_every_pair_of_one_context_is_evidence_at_its_weaker_end() -> None:
    message = said("a", visitor("v1"), account("ann"), email(ANN, Level.PROVEN), email("eve@x.org"))
    nodes = nodes_of(message, TOOLS.keys, Policy())
    edges = edges_of(nodes, message.id, START)
    assert len(nodes) == 4
    assert len(edges) == 6
    assert all(edge.a < edge.b for edge in edges)
    assert sorted(edge.level for edge in edges) == [2, 2, 2, 2, 2, 3]


def test_a_machine_makes_no_customer() -> None:
    world = World()
    placed = world.take(said("r", email("robot@example.com"), kind=MessageKind.AUTO_REPLY))
    assert placed.customer is None
    assert placed.documents == {}
    assert not any(isinstance(d, CustomerDoc) for _, d in world.store.values())


def test_a_conversation_that_a_message_parts_from_its_customer_and_names_says_both() -> None:
    """The change of customers writes the conversation, and so does the turn of who names it."""
    world = World()
    ann = world.take(said("a1", account("ann")))
    world.take(said("a2", visitor("kiosk"), account("ann"), at=START + 1))
    world.route(ann.conversation, RoutingState.CLOSED)
    hints = ThreadHints(own=("c1",))
    began = world.take(said("c1", visitor("kiosk"), thread=hints, at=START + 2))
    assert world.conversation(began).customer == ann.customer
    thread = ThreadHints(own=("c2",), refers_to=("c1",))
    message = said("b1", visitor("kiosk"), account("bob"), thread=thread, at=START + 3)
    assert world.take(message).claimed is not None
    pointer = world.get(TOOLS.subjects.identifier(key_of(visitor("kiosk"))), IdentifierDoc)
    conversation = world.conversation(began)
    assert conversation.customer == world.owner(pointer) != ann.customer
    assert conversation.id in world.customer(conversation.customer).conversations
    assert [turn.text for turn in conversation.turns] == ["text of c1", "text of b1"]
    assert world.customer(ann.customer).conversations == (ann.conversation,)


def test_who_writes_from_a_contact_point_into_an_earlier_thread_is_nobody_there() -> None:
    world = World()
    ann = world.take(said("0", account("ann")))
    world.route(ann.conversation, RoutingState.CLOSED)
    thread = ThreadHints(own=("c1",))
    signed = world.take(said("a", visitor("kiosk"), account("ann"), thread=thread, at=START + 1))
    assert signed.customer == ann.customer
    world.take(said("b", visitor("kiosk"), account("bob"), at=START + 2))
    again = ThreadHints(own=("c2",), refers_to=("c1",))
    placed = world.take(said("k", visitor("kiosk"), thread=again, at=START + 3))
    assert placed.conversation == signed.conversation, "this browser has written there"
    conversation = world.conversation(signed)
    assert conversation.unidentified
    assert not conversation.may_read
    assert conversation.customer == ann.customer
    assert placed.customer != ann.customer
    assert world.customer(ann.customer).messages == 2


def test_a_proof_by_a_mere_claim_proves_nothing() -> None:
    world = World()
    proof = said("p", email(ANN, Level.CLAIMED), email(ANN), kind=MessageKind.VERIFICATION)
    placed = world.take(proof)
    assert placed.customer is None
    assert world.store == {}


def test_a_browser_that_comes_back_after_its_pointer_has_expired_is_who_it_was() -> None:
    """The component that it named stands for ever; it must not be made anew over the old one."""
    world = World()
    first = world.take(said("v", visitor("v1")))
    world.take(said("w", visitor("v1"), account("ann"), at=START + 1))
    del world.store[TOOLS.subjects.identifier(key_of(visitor("v1")))]
    back = world.take(said("x", visitor("v1"), email(ANN, Level.PROVEN), at=START + 2))
    assert back.customer == first.customer
    (component,) = world.components()
    assert len(component.members) == 3
    assert len(world.customers()) == 1


def test_a_kiosk_gathers_no_more_users_once_it_has_too_many() -> None:
    world = World(tools=Tools(TOOLS.subjects, TOOLS.keys, Policy(degree_max=3)))
    people = [account(f"a{number}") for number in range(8)]
    for number, who in enumerate(people):
        placed = world.take(said(f"k{number}", visitor("kiosk"), who, at=START + number))
        assert not placed.unidentified
        assert placed.customer == world.owner(
            world.get(TOOLS.subjects.identifier(key_of(who)), IdentifierDoc)
        )
    (component,) = world.components()
    assert len(component.members) == 5, "four accounts and the kiosk"
    known = world.take(said("m", people[7], email(ANN), at=START + 8))
    again = world.take(said("n", visitor("kiosk"), people[7], at=START + 9))
    assert again.customer == known.customer
    assert not any(isinstance(d, ComponentDoc) for d in again.documents.values())
    alone = world.take(said("o", visitor("kiosk"), at=START + 10))
    assert alone.unidentified
    assert len(set(world.customers().values())) == 9

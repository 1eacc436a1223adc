"""What may be said to whom, decided apart from who was merged with whom."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.limits import PROOF_AGE_MS
from maitred.contracts.message import Message, MessageKind
from maitred.identity.conversations.place import Placement
from maitred.identity.gates import (
    Standing,
    act_until,
    brief_may_show_journey,
    may_act,
    may_read,
)
from tests.identity.world import START, World, account, email, key_of, phone, said, slack, visitor

ANN = "ann@example.com"
PHONE = phone("+14155550100")
PROVEN_PHONE = Observed(identifier=PHONE.identifier, level=Level.PROVEN)
OWNED = ("email", "sms", "slack")
OTHERS = ("chat", "some_plugin", "")


# -- the READ gate ------------------------------------------------------------------------------
@pytest.mark.parametrize("channel", OWNED)
@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("session", list(Level))
def test_the_owner_of_an_endpoint_reads_only_if_it_is_his_at_level_2_and_nobody_elses(
    channel: str, level: Level, session: Level, *, private: bool
) -> None:
    standing = Standing(
        channel, endpoint_level=level, is_private=private, session_level=session, proven_at=START
    )
    assert may_read(standing) is (private and level >= 2)


@pytest.mark.parametrize("channel", OTHERS)
@pytest.mark.parametrize("session", list(Level))
def test_where_no_endpoint_is_owned_the_session_needs_a_proof_of_its_own(
    channel: str, session: Level
) -> None:
    standing = Standing(
        channel, endpoint_level=Level.SIGNED, is_private=True, session_level=session
    )
    assert may_read(standing) is (session >= 3)


@pytest.mark.parametrize("channel", [*OWNED, *OTHERS])
def test_of_whom_nothing_is_known_nothing_is_open(channel: str) -> None:
    assert not may_read(Standing(channel))
    assert act_until(Standing(channel)) == 0


# -- the ACT gate -------------------------------------------------------------------------------
@pytest.mark.parametrize("channel", [*OWNED, *OTHERS])
@pytest.mark.parametrize("session", list(Level))
@pytest.mark.parametrize(
    ("proven_at", "now", "fresh"),
    [
        (START, START, True),
        (START, START + PROOF_AGE_MS, True),
        (START, START + PROOF_AGE_MS + 1, False),
        (0, 0, False),
        (0, START, False),
        (-1, 0, False),
    ],
)
def test_who_acts_has_proven_himself_in_this_session_within_15_minutes(
    channel: str, session: Level, proven_at: int, now: int, *, fresh: bool
) -> None:
    standing = Standing(
        channel,
        endpoint_level=Level.SIGNED,
        is_private=True,
        session_level=session,
        proven_at=proven_at,
    )
    assert may_act(standing, now) is (fresh and session >= 3)


# -- what a message opens -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("message", "reads", "acts"),
    [
        (said("a", email(ANN)), True, False),
        (said("a", email(ANN, Level.PROVEN), proven_at=START), True, True),
        (said("a", email(ANN, Level.CLAIMED)), False, False),
        (said("a", email(ANN, Level.CLAIMED), proven_at=START), False, False),
        (said("a", email(ANN, Level.ASSERTED)), False, False),
        (said("a", email("info@example.com", Level.PROVEN), proven_at=START), False, False),
        (said("a", slack("U1")), True, False),
        (said("a", PHONE), False, False),
        (said("a", visitor("v1")), False, False),
        (said("a", visitor("v1"), email(ANN, Level.CLAIMED), proven_at=START), False, False),
        (said("a", visitor("v1"), email(ANN, Level.ASSERTED), proven_at=START), False, False),
        (said("a", visitor("v1"), email(ANN, Level.PROVEN)), True, False),
        (said("a", visitor("v1"), email(ANN, Level.PROVEN), proven_at=START), True, True),
        (said("a", visitor("v1"), account("ann"), proven_at=START), True, True),
    ],
)
def test_a_first_message_opens_what_it_proves(message: Message, *, reads: bool, acts: bool) -> None:
    world = World()
    placed = world.take(message)
    conversation = world.conversation(placed)
    assert (placed.may_read, conversation.may_read) == (reads, reads)
    assert placed.act_until == conversation.act_until == (START + PROOF_AGE_MS if acts else 0)


def test_an_endpoint_that_others_read_as_well_opens_nothing() -> None:
    world = World()
    first = world.take(said("a", slack("U1")))
    message = said("b", slack("U1"), at=START + 1)
    shared = msgspec.structs.replace(message.reply_to, is_private=False)
    again = world.take(msgspec.structs.replace(message, reply_to=shared))
    assert again.customer == first.customer
    assert first.may_read
    assert not again.may_read
    assert not world.conversation(again).may_read


def test_a_text_opens_what_its_number_is_tied_to_and_lets_nobody_act() -> None:
    world = World()
    assert not world.take(said("t0", PHONE)).may_read
    world.take(said("c", visitor("v1"), PROVEN_PHONE, at=START + 1, proven_at=START))
    text = world.take(said("t1", PHONE, at=START + 2, proven_at=START))
    assert text.may_read, "the answer goes to the handset, whoever wrote"
    assert text.act_until == 0


def test_an_answer_to_somewhere_else_opens_nothing() -> None:
    """A mail may name another address for the answer; it is not the customer's."""
    world = World()
    world.take(said("a", email(ANN)))
    message, eve = said("b", email(ANN), at=START + 1), said("x", email("eve@example.com"))
    elsewhere = msgspec.structs.replace(message, reply_to=eve.reply_to)
    assert not world.take(elsewhere).may_read
    world.take(eve)
    again = msgspec.structs.replace(elsewhere, id=said("c", email(ANN)).id)
    assert not world.take(again).may_read, "known or unknown"


def test_a_kiosk_opens_nothing_for_who_comes_next() -> None:
    world = World()
    for number, who in enumerate(("ann", "bob")):
        signed = said(who, visitor("kiosk"), account(who), at=START + number, proven_at=START)
        assert world.take(signed).may_read
    nobody = world.take(said("k", visitor("kiosk"), at=START + 5, proven_at=START))
    assert nobody.unidentified
    assert not nobody.may_read
    assert nobody.act_until == 0
    assert not world.conversation(nobody).may_read


def test_who_writes_next_decides_what_a_conversation_opens() -> None:
    world = World()
    signed = said("a", visitor("v1"), account("ann"), proven_at=START)
    first = world.take(signed)
    assert world.conversation(first).may_read
    again = world.take(said("b", visitor("v1"), at=START + 1))
    assert again.conversation == first.conversation
    assert not world.conversation(first).may_read
    assert world.conversation(first).act_until == 0


# -- briefs -------------------------------------------------------------------------------------
@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("unidentified", [True, False])
@pytest.mark.parametrize("reads", [True, False])
def test_a_person_sees_the_journey_of_who_is_authenticated_and_a_machine_what_the_gate_lets_out(
    level: Level, *, unidentified: bool, reads: bool
) -> None:
    world = World()
    conversation = msgspec.structs.replace(
        world.conversation(world.take(said("m", email(ANN)))),
        trust=level,
        unidentified=unidentified,
        may_read=reads,
    )
    assert brief_may_show_journey(conversation, to_machine=True) is reads
    person = reads or (level >= 2 and not unidentified)
    assert brief_may_show_journey(conversation, to_machine=False) is person


# -- what a browser that others use as well does not open ------------------------------------------
def proven(address: str) -> Observed:
    return email(address, Level.PROVEN)


def open_gates(placement: Placement, world: World) -> tuple[bool, int]:
    conversation = world.conversation(placement)
    assert (placement.may_read, placement.act_until) == (
        conversation.may_read,
        conversation.act_until,
    )
    return conversation.may_read, conversation.act_until


EVE = "eve@elsewhere.example"
BROWSER = visitor("library")


@pytest.mark.parametrize("eve_first", [False, True], ids=["after him", "before him"])
def test_who_proves_an_address_in_a_browser_reads_nothing_of_who_proved_his_there(
    *, eve_first: bool
) -> None:
    """Whoever comes next to a browser, and whoever left it signed in for the next one."""
    world = World()
    world.take(said("m1", email(ANN)))
    order = (EVE, ANN) if eve_first else (ANN, EVE)
    for hour, address in enumerate(order):
        at = START + hour * 1_000
        world.take(said(f"c{hour}", BROWSER, proven(address), proven_at=at, at=at))
    at = START + 5_000
    chat = world.take(said("c5", BROWSER, proven(EVE), proven_at=at, at=at))
    assert open_gates(chat, world) == (False, 0)
    mail = world.take(said("m5", email(EVE), at=at))
    assert open_gates(mail, world) == (False, 0)


def test_who_proves_an_address_in_the_browser_of_an_account_may_not_act_for_it() -> None:
    world = World()
    world.take(said("c1", BROWSER, account("ann"), proven_at=START))
    at = START + 1_000
    chat = world.take(said("c2", BROWSER, proven(EVE), proven_at=at, at=at))
    assert open_gates(chat, world) == (False, 0)


def test_an_open_conversation_is_shut_when_a_browser_alone_brings_its_customer_a_history() -> None:
    world = World()
    hers = world.take(said("m1", email(EVE)))
    world.take(said("c1", BROWSER, proven(ANN), proven_at=START))
    assert world.conversation(hers).may_read
    at = START + 1_000
    proof = said("c2", BROWSER, proven(EVE), proven_at=at, at=at, kind=MessageKind.VERIFICATION)
    world.take(proof)
    assert not world.conversation(hers).may_read


def test_who_proves_both_in_one_session_opens_both() -> None:
    world = World()
    world.take(said("c1", BROWSER, proven(ANN), proven_at=START))
    at = START + 1_000
    alone = world.take(said("c2", BROWSER, proven(EVE), proven_at=at, at=at))
    assert open_gates(alone, world) == (False, 0)
    both = world.take(said("c3", BROWSER, proven(ANN), proven(EVE), proven_at=at, at=at))
    assert open_gates(both, world) == (True, at + PROOF_AGE_MS)
    mail = world.take(said("m1", email(EVE), at=at + 1))
    assert open_gates(mail, world) == (True, 0)


def test_who_always_proves_one_address_opens_it_from_every_browser() -> None:
    world = World()
    for number in range(3):
        chat = said(f"c{number}", visitor(f"b{number}"), proven(ANN), proven_at=START)
        assert open_gates(world.take(chat), world) == (True, START + PROOF_AGE_MS)


# -- a proof speaks for the session that gave it ---------------------------------------------------
def test_a_proof_opens_nothing_for_an_answer_that_goes_elsewhere() -> None:
    """What is answered goes to a channel that others read, whoever proves himself in the chat."""
    world = World()
    chat = world.take(said("c1", BROWSER, proven(ANN), proven_at=START))
    elsewhere = said("s1", slack("U1"), email(ANN), at=START + 1)
    public = msgspec.structs.replace(elsewhere.reply_to, is_private=False)
    slacked = world.take(msgspec.structs.replace(elsewhere, reply_to=public))
    assert slacked.conversation == chat.conversation
    proof = said(
        "c2",
        BROWSER,
        proven(ANN),
        proven_at=START + 2,
        at=START + 2,
        kind=MessageKind.VERIFICATION,
    )
    world.take(proof)
    conversation = world.conversation(chat)
    assert conversation.reply_to == public
    assert (conversation.may_read, conversation.act_until) == (False, 0)


def test_a_proof_takes_no_conversation_from_the_account_that_it_hangs_on() -> None:
    world = World()
    signed_in = world.take(said("c1", BROWSER, account("ann"), proven_at=START))
    before = world.conversation(signed_in)
    proof = said(
        "c2",
        BROWSER,
        proven(EVE),
        proven_at=START + 2,
        at=START + 2,
        kind=MessageKind.VERIFICATION,
    )
    world.take(proof)
    assert world.conversation(signed_in).bearer == before.bearer == key_of(account("ann"))

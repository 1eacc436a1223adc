"""What may be said to whom, decided apart from who was merged with whom."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.limits import PROOF_AGE_MS
from maitred.contracts.message import Message
from maitred.identity.gates import (
    Standing,
    act_until,
    brief_may_show_journey,
    may_act,
    may_read,
)
from tests.identity.world import START, World, account, email, phone, said, slack, visitor

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

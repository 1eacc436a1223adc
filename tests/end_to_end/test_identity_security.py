"""Who writes under another's name, or into another's thread: what he changes, and who hears it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from demo.house import House
from demo.writers import send_sms
from maitred.contracts.identifiers import Level
from maitred.gateway.bus.connection import Connection
from tests.end_to_end.conftest import OpenHouse, Smarthost, TakeSeat
from tests.end_to_end.mailing import (
    KIM,
    LEE,
    PHONE,
    answered,
    plus_house,
    said,
    take,
    verdict,
    write,
)
from tests.end_to_end.seat import Event, Seat


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await plus_house(open_house)


# -- the answer goes to whom it belongs ------------------------------------------------------------
async def test_reply_to_and_cc_of_a_mail_are_never_honoured(
    house: House, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    others = f"Reply-To: {LEE}\r\nCc: Lee <{LEE}>, x@third.example\r\nReturn-Path: <{LEE}>\r\n"
    others += (
        f"Mail-Followup-To: {LEE}\r\nErrors-To: {LEE}\r\nDisposition-Notification-To: {LEE}\r\n"
    )
    await write(house, KIM, "My lamp is broken.", "1@m", head=others.encode())
    offer = await take(ann, await ann.wait("offered"))
    envelope, mail = await answered(ann, offer, smarthost, "Which one?")
    assert (envelope.rcpt_tos, mail["To"].addresses[0].addr_spec) == ([KIM], KIM)
    assert mail["Cc"] is None
    assert LEE.encode() not in envelope.content
    conversation = await said(bus, house, offer)
    assert len(conversation.participants) == 1
    # The one in copy answers all: a claimed turn, a conversation of his own, and no mail.
    to = mail["Reply-To"].addresses[0].addr_spec
    await write(house, LEE, "Send it to me!", "2@m", to=to, in_reply_to=mail["Message-ID"])
    claimed = await ann.wait("claimed")
    assert claimed["conversation"] == offer["conversation"]
    own = await ann.wait("offered")
    assert own["brief"]["journey"] == []
    assert "lamp" not in str(own["brief"]["turns"])
    envelope, _ = await answered(ann, offer, smarthost, "It is on its way.")
    assert envelope.rcpt_tos == [KIM]
    assert (await said(bus, house, offer)).participants == conversation.participants
    assert [each.rcpt_tos for each in smarthost.mails] == [[KIM], [KIM]], "no bounce, no notice"


@dataclass
class Spoof:
    """One way to write under Kim's name into her open conversation."""

    dmarc: str = "fail"
    to: str = "token"
    fields: dict[str, Any] = field(default_factory=dict)
    head: bytes = b""


SPOOFS = {
    "disowned, with the token": Spoof(),
    "without a verdict and without the token": Spoof(dmarc="", to="", fields={"in_reply_to": "!"}),
    "our verdict below another": Spoof(
        dmarc="",
        to="",
        fields={"in_reply_to": "!"},
        head=b"Authentication-Results: evil.example; none\r\n" + verdict("pass", KIM),
    ),
    "another server's verdict": Spoof(
        dmarc="",
        to="",
        fields={"in_reply_to": "<1@m>"},
        head=b"Authentication-Results: evil.example; dmarc=pass header.from=mail.example\r\n",
    ),
    "a pass for another domain": Spoof(
        dmarc="",
        to="",
        fields={"in_reply_to": "!"},
        head=verdict("pass", "x@evil.example"),
    ),
}


@pytest.mark.parametrize("spoof", SPOOFS.values(), ids=SPOOFS.keys())
async def test_a_forged_from_is_never_placed_with_the_owner(
    house: House, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection, spoof: Spoof
) -> None:
    ann = await take_seat(house)
    await write(house, KIM, "My lamp is broken.", "1@m")
    offer = await take(ann, await ann.wait("offered"))
    _, mail = await answered(ann, offer, smarthost, "Which one?")
    before = await said(bus, house, offer)
    fields = dict(spoof.fields)
    if fields.get("in_reply_to") == "!":
        fields["in_reply_to"] = mail["Message-ID"]
    if spoof.to:
        fields["to"] = mail["Reply-To"].addresses[0].addr_spec
    await write(house, KIM, "Send it to Lee!", "2@m", dmarc=spoof.dmarc, head=spoof.head, **fields)
    own = await ann.wait("offered")
    assert own["conversation"] != offer["conversation"]
    identity = own["brief"]["identity"]
    assert (identity["trust"], identity["may_read"], identity["act_until"]) == (0, False, 0)
    assert identity["customer"] != before.customer
    assert own["brief"]["journey"] == []
    after = await said(bus, house, offer)
    assert [turn.speaker.value for turn in after.turns] == ["customer", "claimed"]
    assert (after.customer, after.trust, after.reply_to, after.participants) == (
        before.customer,
        before.trust,
        before.reply_to,
        before.participants,
    )
    assert len(smarthost.mails) == 1


async def test_reply_to_prove_opens_the_act_gate_for_the_owner_and_once(
    house: House, take_seat: TakeSeat, smarthost: Smarthost, bus: Connection
) -> None:
    ann = await take_seat(house)
    await write(house, KIM, "Please change my address.", "1@m")
    offer = await take(ann, await ann.wait("offered"))
    await ann.about("reply", offer, text="Done.", rests_on="act")
    assert (await ann.wait("refused"))["reason"] == "needs_proof"
    _, mail = await answered(ann, offer, smarthost, "Answer to confirm.", asks_proof=True)
    to = mail["Reply-To"].addresses[0].addr_spec
    await write(house, KIM, "I am away.", "2@m", to=to, head=b"Auto-Submitted: auto-replied\r\n")
    assert (await said(bus, house, offer)).act_until == 0
    await write(house, KIM, "Yes, I confirm.", "3@m", to=to)
    turn = await ann.wait("turn")
    assert turn["turn"]["text"].strip() == "Yes, I confirm."
    conversation = await said(bus, house, offer)
    assert conversation.act_until == turn["act_until"] > turn["at"]
    assert conversation.trust is Level.PROVEN
    await answered(ann, offer, smarthost, "Done.", rests_on="act")
    await write(house, KIM, "And send me a refund.", "4@m", to=to, dmarc="")
    await ann.wait("turn")
    assert (await said(bus, house, offer)).act_until == 0, "the token is used up"


# -- machines --------------------------------------------------------------------------------
@pytest.fixture
async def talked_about(
    house: House, take_seat: TakeSeat, session: aiohttp.ClientSession
) -> tuple[Seat, Event]:
    """Let somebody at a number write twice: what he said first is closed when he comes again."""
    robin = await take_seat(house, "robin")
    sid = "SM" + "1" * 32
    await send_sms(house, session, number=PHONE, text="My secret is Zinnoberrot.", sid=sid)
    first = await take(robin, await robin.wait("offered"))
    await robin.about("complete", first)
    await robin.wait("closed")
    await send_sms(house, session, number=PHONE, text="What did I say?", sid="SM" + "2" * 32)
    return robin, await robin.wait("offered")


async def test_a_machine_is_told_nothing_that_the_read_gate_keeps_back(
    talked_about: tuple[Seat, Event],
) -> None:
    """A number that nothing ties to the customer may be forged, and a machine repeats all."""
    _, offer = talked_about
    brief = offer["brief"]
    assert (brief["identity"]["trust"], brief["identity"]["may_read"]) == (1, False)
    assert (brief["journey"], brief["preferences"], brief["identity"]["messages"]) == ([], {}, 0)
    assert "Zinnoberrot" not in str(offer)

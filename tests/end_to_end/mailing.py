"""Mails to the support and answers from it, as the tests of security write them."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from aiosmtpd.smtp import Envelope

from demo.house import AUTHSERV_ID, SUPPORT_ADDRESS, House
from demo.writers import letter, send_mail
from maitred.contracts.conversation import Conversation
from maitred.gateway import reading
from maitred.gateway.bus.connection import Connection
from tests.end_to_end.conftest import OpenHouse, Smarthost
from tests.end_to_end.seat import Event, Seat

KIM: Final = "kim@mail.example"
LEE: Final = "lee@elsewhere.example"
PHONE: Final = "+15552000001"
ROUTING = """
[[routing.agents]]
id = "ann"
name = "Ann"

[[routing.agents]]
id = "robin"
kind = "ai"
name = "Robin (AI)"
"""


async def plus_house(open_house: OpenHouse) -> House:
    """Open a house whose support address has plus-addresses."""
    closed = await open_house(up=False, routing=ROUTING)
    usual = closed._sections()["email"]
    closed.sections = {"email": f"{usual}plus_addresses = true\n"}
    closed.write()
    await closed.up()
    return closed


def verdict(word: str, sender: str) -> bytes:
    domain = sender.rpartition("@")[2]
    line = f"Authentication-Results: {AUTHSERV_ID}; dmarc={word} header.from={domain}\r\n"
    return line.encode()


async def write(house: House, sender: str, text: str, message_id: str, **fields: Any) -> None:
    """Write a mail to the support; `dmarc` is the relay's verdict, `head` more header lines."""
    to, dmarc = fields.pop("to", SUPPORT_ADDRESS), fields.pop("dmarc", "pass")
    head = verdict(dmarc, sender) if dmarc else b""
    head += fields.pop("head", b"")
    mail = letter(
        sender=sender,
        text=text,
        message_id=message_id,
        recipients=(to,),
        authenticated=False,
        **fields,
    )
    await send_mail(house, sender=sender, mail=head + mail, recipients=(to,))


async def take(seat: Seat, offer: Event) -> Event:
    await seat.about("accept", offer)
    await seat.wait("assigned", lambda event: event["conversation"] == offer["conversation"])
    return offer


async def answered(
    seat: Seat, offer: Event, smarthost: Smarthost, text: str, **more: Any
) -> tuple[Envelope, EmailMessage]:
    """Let an agent answer, and return the envelope and the mail as they leave."""
    before = len(smarthost.mails)
    await seat.about("reply", offer, text=text, **more)
    envelope = (await smarthost.wait(before + 1))[-1]
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, policy=default)
    assert isinstance(mail, EmailMessage)
    return envelope, mail


async def said(bus: Connection, house: House, offer: Event) -> Conversation:
    return (await reading.story(bus, house.subjects, offer["conversation"])).conversation

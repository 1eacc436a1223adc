"""The part of the cast whose story is who they are: some prove it, and some only say so.

Each leaves behind what the verdict on them must look at, see `demo.whose`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import jwt

from demo.cast import Customer
from demo.house import SITE_SECRET
from demo.standins.smarthost import Smarthost
from demo.whose import Imposture, Proof
from maitred.contracts.ids import MessageId

Story = Callable[[Customer], Awaitable[None]]
CHAT: Final = """[channels.chat]
secret = "file:chat"
[channels.chat.accounts.shop]
title = "Demo shop"
identity_secrets = ["file:site"]
verify_email_account = "support"
codes_per_hour = 100000
"""
"""A chat that takes the site's word on who is signed in, and sends codes by mail."""
_OF_TEN: Final = 10
_GUESS: Final = "271828"
"""An impostor's one try; one in a million is right."""


class Proving:
    """Plays those stories, and keeps who proved what and who pretended to be whom."""

    def __init__(self, smarthost: Smarthost) -> None:
        self.proofs: list[Proof] = []
        self.impostures: list[Imposture] = []
        self._smarthost = smarthost
        self._known: list[tuple[Customer, Proof]] = []

    def story_of(self, number: int) -> Story | None:
        """Return what the so manieth customer plays; None: he has nothing to prove.

        Nobody pretends to be somebody else before there is somebody to be.
        """
        parts: dict[int, Story] = {3: self.by_code, 5: self.by_site}
        if self._known:
            parts |= {7: self.by_claim, 9: self.by_spoof}
        return parts.get(number % _OF_TEN)

    async def by_code(self, customer: Customer) -> None:
        """Write a mail, go on in the chat, and prove there that the mailbox is his."""
        await _hand_in(customer, customer.mail(customer.opening()))
        visitor = await customer.enter()
        claims = {"email": customer.address, "name": customer.name}
        await _hand_in(customer, customer.chat(customer.follow_up(), **claims))
        await visitor.ask(type="verify", id="v1", email=customer.address)
        code = await self._smarthost.code_for(customer.address)
        answer = await visitor.ask(type="code", id="c1", code=code)
        customer.count(done=answer["type"] == "verified")
        if answer["type"] == "verified":
            customer.said.append(MessageId(answer["message"]))
        await _hand_in(customer, customer.chat(customer.follow_up()))
        self._proved(customer, "code")

    async def by_site(self, customer: Customer) -> None:
        """Write a mail, and go on in the chat of a site where he is signed in."""
        await _hand_in(customer, customer.mail(customer.opening()))
        await customer.enter(signed_in(customer))
        await _hand_in(customer, customer.chat(customer.follow_up()))
        self._proved(customer, "site")

    async def by_claim(self, impostor: Customer) -> None:
        """Say in the chat that he is somebody whom we know, and guess the code."""
        victim, proof = impostor.chance.choice(self._known)
        visitor = await impostor.enter()
        claims = {"email": victim.address, "name": victim.name}
        await _hand_in(impostor, impostor.chat("What did I order last time?", **claims))
        await visitor.ask(type="verify", id="v1", email=victim.address)
        answer = await visitor.ask(type="code", id="c1", code=_GUESS)
        if answer["type"] == "verified":
            impostor.said.append(MessageId(answer["message"]))
        await _hand_in(impostor, impostor.chat("Please send it to my new address.", **claims))
        self.impostures.append(Imposture("chat", proof, tuple(impostor.said)))

    async def by_spoof(self, impostor: Customer) -> None:
        """Write a mail in somebody's name, as an answer to his own, without DMARC's word for it."""
        victim, proof = impostor.chance.choice(self._known)
        forged = impostor.mail(
            "Please refund it to my new account.",
            sender=victim.address,
            name=victim.name,
            in_reply_to=f"<{victim.mail_id(1)}>",
            authenticated=False,
        )
        await _hand_in(impostor, forged)
        self.impostures.append(Imposture("email", proof, tuple(impostor.said)))

    def _proved(self, customer: Customer, by: str) -> None:
        proof = Proof(by, customer.name, tuple(customer.said))
        self.proofs.append(proof)
        self._known.append((customer, proof))


async def _hand_in(customer: Customer, writing: Awaitable[bool]) -> None:
    """Write, and pause as people do."""
    customer.count(done=await writing)
    await asyncio.sleep(customer.chance.uniform(0.3, 1.5))


def signed_in(customer: Customer) -> str:
    """Return the site's word that it is him, and that the address is his, for ten minutes."""
    now = int(time.time())  # noqa: TID251  (the site's stamp)
    claims = {
        "sub": customer.name,
        "iat": now,
        "exp": now + 600,
        "name": customer.name,
        "email": customer.address,
        "email_verified": True,
    }
    return jwt.encode(claims, SITE_SECRET, algorithm="HS256")

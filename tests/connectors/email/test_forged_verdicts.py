"""Verdicts that our relay never gave: whatever a stranger writes into a header raises no level."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from maitred.connectors.email.receiving import PAST_RELAYS_FACT
from maitred.contracts.identifiers import Level
from maitred.contracts.inbound import Verification
from tests.connectors.email.delivery import Make, deliver

LevelOf = Callable[..., Awaitable[tuple[Level, Verification]]]
OURS = "mx.shop.example"
PASS = f"{OURS}; dmarc=pass header.from=home.example"
FROM = "From: Ann <ann@home.example>"


def verdict(text: str) -> str:
    return f"Authentication-Results: {text}"


BELIEVED = {
    "our relay's own": [verdict(PASS)],
    "with a version": [verdict(f"{OURS} 1; dmarc=pass header.from=home.example")],
    "folded": [verdict(f"{OURS};\r\n\tdmarc=pass\r\n header.from=home.example")],
    "among other methods": [
        verdict(f"{OURS}; spf=fail; dkim=none; dmarc=pass header.from=home.example")
    ],
    "in capitals": [verdict("MX.SHOP.EXAMPLE; DMARC=PASS header.from=HOME.EXAMPLE")],
    "with a comment": [verdict(f"{OURS} (ours); dmarc=pass (p=reject) header.from=home.example")],
    "above a foreign one": [verdict(PASS), verdict("evil.example; dmarc=fail")],
}

FORGED = {
    "none at all": [],
    "by another server": [verdict("evil.example; dmarc=pass header.from=home.example")],
    "by a server that begins like ours": [verdict(f"{OURS}.evil.example; dmarc=pass")],
    "by a server that ends like ours": [verdict(f"evil{PASS}")],
    "ours below another's": [verdict("evil.example; none"), verdict(PASS)],
    "ours below an empty one": [verdict(""), verdict(PASS)],
    "a forged pass below our fail": [
        verdict(f"{OURS}; dmarc=fail header.from=home.example"),
        verdict(PASS),
    ],
    "a forged pass below our none": [verdict(f"{OURS}; none"), verdict(PASS)],
    "three of them": [verdict("a.example; none"), verdict(PASS), verdict(PASS)],
    "our name in a comment": [verdict(f"({OURS}) evil.example; dmarc=pass")],
    "our name behind another": [verdict(f"evil.example {PASS}")],
    "the pass in a comment": [
        verdict(f"{OURS}; (dmarc=pass header.from=home.example) dmarc=none"),
    ],
    "the pass in a comment in a comment": [
        verdict(f"{OURS}; (a (dmarc=pass header.from=home.example) b) dmarc=fail"),
    ],
    "the pass in a comment that never ends": [verdict(f"{OURS}; (dmarc=pass header.from=a")],
    "the pass in a quoted reason": [
        verdict(f'{OURS}; dmarc=fail reason="; dmarc=pass header.from=home.example"'),
    ],
    "two results that disagree": [
        verdict(f"{OURS}; dmarc=fail header.from=home.example; dmarc=pass header.from=home.example")
    ],
    "for another domain": [verdict(f"{OURS}; dmarc=pass header.from=evil.example")],
    "for the domain above": [verdict(f"{OURS}; dmarc=pass header.from=example")],
    "for a domain that ends alike": [verdict(f"{OURS}; dmarc=pass header.from=evilhome.example")],
    "for two domains": [
        verdict(f"{OURS}; dmarc=pass header.from=home.example header.from=evil.example")
    ],
    "for no domain": [verdict(f"{OURS}; dmarc=pass")],
    "for the envelope's domain": [verdict(f"{OURS}; dmarc=pass smtp.mailfrom=home.example")],
    "SPF and DKIM alone": [
        verdict(f"{OURS}; spf=pass smtp.mailfrom=home.example; dkim=pass header.d=home.example")
    ],
    "a word that only begins with pass": [
        verdict(f"{OURS}; dmarc=passed header.from=home.example")
    ],
    "another method that is called alike": [
        verdict(f"{OURS}; x-dmarc=pass header.from=home.example")
    ],
    "in a header that is called alike": [f"X-Authentication-Results: {PASS}"],
    "in an ARC header": [f"ARC-Authentication-Results: i=1; {PASS}"],
    "in another header's fold": [f"Subject: x\r\n Authentication-Results: {PASS}"],
    "behind the end of the header": [f"Subject: x\r\nno field at all\r\n{verdict(PASS)}"],
    "in the body": [f"Subject: x\r\n\r\n{verdict(PASS)}"],
    "beyond the bound of a field": [verdict(f"{PASS};" + f"\r\n x={'y' * 900};" * 10)],
}


@pytest.fixture
async def level_of(email: Make) -> LevelOf:
    """Hand a mail to a door that trusts the relay on this machine; return what it makes of it."""
    connector, context = await email(trusted_relays=("127.0.0.0/8",), authserv_id=OURS)

    async def run(fields: list[str], author: str = FROM) -> tuple[Level, Verification]:
        mail = "\r\n".join([*fields, author, "", "Hi", ""]).encode()
        await asyncio.to_thread(
            deliver, connector.port, ["help@shop.example"], mail, "env@home.example"
        )
        inbound = context.accepted[-1][0]
        assert inbound.sender_key == context.keys.actor(inbound.sender)
        assert inbound.evidence.observed == ()
        assert inbound.evidence.proven_at == 0
        assert PAST_RELAYS_FACT not in inbound.evidence.facts
        return inbound.sender.level, inbound.evidence.verification

    return run


@pytest.mark.parametrize("fields", BELIEVED.values(), ids=BELIEVED.keys())
async def test_our_relays_verdict_is_believed(level_of: LevelOf, fields: list[str]) -> None:
    assert await level_of(fields) == (Level.AUTHENTICATED, Verification.DMARC)


@pytest.mark.parametrize("fields", FORGED.values(), ids=FORGED.keys())
async def test_no_other_verdict_raises_a_level(level_of: LevelOf, fields: list[str]) -> None:
    assert await level_of(fields) == (Level.CLAIMED, Verification.NONE)


@pytest.mark.parametrize(
    "author",
    [
        "From: ann@home.example, eve@evil.example",
        "From: ann@home.example\r\nFrom: eve@evil.example",
        "From: eve@evil.example\r\nFrom: ann@home.example",
        'From: "ann@home.example" <eve@evil.example>',
        "From: ann@home.example <eve@evil.example>",
        "From: <ann@home.example> <eve@evil.example>",
        "From: eve@evil.example (ann@home.example)",
        "From: friends: ann@home.example;",
        "From: ann@home.example@evil.example",
        "From: =?utf-8?q?ann=40home.example?=",
        "Sender: ann@home.example",
    ],
)
async def test_a_pass_is_for_one_readable_author_of_its_domain(
    level_of: LevelOf, author: str
) -> None:
    level, _ = await level_of([verdict(PASS)], author)
    assert level is Level.CLAIMED


async def test_a_mail_that_came_past_the_relays_says_so(email: Make) -> None:
    connector, context = await email(trusted_relays=("192.0.2.0/24",), authserv_id=OURS)
    mail = "\r\n".join([verdict(PASS), FROM, "", "Hi", ""]).encode()
    await asyncio.to_thread(deliver, connector.port, ["help@shop.example"], mail, "a@home.example")
    inbound = context.accepted[-1][0]
    assert inbound.sender.level is Level.CLAIMED
    assert inbound.evidence.facts == {PAST_RELAYS_FACT: "1"}

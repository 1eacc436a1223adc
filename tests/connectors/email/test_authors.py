"""The door for mail: who is taken for its author, and on whose word."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from maitred.connectors.email.connector import EmailConnector
from maitred.contracts.identifiers import Level
from maitred.contracts.inbound import Verification
from tests.connectors.email.delivery import Make, deliver


async def deliver_from(connector: EmailConnector, head: bytes) -> None:
    await asyncio.to_thread(
        deliver, connector.port, ["help@shop.example"], head + b"\r\nhi\r\n", "env@home.example"
    )


PASS = b"Authentication-Results: mx.shop.example; dmarc=pass header.from=home.example\r\n"
FROM = b"From: Ann <ann@home.example>\r\n"


async def test_a_trusted_relays_dmarc_pass_authenticates(email: Make) -> None:
    connector, context = await email(trusted_relays=("127.0.0.0/8",), authserv_id="mx.shop.example")
    await deliver_from(connector, PASS + FROM)
    inbound = context.accepted[0][0]
    assert inbound.sender.level == Level.AUTHENTICATED
    assert inbound.evidence.verification == Verification.DMARC
    assert inbound.evidence.facts == {"dmarc": "pass"}
    assert inbound.sender_key == context.keys.identifier(inbound.sender.identifier)


@pytest.mark.parametrize(
    ("settings", "head"),
    [
        ({}, PASS + FROM),
        ({"trusted_relays": ("192.0.2.0/24",), "authserv_id": "mx.shop.example"}, PASS + FROM),
        (
            {"trusted_relays": ("127.0.0.0/8",), "authserv_id": "mx.shop.example"},
            b"Authentication-Results: other.example; dmarc=fail\r\n" + PASS + FROM,
        ),
        (
            {"trusted_relays": ("127.0.0.0/8",), "authserv_id": "mx.shop.example"},
            PASS + b"From: ann@home.example, bob@home.example\r\n",
        ),
        (
            {"trusted_relays": ("127.0.0.0/8",), "authserv_id": "mx.shop.example"},
            PASS + b"From: ann@elsewhere.example\r\n",
        ),
    ],
    ids=["no relay", "stranger", "not topmost", "two authors", "another domain"],
)
async def test_a_dmarc_pass_that_nobody_vouches_for_stays_a_claim(
    email: Make, settings: dict[str, Any], head: bytes
) -> None:
    connector, context = await email(**settings)
    await deliver_from(connector, head)
    inbound = context.accepted[0][0]
    assert inbound.sender.level == Level.CLAIMED
    assert inbound.evidence.verification == Verification.NONE


@pytest.mark.parametrize("head", [b"Subject: x\r\n", b"From: <<<\r\n", FROM + FROM])
async def test_without_one_readable_from_the_envelope_names_the_sender(
    email: Make, head: bytes
) -> None:
    connector, context = await email()
    await deliver_from(connector, head)
    assert context.accepted[0][0].sender.identifier.value == "env@home.example"

"""Relays that log in: under TLS only, with the right password, and not by guessing."""

from __future__ import annotations

import asyncio
import smtplib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from maitred.contracts.identifiers import Level
from maitred.contracts.secret import Secret
from tests.connectors.email.certified import Certified
from tests.connectors.email.delivery import Dial, Make
from tests.connectors.email.test_tls import secured

PASSWORD = "a password of an edge relay"
JUDGED = (
    b"Authentication-Results: mx.shop.example; dmarc=pass header.from=home.example\r\n"
    b"From: Ann <ann@home.example>\r\n\r\nhi\r\n"
)


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return Certified.made_in(tmp_path)


@pytest.fixture
def settings(certified: Certified) -> dict[str, Any]:
    return {
        "certificate": certified.chain,
        "certificate_key": certified.key,
        "logins": {"edge": Secret(PASSWORD)},
        "authserv_id": "mx.shop.example",
    }


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_who_logs_in_is_a_trusted_relay(
    email: Make, settings: dict[str, Any], certified: Certified, mechanism: str
) -> None:
    connector, context = await email(**settings)

    def bring() -> None:
        with secured(connector.port, certified) as client:
            client.ehlo()
            assert client.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
            client.user, client.password = "edge", PASSWORD
            way = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login}[mechanism]
            assert client.auth(mechanism, way)[0] == 235
            client.sendmail("a@b.example", ["help@shop.example"], JUDGED)

    await asyncio.to_thread(bring)
    ((inbound, _),) = context.accepted
    assert inbound.sender.level is Level.AUTHENTICATED
    assert "past_relays" not in inbound.evidence.facts


async def test_who_does_not_log_in_came_past_the_relays(
    email: Make, settings: dict[str, Any], certified: Certified
) -> None:
    connector, context = await email(**settings)

    def bring() -> None:
        with secured(connector.port, certified) as client:
            client.sendmail("a@b.example", ["help@shop.example"], JUDGED)

    await asyncio.to_thread(bring)
    ((inbound, _),) = context.accepted
    assert inbound.sender.level is Level.CLAIMED
    assert inbound.evidence.facts == {"past_relays": "1"}


async def test_in_the_clear_no_login_is_offered_or_taken(
    email: Make, dial: Dial, settings: dict[str, Any]
) -> None:
    connector, context = await email(**settings)
    peer = await dial(connector)
    assert "AUTH" not in await peer.greet()
    token = b64encode(f"\0edge\0{PASSWORD}".encode())
    assert (await peer.say(b"AUTH PLAIN " + token + b"\r\n")).startswith("538")
    assert (await peer.say(b"MAIL FROM:<a@b.example>\r\n")).startswith("250")
    assert context.refusals == []


async def test_without_logins_auth_does_not_exist(email: Make, dial: Dial) -> None:
    connector, _ = await email()
    peer = await dial(connector)
    await peer.greet()
    assert (await peer.say(b"AUTH PLAIN\r\n")) == "502 5.5.1 Not offered"


@pytest.mark.parametrize(
    ("user", "password"),
    [("edge", "wrong"), ("nobody", PASSWORD), ("nobody", ""), ("edge", ""), ("edge", "\u00e9")],
)
async def test_a_wrong_login_is_refused_alike_and_counted(
    email: Make,
    settings: dict[str, Any],
    certified: Certified,
    user: str,
    password: str,
) -> None:
    connector, context = await email(**settings)

    def guess() -> tuple[int, bytes]:
        client = secured(connector.port, certified)
        client.ehlo()
        token = b64encode(f"\0{user}\0{password}".encode()).decode()
        answer = client.docmd("AUTH", f"plain {token}")
        client.close()
        return answer

    assert await asyncio.to_thread(guess) == (535, b"5.7.8 Authentication credentials invalid")
    assert context.refusals == [("", "login")]


async def test_who_guesses_passwords_is_sent_away_and_then_kept_out(
    email: Make, settings: dict[str, Any], certified: Certified
) -> None:
    connector, context = await email(**settings)

    def guess() -> list[int]:
        client = secured(connector.port, certified)
        client.ehlo()
        codes = []
        while True:
            try:
                codes.append(client.docmd("AUTH", "PLAIN " + b64encode(b"\0edge\0no").decode())[0])
            except smtplib.SMTPServerDisconnected:
                return codes

    for expected in (3 * [535], 3 * [535], 3 * [535], [535], []):
        assert await asyncio.to_thread(guess) == [*expected, 421]
    assert context.refusals.count(("", "login")) == 10

    def log_in() -> tuple[int, bytes]:
        with secured(connector.port, certified) as client:
            return client.login("edge", PASSWORD)

    context.now += 60_000
    assert (await asyncio.to_thread(log_in))[0] == 235


async def test_nobody_logs_in_within_a_mail(
    email: Make, settings: dict[str, Any], certified: Certified
) -> None:
    connector, _ = await email(**settings)

    def interrupt() -> int:
        with secured(connector.port, certified) as client:
            client.ehlo()
            client.mail("a@b.example")
            return client.docmd("AUTH", "PLAIN " + b64encode(b"\0edge\0no").decode())[0]

    assert await asyncio.to_thread(interrupt) == 503

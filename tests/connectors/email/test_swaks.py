"""The door, tried by swaks as an administrator would: every way in, and every refusal."""

from __future__ import annotations

from typing import Any

import pytest

from maitred.connectors.email.incoming import EmailListener, Speech
from maitred.contracts.identifiers import Level
from maitred.contracts.secret import Secret
from tests.connectors.email.certified import Certified
from tests.connectors.email.delivery import Make
from tests.connectors.email.swaks import ABSENT, installed, swaks

pytestmark = pytest.mark.skipif(installed() is None, reason=ABSENT)

PASSWORD = "a password of an edge relay"
JUDGED = (
    "Authentication-Results: mx.shop.example; dmarc=pass header.from=home.example\n"
    "From: Ann <ann@home.example>\nTo: help@shop.example\nSubject: Lamp\n\nhi\n.\n.dot\n"
)
DATA_REFUSED, NO_LOGIN, NO_XCLIENT = 26, 28, 33
"""What swaks ends with (swaks(1), EXIT CODES)."""


def trusting(certificate: Certified) -> tuple[str, ...]:
    return ("--tls-verify", "--tls-ca-path", str(certificate.chain))


def under(certificate: Certified, **changes: Any) -> dict[str, Any]:
    return {"certificate": certificate.chain, "certificate_key": certificate.key, **changes}


def guarded(certificate: Certified) -> dict[str, Any]:
    return under(certificate, logins={"edge": Secret(PASSWORD)}, authserv_id="mx.shop.example")


async def test_a_mail_comes_in_the_clear_with_its_dots(email: Make) -> None:
    connector, context = await email()
    assert (await swaks(connector.port, mail=JUDGED)).code == 0
    ((_, body),) = context.accepted
    assert body.endswith(b"\r\n\r\nhi\r\n.\r\n.dot\r\n\r\n")


async def test_commands_are_taken_together(email: Make) -> None:
    connector, context = await email()
    said = await swaks(connector.port, "--pipeline")
    assert said.code == 0
    assert said.dialogue.index(" -> DATA") < said.dialogue.index("<-  250 2.1.0")
    assert len(context.accepted) == 1


async def test_a_mail_comes_under_starttls(email: Make, certificate: Certified) -> None:
    connector, context = await email(**under(certificate))
    said = await swaks(connector.port, "--tls", *trusting(certificate))
    assert said.code == 0
    assert "TLS started with cipher" in said.dialogue
    assert len(context.accepted) == 1


async def test_a_mail_comes_under_tls_from_the_first_byte(
    email: Make, certificate: Certified
) -> None:
    listener = EmailListener(listen="127.0.0.1:0", implicit_tls=True)
    connector, context = await email(listen="", listeners=(listener,), **under(certificate))
    said = await swaks(connector.port, "--tls-on-connect", *trusting(certificate))
    assert said.code == 0
    assert len(context.accepted) == 1


@pytest.mark.parametrize("secured", [(), ("--tls",)])
async def test_a_mail_comes_by_lmtp(
    email: Make, certificate: Certified, secured: tuple[str, ...]
) -> None:
    listener = EmailListener(listen="127.0.0.1:0", protocol=Speech.LMTP)
    connector, context = await email(listen="", listeners=(listener,), **under(certificate))
    said = await swaks(connector.port, "--protocol", "LMTP", *secured)
    assert said.code == 0
    assert "LHLO peer.example" in said.dialogue
    assert len(context.accepted) == 1


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_a_relay_that_logs_in_is_believed(
    email: Make, certificate: Certified, mechanism: str
) -> None:
    connector, context = await email(**guarded(certificate))
    login = ("--auth", mechanism, "--auth-user", "edge", "--auth-password", PASSWORD)
    assert (await swaks(connector.port, "--tls", *login, mail=JUDGED)).code == 0
    ((inbound, _),) = context.accepted
    assert inbound.sender.level is Level.AUTHENTICATED


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (("--tls", "--auth", "PLAIN", "--auth-password", "a guess"), "535 5.7.8"),
        (("--tls", "--auth", "LOGIN", "--auth-password", "a guess"), "535 5.7.8"),
        (
            ("--tls", "--auth", "CRAM-MD5", "--auth-password", PASSWORD),
            "requested type not available",
        ),
        (("--auth", "PLAIN", "--auth-password", PASSWORD), "did not advertise authentication"),
    ],
    ids=["plain", "login", "not offered", "in the clear"],
)
async def test_a_wrong_login_lets_nobody_in(
    email: Make, certificate: Certified, options: tuple[str, ...], answer: str
) -> None:
    connector, context = await email(**guarded(certificate))
    said = await swaks(connector.port, "--auth-user", "edge", *options)
    assert said.code == NO_LOGIN
    assert answer in said.dialogue
    assert context.store.calls == 0


PROXIED = (
    *("--proxy-source", "192.0.2.7", "--proxy-source-port", "4321"),
    *("--proxy-dest", "192.0.2.1", "--proxy-dest-port", "25"),
)


@pytest.mark.parametrize(
    "version",
    [
        ("--proxy-version", "1", "--proxy-family", "TCP4"),
        ("--proxy-version", "2", "--proxy-family", "AF_INET", "--proxy-protocol", "STREAM"),
    ],
    ids=["version 1", "version 2"],
)
async def test_a_proxy_says_who_is_calling(email: Make, version: tuple[str, ...]) -> None:
    connector, context = await email(
        proxies=("127.0.0.1/32",),
        trusted_relays=("192.0.2.7/32",),
        authserv_id="mx.shop.example",
    )
    assert (await swaks(connector.port, *version, *PROXIED, mail=JUDGED)).code == 0
    ((inbound, _),) = context.accepted
    assert inbound.sender.level is Level.AUTHENTICATED


async def test_a_header_that_is_none_closes_the_door(email: Make) -> None:
    connector, context = await email(proxies=("127.0.0.1/32",))
    said = await swaks(connector.port, "--proxy", "TCP4 nonsense")
    assert said.code != 0
    assert "220" not in said.dialogue
    assert context.refusals == [("", "proxy_header")]


async def test_a_mail_that_is_too_big_is_refused_at_its_end(email: Make) -> None:
    """What swaks sends announces no size; smtplib's does, and is refused before (`test_bounds`)."""
    connector, context = await email(bytes_max=4_096)
    said = await swaks(connector.port, mail="Subject: x\n\n" + ("y" * 70 + "\n") * 70)
    assert said.code == DATA_REFUSED
    assert "552 5.3.4 Message too big" in said.dialogue
    assert context.store.calls == 0


async def test_a_store_that_is_down_has_the_mail_tried_again(email: Make) -> None:
    connector, context = await email()
    context.store.fail()
    said = await swaks(connector.port)
    assert said.code == DATA_REFUSED
    assert "451 4.3.0 Try again later" in said.dialogue


async def test_nobody_pretends_to_be_another_by_xclient(email: Make) -> None:
    connector, context = await email(trusted_relays=("192.0.2.7/32",), authserv_id="mx")
    said = await swaks(connector.port, "--xclient", "ADDR=192.0.2.7")
    assert said.code == NO_XCLIENT
    assert "Host did not advertise XCLIENT" in said.dialogue
    assert context.store.calls == 0

"""The door for mail under TLS: from the start or by STARTTLS, with certificates that change."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from pathlib import Path
from typing import Any

import pytest

from maitred.connectors.abilities import Ailment
from maitred.connectors.email.connector import EmailConnector
from maitred.connectors.email.incoming import EmailListener
from maitred.connectors.email.settings import EmailSettings
from maitred.contracts.errors import ConfigurationError
from tests.connectors.email.certified import Certified
from tests.connectors.email.conftest import ACCOUNTS
from tests.connectors.email.delivery import MAIL, Dial, Make

LONG_AFTER_MS = 5_000_000_000_000
"""In the year 2128, when the certificate is no longer good."""
IMPLICIT = (EmailListener(listen="127.0.0.1:0", implicit_tls=True),)


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return Certified.made_in(tmp_path)


def under(certified: Certified) -> dict[str, Any]:
    return {"certificate": certified.chain, "certificate_key": certified.key}


def trusting(certified: Certified) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certified.chain)


def secured(port: int, certified: Certified) -> smtplib.SMTP:
    """Connect as a client that demands STARTTLS and checks the certificate."""
    client = smtplib.SMTP("127.0.0.1", port, local_hostname="peer.example", timeout=10)
    client.starttls(context=trusting(certified))
    return client


def deliver_secured(port: int, certified: Certified) -> None:
    with secured(port, certified) as client:
        client.sendmail("a@b.example", ["help@shop.example"], MAIL)


def deliver_implicit(port: int, certified: Certified) -> None:
    with smtplib.SMTP_SSL(
        "127.0.0.1", port, "peer.example", timeout=10, context=trusting(certified)
    ) as client:
        client.sendmail("a@b.example", ["help@shop.example"], MAIL)


async def test_a_mail_comes_under_starttls(email: Make, certified: Certified) -> None:
    connector, context = await email(**under(certified))
    await asyncio.to_thread(deliver_secured, connector.port, certified)
    assert [body for _, body in context.accepted] == [MAIL]


async def test_a_mail_comes_under_tls_from_the_first_byte(
    email: Make, certified: Certified
) -> None:
    connector, context = await email(listeners=IMPLICIT, **under(certified))
    (_, plain), (_, implicit) = connector.addresses
    assert plain == connector.port
    await asyncio.to_thread(deliver_implicit, implicit, certified)
    assert [body for _, body in context.accepted] == [MAIL]


async def test_starttls_is_offered_where_it_can_be_done_and_not_twice(
    email: Make, dial: Dial, certified: Certified
) -> None:
    without, _ = await email()
    assert "STARTTLS" not in await (await dial(without)).greet()
    connector, _ = await email(**under(certified))
    assert "STARTTLS" in await (await dial(connector)).greet()
    client = await asyncio.to_thread(secured, connector.port, certified)
    await asyncio.to_thread(client.ehlo)
    assert not client.has_extn("starttls")
    await asyncio.to_thread(client.close)


async def test_what_was_said_in_the_clear_counts_for_nothing_under_tls(
    email: Make, dial: Dial, certified: Certified
) -> None:
    """CVE-2011-0411: commands that are sent together with STARTTLS must not be heard after it."""
    connector, context = await email(**under(certified))
    peer = await dial(connector)
    await peer.greet()
    smuggled = b"STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@x.example>\r\n"
    assert (await peer.say(smuggled)).startswith("220")
    await peer.writer.start_tls(trusting(certified), server_hostname="127.0.0.1")
    assert (await peer.say(b"RCPT TO:<help@shop.example>\r\n")).startswith("503")
    assert context.accepted == []


async def test_a_renewed_certificate_is_used_at_once_and_nobody_is_cut_off(
    email: Make, certified: Certified, tmp_path: Path
) -> None:
    connector, context = await email(listeners=IMPLICIT, **under(certified))
    early = await asyncio.to_thread(secured, connector.port, certified)
    renewed = tmp_path / "renewed"
    renewed.mkdir()
    later = Certified.made_in(renewed)
    later.chain.replace(certified.chain)
    later.key.replace(certified.key)
    await asyncio.to_thread(deliver_secured, connector.port, certified)
    await asyncio.to_thread(deliver_implicit, connector.addresses[1][1], certified)
    assert (await asyncio.to_thread(early.noop))[0] == 250
    await asyncio.to_thread(early.quit)
    assert context.store.calls == 2
    assert context.refusals == []


async def test_while_chain_and_key_do_not_match_the_former_ones_stay(
    email: Make, certified: Certified, tmp_path: Path
) -> None:
    connector, context = await email(**under(certified))
    former = trusting(certified)
    other = tmp_path / "other"
    other.mkdir()
    Certified.made_in(other).chain.replace(certified.chain)

    def greet() -> None:
        with smtplib.SMTP("127.0.0.1", connector.port, "peer.example", 10) as client:
            client.starttls(context=former)

    await asyncio.to_thread(greet)
    await asyncio.to_thread(greet)
    assert context.refusals == [("", "certificate")]


async def test_a_certificate_that_has_expired_is_used_and_counted_once(
    email: Make, certified: Certified
) -> None:
    connector, context = await email(**under(certified))
    context.now = LONG_AFTER_MS
    for _ in range(2):
        await asyncio.to_thread(deliver_secured, connector.port, certified)
    assert context.refusals == [("", "certificate_expired")]
    assert connector.health() == [Ailment("", "certificate", "certificate_expired")]


def test_a_certificate_that_has_expired_is_told_to_whoever_checks(
    recording: Any, certified: Certified
) -> None:
    recorded = recording()
    settings = EmailSettings(accounts=ACCOUNTS, smarthost="127.0.0.1:25", **under(certified))
    connector = EmailConnector(settings, recorded.context)
    assert connector.advice() == []
    recorded.now = LONG_AFTER_MS
    [word] = connector.advice()
    assert word.startswith("channels.email.certificate: expired on 2119-")


async def test_files_that_are_gone_are_counted_once(email: Make, certified: Certified) -> None:
    connector, context = await email(**under(certified))
    trusted = trusting(certified)
    certified.chain.unlink()

    def greet() -> None:
        with smtplib.SMTP("127.0.0.1", connector.port, "peer.example", 10) as client:
            client.starttls(context=trusted)

    for _ in range(2):
        await asyncio.to_thread(greet)
    assert context.refusals == [("", "certificate")]


async def test_a_handshake_that_fails_is_counted_and_gives_its_place_back(
    email: Make, dial: Dial, certified: Certified
) -> None:
    connector, context = await email(
        listen="", listeners=IMPLICIT, sessions_per_peer_max=1, **under(certified)
    )
    peer = await dial(connector)
    peer.writer.write(b"EHLO in.the.clear\r\n" * 20)
    await peer.closed()
    await asyncio.to_thread(deliver_implicit, connector.port, certified)
    assert len(context.accepted) == 1
    assert context.refusals == [("", "tls_handshake")]


async def test_a_starttls_that_fails_ends_the_connection_only(
    email: Make, dial: Dial, certified: Certified
) -> None:
    connector, context = await email(sessions_per_peer_max=1, **under(certified))
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"STARTTLS\r\n")
    peer.writer.write(b"EHLO in.the.clear\r\n" * 20)
    await peer.closed()
    await asyncio.to_thread(deliver_secured, connector.port, certified)
    assert len(context.accepted) == 1


async def test_a_peer_that_falls_silent_amid_starttls_gives_its_place_back(
    email: Make, dial: Dial, certified: Certified
) -> None:
    connector, context = await email(timeout_s=0.1, **under(certified))
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"STARTTLS\r\n")
    assert await peer.closed() == b""
    await asyncio.wait_for(connector._sessions.empty.wait(), 5)
    assert context.refusals == [("", "timeout")]


@pytest.mark.parametrize("cut", [False, True], ids=["closed", "cut off"])
async def test_a_peer_that_leaves_amid_starttls_gives_its_place_back(
    email: Make, dial: Dial, certified: Certified, *, cut: bool
) -> None:
    connector, _ = await email(**under(certified))
    peer = await dial(connector)
    await peer.greet()
    await peer.say(b"STARTTLS\r\n")
    if cut:
        peer.writer.transport.abort()
    else:
        peer.writer.close()
    await asyncio.wait_for(connector._sessions.empty.wait(), 5)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("missing", "_key: {key} cannot be read: No such file or directory"),
        ("no PEM", ": {chain} and {key} (certificate_key) cannot be used; both must be PEM"),
        ("another key", "_key: {key} is not the key of the certificate in {chain}"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_found_before_anything_starts(
    recording: Any, certified: Certified, tmp_path: Path, broken: str, says: str
) -> None:
    match broken:
        case "missing":
            certified.key.unlink()
        case "no PEM":
            certified.chain.write_text("nothing")
        case _:
            other = tmp_path / "other"
            other.mkdir()
            Certified.made_in(other).key.replace(certified.key)
    settings = EmailSettings(accounts=ACCOUNTS, **under(certified))
    with pytest.raises(ConfigurationError) as refusal:
        EmailConnector(settings, recording().context)
    [fault] = refusal.value.faults
    assert fault.startswith(
        "channels.email.certificate" + says.format(chain=certified.chain, key=certified.key)
    )

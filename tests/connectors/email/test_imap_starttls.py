"""STARTTLS at a mailbox: nothing is shown before TLS stands, and nothing from before counts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from maitred.connectors.email import imap
from maitred.connectors.email.networks import Encryption
from tests.connectors.email.certified import Certified
from tests.connectors.email.imap_server import ImapServer
from tests.connectors.email.mailboxes import Reading, mail, subjects, until


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "FIRST_WAIT_S", 0.01)


async def secured(server: ImapServer, reading: Reading, certificate: Certified) -> Any:
    server.starttls = certificate.server()
    server.capabilities += " STARTTLS"
    server.deliver(mail(1))
    _, context = await reading(tls=Encryption.STARTTLS, ca_file=certificate.chain)
    return context


async def test_a_mailbox_is_read_under_starttls(
    reading: Reading, server: ImapServer, certificate: Certified
) -> None:
    context = await secured(server, reading, certificate)
    await asyncio.wait_for(server.idling.wait(), 5)
    assert subjects(context) == [1]
    names = [each.split()[0] for each in server.commands]
    assert names[:4] == ["CAPABILITY", "STARTTLS", "CAPABILITY", "LOGIN"]


@pytest.mark.parametrize(
    "meanwhile", [b"* OK half a li", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA9 OK ", b"+"]
)
async def test_what_comes_along_in_the_clear_ends_the_connection(
    reading: Reading, server: ImapServer, certificate: Certified, meanwhile: bytes
) -> None:
    server.before_tls = meanwhile
    context = await secured(server, reading, certificate)
    await until(lambda: context.refusals)
    assert context.refusals[0] == ("help", "imap_starttls")
    assert not any(each.startswith("LOGIN") for each in server.commands)


@pytest.mark.parametrize("greeting", ["OK ready", "PREAUTH welcome back"])
async def test_no_password_goes_to_a_mailbox_that_will_not_be_secured(
    reading: Reading, server: ImapServer, greeting: str
) -> None:
    server.greeting = greeting
    _, context = await reading(tls=Encryption.STARTTLS)
    await until(lambda: context.refusals)
    assert context.refusals[0] == ("help", "imap_starttls")
    assert {each.split()[0] for each in server.commands} <= {"CAPABILITY", "STARTTLS"}


async def test_a_mailbox_with_another_s_certificate_is_not_talked_to(
    reading: Reading, server: ImapServer, certificate: Certified, tmp_path: Path
) -> None:
    server.starttls = certificate.server()
    other = Certified.made_in(tmp_path)
    _, context = await reading(tls=Encryption.STARTTLS, ca_file=other.chain)
    await until(lambda: context.refusals)
    assert context.refusals[0] == ("help", "imap_lost")
    assert not any(each.startswith("LOGIN") for each in server.commands)

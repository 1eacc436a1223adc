"""Mailboxes that are read by IMAP: as their settings want it, and whose word they take."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from maitred.connectors.email import imap
from maitred.connectors.email.connector import EmailConnector
from maitred.connectors.email.incoming import AfterRead, EmailMailbox, FirstRead, Judging
from maitred.connectors.email.settings import EmailSettings
from maitred.contracts.identifiers import Level
from maitred.contracts.secret import Secret
from tests.connectors.email.certified import Certified
from tests.connectors.email.conftest import ACCOUNTS
from tests.connectors.email.imap_server import PASSWORD, USER, ImapServer
from tests.connectors.email.mailboxes import Reading, mail, subjects, until

FAIL = b"Authentication-Results: mx.host.example; dmarc=fail header.from=home.example\r\n"
PASS = b"Authentication-Results: mx.host.example; dmarc=pass header.from=home.example\r\n"
FOREIGN = b"Authentication-Results: evil.example; dmarc=pass header.from=home.example\r\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "FIRST_WAIT_S", 0.01)


@pytest.mark.parametrize(
    "capabilities", ["IMAP4rev1 IDLE MOVE", "IMAP4rev1 IDLE UIDPLUS", "IMAP4rev1 IDLE"]
)
async def test_a_stored_mail_is_moved_where_the_house_wants_it(
    reading: Reading, server: ImapServer, capabilities: str
) -> None:
    server.capabilities = capabilities
    server.deliver(mail(1))
    server.deliver(mail(2))
    _, context = await reading(after=AfterRead.MOVE, move_to="Done")
    await until(lambda: len(server.folders["Done"].mails) == 2)
    await asyncio.wait_for(server.idling.wait(), 5)
    assert subjects(context) == [1, 2]
    left = server.folders["INBOX"].mails
    assert all(r"\Deleted" in each.flags for each in left)
    assert not left or "MOVE" not in capabilities


async def test_a_folder_to_move_to_that_is_not_there_is_told_and_loses_nothing(
    reading: Reading, server: ImapServer
) -> None:
    server.deliver(mail(1))
    _, context = await reading(after=AfterRead.MOVE, move_to="Nowhere")
    await asyncio.wait_for(server.idling.wait(), 5)
    assert subjects(context) == [1]
    assert context.refusals == [("help", "imap_not_marked")]
    assert len(server.folders["INBOX"].mails) == 1


@pytest.mark.parametrize(
    ("first", "expected"),
    [(FirstRead.NEW, [3]), (FirstRead.UNSEEN, [2, 3]), (FirstRead.ALL, [1, 2, 3])],
)
async def test_the_first_reading_takes_what_the_house_wants(
    reading: Reading, server: ImapServer, first: FirstRead, expected: list[int]
) -> None:
    server.deliver(mail(1)).flags.add(r"\Seen")
    server.deliver(mail(2))
    _, context = await reading(first=first, after=AfterRead.KEEP)
    await asyncio.wait_for(server.idling.wait(), 5)
    server.deliver(mail(3))
    await until(lambda: subjects(context) == expected)
    assert not any("STORE" in each for each in server.commands)


async def test_several_folders_are_read_side_by_side(reading: Reading, server: ImapServer) -> None:
    server.deliver(mail(1))
    server.deliver(mail(2), folder="Done")
    _, context = await reading(folders=("INBOX", "Done"))
    await until(lambda: sorted(subjects(context)) == [1, 2])
    assert len(context.memory.kept) == 2


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ({"password": Secret("wrong")}, "imap_login"),
        ({"folders": ("Nowhere",)}, "imap_folder"),
    ],
)
async def test_what_the_server_refuses_is_told(
    reading: Reading, box: dict[str, Any], reason: str
) -> None:
    _, context = await reading(**box)
    await until(lambda: ("help", reason) in context.refusals)


@pytest.mark.parametrize(("fields", "level"), [(PASS, 2), (FOREIGN, 0), (FAIL + PASS, 0)])
async def test_the_verdict_of_the_mailboxs_own_server_is_believed(
    reading: Reading, server: ImapServer, fields: bytes, level: int
) -> None:
    server.deliver(mail(1, fields))
    _, context = await reading(authserv_id="mx.host.example")
    await until(lambda: context.accepted)
    assert context.accepted[0][0].sender.level == level


async def test_with_verify_none_no_mailbox_vouches_for_anybody(
    reading: Reading, server: ImapServer
) -> None:
    server.deliver(mail(1, PASS))
    _, context = await reading(authserv_id="mx.host.example", verify=Judging.NONE)
    await until(lambda: context.accepted)
    assert context.accepted[0][0].sender.level is Level.CLAIMED


async def test_a_mailbox_is_read_under_tls_with_a_certificate_that_is_checked(
    recording: Any, tmp_path: Any
) -> None:
    certified = Certified.made_in(tmp_path)
    server = ImapServer(certified.server())
    await server.start()
    server.deliver(mail(1))
    box = EmailMailbox(
        account="help",
        host=f"127.0.0.1:{server.port}",
        user=USER,
        password=Secret(PASSWORD),
        first=FirstRead.ALL,
    )
    settings = EmailSettings(listen="", accounts=ACCOUNTS, mailboxes={"main": box})
    doubtful = recording()
    connector = EmailConnector(settings, doubtful.context)
    await connector.start()
    await until(lambda: ("help", "imap_lost") in doubtful.refusals)
    await connector.stop()
    assert server.commands == []

    context = recording()
    trusted = replace(box, ca_file=certified.chain)
    settings = EmailSettings(listen="", accounts=ACCOUNTS, mailboxes={"main": trusted})
    connector = EmailConnector(settings, context.context)
    await connector.start()
    await until(lambda: subjects(context) == [1])
    await connector.stop()
    await server.stop()

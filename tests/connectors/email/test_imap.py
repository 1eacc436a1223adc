"""Mailboxes that are read by IMAP: nothing is lost, nothing comes twice, nothing blocks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maitred.connectors.abilities import Ailment
from maitred.connectors.email import imap, imap_client
from maitred.connectors.email.connector import EmailConnector
from maitred.connectors.email.settings import EmailSettings
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level
from tests.connectors.conftest import RecordingContext
from tests.connectors.email.conftest import ACCOUNTS
from tests.connectors.email.imap_server import SOME_DAY, ImapServer
from tests.connectors.email.mailboxes import Reading, mail, subjects, until


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "FIRST_WAIT_S", 0.01)


async def test_a_mail_is_stored_as_it_is_and_then_marked(
    reading: Reading, server: ImapServer
) -> None:
    kept = server.deliver(mail(1))
    _, context = await reading()
    await until(lambda: kept.flags)
    ((inbound, body),) = context.accepted
    assert body == mail(1)
    assert inbound.account == "help"
    assert inbound.recipients == ("help+x@shop.example", "care@shop.example")
    assert inbound.sender.identifier.value == "ann@home.example"
    assert inbound.sender.level is Level.CLAIMED
    assert kept.flags == {r"\Seen"}


async def test_a_mail_that_comes_later_is_told_by_the_server(
    reading: Reading, server: ImapServer
) -> None:
    _, context = await reading()
    for number in range(3):
        await asyncio.wait_for(server.idling.wait(), 5)
        server.deliver(mail(number))
        await until(lambda number=number: subjects(context) == list(range(number + 1)))
    assert server.commands.count("SELECT INBOX") == 1


async def test_without_idle_the_server_is_asked_now_and_then(
    reading: Reading, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.capabilities = "IMAP4rev1"
    _, context = await reading(poll_s=0.01)
    server.deliver(mail(1))
    await until(lambda: subjects(context) == [1])


async def test_while_the_store_does_not_answer_nothing_moves_on(
    reading: Reading, server: ImapServer, recording: Any
) -> None:
    context = recording()
    context.store.fail()
    kept = [server.deliver(mail(number)) for number in range(3)]
    await reading(context)
    await until(lambda: ("help", "store_unavailable") in context.refusals)
    assert not any(each.flags for each in kept)
    context.store.recover()
    await until(lambda: subjects(context) == [0, 1, 2])
    await until(lambda: all(each.flags for each in kept))


async def test_an_outage_of_any_length_loses_nothing_and_repeats_nothing(
    reading: Reading, server: ImapServer
) -> None:
    server.deliver(mail(0))
    connector, context = await reading()
    await until(lambda: subjects(context) == [0])
    await asyncio.wait_for(server.idling.wait(), 5)
    await connector.stop()
    for number in range(1, 50):
        server.deliver(mail(number), SOME_DAY + timedelta(days=number))
    context.now += 400 * 86_400_000
    calls = context.store.calls
    await reading(context)
    await until(lambda: len(context.accepted) == 50)
    assert subjects(context) == list(range(50))
    assert context.store.calls == calls + 49


async def test_when_the_uids_change_nothing_is_lost_and_nothing_comes_twice(
    reading: Reading, server: ImapServer
) -> None:
    old = server.deliver(mail(0), SOME_DAY - timedelta(days=100))
    server.deliver(mail(1))
    connector, context = await reading()
    await until(lambda: subjects(context) == [0, 1])
    await asyncio.wait_for(server.idling.wait(), 5)
    await connector.stop()
    server.folders["INBOX"].renumber()
    server.deliver(mail(2), SOME_DAY + timedelta(days=30))
    await reading(context)
    await until(lambda: subjects(context) == [0, 1, 2])
    await asyncio.wait_for(server.idling.wait(), 5)
    assert f"UID FETCH {old.uid} (RFC822.SIZE INTERNALDATE)" not in server.commands
    # Once caught up, the UIDs alone count again: an old mail that is moved here is new.
    server.deliver(mail(3), SOME_DAY - timedelta(days=100))
    await until(lambda: subjects(context) == [0, 1, 2, 3])


async def test_a_lost_connection_is_made_anew(reading: Reading, server: ImapServer) -> None:
    _, context = await reading()
    await asyncio.wait_for(server.idling.wait(), 5)
    server.cut()
    server.deliver(mail(1))
    await until(lambda: subjects(context) == [1])
    assert ("help", "imap_lost") in context.refusals


async def test_many_words_at_once_cost_a_connection_and_no_mail(
    reading: Reading, server: ImapServer
) -> None:
    """The library takes a call for each line, so thousands are too many for it."""
    _, context = await reading()
    await asyncio.wait_for(server.idling.wait(), 5)
    server.flood(5_000)
    await until(lambda: ("help", "imap_lost") in context.refusals)
    server.deliver(mail(1))
    await until(lambda: subjects(context) == [1])


async def test_a_server_that_never_ends_a_line_is_cut_off(
    reading: Reading, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "LINE_BYTES_MAX", 10_000)
    _, context = await reading()
    await asyncio.wait_for(server.idling.wait(), 5)
    server.say_without_end(2 * 1024 * 1024)
    await until(lambda: ("help", "imap_lost") in context.refusals)
    server.deliver(mail(1))
    await until(lambda: subjects(context) == [1])


async def test_an_answer_beyond_all_bounds_is_cut_off(
    reading: Reading, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_client, "ANSWER_BYTES_MAX", 10_000)
    for number in range(20):
        server.deliver(mail(number))  # each by an answer of its own, and all together beyond
    _, context = await reading()
    await until(lambda: subjects(context) == list(range(20)))
    assert context.refusals == []
    server.deliver(mail(20) + b"x" * 20_000)
    await until(lambda: ("help", "imap_lost") in context.refusals)
    assert subjects(context) == list(range(20))


async def test_a_server_that_is_away_is_waited_for(reading: Reading, server: ImapServer) -> None:
    await server.stop()
    connector, context = await reading()
    await until(lambda: len(context.refusals) > 1)
    assert set(context.refusals) == {("help", "imap_lost")}
    assert connector.health() == [Ailment(account="help", part="mailbox", reason="imap_lost")]
    await server.start()
    server.deliver(mail(1))
    await until(lambda: subjects(context) == [1])
    assert connector.health() == []


async def test_half_a_mail_is_never_stored(reading: Reading, server: ImapServer) -> None:
    server.cut_after_bytes = 40
    server.deliver(mail(1))
    _, context = await reading()
    await until(lambda: ("help", "imap_lost") in context.refusals)
    assert context.accepted == []
    server.cut_after_bytes = 0
    await until(lambda: subjects(context) == [1])


async def test_a_mail_that_can_never_be_stored_stays_unmarked_and_blocks_nobody(
    reading: Reading, server: ImapServer, recording: Any
) -> None:
    context = recording()
    context.store.error = Permanent("beyond every limit", code="too_large")
    bad = server.deliver(mail(1))
    await reading(context)
    await asyncio.wait_for(server.idling.wait(), 5)
    context.store.recover()
    server.deliver(mail(2))
    await until(lambda: subjects(context) == [2])
    assert context.refusals == [("help", "too_large")]
    assert bad.flags == set()


async def test_a_mail_that_fails_unforeseen_is_tried_again_and_then_passed_over(
    reading: Reading, server: ImapServer, recording: Any
) -> None:
    context = recording()
    context.store.error = RuntimeError("a fault of ours about ann@home.example")
    bad = server.deliver(mail(1))
    await reading(context)
    await until(lambda: ("help", "internal") in context.refusals)
    assert context.store.calls == imap.TRIES_MAX
    assert bad.flags == set()
    context.store.recover()
    server.deliver(mail(2))
    await until(lambda: subjects(context) == [2])


async def test_a_mail_that_is_too_big_is_left_where_it_is(
    reading: Reading, server: ImapServer
) -> None:
    big = server.deliver(mail(1) + b"x" * 5_000)
    server.deliver(mail(2))
    _, context = await reading(bytes_max=4096)
    await until(lambda: subjects(context) == [2])
    assert context.refusals == [("help", "imap_too_big")]
    assert big.flags == set()
    assert not any("BODY" in each and each.startswith("UID FETCH 1 ") for each in server.commands)


async def test_a_process_without_doors_reads_nothing(reading: Reading, server: ImapServer) -> None:
    server.deliver(mail(1))
    closed = RecordingContext()
    settings = EmailSettings(listen="", accounts=ACCOUNTS)
    connector = EmailConnector(settings, replace(closed.context, doors=False))
    await connector.start()
    await connector.stop()
    assert server.commands == []


async def test_nothing_of_a_mailbox_reaches_the_log(
    reading: Reading, server: ImapServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    server.deliver(mail(1))
    _, context = await reading()
    await until(lambda: context.accepted)
    assert "home.example" not in caplog.text
    assert "word" not in caplog.text

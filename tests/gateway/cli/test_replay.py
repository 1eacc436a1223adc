"""Replay: a newer decoder over what is stored, first to look, then to append new versions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from demo.house import House
from demo.writers import letter, send_mail
from maitred.contracts.conversation import Conversation, Speaker, Turn
from maitred.contracts.entry import MessageEntry
from maitred.contracts.ids import MessageId
from maitred.contracts.revision import Revision
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.history import read_log
from maitred.gateway.replay import _carried, differing, retold
from maitred.identity.conversations.loops import REPEATS, as_auto_reply
from tests.end_to_end.conftest import OpenHouse
from tests.gateway.cli.conftest import Cli, Done
from tests.gateway.conftest import Eventually
from tests.identity.world import email, said

NEWER = '''
"""A decoder that shouts, and refuses what it is told to refuse."""
import msgspec
from maitred.contracts.errors import BadPayload
from maitred.normalizer.email.decoder import decode as read
from maitred.normalizer.port import Decoded

def decode(inbound, raw, sequence, context):
    if b"refuse me" in raw:
        raise BadPayload("told to", code="refused")
    found = read(inbound, raw, sequence, context)
    message = msgspec.structs.replace(found.message, text=found.message.text.upper())
    return Decoded(message=message, contents=found.contents)
'''


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house()


@pytest.fixture
async def bus(house: House) -> AsyncIterator[Connection]:
    connection = await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )
    yield connection
    await connection.close()


async def _write(house: House, *texts: str) -> None:
    for number, text in enumerate(texts, 1):
        sender = f"writer{number}@mail.example"
        mail = letter(sender=sender, text=text, message_id=f"{number}@mail.example")
        await send_mail(house, sender=sender, mail=mail)


async def _entries(bus: Connection, house: House) -> list[MessageEntry]:
    found = await read_log(bus, JOURNAL, house.subjects.any("message"), after=0, limit=100)
    return [msgspec.json.decode(each.data, type=MessageEntry) for each in found]


async def _revisions(bus: Connection, house: House) -> list[Revision]:
    found = await read_log(bus, JOURNAL, house.subjects.any("revision"), after=0, limit=100)
    return [msgspec.json.decode(each.data, type=Revision) for each in found]


def _lines(done: Done[str]) -> list[dict[str, Any]]:
    assert (done.returncode, done.stderr) == (0, "")
    return [orjson.loads(line) for line in done.stdout.splitlines()]


async def test_a_newer_decoder_shows_what_it_would_change_and_writes_it_when_told_to(
    house: House,
    bus: Connection,
    cli: Cli,
    tmp_path: Path,
    eventually: Eventually,
) -> None:
    (tmp_path / "newer.py").write_text(NEWER)
    await _write(house, "where is my parcel", "ALL FINE, THANKS", "please refuse me")

    async def journalled() -> bool:
        return len(await _entries(bus, house)) == 3

    await eventually(journalled)

    async def replay(*options: str) -> Done[str]:
        return await asyncio.to_thread(
            cli, "replay", "--from", "1h", "--config", str(house.config), *options
        )

    newer = ("--channel", "email", "--decoder", "newer:decode")
    changed, refused, summary = _lines(await replay(*newer, "--json"))
    assert changed["changes"] == {
        "text": {"before": "where is my parcel", "after": "WHERE IS MY PARCEL"}
    }
    assert (refused["outcome"], refused["code"]) == ("unreadable", "refused")
    assert summary["summary"] == {
        "read": 3,
        "same": 1,
        "changed": 1,
        "unreadable": 1,
        "not_journalled": 0,
        "applied": 0,
    }
    assert await _revisions(bus, house) == []

    said = (await replay(*newer, "--apply")).stdout
    assert "text 18 → 18 characters; version 1" in said
    (revision,) = await _revisions(bus, house)
    assert (revision.number, revision.decoder) == (1, "newer:decode")
    assert revision.changed == ("text",)
    assert revision.message.text == "WHERE IS MY PARCEL"

    # The entry itself stays; who asks for the journey or the conversation sees the newer reading.
    (entry,) = (each for each in await _entries(bus, house) if each.message.id == changed["id"])
    assert entry.message.text == "where is my parcel"
    shown = await asyncio.to_thread(
        cli, "journey", str(entry.customer), "--json", "--config", str(house.config)
    )
    (told,) = orjson.loads(shown.stdout)["moments"]
    assert told["text"] == "WHERE IS MY PARCEL"
    shown = await asyncio.to_thread(
        cli, "conversation", str(entry.conversation), "--json", "--config", str(house.config)
    )
    (turn,) = orjson.loads(shown.stdout)["conversation"]["turns"]
    assert turn["text"] == "WHERE IS MY PARCEL"

    again = (await replay(*newer, "--apply")).stdout
    assert "3 read: 2 the same, 0 changed, 1 could not be read any more" in again
    # The installed decoder finds its own reading changed, and can put it back.
    assert "version 2" in (await replay("--apply")).stdout
    assert [each.number for each in await _revisions(bus, house)] == [1, 2]


async def test_what_is_older_or_of_another_channel_is_left_alone(
    house: House,
    bus: Connection,
    cli: Cli,
    eventually: Eventually,
) -> None:
    await _write(house, "hello")

    async def journalled() -> bool:
        return len(await _entries(bus, house)) == 1

    await eventually(journalled)
    for options, read in (
        (("--from", "1h"), 1),
        (("--from", "999999d"), 1),
        (("--from", "1h", "--channel", "sms"), 0),
        (("--from", "2100-01-01"), 0),
        (("--from", "2020-01-01", "--to", "2021-01-01"), 0),
    ):
        done = await asyncio.to_thread(cli, "replay", *options, "--config", str(house.config))
        assert done.stdout.startswith(f"{read} read: {read} the same, 0 would change"), options


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--decoder", "no.such:thing", "--channel", "email"), "no.such:thing cannot be imported"),
        (("--decoder", "nothing"), "nothing named 'nothing' is installed"),
        (("--decoder", "a:b"), "--decoder: say with --channel what a:b reads"),
        (("--channel", "fax"), "--channel: nothing reads 'fax'; there are "),
    ],
)
async def test_a_decoder_that_is_not_there_is_told(
    house: House,
    cli: Cli,
    options: tuple[str, ...],
    says: str,
) -> None:
    done = await asyncio.to_thread(
        cli, "replay", "--from", "1h", *options, "--config", str(house.config)
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def _message(house_entry: MessageEntry, **fields: object) -> Any:
    return msgspec.structs.replace(house_entry.message, **fields)


async def test_a_turn_that_was_edited_meanwhile_keeps_its_words(
    house: House,
    bus: Connection,
    eventually: Eventually,
) -> None:
    await _write(house, "first words")

    async def journalled() -> bool:
        return len(await _entries(bus, house)) == 1

    await eventually(journalled)
    (entry,) = await _entries(bus, house)
    assert entry.conversation is not None
    assert entry.customer is not None
    before, after = entry.message, _message(entry, text="other words")
    assert differing(before, after) == ("text",)
    assert differing(before, _message(entry, affect=None)) == ()
    turn = Turn(at=1, speaker=Speaker.CUSTOMER, channel="email", text="", message=before.id)
    document = Conversation(
        id=entry.conversation,
        tenant=before.tenant,
        customer=entry.customer,
        opened_by=before.id,
        opened_at=1,
        last_at=1,
        channels=("email",),
        account="support",
        reply_to=before.reply_to,
        trust=before.actor.level,
        participants=(),
    )

    def shown(text: str, message: MessageId = before.id) -> str:
        told = msgspec.structs.replace(
            document, turns=(msgspec.structs.replace(turn, text=text, message=message),)
        )
        return retold(told, before, after).turns[0].text

    assert shown("first words") == "other words"
    assert shown("edited by the customer") == "edited by the customer"
    assert shown("first words", MessageId("msg_other")) == "first words"


def test_a_message_of_a_loop_stays_one_when_it_is_read_again() -> None:
    read = said("m1", email("ann@example.com"), flags=("charset_guessed",))
    stored = as_auto_reply(read, REPEATS)
    assert differing(stored, _carried(stored, read, None)) == ()
    assert differing(read, _carried(read, read, None)) == ()

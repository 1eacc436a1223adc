"""`maitred identity …` against a running house: who is who, said by a person and taken back."""

from __future__ import annotations

import asyncio
import re
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import aiohttp
import orjson
import pytest

from demo.house import House
from demo.writers import letter, send_mail, send_sms
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import Permanent
from maitred.gateway import cli
from maitred.gateway.bus.connection import Connection
from tests.end_to_end.conftest import OpenHouse, bus  # noqa: F401  (a fixture)
from tests.end_to_end.records import Records

ANN, PHONE = "ann@mail.example", "+15552000001"
KEY = re.compile(r"\b[0-9a-f]{32}\b")


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house()


@pytest.fixture
async def entries(
    house: House,
    session: aiohttp.ClientSession,
    bus: Connection,  # noqa: F811  (the fixture)
) -> list[MessageEntry]:
    """Ann writes twice by mail, and somebody by phone."""
    for number, text in enumerate(["Where is my parcel?", "Is anybody there?"]):
        mail = letter(sender=ANN, name="Ann Berg", text=text, message_id=f"{number}@mail.example")
        await send_mail(house, sender=ANN, mail=mail)
    await send_sms(house, session, number=PHONE, text="Hello", sid="SM" + "1" * 32)
    return await Records(bus, house).messages()


class Operator:
    """A person at the command line of one house, in this process, since each has its price."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def lines(self, *arguments: str) -> list[str]:
        """Run a command that is to succeed, and return what it printed."""
        command = ["identity", *arguments, "-c", str(self._house.config)]
        with redirect_stdout(StringIO()) as printed:
            await asyncio.to_thread(lambda: cli.app(command, standalone_mode=False))
        return printed.getvalue().splitlines()

    async def json(self, *arguments: str) -> Any:
        return orjson.loads("\n".join(await self.lines(*arguments, "--json")))

    async def error(self, *arguments: str) -> str:
        """Run a command that is to fail, and return what it says."""
        with pytest.raises(Permanent) as failed:
            await self.lines(*arguments)
        return str(failed.value)


@pytest.fixture
def operator(house: House) -> Operator:
    return Operator(house)


async def test_a_link_is_previewed_said_seen_and_taken_back(
    operator: Operator, entries: list[MessageEntry]
) -> None:
    ann, phone = entries[0].customer, entries[-1].customer
    pair = (f"email:{ANN.upper()}", "phone:(+1) 555-200-0001")
    preview = await operator.lines("preview", "link", *pair)
    assert preview[0] == "link: preview"
    assert preview[-1] == "Nothing was written."
    assert not [line for line in preview if ANN in line or PHONE in line]
    said = await operator.lines("link", *pair, "--why", "she called", "--by", "kim")
    assert said[0] == "link: done"
    assert said[1:-1] == preview[1:-1]
    (moved,) = [line for line in said if line.startswith("moved")]
    assert moved == f"moved   1 identifier, 1 message, 1 conversation: {phone} → {ann}"
    gains = [line for line in said if line.startswith("gains")]
    assert gains == [
        "gains   email:a…@mail.example may be told of 1 message by phone:+15…01",
        "gains   phone:+15…01 may be told of 2 messages by email:a…@mail.example",
    ]
    operation = said[-1].removeprefix("undo: maitred identity undo ")
    assert operation.startswith("op_")

    shown = await operator.lines("show", "phone:+15552000001")
    assert shown[0] == f"customer   {ann}  Ann Berg"
    assert "  tied at level 4 (signed)" in shown
    (word,) = [line for line in shown if operation in line]
    assert word.endswith("  by kim: she called")
    assert not [line for line in shown if ANN in line or PHONE in line]
    whole = await operator.lines("show", str(phone), "--reveal")
    assert [line.split("  ")[0] for line in whole if KEY.search(line) and ":" in line][:2]
    assert any(line.startswith(f"email:{ANN}  ") for line in whole)
    assert any(line.startswith(f"phone:{PHONE}  ") for line in whole)

    again = await operator.lines("link", *reversed(pair), "--why", "once more")
    assert again[0].startswith("already said by kim, ")
    assert again[1].endswith(operation)
    cannot = (await operator.json("cannot-link", *pair, "--why", "twins"))["operation"]
    refused = await operator.error("link", *pair, "--why", "once more")
    assert refused.endswith(f" cannot be linked ({cannot})")
    await operator.lines("undo", cannot, "--why", "no twins")

    undone = await operator.lines("undo", operation, "--why", "another Ann", "--by", "joe")
    assert undone[0] == f"undone {operation}"
    assert next(line for line in undone if line.startswith("after")).split()[1] in {ann, phone}
    assert (await operator.lines("show", str(phone)))[0] == f"customer   {phone}  (no name)"
    twice = await operator.lines("undo", operation, "--why", "again")
    assert twice[0].startswith("undone already by joe, ")
    assert re.fullmatch(
        r"to have it again: maitred identity link [0-9a-f]{32} [0-9a-f]{32} --why …", twice[1]
    )
    _, told = await operator.lines("audit")
    assert "  link        " in told
    assert "  by kim: she called  undone by joe, " in told
    assert told.endswith(": another Ann")


async def test_a_link_against_a_limit_says_so_and_writes_nothing(
    operator: Operator, entries: list[MessageEntry]
) -> None:
    accounts = ("account:4711", "account:4712")
    assert await operator.lines("preview", "link", *accounts) == [
        "would not merge: limit of 1 account"
    ]
    assert await operator.error("link", *accounts, "--why", "one person") == (
        "not linked: limit of 1 account"
    )
    assert await operator.lines("link", *accounts, "--why", "x", "--dry-run") == [
        "would not merge: limit of 1 account"
    ]
    assert await operator.lines("audit") == ["Nothing was done."]
    assert await operator.error("show", accounts[0]) == (
        "nobody is known by this identifier, and nobody claimed it lately"
    )


async def test_who_merely_claims_an_address_is_nobody_known_by_it(
    house: House,
    operator: Operator,
    bus: Connection,  # noqa: F811  (the fixture)
) -> None:
    mail = letter(sender=ANN, text="Hello", message_id="1@m", authenticated=False)
    await send_mail(house, sender=ANN, mail=mail)
    (entry,) = await Records(bus, house).messages()
    said = await operator.error("show", f"email:{ANN}")
    assert said == (
        "nobody is known by this identifier for sure; it was merely claimed by "
        f"{entry.customer}, and `maitred journey {entry.customer}` shows what was written so"
    )
    with redirect_stdout(StringIO()) as printed:
        command = ["journey", str(entry.customer), "-c", str(house.config)]
        await asyncio.to_thread(lambda: cli.app(command, standalone_mode=False))
    assert "Hello" in printed.getvalue()


async def test_programs_read_json_that_says_no_address_unless_asked(
    operator: Operator, entries: list[MessageEntry]
) -> None:
    pair = (f"email:{ANN}", f"phone:{PHONE}")
    preview = await operator.json("preview", "link", *pair)
    assert preview["operation"] is None
    assert {each["value"] for each in preview["identifiers"].values()} == {
        "a…@mail.example",
        "+15…01",
    }
    revealed = await operator.json("preview", "link", *pair, "--reveal")
    assert {each["value"] for each in revealed["identifiers"].values()} == {ANN, PHONE}
    cannot = await operator.json("cannot-link", *pair, "--why", "two people")
    assert cannot["kind"] == "cannot_link"
    refused = await operator.json("preview", "link", *pair)
    (obstacle,) = refused["obstacles"]
    assert (obstacle["reason"], obstacle["operation"]) == ("cannot_link", cannot["operation"])
    profile = await operator.json("show", str(entries[0].conversation))
    assert profile["customer"]["id"] == entries[0].customer
    (known,) = profile["identifiers"]
    assert known["identifier"] == {"kind": "email", "value": "a…@mail.example"}
    (word,) = profile["words"]
    assert word["id"] == cannot["operation"]
    audit = await operator.json("audit", "--customer", f"email:{ANN}", "--since", "1h")
    assert [each["id"] for each in audit["operations"]] == [cannot["operation"]]
    assert (await operator.json("audit", "--since", "2030-01-01"))["operations"] == []
    key = known["key"]
    assert (await operator.json("show", key)) == profile


async def test_a_split_is_undone_like_anything_else(
    operator: Operator, entries: list[MessageEntry]
) -> None:
    conversation, message = str(entries[0].conversation), entries[1].message.id
    split = await operator.json("split", conversation, message, "--why", "two", "--by", "kim")
    undo = ("undo", split["id"], "--why", "one matter")
    assert await operator.error(*undo, "--dry-run") == "a split or a join has no preview"
    assert await operator.lines(*undo) == [f"undone {split['id']}: split of {conversation}"]
    again = await operator.lines(*undo)
    assert again[0].startswith("undone already by ")
    assert again[1].endswith(f"maitred identity split {conversation} {message} --why …")
    (record,) = (await operator.json("audit", "--customer", conversation))["operations"]
    assert record["undone_why"] == "one matter"


@pytest.mark.parametrize("command", ["shared", "block"])
async def test_what_is_shared_or_blocked_is_shown_as_a_contact_point(
    operator: Operator, entries: list[MessageEntry], command: str
) -> None:
    said = await operator.lines(command, f"phone:{PHONE}", "--why", "the front desk")
    assert said[0] == f"{command}: done"
    shown = await operator.lines("show", f"phone:{PHONE}")
    assert "known by   nothing: he cannot be told from others" in shown
    assert "  a contact point: it holds nobody together" in shown
    name = "shared by several people" if command == "shared" else "blocked"
    operation = said[-1].split()[-1]
    assert await operator.lines("preview", "link", f"email:{ANN}", f"phone:{PHONE}") == [
        f"would not merge: phone:+15…01 is {name} ({operation})"
    ]


async def test_what_is_not_there_is_told_in_one_line(
    operator: Operator, entries: list[MessageEntry]
) -> None:
    nobody = "0" * 32
    assert await operator.error("link", nobody, f"email:{ANN}", "--why", "x") == (
        f"no identifier is known as {nobody}"
    )
    pair = (f"email:{ANN}", f"phone:{PHONE}")
    assert await operator.error("unlink", *pair, "--why", "x") == (
        "nothing shows them together, so nothing can go"
    )
    assert await operator.error("revoke", entries[0].message.id, "--why", "x") == (
        "this message shows nothing that could be taken back"
    )
    assert await operator.error("revoke", "msg_none", "--why", "x") == (
        "no message is known as msg_none"
    )
    assert await operator.error("undo", "op_none", "--why", "x") == (
        "no operation is known as op_none"
    )
    assert await operator.error("show", "cus_none") == "no customer is known as cus_none"

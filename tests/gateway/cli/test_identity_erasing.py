"""`maitred identity erase | certificate | export` on a gateway that runs, and on one that dies."""

from __future__ import annotations

import asyncio
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest

from demo.house import House
from demo.writers import letter, send_mail
from maitred.contracts.operations import ErasureState
from maitred.gateway.backbone import MARKED
from maitred.gateway.bus import streams
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.erasure.record import ErasureRecord, order
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.ledger import balance
from tests.end_to_end.conftest import OpenHouse
from tests.end_to_end.records import Records
from tests.gateway.cli.conftest import Cli
from tests.gateway.conftest import Eventually

KIM, LEE = "kim@mail.example", "lee@elsewhere.example"
Done = subprocess.CompletedProcess[str]


async def write(house: House, sender: str, text: str, number: int) -> None:
    mail = letter(sender=sender, text=text, message_id=f"{number}@m", name=sender[:3].title())
    await send_mail(house, sender=sender, mail=mail)


async def connected(house: House) -> Connection:
    return await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """Open a house in which Kim and Lee have written."""
    opened = await open_house()
    for number, (sender, text) in enumerate(
        ((KIM, "The zinnober lamp."), (LEE, "My order."), (KIM, "And another."))
    ):
        await write(opened, sender, text, number)
    bus = await connected(opened)
    await Records(bus, opened).settle()
    await bus.close()
    return opened


async def ask(cli: Cli, house: House, *arguments: str) -> Done:
    return await asyncio.to_thread(cli, "identity", *arguments, "--config", str(house.config))


async def answer(cli: Cli, house: House, *arguments: str) -> Any:
    said = await ask(cli, house, *arguments, "--json")
    assert (said.returncode, said.stderr) == (0, ""), said.stderr
    return orjson.loads(said.stdout)


async def test_who_is_exported_and_erased_is_gone_and_the_certificate_holds(
    cli: Cli, house: House, tmp_path: Path
) -> None:
    preview = await answer(cli, house, "erase", f"email:{KIM}", "--why", "asked", "--dry-run")
    assert (preview["identifiers"], preview["messages"]) == (1, 2)
    (known_by,) = preview["known_by"].values()
    assert known_by == {"kind": "email", "value": "k…@mail.example"}
    archive = tmp_path / "kim.zip"
    await answer(cli, house, "export", f"email:{KIM}", "--out", str(archive))
    with zipfile.ZipFile(archive) as found:
        assert b"zinnober" in found.read("timeline.jsonl")
    again = await ask(cli, house, "export", f"email:{KIM}", "--out", str(archive))
    assert (again.returncode, "is not overwritten" in again.stderr) == (2, True)
    done = await answer(
        cli, house, "erase", f"email:{KIM}", "--why", "asked", "--by", "noa", "--yes"
    )
    certificate = done["certificate"]
    assert (certificate["state"], certificate["by"], certificate["why"]) == ("done", "noa", "asked")
    holds = await answer(cli, house, "certificate", certificate["customer"])
    assert holds == {"certificate": certificate, "found": []}
    # Asked again, by the address too, it is told what was done.
    assert (await answer(cli, house, "erase", f"email:{KIM}", "--why", "x", "--yes")) == done
    told = await ask(cli, house, "erase", f"email:{KIM}", "--why", "x", "--yes")
    assert told.stderr == "He was erased before, and nothing is known of him any more.\n"
    assert told.stdout.splitlines()[0] == f"customer   {certificate['customer']}"
    bus = await connected(house)
    assert [entry.message.text.strip() for entry in await Records(bus, house).messages()] == [
        "My order."
    ]
    assert (await balance(bus, house.subjects)).gap == 0
    await bus.close()


async def test_a_certificate_tells_when_somebody_came_back(cli: Cli, house: House) -> None:
    done = await answer(cli, house, "erase", f"email:{KIM}", "--why", "asked", "--yes")
    await write(house, KIM, "It is me again.", 9)
    bus = await connected(house)
    await Records(bus, house).settle()
    await bus.close()
    said = await ask(cli, house, "certificate", done["certificate"]["customer"])
    assert said.returncode == 1
    assert "came back" in said.stderr
    assert "now there" in said.stdout
    assert KIM not in said.stdout


async def test_nobody_is_erased_unasked(cli: Cli, house: House) -> None:
    said = await ask(cli, house, "erase", f"email:{KIM}", "--why", "asked")
    assert said.returncode == 2
    assert said.stderr == "maitred: there is nobody to ask whether it is meant: say so with --yes\n"


@pytest.mark.parametrize("command", ["erase", "certificate", "export"])
async def test_of_whom_nothing_is_known_that_is_said(
    cli: Cli, house: House, tmp_path: Path, command: str
) -> None:
    more = {
        "erase": ("--why", "x", "--yes"),
        "certificate": (),
        "export": ("--out", str(tmp_path / "no.zip")),
    }[command]
    said = await ask(cli, house, command, "email:nobody@mail.example", *more)
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "known" in said.stderr


@pytest.mark.parametrize("after_s", [0.0, 0.1])
async def test_a_gateway_that_is_killed_while_it_erases_goes_on_when_it_is_back(
    house: House, eventually: Eventually, after_s: float
) -> None:
    bus = await connected(house)
    records = Records(bus, house)
    kim = next(each.customer for each in await records.messages() if each.message.name == "Kim")
    assert kim is not None
    record = ErasureRecord(bus, house.subjects, Keeping(), kim)
    before = {stream: (await streams.info(bus, stream)).messages for stream in MARKED}
    await record.ask(order(house.subjects.tenant, kim, by="noa", why="asked", at=1), 1)
    await asyncio.sleep(after_s)  # polling: where the crash falls is left to chance
    await house.kill()
    await bus.close()
    await house.up()
    bus = await connected(house)
    record = ErasureRecord(bus, house.subjects, Keeping(), kim)

    async def is_done() -> bool:
        doc = await record.read()
        return doc is not None and doc.state is ErasureState.DONE

    await eventually(is_done)
    doc = await record.read()
    assert doc is not None
    counted = {each.stream: each.count for each in doc.subjects if each.stream == "INBOUND"}
    assert counted == {"INBOUND": 2}
    after = {stream: (await streams.info(bus, stream)).messages for stream in MARKED}
    assert after["INBOUND"] == before["INBOUND"] - 2
    assert [each.message.name for each in await Records(bus, house).messages()] == ["Lee"]
    assert (await balance(bus, house.subjects)).gap == 0
    await bus.close()

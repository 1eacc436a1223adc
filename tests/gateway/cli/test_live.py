"""The commands against a running house: what a person and what a program gets to read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

import aiohttp
import msgspec
import orjson
import pytest

from demo.house import House
from demo.verdict import wait_quiet
from demo.writers import letter, send_mail, send_slack, send_sms
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.dead import DeadLetters
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.bus.history import read_log
from maitred.gateway.bus.publisher import Publisher
from maitred.gateway.cli import showing
from maitred.gateway.cli.printing import one_line, plain
from maitred.gateway.reading import ConversationStory, Journey
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.gateway.cli.conftest import Cli, Done

TEXT = "Please refund invoice 17. " * 8 + "\x1b[31m[bold]now[/foo]\x07"


async def tell_the_story(house: House, take_seat: TakeSeat, session: aiohttp.ClientSession) -> str:
    """Let one customer write by mail and Slack, and another by SMS; return the conversation."""
    house.slack.add_user("U1", email="kim@mail.example", name="Kim")
    mail = letter(
        sender="kim@mail.example", name="Kim Berg", text=TEXT, message_id="1@mail.example",
        subject="Charged twice",
    )  # fmt: skip
    await send_mail(house, sender="kim@mail.example", mail=mail)
    await queued(house)
    ann = await take_seat(house)
    offer = await ann.wait("offered", lambda event: event["channel"] == "email")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await send_slack(house, session, user="U1", text="Hello?", ts="1790000000.000100")
    await ann.wait("turn")
    await ann.about("reply", offer, text="We are on it.\nAnn")
    await send_sms(house, session, number="+15552000001", text="A parcel", sid="SM" + "1" * 32)
    await ann.wait("offered")
    connection = await connected(house)
    assert await wait_quiet(connection, house.subjects, 15)
    await connection.close()
    return str(offer["conversation"])


async def connected(house: House) -> Connection:
    return await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )


async def queued(house: House) -> None:
    """Wait until it is decided that the first message waits for an agent."""
    connection = await connected(house)
    where = house.subjects.any("decision")
    async with asyncio.timeout(10):
        while not await read_log(connection, JOURNAL, where, after=0, limit=1):  # noqa: ASYNC110  (as below)
            await asyncio.sleep(0.02)  # polling: the gateway is another process
    await connection.close()


async def bury(house: House) -> None:
    connection = await connected(house)
    publisher = Publisher(connection)
    await publisher.start()
    await DeadLetters(connection, publisher, house.subjects).bury(
        stage="intake",
        input_stream="COMMANDS",
        input_seq=7,
        subject=f"{house.subjects.root}.command.ann.accept",
        data=b"not\x1b[31m json\nat all",
        headers={},
        reason_code="bad_payload",
        reason="not JSON; " + "a long reason " * 20,
    )
    await publisher.stop()
    await connection.close()


def readable(done: Done[str]) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout)
    assert not [line for line in done.stdout.splitlines() if line != line.rstrip()]
    return done.stdout


class Asking:
    """Asks a house by the command line, several commands at a time."""

    def __init__(self, house: House, cli: Cli) -> None:
        self._config = str(house.config)
        self._cli = cli

    async def __call__(self, *lines: str) -> list[Done[str]]:
        return await asyncio.gather(
            *(
                asyncio.to_thread(self._cli, *line.split(), "--config", self._config)
                for line in lines
            )
        )


async def test_what_is_known_is_shown_to_people_and_to_programs(
    open_house: OpenHouse, take_seat: TakeSeat, session: aiohttp.ClientSession, cli: Cli
) -> None:
    house = await open_house()
    ask = Asking(house, cli)
    known = await tell_the_story(house, take_seat, session)
    await check_ledger(ask)
    await check_journey(ask, known)
    await check_conversation(ask, known)
    await bury(house)
    await check_quarantine(ask)
    await check_watch(ask)


async def check_ledger(ask: Asking) -> None:
    people, programs = await ask("ledger", "ledger --json")
    said = readable(people)
    assert said.splitlines()[0] == "accepted               3"
    assert said.splitlines()[-1] == "gap                    0"
    found = orjson.loads(programs.stdout)
    assert (found["accepted"], found["gap"]) == (3, 0)


async def check_journey(ask: Asking, known: str) -> None:
    people, programs, short, whole, nobody = await ask(
        f"journey {known}", f"journey {known} --json", f"journey {known} --last 1",
        f"journey {known} --all --versions", "journey cus_nobody",
    )  # fmt: skip
    said = readable(people)
    assert "known by   2 identifiers" in said
    assert "wrote      2 messages" in said
    assert f"\n{known}\n" in said
    assert said.count("Please refund invoice 17.") == 8
    assert re.search(r"(?m)^  \S+ \S+  slack   → ann       We are on it. Ann$", said)
    assert "Hello?" not in readable(short)
    assert "\n… 2 earlier; `--all` shows everything\n" in short.stdout
    assert readable(whole) == said
    found = orjson.loads(programs.stdout)
    told = [(moment["speaker"], moment["channel"]) for moment in found["moments"]]
    assert told == [("customer", "email"), ("customer", "slack"), ("agent", "slack")]
    assert found["moments"][0]["parts"][0]["entry"]["message"]["subject"] == "Charged twice"
    assert found["moments"][2]["delivery"]["state"] == "sent"
    assert widest(showing.journey_lines(msgspec.convert(found, Journey), 80)) <= 80
    assert nobody.returncode == 1
    assert nobody.stderr == "maitred: no customer is known as cus_nobody\n"


async def check_conversation(ask: Asking, known: str) -> None:
    """What was decided and told to nobody and what rode in the offer are there, in order."""
    people, programs, nobody = await ask(
        f"conversation {known}", f"conversation {known} --json", "conversation cnv_nobody"
    )
    said = readable(people)
    assert re.search(r"(?m)^  \S+ \S+  email   Kim Berg: Please refund", said)
    assert "ann: We are on it. Ann" in said
    decided = said.partition("\ndecided\n")[2]
    assert re.findall(r"(?m)^  (?! )\S+ \S+  (.+)$", decided) == [
        "waiting, epoch 0",
        "offered to ann, epoch 1",
    ]
    assert "It asks for billing of at least 0.5." in decided
    found = orjson.loads(programs.stdout)
    assert [each["outcome"] for each in found["decisions"]] == ["waiting", "offered"]
    assert widest(showing.story_lines(msgspec.convert(found, ConversationStory), 80)) <= 80
    assert nobody.returncode == 1
    assert nobody.stderr == "maitred: no conversation is known as cnv_nobody\n"


async def check_quarantine(ask: Asking) -> None:
    listed, as_json, shown, whole, *missing = await ask(
        "dead list", "dead list --json", "dead show 1", "dead show 1 --json",
        "dead show 9", "dead replay 9", "dead drop 9",
    )  # fmt: skip
    head, row = readable(listed).splitlines()
    assert head.split() == ["number", "when", "stage", "code", "reason"]
    assert [*row.split()[:1], *row.split()[3:7]] == ["1", "intake", "bad_payload", "not", "JSON;"]
    (summary,) = orjson.loads(as_json.stdout)
    assert (summary["number"], summary["sequence"], summary["code"]) == (1, 7, "bad_payload")
    assert readable(shown).endswith("\n\nnot�[31m json\nat all\n")
    assert orjson.loads(whole.stdout)["data"] == "not\x1b[31m json\nat all"
    for done in missing:
        assert done.returncode == 1
        assert done.stderr == "maitred: nothing is quarantined under number 9\n"
    (done,) = await ask("dead replay 1")
    assert readable(done) == "Replayed 1.\n"
    (done,) = await ask("dead drop 1")
    assert done.returncode == 1


async def check_watch(ask: Asking) -> None:
    people, programs = await ask("watch --seconds 1", "watch --seconds 1 --json")
    said = readable(people)
    assert max(map(len, said.splitlines())) <= 100
    assert "ledger    accepted 3, gap 0" in said
    assert set(orjson.loads(programs.stdout)) == {
        "messages", "journeys", "crossed_channels", "conversations", "queues", "offers",
        "assignments", "acceptance_to_offer_ms",
    }  # fmt: skip


def widest(lines: Iterable[str]) -> int:
    return max(len(line) for line in lines)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("one\n two\t three", 80, "one two three"),
        ("a long one", 6, "a lon…"),
        ("日本語の長い文", 8, "日本語…"),
        ("red \x1b[31m", 80, "red �[31m"),
        ("right \u202eleft", 80, "right left"),
        ("", 5, ""),
    ],
)
def test_a_text_in_one_line(text: str, width: int, expected: str) -> None:
    assert one_line(text, width) == expected


def test_lines_stay_where_they_may() -> None:
    assert plain("a\n\tb\r\x07", lines=True) == "a\n\tb��"

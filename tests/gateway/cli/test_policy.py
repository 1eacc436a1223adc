"""`maitred policy` against a running house: replay, what if, and what a shadow said."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import orjson
import pytest

from demo.house import House
from demo.verdict import wait_quiet
from demo.writers import send_sms
from maitred.contracts.errors import ConfigurationError
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.endpoint import read_connection
from maitred.gateway.cli.policy.limits import limited
from maitred.gateway.cli.policy.telling import history_lines, verdict_lines
from maitred.gateway.whatif.retrace import Verdict
from maitred.router.replaying.replay import Difference, Field
from maitred.router.settings import Budgets, RoutingSettings
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.gateway.cli.conftest import Cli, Done

ROUTING = """
[routing]
ramp_seconds = 0
[[routing.rules]]
name = "billing"
when = { text = "invoice" }
skills = { billing = 0.5 }
[[routing.agents]]
id = "ann"
skills = { billing = 0.9 }
capacity = 2
[[routing.agents]]
id = "bob"
skills = { billing = 0.6, shipping = 0.9 }
capacity = 2
"""
DRAFT = """
[routing]
ramp_seconds = 0
[[routing.rules]]
name = "parcel"
when = { text = "parcel" }
skills = { shipping = 0.5 }
[[routing.agents]]
id = "ann"
skills = { billing = 0.9 }
capacity = 2
[[routing.agents]]
id = "bob"
skills = { billing = 0.6, shipping = 0.9 }
capacity = 2
[[routing.agents]]
id = "cyd"
[routing.budgets]
wait_p95_seconds = { sms = 3600 }
"""


class Asking:
    """Asks a house by the command line, several commands at a time."""

    def __init__(self, house: House, cli: Cli) -> None:
        self._config = str(house.config)
        self._cli = cli

    async def __call__(self, *lines: str) -> list[Done[str]]:
        arguments = [[*line.split(), "--config", self._config] for line in lines]
        return await asyncio.gather(*(asyncio.to_thread(self._cli, *each) for each in arguments))


@pytest.fixture
async def asked(
    open_house: OpenHouse, take_seat: TakeSeat, session: aiohttp.ClientSession, cli: Cli
) -> tuple[Asking, Path]:
    """A house with a shadow and a short history, and what asks it; and where the draft is."""
    house = await open_house(routing=ROUTING, up=False)
    draft = house.folder / "draft.toml"
    draft.write_text(DRAFT)
    house.config.write_text(f'shadow = "draft.toml"\n{house.config.read_text()}')
    await house.up()
    ann, bob = await take_seat(house, "ann"), await take_seat(house, "bob")
    for number, text in enumerate(("My invoice", "Where is my parcel", "Hello")):
        await send_sms(
            house, session, number=f"+1555200000{number}", text=text, sid=f"SM{number:032}"
        )
        await settled(house)
    offer = await ann.wait("offered")
    await ann.about("accept", offer)
    await ann.wait("assigned")
    await ann.about("complete", offer)
    await ann.wait("closed")
    refused = await bob.wait("offered")
    await bob.about("decline", refused, reason="no time")
    await bob.wait("revoked")
    await ann.wait("offered", lambda event: event["conversation"] == refused["conversation"])
    await settled(house)
    return Asking(house, cli), draft


async def settled(house: House) -> None:
    connection = await Connection.connect(
        read_connection(house.store), name="test", on_closed=lambda _: None
    )
    assert await wait_quiet(connection, house.subjects, 15)
    await connection.close()


async def test_what_was_decided_is_decided_again_and_a_draft_says_what_it_had_done(
    asked: tuple[Asking, Path],
) -> None:
    ask, draft = asked
    people, programs, shown = await ask(
        "policy replay --since 1d", "policy replay --json", "policy show --json"
    )
    assert (people.returncode, people.stderr) == (0, "")
    assert "All of them are what was recorded, bit for bit." in people.stdout
    found = orjson.loads(programs.stdout)
    assert found["draft"] is None
    assert found["replay"]["bit_equal"] is True
    assert found["replay"]["equal"] > 8
    known = orjson.loads(shown.stdout)
    (record,) = known["history"]
    assert known["configured"] == f"{record['name']}:{record['hash']}"
    assert [agent["id"] for agent in record["settings"]["agents"]] == ["ann", "bob"]
    await check_draft(ask, draft)


async def check_draft(ask: Asking, draft: Path) -> None:
    people, programs, shadow, shadow_json = await ask(
        f"policy replay --policy {draft}",
        f"policy replay --policy {draft} --json --budget moved=0.01",
        "policy shadow",
        "policy shadow --json",
    )
    assert (people.returncode, people.stderr) == (0, "")
    assert "decisions (" in people.stdout
    assert "Agents whom only the draft has are never at hand: cyd." in people.stdout
    assert "This is a model: " in people.stdout
    assert programs.returncode == 1
    assert programs.stderr.startswith("maitred: budgets.moved: comes to 0.")
    assert programs.stderr.endswith("; at most 0.01 is allowed\n")
    found = orjson.loads(programs.stdout)["draft"]
    check_moved(found)
    assert set(found["model"]) == {"draft", "in force", "recorded"}
    assert {each["arrived"] for each in found["model"].values()} == {3}
    assert found["model"]["recorded"]["served"] == 1
    assert (shadow.returncode, shadow.stderr) == (0, "")
    assert " decisions would have been made otherwise." in shadow.stdout
    (told,) = orjson.loads(shadow_json.stdout).values()
    assert told["examples"] == found["examples"]


def check_moved(found: dict[str, Any]) -> None:
    """Bob alone knows about parcels, and had declined the one that there was."""
    assert 0 < found["moved"] < found["decisions"]
    assert found["share"] == found["moved"] / found["decisions"]
    assert found["by"]["skill"] == {"shipping": 1}
    (instead,) = found["examples"]
    assert instead["active"]["agents"] == ["ann"]
    assert (instead["active"]["state"], instead["active"]["rule"]) == ("offered", "best_idle")
    assert (instead["shadow"]["state"], instead["shadow"]["rule"]) == ("waiting", "queue")


# -- in words
def test_what_differs_is_told_with_where_what_and_which_field() -> None:
    fields = (Field("epoch", 1, 2), Field("a", 1, 2), Field("b", 1, 2), Field("c", 1, 2))
    verdict = Verdict(
        inputs=5,
        equal=7,
        different=3,
        unproven=2,
        missing=4,
        exact_since=9,
        exact_at=1_790_000_000_000,
        differences=[
            Difference(3, "cnv_x", "ann", fields),  # type: ignore[arg-type]
            Difference(4, None, None, (Field("", "offered", "(nothing)"),)),
        ],
    )
    verdict.other["index:old"] = 2
    said = list(verdict_lines(verdict, "index:new", 80, 1))
    assert said == [
        "5 inputs played again, 12 answers compared.",
        "7 of them are what was recorded, bit for bit.",
        "4 inputs are gone from the log (by their age, or an erasure).",
        "Exact from 2026-09-21 14:13:20 on (input 9); what differs before proves nothing.",
        "2 differ where the log does not tell all that led to them.",
        "2 were decided by index:old, whose settings are not known.",
        "3 differ:",
        "  input 3  cnv_x  ann",
        "    epoch: recorded 1, replayed 2",
        "    a: recorded 1, replayed 2",
        "    b: recorded 1, replayed 2",
        "    and 1 more fields",
        "  and 2 more",
    ]
    assert max(map(len, said)) <= 80


def test_where_nothing_was_recorded_nothing_is_proven() -> None:
    assert list(verdict_lines(Verdict(inputs=5), "", 80, 1)) == [
        "5 inputs played again, 0 answers compared.",
        "Nothing was recorded in that time, so nothing is proven.",
    ]


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("1h", "2h", "--since 1h: is not before --until 2h; name an earlier time"),
        ("2099-01-01", "", "--since 2099-01-01: is not before now; name an earlier time"),
    ],
)
def test_a_time_that_is_none_is_refused(
    cli: Cli, begun: Path, since: str, until: str, said: str
) -> None:
    asked = ["--since", since, *(["--until", until] if until else [])]
    done = cli("policy", "replay", *asked, "--config", str(begun))
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"maitred: {said}\n")


def test_without_any_decision_the_history_says_so() -> None:
    assert list(history_lines("index:abc", []))[-1].startswith("nothing has been decided yet")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], Budgets(moved=0.5)),
        (["moved=0.1"], Budgets(moved=0.1)),
        (["load=1", "abandoned=0"], Budgets(moved=0.5, load=1.0, abandoned=0.0)),
        (
            ["sla.chat=.9", "sla.sms=1", "wait_p95_seconds.chat=60"],
            Budgets(moved=0.5, sla={"chat": 0.9, "sms": 1.0}, wait_p95_seconds={"chat": 60.0}),
        ),
    ],
)
def test_limits_on_the_command_line_go_before_the_draft_s(
    given: list[str], expected: Budgets
) -> None:
    routing = RoutingSettings(budgets=Budgets(moved=0.5))
    assert msgspec.to_builtins(limited(routing, given)) == msgspec.to_builtins(expected)


@pytest.mark.parametrize(
    "text", ["", "moved", "moved=", "moved=x", "moved=2", "sla=1", "sla.=1", "x.y=1", "moved=nan"]
)
def test_a_limit_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--budget: "):
        limited(RoutingSettings(), [text])

"""`maitred waiting` against a running house, and what people and programs are shown of a queue."""

from __future__ import annotations

import math
import re
from io import StringIO

import orjson
import pytest
from rich.console import Console

from maitred.contracts.ids import ConversationId
from maitred.contracts.limits import MINUTE_MS
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingState
from maitred.gateway.cli.waiting import lines, picture, plain, still
from maitred.router.waits.estimate import Range
from maitred.router.waits.waiting import Queue, Waiter
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.gateway.cli.conftest import Cli
from tests.gateway.cli.test_live import Asking, readable
from tests.gateway.cli.waiters import house_with_waiters


async def test_who_waits_is_told_with_why_and_for_how_long(
    open_house: OpenHouse, take_seat: TakeSeat, cli: Cli
) -> None:
    house, (_, invoice, tax) = await house_with_waiters(open_house, take_seat)
    people, program, one, none = await Asking(house, cli)(
        "waiting", "waiting --json", "waiting --most 1", "waiting --most 0"
    )
    said = readable(people).splitlines()
    assert said[0].startswith("2 wait: ")
    assert "1 nobody who suits has room" in said[0]
    assert "1 nobody in the house suits" in said[0]
    assert said[2].startswith(f"   1  {invoice}  email calm, waits ")
    assert "only one has it, full (Ann); any level of billing will do" in said[3]
    assert said[5].startswith(f"   2  {tax}  email calm, waits ")
    assert re.search(r"needs tax at 0.9.*: nobody in the house has `tax`; any level", said[6])
    found = orjson.loads(program.stdout)
    assert (found["count"], found["causes"]) == (2, {"full": 1, "nobody": 1})
    first, second = found["shown"]
    assert (first["conversation"], first["cause"], first["place"]) == (invoice, "full", 1)
    assert 0 < first["left_ms"] < first["sla_ms"] == 14_400_000
    # Bo has room, and what is asked for relaxes at half of the SLA.
    assert 0 < first["estimate"]["p90_ms"] <= 7_200_000
    assert (second["conversation"], second["estimate"]) == (tax, None)
    assert "… 1 less urgent" in readable(one)
    assert none.returncode == 2


def waiter(**more: object) -> Waiter:
    fields: dict[str, object] = {
        "conversation": ConversationId("cnv_x"),
        "state": RoutingState.WAITING,
        "channel": "chat",
        "tier": "standard",
        "mood": MoodLabel.CALM,
        "place": 1,
        "ahead": 0.0,
        "age_ms": 70_000,
        "sla_ms": 60_000,
        "left_ms": -10_000,
        "cause": "full",
        "why": "needs tax at 0.7: two have it, both full; tax relaxes to 0.35 in 40 s",
        "again_at": 0,
        "estimate": Range(10_000.0, 2.0 * MINUTE_MS, 6.0 * MINUTE_MS),
    }
    return Waiter(**{**fields, **more})  # type: ignore[arg-type]


QUEUE = Queue(
    at=0,
    count=1_003,
    causes={"full": 1_000, "held": 2, "nobody": 1},
    shown=(
        waiter(tier="vip", mood=MoodLabel.ANGRY),
        waiter(place=2, left_ms=5_000, estimate=None),
        waiter(place=3, estimate=Range(10_000.0, math.inf, math.inf)),
    ),
)


def test_a_large_queue_is_counted_and_its_first_are_told() -> None:
    said = list(lines(QUEUE, 80))
    assert said[0] == (
        "1,003 wait: 1,000 nobody who suits has room, 2 kept for one agent, "
        "1 nobody in the house suits"
    )
    assert said[2].startswith("   1  cnv_x  chat vip angry, waits 70 s, SLA 10 s late, 2 min to 6 ")
    assert said[-1] == "… 1,000 less urgent; `--most 10000` shows more"
    assert all(len(line) <= 80 for line in said[1:])


def test_in_a_narrow_terminal_nothing_is_cut() -> None:
    long = waiter(conversation=ConversationId(f"cnv_{'a' * 32}"), tier="vip", mood=MoodLabel.ANGRY)
    said = list(lines(Queue(0, 1, {"full": 1}, (long,)), 60))
    assert max(map(len, said)) <= 60
    told = " ".join(" ".join(said).split())
    assert "chat vip angry, waits 70 s, SLA 10 s late, 2 min to 6 min still needs tax" in told


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_fits_the_terminal_and_loses_no_reason(width: int) -> None:
    console = Console(file=StringIO(), width=width, markup=False, highlight=False)
    console.print(picture(QUEUE))
    assert isinstance(console.file, StringIO)
    shown = console.file.getvalue()
    assert max(map(len, shown.splitlines())) <= width
    assert "vip angry" in shown
    assert "".join(shown.split()).count("relaxes") == 3 or width < 100


def test_an_empty_queue_is_one_line() -> None:
    empty = Queue(0, 0, {}, ())
    assert list(lines(empty, 80)) == ["Nobody waits."]
    assert plain(empty) == {"at": 0, "count": 0, "causes": {}, "shown": ()}


def test_what_is_endless_is_no_number_for_programs() -> None:
    assert [each["estimate"] for each in plain(QUEUE)["shown"]] == [
        {"p10_ms": 10_000, "p50_ms": 120_000, "p90_ms": 360_000},
        None,
        {"p10_ms": 10_000, "p50_ms": None, "p90_ms": None},
    ]


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (None, "nobody knows how long still"),
        (Range(1.0, 30_000.0, 90_000.0), "30 s to 90 s still"),
        (Range(40_000.0, 40_000.0, 40_000.0), "at most 40 s still"),
        (Range(1.0, 3_600_000.0, math.inf), "1 h still, or much more"),
        (Range(1.0, math.inf, math.inf), "more than 2 d still"),
    ],
)
def test_how_long_still(estimate: Range | None, words: str) -> None:
    assert still(estimate) == words

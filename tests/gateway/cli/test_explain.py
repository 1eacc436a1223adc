"""`maitred explain` against a running house: the decisions in words, and why not me."""

from __future__ import annotations

import re
from io import StringIO

import orjson
import pytest
from rich.console import Console

from maitred.contracts.conversation import Conversation, Needs
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Identifier, IdentifierKind, Level
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.routing import Decision, Reason, RoutingState, Snapshot
from maitred.gateway.cli.explaining_agents import RECORDED, Answer, answer_lines, placed_last
from maitred.gateway.cli.explaining_decisions import Told, picture, told_lines
from maitred.gateway.reading import ConversationStory, numbered
from tests.end_to_end.conftest import OpenHouse, TakeSeat
from tests.gateway.cli.conftest import Cli
from tests.gateway.cli.test_live import Asking, readable
from tests.gateway.cli.waiters import house_with_waiters

ANN, BO = AgentId("ann"), AgentId("bo")
NAMES = {ANN: "Ann", BO: "Bo"}


async def test_decisions_are_told_to_people_and_to_programs(
    open_house: OpenHouse, take_seat: TakeSeat, cli: Cli
) -> None:
    house, (had, waits, _) = await house_with_waiters(open_house, take_seat)
    ask = Asking(house, cli)
    await check_decisions(ask, had, waits)
    await check_why_not(ask, had, waits)
    await check_what_is_not_there(ask, had)


async def check_decisions(ask: Asking, had: str, waits: str) -> None:
    offered, queued, program = await ask(
        f"explain {had}", f"explain {waits} --all", f"explain {had} --json"
    )
    said = readable(offered)
    assert said.startswith(f"{had}  First invoice\nstate  assigned (ann), epoch 1\n")
    assert re.search(r"(?m)^   1  \S+ \S+  offered to Ann: Ann suits best of those who", said)
    assert "\ndecision 1 in depth\n" in said
    assert re.search(r"(?m)^  rules       billing$", said)
    assert re.search(r"(?m)^  policy      index:\w+, in force now$", said)
    assert re.search(r"(?m)^  then        email, tier standard, \d+ s after it came, 0 oth", said)
    assert re.search(r"(?m)^    Ann +0\.\d+  fit 0.\d+.* <- chosen$", said)
    assert re.search(r"(?m)^    Ann +-  has no room$", readable(queued))
    found = orjson.loads(program.stdout)
    assert (found["conversation"], found["state"], found["agent"]) == (had, "assigned", "ann")
    (decision,) = found["decisions"]
    assert decision["words"][0] == "Ann suits best of those who have room."
    (chosen,) = decision["candidates"]
    assert sum(chosen["terms"].values()) == pytest.approx(chosen["score"])
    assert found["in_force"] == decision["policy"]


async def check_why_not(ask: Asking, had: str, waits: str) -> None:
    """Bo was not there when Ann was offered the first; he is there now, and lacks the level."""
    then, own, now, program, recorded = await ask(
        f"explain {had} --agent bo", f"explain {had} --agent ANN --at 1",
        f"explain {waits} --agent bo", f"explain {waits} --agent bo --json",
        f"explain {waits} --agent ann --json",
    )  # fmt: skip
    said = readable(then)
    assert "Bo could not have it: billing of at least 0.5 is asked for, he has 0.4; he was" in said
    assert "\n(rule by rule as the house stood then, out of the log)\n" in said
    assert re.search(r"(?m)^  NO  presence  he was never on line$", said)
    assert re.search(r"(?m)^  yes room      0 of 1 units in use, email takes 1$", said)
    assert re.search(r"(?m)^  Ann has 0\.\d+ = fit 0\.\d+.*, ahead by fit$", said)
    assert "Ann has it: score 0." in readable(own)
    assert "Bo cannot have it: billing of at least 0.5 is asked for, he has 0.4." in readable(now)
    assert "(rule by rule as the house stands now, where it still waits)" in now.stdout
    assert re.search(r"(?m)^  yes presence  he is on line since", now.stdout)
    found = orjson.loads(program.stdout)
    assert (found["basis"], found["recorded"], found["agent"]) == ("now", None, "bo")
    failing = [each["about"] for each in found["verdict"]["checks"] if not each["passed"]]
    assert failing == ["skill"]
    found = orjson.loads(recorded.stdout)
    assert found["recorded"]["excluded"] == "full"
    assert [each["about"] for each in found["verdict"]["checks"] if not each["passed"]] == ["room"]


async def check_what_is_not_there(ask: Asking, had: str) -> None:
    for done, said in zip(
        await ask(
            "explain cnv_nobody", f"explain {had} --at 2", f"explain {had} --agent eve",
            f"explain {had} --agent bo --at 9",
        ),
        [
            "no conversation is known as cnv_nobody",
            f"{had} has 1 decision, not 2",
            "no agent is known as eve; there are ann, bo",
            f"{had} has 1 decision, not 9",
        ],
        strict=True,
    ):  # fmt: skip
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"maitred: {said}\n"


# -- without a house
def decided(**more: object) -> Decision:
    fields: dict[str, object] = {
        "conversation": ConversationId("cnv_x"),
        "at": 1_700_000_000_000,
        "epoch": 1,
        "outcome": RoutingState.OFFERED,
        "agent": ANN,
        "rule": "best_idle",
        "policy": "index:old",
        "needs": Needs(because=("billing",), priority_minutes=2.0),
        "candidates": (
            Reason(agent=ANN, score=0.7, terms={"fit": 0.8, "load": -0.1}),
            Reason(agent=BO, score=0.4, terms={"fit": 0.7, "load": -0.3}),
            Reason(agent=AgentId("cyd"), excluded="no_skill:tax"),
        ),
        "snapshot": Snapshot(channel="chat", tier="vip", declined=(BO,)),
    }
    return Decision(**{**fields, **more})  # type: ignore[arg-type]


def story(*decisions: Decision) -> ConversationStory:
    visitor = Identifier(kind=IdentifierKind.VISITOR, value="v")
    said = Conversation(
        id=ConversationId("cnv_x"),
        tenant=Tenant("t"),
        customer=CustomerId("cus_x"),
        opened_by=MessageId("msg_x"),
        opened_at=0,
        last_at=0,
        channels=("chat",),
        account="shop",
        reply_to=ReplyTo(channel="chat", account="shop", endpoint=visitor, key=IdentifierKey("k")),
        trust=Level.CLAIMED,
        participants=(),
        subject="A \x1b[31mred\x1b[0m one",
    )
    return ConversationStory(conversation=said, routing=None, decisions=decisions)


def drawn(told: Told, width: int) -> str:
    console = Console(file=StringIO(), width=width, markup=False, highlight=False)
    console.print(picture(told))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_tables_and_lines_tell_the_same_within_the_width(width: int) -> None:
    told = Told(story(decided(rule="queue", agent=None), decided()), NAMES, "index:new", None)
    table, lines = drawn(told, width), "\n".join(told_lines(told, width))
    for shown in (table, lines):
        assert max(map(len, shown.splitlines())) <= width
        flat = " ".join(shown.split())
        for words in ("Ann", "cyd", "lacks the skill tax", "not the one in force now", "billing"):
            assert words in flat, words
        assert "\x1b[31m" not in shown


def test_one_decision_is_told_in_depth_unless_all_are_asked_for() -> None:
    both = story(decided(), decided(reason="lunch", rule="requeued", outcome=RoutingState.WAITING))
    one = "\n".join(told_lines(Told(both, NAMES, "", 2), 100))
    assert "decision 2 in depth" in one
    assert "decision 1 in depth" not in one
    assert re.search(r"(?m)^  his word    lunch$", one)
    assert "decision 1 in depth" in "\n".join(told_lines(Told(both, NAMES, "", None), 100))


def test_where_nothing_was_decided_that_is_said() -> None:
    told = Told(story(), {}, "", 0)
    assert "Nothing was decided yet." in "\n".join(told_lines(told, 80))
    assert "Nothing was decided yet." in drawn(told, 80)


@pytest.mark.parametrize(("number", "found"), [(0, 2), (1, 1), (2, 2)])
def test_decisions_are_counted_from_1_and_0_is_the_last(number: int, found: int) -> None:
    assert numbered(story(decided(), decided()), number) == found


def test_of_a_closed_conversation_it_is_told_why_somebody_had_it() -> None:
    closed = decided(rule="completed", outcome=RoutingState.CLOSED)
    assert placed_last((decided(), closed)) == 1
    assert placed_last((closed,)) == 0


def test_a_number_beyond_the_last_is_not_found() -> None:
    with pytest.raises(Permanent, match="cnv_x has 2 decisions, not 3"):
        numbered(story(decided(), decided()), 3)


@pytest.mark.parametrize(
    ("agent", "decision", "words"),
    [
        (
            "bo",
            decided(),
            "Bo was considered: score 0.400 (fit 0.700 - load 0.300). Ann had",
        ),
        ("bo", decided(), "most of the difference by load."),
        ("ann", decided(), "Ann has it: score 0.700 (fit 0.800 - load 0.100)."),
        ("cyd", decided(), "cyd lacks the skill tax."),
        ("eve", decided(), "eve is not among the 3 candidates that were recorded"),
        (
            "bo",
            decided(rule="completed", outcome=RoutingState.CLOSED, agent=None),
            "It is complete.",
        ),
    ],
)
def test_what_was_recorded_is_an_answer(agent: str, decision: Decision, words: str) -> None:
    who = AgentId(agent)
    recorded = next((each for each in decision.candidates if each.agent == who), None)
    found = Answer(who, 1, 1, decision, recorded, RECORDED, None, NAMES)
    lines = list(answer_lines(found, 200))
    assert words in " ".join(lines)
    assert "as it was recorded with the decision" in lines[-1]

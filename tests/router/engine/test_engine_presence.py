"""The engine: signs of life, agents who fall silent, and those who come on line to a backlog.

`Play` holds the invariants after each event as well.
"""

from __future__ import annotations

import pytest

from maitred.contracts.agents import AgentDoc, Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId
from maitred.contracts.routing import Due
from maitred.router.events import DueCame, SaveAgent
from maitred.router.faults import faults
from maitred.router.settings import RoutingSettings
from tests.router.play import START, Play, agent, settings

IDLE, LOST = 1_000, 4_000
QUARTER = IDLE // 4


def one_holds(*others: str, **more: object) -> Play:
    """Return a play in which ann has accepted `x`, and is offered `y`."""
    chosen = {"idle_seconds": IDLE, "lost_seconds": LOST, "offer_seconds": 50_000} | more
    game = Play(settings(agent("ann"), *(agent(each) for each in others), **chosen))
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.write("y")
    game.online(*others)
    return game


# -- silence
def test_who_has_something_and_gives_no_sign_of_life_is_away_and_then_lost() -> None:
    game = one_holds("bob")
    assert game.agent("ann").due_at == START + (IDLE + QUARTER) * 1_000
    game.agent_due("ann")
    assert game.agent("ann").presence == Presence.AWAY
    assert game.stands("x") == ("assigned", "ann")
    assert game.stands("y") == ("offered", "bob")
    assert [each.reason for each in game.told(AssignmentState.REVOKED)] == ["agent_idle"]
    game.agent_due("ann")
    assert game.agent("ann").presence == Presence.OFFLINE
    assert game.now == START + (LOST + QUARTER) * 1_000
    assert game.stands("x") == ("offered", "bob")
    assert game.doc("x").arrived_at == START
    assert game.doc("x").previous_agent == "ann"
    revoked, offered = game.told()
    assert (revoked.agent, revoked.reason) == ("ann", "agent_lost")
    assert (offered.agent, offered.arrived_at) == ("bob", START)


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        (Verb.REPLY, {"on": "x", "text": "One moment."}),
        (Verb.REPLY, {"on": "x", "text": ""}),
        (Verb.PRESENCE, {"presence": Presence.ONLINE}),
        (Verb.UNKNOWN, {}),
    ],
)
def test_whatever_an_agent_says_is_a_sign_of_life_also_what_is_refused(
    verb: Verb, fields: dict[str, object]
) -> None:
    game = one_holds()
    game.wait(IDLE - 1)
    game.command("ann", verb, **fields)  # type: ignore[arg-type]
    said_at = game.now
    game.agent_due("ann")
    assert game.agent("ann").presence == Presence.ONLINE
    game.agent_due("ann")
    assert game.agent("ann").presence == Presence.AWAY
    assert game.now == said_at + (IDLE + QUARTER) * 1_000


def test_signs_of_life_are_written_down_only_when_the_last_one_is_old() -> None:
    game = one_holds()
    written = 0
    for _ in range(100):
        game.wait(20)
        written += sum(
            isinstance(each, SaveAgent)
            for each in game.command("ann", Verb.REPLY, on="x", text="Still here.")
        )
    assert written == 100 * 20 // QUARTER - 1


def test_heartbeats_keep_an_agent_and_change_nothing_else() -> None:
    game = one_holds("bob")
    game.write("z")
    before = game.agent("bob")
    for _ in range(12):
        game.until("ann", IDLE - 1)
        game.presence("ann", Presence.ONLINE)
        game.presence("bob", Presence.ONLINE)
        assert not game.told()
    assert game.stands("x") == ("assigned", "ann")
    assert game.agent("ann").presence == Presence.ONLINE
    assert game.agent("bob").idle_since == before.idle_since


def test_a_heartbeat_is_no_answer_to_an_offer() -> None:
    game = Play(settings(agent("ann", capacity=5)))
    game.online("ann")
    game.write("a")
    game.write("b")
    game.due("a")
    game.presence("ann", Presence.ONLINE)
    game.due("b")
    assert game.agent("ann").presence == Presence.AWAY


def test_who_has_accepted_nothing_may_wait_as_long_as_he_likes() -> None:
    game = Play(settings(agent("bot", kind="ai"), idle_seconds=IDLE, lost_seconds=LOST))
    game.online("bot")
    game.write("x")
    game.command("bot", Verb.ACCEPT, on="x")
    game.command("bot", Verb.COMPLETE, on="x")
    game.agent_due("bot")
    assert game.agent("bot").presence == Presence.ONLINE
    assert game.agent("bot").due_at == 0
    game.wait(10 * LOST)
    game.write("y")
    game.command("bot", Verb.ACCEPT, on="y")
    assert game.agent("bot").due_at == game.now + (IDLE + QUARTER) * 1_000


def test_who_finishes_a_conversation_that_the_customer_takes_up_again_is_timed_out_as_well() -> (
    None
):
    game = one_holds(wrap_up_seconds=50_000)
    game.command("ann", Verb.DECLINE, on="y")
    game.command("ann", Verb.COMPLETE, on="x")
    game.agent_due("ann")
    assert game.stands("x") == ("wrapping", "ann")
    game.write("x")
    assert game.stands("x") == ("assigned", "ann")
    assert game.agent("ann").due_at


def test_what_a_lost_agent_had_completed_is_closed() -> None:
    game = one_holds(wrap_up_seconds=50_000)
    game.command("ann", Verb.COMPLETE, on="x", reason="solved")
    game.agent_due("ann")
    game.agent_due("ann")
    assert game.stands("x") == ("closed", None)
    assert game.doc("x").closed_reason == "solved"


@pytest.mark.parametrize(
    ("idle", "lost", "expected"),
    [
        (IDLE, 0, [Presence.AWAY]),
        (0, LOST, [Presence.OFFLINE]),
        (IDLE, LOST, [Presence.AWAY, Presence.OFFLINE]),
        (0, 0, []),
    ],
)
def test_zero_is_never(idle: int, lost: int, expected: list[Presence]) -> None:
    game = one_holds(idle_seconds=idle, lost_seconds=lost)
    seen = []
    while game.agent("ann").due_at:
        game.agent_due("ann")
        seen.append(game.agent("ann").presence)
    assert seen == expected


def test_a_deadline_that_comes_late_is_the_house_that_slept_and_not_the_agent() -> None:
    game = one_holds()
    game.wait(IDLE + 2 * QUARTER + 1)
    game.agent_due("ann")
    assert game.agent("ann").presence == Presence.ONLINE
    game.agent_due("ann")
    assert game.agent("ann").presence == Presence.AWAY


def test_a_deadline_of_an_agent_that_was_overtaken_does_nothing() -> None:
    game = one_holds()
    due_at = game.agent("ann").due_at
    game.now = due_at
    for name, at in (("ann", due_at - 1), ("ann", 0), ("ghost", due_at), ("bob", 0)):
        assert game.handle(DueCame(Due(agent=AgentId(name), due_at=at))) == []


def test_an_agent_of_before_the_upgrade_gets_his_whole_time() -> None:
    game = one_holds()
    old = AgentDoc(id=AgentId("ann"), presence=Presence.ONLINE, presence_at=START)
    game.agents[old.id] = old
    game.restart()
    game.wait(10 * LOST)
    game.command("ann", Verb.REPLY, on="x", text="Hello.")
    assert game.agent("ann").seen_at == game.now
    game.agent_due("ann")
    assert game.agent("ann").presence == Presence.AWAY


@pytest.mark.parametrize(("idle", "lost", "wrong"), [(10, 10, 1), (10, 11, 0), (10, 0, 0)])
def test_who_is_lost_was_idle_before(idle: float, lost: float, wrong: int) -> None:
    assert len(faults(RoutingSettings(idle_seconds=idle, lost_seconds=lost))) == wrong


# -- the morning ramp
def backlog(waiting: int, *names: str, capacity: float = 9, **more: object) -> Play:
    chosen = {"ramp_first": 3, "ramp_seconds": 60} | more
    game = Play(settings(*(agent(each, capacity=capacity) for each in names), **chosen))
    for number in range(waiting):
        game.write(f"w{number:02}")
    return game


def load(game: Play, name: str) -> int:
    return sum(doc.agent == name for doc in game.routing.values())


def test_the_first_on_line_takes_some_and_then_more_in_equal_steps() -> None:
    game = backlog(20, "ann", "bob")
    game.online("ann")
    taken = [load(game, "ann")]
    for number in range(3):
        game.command("ann", Verb.ACCEPT, on=f"w{number:02}")
    while game.agent("ann").allowance:
        game.agent_due("ann")
        taken.append(load(game, "ann"))
        for doc in list(game.routing.values()):
            if doc.state == "offered":
                game.command("ann", Verb.ACCEPT, on=doc.conversation.removeprefix("cnv_"))
    assert taken == [3, 4, 5, 6, 7, 8, 9]
    assert game.now == START + 60_000


def test_who_comes_a_little_later_finds_his_share() -> None:
    game = backlog(10, "ann", "bob")
    game.online("ann")
    game.until("ann", 15)
    game.online("bob")
    assert (load(game, "ann"), load(game, "bob")) == (4, 3)
    for _ in range(12):
        for name in ("ann", "bob"):
            game.until(name, 2.5)
    assert (load(game, "ann"), load(game, "bob")) in {(5, 5), (6, 4)}
    assert not any(game.agent(name).allowance for name in ("ann", "bob"))


def test_the_ramp_ends_when_nothing_waits_for_it() -> None:
    game = backlog(4, "ann", "bob")
    game.online("ann")
    assert game.agent("ann").allowance == 3_000
    game.agent_due("ann")
    assert load(game, "ann") == 4
    assert game.agent("ann").allowance == 0


@pytest.mark.parametrize(
    ("waiting", "names", "more"),
    [
        (3, ("ann", "bob"), {}),
        (20, ("ann", "bob"), {"capacity": 3}),
        (20, ("ann", "bob"), {"ramp_seconds": 0}),
        (20, ("ann", "bob"), {"ramp_first": 9}),
        (20, ("ann",), {}),
    ],
    ids=["few wait", "small capacity", "switched off", "first is all", "alone in the house"],
)
def test_nobody_ramps_up_without_need(
    waiting: int, names: tuple[str, ...], more: dict[str, object]
) -> None:
    game = backlog(waiting, *names, **more)  # type: ignore[arg-type]
    game.online("ann")
    assert game.agent("ann").allowance == 0
    assert load(game, "ann") == min(waiting, int(more.get("capacity", 9)))  # type: ignore[call-overload]


def test_one_conversation_at_least_is_taken_at_once() -> None:
    game = backlog(9, "ann", "bob", ramp_first=0.5)
    game.online("ann")
    assert load(game, "ann") == 1


def test_who_comes_back_with_what_he_kept_takes_some_on_top_of_it() -> None:
    game = backlog(2, "ann", "bob")
    game.online("ann")
    for name in ("w00", "w01"):
        game.command("ann", Verb.ACCEPT, on=name)
    game.presence("ann", Presence.AWAY)
    for number in range(20):
        game.write(f"more{number}")
    game.presence("ann", Presence.ONLINE)
    assert load(game, "ann") == 5


def test_who_goes_ramps_no_more_and_begins_anew_when_he_is_back() -> None:
    game = backlog(20, "ann", "bob")
    game.online("ann")
    game.agent_due("ann")
    game.presence("ann", Presence.OFFLINE)
    assert (load(game, "ann"), game.agent("ann").allowance) == (0, 0)
    game.until("ann", 5)
    game.online("ann")
    assert load(game, "ann") == 3


def test_a_machine_of_great_capacity_ramps_up_in_few_steps() -> None:
    game = backlog(30, "bot", "ann", capacity=5_000)
    game.online("bot")
    steps = 0
    while game.agent("bot").allowance:
        game.agent_due("bot")
        steps += 1
    assert steps == 1
    assert load(game, "bot") == 30

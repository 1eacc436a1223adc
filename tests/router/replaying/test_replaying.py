"""Replaying: recorded inputs give the recorded answers, over restarts too; a shadow only looks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.contracts.agents import Verb
from maitred.contracts.operations import ChangeKind
from maitred.router.engine import Engine
from maitred.router.events import Effect, Event
from maitred.router.policies.index import IndexPolicy
from maitred.router.replaying.budgets import Figures, broken
from maitred.router.replaying.replay import (
    Answer,
    Difference,
    Field,
    Replay,
    Rules,
    answering,
    answers,
    differences,
)
from maitred.router.replaying.shadow import Shadow, as_it_is
from maitred.router.settings import AgentSettings, Budgets, RoutingSettings
from tests.router.engine.test_engine_laws import SETTINGS, STEP, Step, one
from tests.router.play import TENANT, Play, agent, asks
from tests.router.play import settings as routing

CLOSED_MS = 86_400_000


class Taped(Play):
    """A play whose inputs and answers are recorded."""

    def __init__(self, chosen: RoutingSettings) -> None:
        super().__init__(chosen)
        self.tape: list[tuple[Event, int, tuple[Effect, ...]]] = []

    def handle(self, event: Event) -> list[Effect]:
        at = self.now
        made = super().handle(event)
        self.tape.append((event, at, answering(made, len(self.tape))))
        return made


def rules(chosen: RoutingSettings) -> Rules:
    return Rules(chosen, IndexPolicy(chosen), CLOSED_MS)


def taped(log: list[Step], chosen: RoutingSettings = SETTINGS) -> Taped:
    game = Taped(chosen)
    game.online("ann", "bob")
    for step in log:
        one(game, step)
    return game


def differing(
    game: Taped, chosen: RoutingSettings, restarts: frozenset[int] = frozenset()
) -> list[Difference]:
    """Return how a replay under settings differs, with restarts before some inputs."""
    replay = Replay(TENANT, rules(chosen))
    found: list[Difference] = []
    for sequence, (event, at, recorded) in enumerate(game.tape):
        if sequence in restarts:
            replay.restart()
        made = replay.play(sequence, (event,), at)
        assert made is not None
        compared = differences(sequence, answers(recorded), answers(made))
        found += [each for each in compared if each is not None]
    return found


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=50), st.frozensets(st.integers(0, 50)))
def test_a_replay_says_what_was_recorded_over_any_restarts(
    log: list[Step], restarts: frozenset[int]
) -> None:
    assert differing(taped(log), SETTINGS, restarts) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=50), st.integers(0, 50))
def test_a_replay_that_changes_its_settings_where_history_did_says_what_was_recorded(
    log: list[Step], at: int
) -> None:
    other = replace(SETTINGS, lam=0.0, relax=(), agents=SETTINGS.agents[1:])
    game = Taped(SETTINGS)
    game.online("ann", "bob")
    for step in log[:at]:
        one(game, step)
    changed = len(game.tape)
    game.settings, game.policy = other, IndexPolicy(other)
    game.restart()
    for step in log[at:]:
        one(game, step)

    replay = Replay(TENANT, rules(SETTINGS))
    for sequence, (event, when, recorded) in enumerate(game.tape):
        if sequence == changed:
            replay.restart(rules(other))
        assert replay.play(sequence, (event,), when) == recorded


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=50))
def test_a_shadow_of_the_same_policy_agrees_and_one_of_another_follows(log: list[Step]) -> None:
    """Whatever another policy would do, it stands where the real one stands after every event."""
    other = replace(SETTINGS, lam=0.0, sigma=2.0, agents=SETTINGS.agents[:2])
    game = taped(log)
    engine = Engine(SETTINGS, IndexPolicy(SETTINGS), TENANT)
    houses = [Engine(each, IndexPolicy(each), TENANT) for each in (SETTINGS, other)]
    same, different = (Shadow(each, as_it_is) for each in houses)
    for shadow in (same, different):
        shadow.load((), ())
    for event, at, _ in game.tape:
        made = tuple(engine.handle(event, at))
        assert same.ask(event, at, made, engine.house).elsewhere == ()
        different.ask(event, at, made, engine.house)
        for each, known in zip(houses, (SETTINGS, other), strict=True):
            assert each.house.docs() == engine.house.docs()
            for name in (person.id for person in known.agents):
                assert each.house.roster.doc(name) == engine.house.roster.doc(name)  # type: ignore[arg-type]


# -- what differs is told
def waiting() -> Taped:
    """Return a tape in which ann is offered x, and y waits."""
    game = Taped(routing(agent("ann", capacity=1), agent("bob", capacity=1)))
    game.online("ann")
    game.write("x")
    game.write("y")
    return game


def test_settings_that_did_not_decide_show_where_and_in_which_field() -> None:
    game = waiting()
    found = differing(game, replace(game.settings, offer_seconds=60.0))
    assert [(each.input, each.conversation, each.agent) for each in found] == [
        (1, "cnv_x", "ann"),
        (2, "cnv_y", None),
    ]
    paths = {field.path for field in found[0].fields}
    assert {"expires_at", "decision.policy"} <= paths
    assert [field.path for field in found[1].fields] == ["policy"]


@pytest.mark.parametrize(
    ("recorded", "replayed", "fields"),
    [
        ((0, 1), (0,), [Field("", "waiting by queue", "(nothing)")]),
        ((0,), (0, 1), [Field("", "(nothing)", "waiting by queue")]),
        ((0, 1), (0, 2), [Field("place among the effects", 1, 2)]),
    ],
)
def test_an_answer_too_many_or_at_another_place_is_a_difference(
    recorded: tuple[int, ...], replayed: tuple[int, ...], fields: list[Field]
) -> None:
    body = waiting().notes()[0]
    made = (tuple(Answer(index, body) for index in each) for each in (recorded, replayed))
    found = [each for each in differences(7, *made) if each is not None]
    assert [list(each.fields) for each in found] == [fields]


def test_a_number_that_differs_in_its_last_bit_is_a_difference() -> None:
    decision = waiting().notes()[0]
    moved = replace(decision, snapshot=replace(decision.snapshot, mood_level=5e-324))
    (found,) = differences(1, [Answer(0, decision)], [Answer(0, moved)])
    assert found is not None
    assert [field.path for field in found.fields] == ["snapshot.mood_level"]


def test_an_input_that_the_engine_cannot_handle_is_left_out_as_dispatch_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    game = waiting()
    replay = Replay(TENANT, rules(game.settings))
    for sequence, (event, at, recorded) in enumerate(game.tape):
        with monkeypatch.context() as patched:
            patched.setattr(Engine, "handle", lambda *_: 1 / 0)
            assert replay.play(99, (event,), at) is None
        assert replay.play(sequence, (event,), at) == recorded


# -- a shadow's answers
def asked(game: Taped, other: RoutingSettings) -> list[tuple[str, str, str]]:
    """Return what another policy would do at the last event: who, really, and instead."""
    engine = Engine(game.settings, IndexPolicy(game.settings), TENANT)
    shadow = Shadow(Engine(other, IndexPolicy(other), TENANT), as_it_is)
    shadow.load((), ())
    for event, at, _ in game.tape:
        found = shadow.ask(event, at, tuple(engine.handle(event, at)), engine.house)
    return [
        (each.conversation, "+".join((each.active.state, *each.active.agents)), _place(each.shadow))
        for each in found.elsewhere
    ]


def _place(standing: object) -> str:
    return "+".join((standing.state, *standing.agents))  # type: ignore[attr-defined]


def people(*more: AgentSettings) -> RoutingSettings:
    return routing(agent("ann", skills={"a": 0.9}), agent("bob", skills={"a": 0.5}), *more)


@pytest.mark.parametrize(
    ("other", "instead"),
    [
        (people(), []),
        (routing(agent("bob", skills={"a": 0.5})), [("cnv_x", "offered+ann", "offered+bob")]),
        (routing(agent("cyd", skills={"a": 1.0})), [("cnv_x", "offered+ann", "waiting")]),
        (people(agent("cyd", skills={"a": 1.0})), []),  # nobody knows whether he was at hand
    ],
)
def test_a_shadow_says_who_would_have_it_instead(
    other: RoutingSettings, instead: list[tuple[str, str, str]]
) -> None:
    game = Taped(people())
    game.online("ann", "bob")
    game.write("x", needs=asks(("a", 0.2)))
    assert asked(game, other) == instead


def test_a_shadow_that_would_take_what_really_waits_is_asked_about_that() -> None:
    """When a slot frees, another conversation than the real one may come first."""
    chosen = routing(agent("ann", capacity=1), mood_weight={"angry": 4})
    game = Taped(chosen)
    game.online("ann")
    game.write("x")
    game.command("ann", Verb.ACCEPT, on="x")
    game.write("y", channel="email")
    game.wait(5)
    game.write("z")
    game.command("ann", Verb.COMPLETE, on="x")
    assert game.stands("z") == ("offered", "ann")
    other = replace(chosen, channel_weight={"email": 1000.0, "chat": 0.001})
    assert asked(game, other) == [("cnv_z", "offered+ann", "waiting")]


def test_a_shadow_that_starts_on_documents_is_not_asked_what_it_would_put_right() -> None:
    game = Taped(people())
    game.online("ann")
    game.write("x", needs=asks(("a", 0.2)))
    engine = Engine(routing(agent("bob")), IndexPolicy(routing(agent("bob"))), TENANT)
    shadow = Shadow(engine, as_it_is)
    shadow.load(game.routing.values(), game.agents.values())
    assert engine.house.docs() == game.engine.house.docs()


def test_an_erased_conversation_is_gone_from_a_shadow_too() -> None:
    game = waiting()
    game.change(ChangeKind.ERASED, "y")
    assert asked(game, replace(game.settings, lam=0.0)) == []


# -- budgets
FIGURES = Figures(
    moved=0.3,
    abandoned=0.02,
    sla={"chat": 0.8, "email": None},
    wait_p95_seconds={"chat": 41.0},
    load={"ann": 0.95, "bob": None},
)


@pytest.mark.parametrize(
    ("budgets", "says"),
    [
        (Budgets(), []),
        (Budgets(moved=0.3, abandoned=0.02, sla={"chat": 0.8}, load=0.95), []),
        (Budgets(moved=0.2), ["budgets.moved: comes to 0.3; at most 0.2 is allowed"]),
        (Budgets(abandoned=0.01), ["budgets.abandoned: comes to 0.02; at most 0.01 is allowed"]),
        (Budgets(sla={"chat": 0.9}), ["budgets.sla.chat: comes to 0.8; at least 0.9 is asked for"]),
        (
            Budgets(wait_p95_seconds={"chat": 40}),
            ["budgets.wait_p95_seconds.chat: comes to 41; at most 40 is allowed"],
        ),
        (Budgets(load=0.9), ["budgets.load: comes to 0.95 for ann; at most 0.9 is allowed"]),
        (
            Budgets(sla={"email": 0.5}, wait_p95_seconds={"sms": 9}),
            [
                "budgets.sla.email: there was nothing to measure it by; the least is 0.5",
                "budgets.wait_p95_seconds.sms: there was nothing to measure it by; the limit is 9",
            ],
        ),
    ],
)
def test_a_broken_budget_is_told_with_path_value_and_limit(
    budgets: Budgets, says: list[str]
) -> None:
    assert broken(budgets, FIGURES) == says


def test_a_budget_does_not_hold_where_nothing_was_measured() -> None:
    budgets = Budgets(moved=1, abandoned=1, load=1, sla={"chat": 0}, wait_p95_seconds={"chat": 9})
    assert len(broken(budgets, Figures())) == 5

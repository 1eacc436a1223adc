"""Why not me: every hard rule is answered, and the answer is never another than the engine's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc, Presence, Verb
from maitred.contracts.conversation import MoodTrack, Needs
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.explaining.why import Verdict, verdict
from maitred.router.house import House
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import AgentSettings
from tests.router.play import START, Play, agent, asks, settings


def doc(name: str = "x", **more: object) -> RoutingDoc:
    fields: dict[str, object] = {
        "conversation": ConversationId(f"cnv_{name}"),
        "customer": CustomerId("cus_x"),
        "state": RoutingState.WAITING,
        "channel": "chat",
        "account": "main",
        "arrived_at": START,
        "state_at": START,
    }
    return RoutingDoc(**{**fields, **more})  # type: ignore[arg-type]


def asked(
    of: AgentSettings, about: RoutingDoc, state: AgentDoc | None = None, **more: object
) -> Verdict:
    """Return what is said of one agent of a small house."""
    chosen = settings(of, agent("zoe"), **more)
    policy = IndexPolicy(chosen)
    house = House(chosen, policy)
    name = AgentId(of.id)
    house.put_agent(state or AgentDoc(id=name, presence=Presence.ONLINE, presence_at=START))
    for number in range(2):
        held = doc(f"held{number}", state=RoutingState.ASSIGNED, agent=name)
        house.put(held)
    return verdict(house, policy, chosen, about, name, START + 1_000)


TAX = asks(("tax", 0.7))
HELD = {"state": RoutingState.HELD, "previous_agent": AgentId("zoe"), "due_at": START + 7_500}
ANGRY = MoodTrack(label=MoodLabel.ANGRY)
RULES: list[tuple[str, AgentSettings, RoutingDoc, AgentDoc | None, tuple[str, str]]] = [
    (
        "a skill that is too low",
        agent("ann", skills={"tax": 0.4}),
        doc(needs=TAX),
        None,
        ("skill", "tax of at least 0.7 is asked for, he has 0.4"),
    ),
    (
        "a skill that is missing after a step",
        agent("ann"),
        doc(needs=TAX, step=9),
        None,
        ("skill", "tax of any level (0.7 before it waited) is asked for, he lacks it"),
    ),
    (
        "a language",
        agent("ann", languages={"en": 1.0}),
        doc(needs=asks(language="fr")),
        None,
        ("language", "fr is asked for, he has 0"),
    ),
    (
        "a machine",
        agent("ann", kind="ai"),
        doc(needs=asks(human_only=True)),
        None,
        ("kind", "a human is asked for, he is a machine"),
    ),
    (
        "one who declined",
        agent("ann"),
        doc(declined=(AgentId("ann"),), due_at=START + 30_000),
        None,
        ("declined", "he declined it or missed the offer, and is passed over until 22:13:50 UTC"),
    ),
    (
        "one who is away",
        agent("ann"),
        doc(),
        AgentDoc(id=AgentId("ann"), presence=Presence.AWAY, presence_at=START),
        ("presence", "he is away since 22:13:20 UTC"),
    ),
    (
        "one who was never there",
        agent("ann"),
        doc(),
        AgentDoc(id=AgentId("ann")),
        ("presence", "he was never on line"),
    ),
    (
        "a full one",
        agent("ann", capacity=2),
        doc(),
        None,
        ("room", "2 of 2 units in use, chat takes 1"),
    ),
    (
        "one who is full on a channel",
        agent("ann", per_channel={"chat": 2}),
        doc(),
        None,
        ("room", "2 of 3 units in use, chat takes 1, 2 of 2 on chat"),
    ),
    (
        "one who ramps up",
        agent("ann"),
        doc(),
        AgentDoc(id=AgentId("ann"), presence=Presence.ONLINE, presence_at=START, allowance=2_500),
        (
            "room",
            "2 of 3 units in use, chat takes 1, having just come on line he takes 2.5 units so far",
        ),
    ),
    (
        "one who is spared",
        agent("ann"),
        doc(mood=ANGRY),
        AgentDoc(
            id=AgentId("ann"),
            presence=Presence.ONLINE,
            presence_at=START,
            spared_until=START + 60_000,
            angry_in_a_row=5,
        ),
        ("care", "he is spared until 22:14:20 UTC, after 5 angry customers in a row"),
    ),
    (
        "one for whom it is not kept",
        agent("ann"),
        doc(**HELD),
        None,
        ("kept", "it is kept for zoe until 22:13:27 UTC"),
    ),
]


@pytest.mark.parametrize(
    ("of", "about", "state", "fails"),
    [case[1:] for case in RULES],
    ids=[case[0] for case in RULES],
)
def test_the_one_rule_that_fails_is_named_with_both_sides(
    of: AgentSettings, about: RoutingDoc, state: AgentDoc | None, fails: tuple[str, str]
) -> None:
    found = asked(of, about, state)
    assert [(each.about, each.says) for each in found.fails] == [fails]


def test_all_rules_are_answered_not_only_the_first_that_fails() -> None:
    found = asked(
        agent("ann", skills={"tax": 0.1}, languages={"en": 1.0}, capacity=2),
        doc(needs=asks(("tax", 0.7), ("law", 0.0), language="fr"), mood=ANGRY),
        AgentDoc(id=AgentId("ann"), presence=Presence.OFFLINE, presence_at=START),
    )
    assert [(each.about, each.passed) for each in found.checks] == [
        ("skill", False),
        ("skill", False),
        ("language", False),
        ("presence", False),
        ("room", False),
        ("care", True),
    ]
    assert (found.terms, found.fit_terms, found.score) == ({}, {}, 0.0)


def test_what_another_has_in_place_of_a_skill_passes() -> None:
    overflow = {"name": "night", "after": 0.5, "skills": ["tax"], "instead": {"law": 0.5}}
    found = asked(
        agent("ann", skills={"law": 0.8}),
        doc(needs=TAX, step=2),
        overflow=[overflow],
        relax=[0.1],
    )
    (skill,) = [each for each in found.checks if each.about == "skill"]
    assert (skill.passed, found.fails) == (True, ())
    assert "in its place counts for 0.8" in skill.says


def test_who_fails_only_for_now_is_told_the_score_that_he_would_have_had() -> None:
    found = asked(
        agent("ann", skills={"tax": 0.8}, languages={"en": 0.9}, capacity=2),
        doc(needs=asks(("tax", 0.5), language="en"), mood=ANGRY, previous_agent=AgentId("ann")),
    )
    assert math.prod(found.fit_terms.values()) == pytest.approx(0.8 * 0.9 * 0.75)
    assert found.terms["fit"] == pytest.approx(0.8 * 0.9 * 0.75)
    assert found.terms["previous"] == pytest.approx(0.25 * found.terms["fit"])
    assert found.terms["load"] == pytest.approx(-0.6)
    assert sum(found.terms.values()) == pytest.approx(found.score)


def test_who_comes_before_is_named_with_the_term_that_put_him_ahead() -> None:
    chosen = settings(
        agent("ann", skills={"tax": 0.5}),
        agent("bob", skills={"tax": 0.9}),
        agent("cyd", skills={"tax": 0.5}),
        agent("dan", skills={"tax": 1.0}, kind="ai"),
        agent("eve", skills={"tax": 0.4}),
    )
    policy = IndexPolicy(chosen)
    house = House(chosen, policy)
    for place, each in enumerate(("cyd", "ann", "bob", "dan", "eve")):
        at = START + place
        online = AgentDoc(id=AgentId(each), presence=Presence.ONLINE, presence_at=at, idle_since=at)
        house.put_agent(online)
    about = doc(needs=asks(("tax", 0.0), human_only=True))
    found = verdict(house, policy, chosen, about, AgentId("ann"), START)
    assert [(each.agent, each.by) for each in found.better] == [
        ("bob", "fit"),
        ("cyd", "tie_break"),
    ]
    assert found.fails == ()


MOODS = st.sampled_from([MoodLabel.CALM, MoodLabel.ANGRY])
LEVELS = st.sampled_from([0.0, 0.3, 0.7, 1.0])


@given(
    st.lists(st.tuples(LEVELS, LEVELS, st.booleans(), st.integers(0, 3)), min_size=1, max_size=5),
    LEVELS,
    MOODS,
)
@examples(max_examples=60)
def test_it_never_disagrees_with_the_engine(
    agents: list[tuple[float, float, bool, int]], level: float, mood: MoodLabel
) -> None:
    """Who is offered it is the best of those who pass; where nobody passes, it waits."""
    game = Play(
        settings(
            *(
                agent(
                    f"a{at}",
                    skills={"tax": tax},
                    languages={"en": en},
                    kind="ai" if ai else "human",
                )
                for at, (tax, en, ai, _) in enumerate(agents)
            )
        )
    )
    for at, (_, _, _, busy) in enumerate(agents):
        game.online(f"a{at}")
        for number in range(busy):
            game.write(f"{at}-{number}")
            name = game.doc(f"{at}-{number}").agent
            if name is not None:
                game.command(name, Verb.ACCEPT, on=f"{at}-{number}")
    about = doc("new", needs=asks(("tax", level), language="en"), mood=MoodTrack(label=mood))
    house = game.engine.house
    told = {
        each.id: verdict(house, game.policy, game.settings, about, AgentId(each.id), game.now)
        for each in game.settings.agents
    }
    able = [name for name, found in told.items() if not found.fails]
    game.write("new", needs=about.needs, mood=mood)
    chosen = game.doc("new").agent
    assert (chosen is None) == (not able)
    if chosen is not None:
        assert chosen in able
        assert told[chosen].better == ()
        assert all(told[name].better for name in able if name != chosen)


def test_nobody_is_changed_by_asking() -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("ann")
    game.write("x")
    before = game.engine.house.docs()
    about = replace(game.doc("x"), needs=Needs())
    verdict(game.engine.house, game.policy, game.settings, about, AgentId("bob"), game.now)
    assert game.engine.house.docs() == before

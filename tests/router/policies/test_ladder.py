"""The ladder: which steps come, when, in what order, and what each lowers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as settings_of_tests
from hypothesis import strategies as st

from maitred.contracts.agents import Agent
from maitred.contracts.conversation import Needs, SkillNeed
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.hours import ALWAYS_OPEN, Calendar, calendar_of
from maitred.router.policies.index import IndexPolicy
from maitred.router.policies.ladder import Demands, demands, next_step_at, step
from maitred.router.port import STAND_IN_MIN, StandIn
from maitred.router.settings import Hours, Overflow, RoutingSettings
from tests.router.play import Play, agent, asks
from tests.router.play import settings as house_of

NIGHT = int(datetime(2026, 7, 6, 22, tzinfo=UTC).timestamp() * 1000)
NOON = int(datetime(2026, 7, 6, 12, tzinfo=UTC).timestamp() * 1000)
CLOSES = int(datetime(2026, 7, 6, 17, tzinfo=UTC).timestamp() * 1000)
OPENS = int(datetime(2026, 7, 7, 9, tzinfo=UTC).timestamp() * 1000)
DAILY = calendar_of(
    Hours(days=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:00")), UTC
)
SLA = 60_000
"""Of chat."""
GENERAL = {"name": "general", "after": 1.0, "skills": ["billing"], "instead": {"general": 0.3}}
NIGHTLY = {"name": "night", "after": 0.0, "closed": True, "any_agent": True}


def of(*overflow: dict[str, Any], relax: tuple[float, ...] = (0.1,)) -> RoutingSettings:
    return msgspec.convert({"relax": relax, "overflow": overflow}, RoutingSettings)


def waiting(
    *skills: tuple[str, float],
    language: str = "",
    human: bool = False,
    asked_human: bool = False,
    **more: Any,
) -> RoutingDoc:
    fields: dict[str, Any] = {"channel": "chat", "arrived_at": NOON, **more}
    return RoutingDoc(
        conversation=ConversationId("cnv_1"),
        customer=CustomerId("cus_1"),
        state=RoutingState.WAITING,
        account="main",
        state_at=0,
        needs=asks(*skills, language=language, human_only=human),
        asked=Needs(human_only=asked_human),
        **fields,
    )


def times(
    settings: RoutingSettings, doc: RoutingDoc, calendar: Calendar = ALWAYS_OPEN
) -> list[int]:
    """Return after how long each step comes, in milliseconds."""
    found: list[int] = []
    while at := next_step_at(settings, calendar, msgspec.structs.replace(doc, step=len(found))):
        found.append(at - doc.arrived_at)
    return found


@pytest.mark.parametrize(
    ("overflow", "doc", "expected"),
    [
        ([], waiting(("billing", 0.5)), [6_000]),
        ([], waiting(("billing", 0.0)), []),
        ([], waiting(("billing", 0.0), language="fr"), [6_000]),
        ([GENERAL], waiting(("billing", 0.5)), [6_000, 60_000]),
        ([GENERAL | {"after": 0.05}], waiting(("billing", 0.5)), [3_000, 6_000]),
        ([GENERAL | {"after": 0.1}], waiting(("billing", 0.5)), [6_000, 6_000]),
        ([GENERAL], waiting(("billing", 0.0)), [60_000]),
        ([GENERAL], waiting(("law", 0.0)), []),
        ([GENERAL | {"channels": ["sms", "chat"]}], waiting(("billing", 0.0)), [60_000]),
        ([GENERAL | {"channels": ["sms"]}], waiting(("billing", 0.0)), []),
        ([GENERAL | {"skills": []}], waiting(("law", 0.0)), [60_000]),
        ([GENERAL | {"skills": []}], waiting(), []),
        ([{"name": "bots", "after": 2, "any_agent": True}], waiting(human=True), [120_000]),
        ([{"name": "bots", "after": 2, "any_agent": True}], waiting(), []),
        (
            [{"name": "bots", "after": 2, "any_agent": True}],
            waiting(human=True, asked_human=True),
            [],
        ),
        (
            [GENERAL, GENERAL | {"name": "b", "after": 0.5}],
            waiting(("billing", 0.0)),
            [30_000, SLA],
        ),
    ],
)
def test_only_steps_that_would_change_something_come_in_the_order_of_time(
    overflow: list[dict[str, Any]], doc: RoutingDoc, expected: list[int]
) -> None:
    assert times(of(*overflow), doc) == expected


def test_the_clock_of_the_house_counts_for_all_but_what_is_for_a_closed_house() -> None:
    settings = of(GENERAL, NIGHTLY | {"after": 2.0})
    doc = waiting(("billing", 0.5), human=True, arrived_at=NIGHT)
    night = OPENS - NIGHT
    counted = night // 1000  # the night, as the clock of the house has it
    assert times(settings, doc, DAILY) == [2 * SLA, 6_000_000, night + SLA - counted]


def test_what_waits_when_the_house_closes_goes_where_it_goes_at_night() -> None:
    settings = of(NIGHTLY, relax=())
    assert times(settings, waiting(human=True), DAILY) == [CLOSES - NOON]
    assert times(settings, waiting(human=True, arrived_at=NIGHT), DAILY) == [0]
    assert times(settings, waiting(human=True), ALWAYS_OPEN) == []


def test_a_step_comes_at_its_moment_and_stays_taken() -> None:
    settings = of(GENERAL)
    doc = waiting(("billing", 0.5))
    came = [step(settings, ALWAYS_OPEN, doc, NOON + at) for at in (0, 5_999, 6_000, 59_999, 60_000)]
    assert came == [0, 0, 1, 1, 2]
    taken = msgspec.structs.replace(doc, step=1, channel="email")
    assert step(settings, ALWAYS_OPEN, taken, NOON + 7_000) == 1


def test_each_overflow_lets_others_stand_in_and_relaxation_goes_on_beside_it() -> None:
    settings = of(GENERAL | {"after": 0.2}, relax=(0.1, 0.5))
    doc = waiting(("billing", 0.8), ("law", 0.4), language="fr", human=True)
    asked = [
        demands(settings, ALWAYS_OPEN, msgspec.structs.replace(doc, step=taken))
        for taken in range(5)
    ]
    stand_in = (StandIn(("billing",), (("general", 0.3),)),)
    half = (("billing", 0.4), ("law", 0.2))
    none = (("billing", 0.0), ("law", 0.0))
    assert asked == [
        Demands((("billing", 0.8), ("law", 0.4)), any_language=False, human_only=True),
        Demands(half, any_language=False, human_only=True),
        Demands(half, any_language=False, human_only=True, stand_ins=stand_in),
        Demands(none, any_language=True, human_only=True, stand_ins=stand_in),
        Demands(none, any_language=True, human_only=True, stand_ins=stand_in),
    ]


def test_a_machine_never_takes_what_an_agent_handed_to_a_human() -> None:
    settings = of({"name": "bots", "after": 0.1, "skills": ["billing"], "any_agent": True})
    for asked_human in (False, True):
        doc = waiting(("billing", 0.0), human=True, asked_human=asked_human, step=1)
        assert demands(settings, ALWAYS_OPEN, doc).human_only is asked_human


SKILLED = {"billing": 0.6}


@pytest.mark.parametrize(
    ("skills", "instead", "expected"),
    [
        ({"billing": 0.6}, {"general": 0.3}, 0.6),
        ({"billing": 0.6, "general": 0.9}, {"general": 0.3}, 0.6),
        ({"general": 0.4}, {"general": 0.3}, 0.4),
        ({"general": 0.2}, {"general": 0.3}, 0.0),
        ({"general": 0.9, "tact": 0.5}, {"general": 0.3, "tact": 0.1}, 0.5),
        ({"general": 0.9}, {"general": 0.3, "tact": 0.0}, 0.0),
        ({"billing": 0.2, "general": 0.4}, {"general": 0.3}, 0.4),
        ({}, {}, STAND_IN_MIN),
    ],
)
def test_who_has_the_skill_takes_it_still_and_who_stands_in_counts_for_what_he_has_instead(
    skills: dict[str, float], instead: dict[str, float], expected: float
) -> None:
    settings = of(GENERAL | {"after": 0.0, "instead": instead}, relax=())
    policy = IndexPolicy(settings)
    doc = waiting(("billing", 0.5), step=1)
    fit = policy.fit(policy.signature(doc), Agent(id=AgentId("ann"), skills=skills))
    assert fit.value == expected
    assert fit.excluded == ("" if expected else "no_skill:billing")


def test_a_language_that_has_no_floor_stays_a_bar_and_no_step_pretends_otherwise() -> None:
    policy = IndexPolicy(of(relax=(0.1, 1.0)))
    strict_settings = msgspec.structs.replace(of(relax=(0.1, 1.0)), language_floor=0.0)
    strict = IndexPolicy(strict_settings)
    english = Agent(id=AgentId("ann"), skills={"billing": 0.9}, languages={"en": 1.0})
    doc = waiting(("billing", 0.5), language="fr", step=2)
    assert policy.fit(policy.signature(doc), english).value > 0
    assert strict.fit(strict.signature(doc), english).excluded == "no_language:fr"
    assert next_step_at(strict_settings, ALWAYS_OPEN, waiting(language="fr")) == 0


_levels = st.sampled_from([0.0, 0.3, 0.8])
_names = st.sampled_from(["billing", "law", "general"])
_overflow = st.builds(
    Overflow,
    name=st.uuids().map(str),
    after=st.sampled_from([0.0, 0.1, 0.5, 3.0]),
    skills=st.lists(_names, max_size=2).map(tuple),
    channels=st.sampled_from([(), ("chat",), ("sms",)]),
    closed=st.booleans(),
    instead=st.dictionaries(_names, _levels, max_size=2),
    any_agent=st.booleans(),
)
_houses = st.builds(
    RoutingSettings,
    relax=st.sampled_from([(), (0.1,), (0.1, 0.5, 2.0)]),
    language_floor=st.sampled_from([0.0, 0.1]),
    overflow=st.lists(_overflow, max_size=4).map(tuple),
)
_docs = st.builds(
    lambda skills, language, flags, arrived: waiting(
        *skills.items(), language=language, human=flags[0], asked_human=flags[1], arrived_at=arrived
    ),
    st.dictionaries(_names, _levels, max_size=3),
    st.sampled_from(["", "fr"]),
    st.tuples(st.booleans(), st.booleans()),
    st.integers(NOON, NOON + 7 * 86_400_000),
)
_calendars = st.sampled_from([ALWAYS_OPEN, DAILY])


@given(settings=_houses, doc=_docs, calendar=_calendars)
def test_each_step_comes_when_it_is_said_to_once_and_never_asks_for_more(
    settings: RoutingSettings, doc: RoutingDoc, calendar: Calendar
) -> None:
    policy = IndexPolicy(settings, calendar)
    staff = [
        Agent(id=AgentId("ann"), skills={"billing": 0.5, "law": 0.2}, languages={"en": 1.0}),
        Agent(id=AgentId("bob"), skills={"general": 0.9}),
        Agent(id=AgentId("bot"), skills={"general": 0.9}, kind="ai"),  # type: ignore[arg-type]
    ]
    now, taken = doc.arrived_at, step(settings, calendar, doc, doc.arrived_at)
    able: set[str] = set()
    while True:
        doc = msgspec.structs.replace(doc, step=taken)
        signature = policy.signature(doc)
        able_now = {each.id for each in staff if policy.fit(signature, each).value > 0}
        assert able <= able_now, "a step shut somebody out"
        able = able_now
        at = next_step_at(settings, calendar, doc)
        if not at:
            break
        assert at > now, "a step that had come was not taken"
        assert step(settings, calendar, doc, at - 1) == taken
        now, taken = at, step(settings, calendar, doc, at)
        assert taken > doc.step
    assert taken <= len(settings.relax) + len(settings.overflow)


@given(settings=_houses, doc=_docs, calendar=_calendars, after=st.integers(0, 10**9))
def test_whoever_looks_later_finds_the_same_as_who_looked_at_every_step(
    settings: RoutingSettings, doc: RoutingDoc, calendar: Calendar, after: int
) -> None:
    now, looked = doc.arrived_at + after, doc
    while (at := next_step_at(settings, calendar, looked)) and at <= now:
        taken = step(settings, calendar, looked, at)
        looked = msgspec.structs.replace(looked, step=taken)
    assert looked.step == step(settings, calendar, doc, now)


def test_overflow_gives_a_conversation_to_whoever_stands_in_as_soon_as_it_comes() -> None:
    play = Play(
        house_of(
            agent("ann", skills={"billing": 0.9}, capacity=1),
            agent("bob", skills={"general": 0.9}),
            agent("bot", kind="ai", skills={"general": 0.9}),
            relax=[0.1],
            overflow=[GENERAL, {"name": "bots", "after": 2.0, "any_agent": True}],
        ),
        reload=True,
    )
    play.online("ann", "bob", "bot")
    play.write("one", needs=asks(("billing", 0.5)))
    play.write("two", needs=asks(("billing", 0.5), human_only=True))
    assert play.stands("two") == ("waiting", None)
    play.due("two")
    assert play.stands("two") == ("waiting", None), "lower levels help nobody"
    play.due("two")
    assert play.stands("two") == ("offered", "bob")
    assert play.doc("two").step == 2


def test_a_machine_takes_at_last_what_asked_for_a_human() -> None:
    play = Play(
        house_of(
            agent("bot", kind="ai", skills={"general": 0.9}),
            overflow=[{"name": "bots", "after": 2.0, "any_agent": True}],
        )
    )
    play.online("bot")
    play.write("one", needs=asks(human_only=True))
    assert play.stands("one") == ("waiting", None)
    play.due("one")
    assert play.stands("one") == ("offered", "bot")


def test_a_skill_need_is_compared_as_it_is_written() -> None:
    doc = waiting(("billing", 0.1))
    assert doc.needs.skills == (SkillNeed(skill="billing", level=0.1),)
    assert demands(of(), ALWAYS_OPEN, doc).skills == (("billing", 0.1),)


@settings_of_tests(deadline=None, max_examples=60)
@given(house=_houses, doc=_docs, busy=st.booleans())
def test_whoever_may_take_it_by_now_has_it_after_every_step(
    house: RoutingSettings, doc: RoutingDoc, *, busy: bool
) -> None:
    """`Play` holds after each event that nobody with room may take what waits."""
    chosen = house_of(
        agent("ann", skills={"billing": 0.5, "law": 0.2}, capacity=1),
        agent("bob", skills={"general": 0.9}, capacity=1),
        agent("bot", kind="ai", skills={"general": 0.9}, capacity=1),
        relax=house.relax,
        overflow=house.overflow,
    )
    play = Play(chosen, reload=True)
    play.online("ann", "bob", "bot")
    if busy:
        play.write("first")
    play.write("one", needs=doc.needs)
    for _ in range(len(house.relax) + len(house.overflow) + 1):
        if play.stands("one")[0] != "waiting" or not play.doc("one").due_at:
            break
        before = play.doc("one")
        play.due("one")
        assert play.doc("one").step > before.step
        assert play.doc("one").arrived_at == before.arrived_at
    else:
        raise AssertionError("there is always another step")

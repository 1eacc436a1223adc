"""Staffing: demands that nobody meets, overflow to nobody, and more than the agents can bear."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.router.checking.flow import erlang_c
from maitred.router.checking.network import ENDLESS, Network
from maitred.router.faults import Site, advice, faults
from maitred.router.settings import RoutingSettings

ANN = {"id": "ann", "skills": {"billing": 0.9, "tact": 0.4}, "languages": {"en": 1.0}}
BOB = {"id": "bob", "skills": {"law": 0.5}, "languages": {"fr": 1.0}}
BOT = {"id": "bot", "kind": "ai", "skills": {"general": 1.0, "billing": 0.2}, "capacity": 50}
STAFF = [ANN, BOB, BOT]
SITE = Site(channels={"chat": {}, "email": {}})
OVERFLOW = {"name": "o", "after": 1.0}


def rule(name: str, *skills: str, level: float = 0.3, **more: Any) -> dict[str, Any]:
    return {"name": name, "skills": dict.fromkeys(skills, level), **more}


def found(site: Site = Site(), **table: Any) -> list[str]:  # noqa: B008  (frozen)
    settings = msgspec.convert({"agents": STAFF, **table}, RoutingSettings)
    assert faults(settings) == []
    return advice(settings, site)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"rules": [rule("r", "magic")]}, "(r).skills.magic: no agent has this skill"),
        ({"rules": [rule("r", "law", level=0.6)], "relax": []}, "law = 0.6: no agent is that good"),
        ({"rules": [rule("r", "general", human_only=True)]}, "is a human who has `general`"),
        ({"rules": [rule("r", "billing", "law")]}, "has `billing` and `law`, so its"),
        (
            {"rules": [rule("r", "billing", when={"language": "fr"}, level=0.8)], "relax": []},
            "has `billing` at 0.8 and the language fr",
        ),
        (
            {"rules": [rule("r", "billing"), rule("s", "law")]},
            "rules[0] (r) and rules[1] (s): no single agent has `billing` and `law`",
        ),
        (
            {"rules": [rule("r", "general"), {"name": "s", "human_only": True}]},
            "is a human who has `general`, so what matches both",
        ),
        ({"overflow": [OVERFLOW | {"instead": {"magic": 0.1}}]}, "no agent has magic 0.1"),
        ({"overflow": [OVERFLOW | {"instead": {"law": 0.6}}]}, "no agent has law 0.6"),
        (
            {"agents": [ANN], "overflow": [OVERFLOW | {"any_agent": True}]},
            "there is no machine",
        ),
        (
            {"rules": [rule("r", "law")], "overflow": [OVERFLOW | {"skills": ["lwa"]}]},
            "no rule asks for `lwa`",
        ),
        (
            {"overflow": [OVERFLOW | {"any_agent": True, "channels": ["fax"]}]},
            "overflow[0] (o).channels: there is no channel `fax` here",
        ),
        ({"broadcast": {"chat": 4}}, "broadcast.chat = 4: there are only 3 agents"),
        ({"hold_fraction": {"chat": 1.5}}, "hold_fraction.chat = 1.5"),
        ({"agents": [ANN | {"per_channel": {"chat": 0}}]}, "room for one on chat"),
        ({"channel_units": {"chat": 60}}, "room for one on chat"),
        ({"agents": [ANN | {"per_channel": {"caht": 1}}]}, "per_channel.caht: there is no such"),
        ({"agents": [ANN, BOB | {"capacity": 0}]}, "agents[1] (bob).capacity = 0: is never offer"),
        ({"sla_seconds": {"caht": 1}}, "routing.sla_seconds.caht: there is no such channel here"),
        ({"broadcast": {"fax": 2}}, "broadcast.fax: there is no such channel here"),
        ({"hold_fraction": {"fax": 0.2}}, "hold_fraction.fax: there is no such channel here"),
        (
            {"forecast": [{"channel": "fax", "per_hour": 1.0, "handling_seconds": 60.0}]},
            "forecast[0].channel = 'fax': there is no such channel here",
        ),
    ],
)
def test_what_is_hardly_meant_is_worth_a_word(table: dict[str, Any], said: str) -> None:
    (word,) = found(SITE, **table)
    assert said in word
    assert word.startswith("routing.")


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"rules": [rule("r", "billing", level=1.0)]},
        {"rules": [rule("r", "billing", level=0.9)], "relax": []},
        {"rules": [rule("r", "billing", human_only=True)]},
        {"rules": [rule("r", "billing", "tact")]},
        {"rules": [rule("r", "billing", when={"language": "fr"})]},
        {
            "rules": [
                rule("r", "billing", when={"channel": "chat"}),
                rule("s", "law", when={"channel": "email"}),
            ]
        },
        {
            "rules": [
                rule("r", "billing", when={"mood": "angry"}),
                rule("s", "law", when={"mood": ["calm", "frustrated"]}),
            ]
        },
        {
            "rules": [rule("r", "billing"), rule("s", "law")],
            "overflow": [OVERFLOW | {"skills": ["law"], "instead": {"billing": 0.1}}],
        },
        {
            "rules": [rule("r", "general", human_only=True)],
            "overflow": [OVERFLOW | {"any_agent": True}],
        },
        {
            "rules": [rule("r", "magic")],
            "overflow": [OVERFLOW | {"skills": ["magic"]}],
        },
        {"agents": [], "rules": []},
        {"broadcast": {"chat": 3}},
    ],
)
def test_what_somebody_can_take_at_last_is_worth_none(table: dict[str, Any]) -> None:
    assert found(SITE, **table) == []


def test_an_overflow_of_one_channel_does_not_help_another() -> None:
    overflow = OVERFLOW | {"skills": ["magic"], "channels": ["chat"]}
    for channel, words in (("chat", 0), ("email", 1), ((), 1)):
        rules = [rule("r", "magic", when={"channel": channel})]
        assert len(found(rules=rules, overflow=[overflow])) == words


def test_many_pairs_of_rules_are_summed_up() -> None:
    agents = [{"id": f"a{n}", "skills": {f"s{n}": 1}} for n in range(6)]
    words = found(agents=agents, rules=[rule(f"r{n}", f"s{n}") for n in range(6)])
    assert len(words) == 6
    assert words[-1] == (
        "routing.rules: 10 more combinations of what two rules ask for that no single agent has"
    )


def test_a_thousand_rules_and_ten_thousand_agents_are_looked_at_in_bounded_work() -> None:
    agents = [
        {"id": f"a{n}", "skills": {f"s{n % 7}": 1, f"s{n % 11}": 0.5}, "capacity": 1}
        for n in range(10_000)
    ]
    rules = [rule(f"r{n}", f"s{n % 11}", when={"text": f"w{n}"}) for n in range(1_000)]
    forecast = [
        {"channel": "chat", "per_hour": 6_000, "handling_seconds": 600, "skills": [f"s{n % 11}"]}
        for n in range(64)
    ]
    words = found(agents=agents, rules=rules, forecast=forecast)
    assert any("units of capacity at a time" in word for word in words)


# -- the forecast
def row(per_hour: float, *skills: str, seconds: float = 600, **more: Any) -> dict[str, Any]:
    return {
        "channel": "chat",
        "per_hour": per_hour,
        "handling_seconds": seconds,
        "skills": skills,
        **more,
    }


def staff(count: int, *skills: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"{'-'.join(skills) or 'any'}-{n}", "skills": dict.fromkeys(skills, 0.8), **more}
        for n in range(count)
    ]


def test_a_skill_of_which_more_comes_in_than_its_agents_can_take() -> None:
    agents = [
        *staff(3, "billing", languages={"fr": 1.0}),
        *staff(9, "billing", "law", languages={"en": 1.0}),
    ]
    (word,) = found(agents=agents, forecast=[row(85.2, "billing", language="fr")])
    assert word == (
        "routing.forecast[0] (billing in fr by chat) needs 14.2 units of capacity at a time, and "
        "the 3 agents who can take some of it have between them 9: 5.2 too few"
    )


def test_what_nobody_can_take_is_said_to_be_so() -> None:
    (word,) = found(agents=staff(2, "law"), forecast=[row(6, "billing")])
    assert word == (
        "routing.forecast[0] (billing by chat) needs 1 unit of capacity at a time, and "
        "no agent can take it"
    )


def test_rows_that_are_each_small_enough_are_too_much_together() -> None:
    agents = [*staff(2, "billing"), *staff(2, "billing", "law"), *staff(5, "sales")]
    rows = [row(60, "billing"), row(30, "law"), row(30, "sales")]
    (word,) = found(agents=agents, forecast=rows)
    assert word.startswith(
        "routing.forecast[0] (billing by chat) and forecast[1] (law by chat) need 15 units of "
        "capacity at a time, and the 4 agents who can take some of it have between them 12"
    )


def test_shortages_that_share_no_agent_are_told_apart() -> None:
    agents = [*staff(1, "billing"), *staff(1, "law")]
    words = found(agents=agents, forecast=[row(60, "billing"), row(60, "law")])
    assert [word[:31] for word in words] == [
        "routing.forecast[0] (billing by",
        "routing.forecast[1] (law by cha",
    ]


def test_who_can_take_a_conversation_only_on_one_channel_has_room_only_there() -> None:
    agents = staff(2, "billing", capacity=6, per_channel={"chat": 1})
    (word,) = found(agents=agents, forecast=[row(30, "billing"), row(6, channel="email")])
    assert "needs 5 units of capacity at a time, and the 2 agents" in word
    assert "have between them 2:" in word
    assert found(agents=agents, forecast=[row(30, channel="email")]) == []


def test_units_of_the_channel_count() -> None:
    forecast = [row(60, channel="email")]
    assert found(agents=staff(1), forecast=forecast, channel_units={"email": 0.2}) == []
    (word,) = found(agents=staff(1), forecast=forecast, channel_units={"email": 2})
    assert "needs 20 units" in word


def test_overflow_that_others_take_counts() -> None:
    agents = [*staff(1, "billing"), *staff(4, "general")]
    overflow = [OVERFLOW | {"skills": ["billing"], "instead": {"general": 0.5}}]
    rules = [rule("r", "billing")]
    forecast = [row(36, "billing")]
    assert len(found(agents=agents, forecast=forecast, rules=rules)) == 1
    assert found(agents=agents, forecast=forecast, rules=rules, overflow=overflow) == []


def test_agents_who_are_nearly_full_are_told_how_long_customers_would_wait() -> None:
    (word,) = found(agents=staff(10, capacity=1), forecast=[row(57)])
    assert word == (
        "routing.forecast[0] (by chat) needs 9.5 of the 10 units of capacity that 10 agents can "
        "give, and would wait 991 s on average at best (Erlang C); plan for less than 90%"
    )
    assert found(agents=staff(10, capacity=1), forecast=[row(53)]) == []


@pytest.mark.parametrize(
    ("servers", "load", "waits"),
    # Of the tables for Erlang C, such as Cooper 1981, and by hand: one server waits with its load.
    [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (10, 8.0, 0.4092), (5, 0.0, 0.0), (100, 90.0, 0.2169)],
)
def test_erlang_c_is_what_the_tables_say(servers: int, load: float, waits: float) -> None:
    assert erlang_c(servers, load) == pytest.approx(waits, abs=5e-4)


@given(
    loads=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    rooms=st.lists(st.integers(0, 9), max_size=5),
    data=st.data(),
)
def test_the_cut_names_rows_that_nobody_else_could_help_with(
    loads: list[int], rooms: list[int], data: st.DataObject
) -> None:
    """Hall 1935: all is borne if and only if every set of rows finds room with its takers."""
    pairs = list(itertools.product(range(len(loads)), range(len(rooms))))
    takes = data.draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    network = Network()
    rows = [network.node() for _ in loads]
    agents = [network.node() for _ in rooms]
    for node, load in zip(rows, loads, strict=True):
        network.edge(0, node, load)
    for node, room in zip(agents, rooms, strict=True):
        network.edge(node, 1, room)
    for one, other in sorted(takes):
        network.edge(rows[one], agents[other], ENDLESS)
    reached = network.fill()
    short = {number for number, node in enumerate(rows) if node in reached}

    def lacks(part: set[int]) -> int:
        takers = {agent for one, agent in takes if one in part}
        return sum(loads[each] for each in part) - sum(rooms[each] for each in takers)

    parts = [
        set(each)
        for n in range(len(loads) + 1)
        for each in itertools.combinations(range(len(loads)), n)
    ]
    assert lacks(short) == max(map(lacks, parts))
    assert bool(short) == (lacks(short) > 0)

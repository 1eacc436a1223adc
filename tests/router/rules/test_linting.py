"""Linting: rules that never match here, patterns that match nothing, rules that are needless."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.message import MoodLabel
from maitred.router.checking.linting import conditions
from maitred.router.faults import Site, advice, faults
from maitred.router.rules.needs import Facts, compile_rules, needs_of
from maitred.router.rules.patterns import compile_pattern, searched, why_never
from maitred.router.settings import Match, RoutingSettings

SITE = Site(
    channels={
        "email": {
            "support": frozenset({"support@example.com", "@shop.example"}),
            "sales": frozenset({"Sales@Example.com"}),
        },
        "sms": {"main": frozenset({"+15005550006"})},
        "chat": {"shop": None},
    },
    languages=("en", "de"),
)
EMAIL = Site(channels={"email": SITE.channels["email"]}, languages=("en",))


def found(*rules: dict[str, Any], site: Site = SITE, **more: Any) -> list[str]:
    given = [
        {"name": f"r{number}", "priority_minutes": 1, **rule} for number, rule in enumerate(rules)
    ]
    table = {"agents": [{"id": "ann", "skills": {"tax": 1}}], "rules": given, **more}
    settings = msgspec.convert(table, RoutingSettings)
    assert faults(settings) == []
    return advice(settings, site)


@pytest.mark.parametrize(
    ("when", "path", "said"),
    [
        ({"channel": "emial"}, "channel = 'emial'", "the channels here are chat, email, sms"),
        ({"channel": ["email", "fax"]}, "channel = 'fax'", "never matches"),
        ({"account": "suport"}, "account = 'suport'", "main, sales, shop, support"),
        ({"channel": "sms", "account": "sales"}, "account = 'sales'", "accounts of sms are main"),
        (
            {"channel": "email", "recipient": "*@exmaple.com"},
            "recipient = '*@exmaple.com'",
            "customers write to",
        ),
        (
            {"channel": "email", "account": "sales", "recipient": "support@example.com"},
            "recipient = 'support@example.com'",
            "sales@example.com",
        ),
        ({"channel": "sms", "recipient": "+15005550001"}, "recipient", "+15005550006"),
        ({"language": "fr"}, "language = 'fr'", "normalizer.languages (en, de)"),
        ({"tier": "gold"}, "tier = 'gold'", "no rule gives this tier"),
        ({"hours": "closed"}, "hours", "never closes"),
    ],
)
def test_what_this_house_does_not_have_is_named_with_what_it_has(
    when: dict[str, Any], path: str, said: str
) -> None:
    (word,) = found({"when": when})
    assert word.startswith(f"routing.rules[0] (r0).when.{path}")
    assert said in word


@pytest.mark.parametrize(
    "when",
    [
        {"channel": ["email", "chat"], "account": ["Support", "shop"]},
        {"channel": "email", "recipient": "support@example.com"},
        {"channel": "email", "recipient": "Support+orders@example.com"},
        {"channel": "email", "recipient": "anybody@shop.example"},
        {"channel": "email", "recipient": ["*@shop.example", "*@EXAMPLE.com"]},
        {"channel": "email", "account": "sales", "recipient": "sales@example.com"},
        {"recipient": "*@elsewhere.example"},  # chat has accounts of which nothing is known
        {"language": ["en", "de"], "mood": "angry", "tier": "standard"},
        {"hours": ["open", "closed"]},
        {"contacts": 2, "complaints": 1},
    ],
)
def test_what_this_house_has_is_worth_no_word(when: dict[str, Any]) -> None:
    assert found({"when": when}) == []


def test_of_a_house_of_which_nothing_is_known_nothing_is_said() -> None:
    when = {"channel": "fax", "account": "x", "recipient": "*@y.example", "language": "zu"}
    assert found({"when": when}, site=Site()) == []


def test_a_tier_that_another_rule_gives_and_a_house_that_closes_are_worth_no_word() -> None:
    assert found({"when": {"tier": "gold"}}, {"tier": "Gold"}) == []
    hours = {"days": {"mon": "09:00-17:00"}}
    assert found({"when": {"hours": "closed"}}, hours=hours) == []


@pytest.mark.parametrize(
    ("covered", "by", "needless"),
    [
        ({"when": {"mood": "angry"}}, {}, True),
        ({"when": {"mood": "angry"}}, {"when": {"mood": ["angry", "frustrated"]}}, True),
        ({"when": {"mood": ["angry", "calm"]}}, {"when": {"mood": "angry"}}, False),
        ({}, {"when": {"mood": "angry"}}, False),
        ({"when": {"recipient": "a@b.example"}}, {"when": {"recipient": "*@b.example"}}, True),
        ({"when": {"recipient": "*@b.example"}}, {"when": {"recipient": "a@b.example"}}, False),
        ({"when": {"text": "refund"}}, {"when": {"text": ["refund", "money"]}}, True),
        ({"when": {"text": "refund", "mood": "angry"}}, {"when": {"text": "refund"}}, True),
        ({"when": {"text": "refunds"}}, {"when": {"text": "refund"}}, False),
        ({"when": {"contacts": 3}}, {"when": {"contacts": 2}}, True),
        ({"when": {"contacts": 2}}, {"when": {"contacts": 3}}, False),
        ({}, {"when": {"contacts": 1}}, True),
        ({"when": {"complaints": 1}}, {"when": {"complaints": 2}}, False),
        ({"skills": {"tax": 0.5}}, {"skills": {"tax": 0.5, "law": 0}, "human_only": True}, True),
        ({"skills": {"tax": 0.6}}, {"skills": {"tax": 0.5}}, False),
        ({"skills": {"tax": 0.0}}, {"tier": "vip"}, False),
        ({"human_only": True}, {"skills": {"tax": 0.5}}, False),
        ({"tier": "vip"}, {"tier": "vip", "human_only": True}, True),
        ({"tier": "vip"}, {"tier": "standard", "human_only": True}, False),
        ({"tier": "standard"}, {"tier": "vip", "human_only": True}, True),
        ({"priority_minutes": 1, "human_only": True}, {"human_only": True}, False),
    ],
)
def test_a_rule_whose_every_message_gets_as_much_from_another_is_needless(
    covered: dict[str, Any], by: dict[str, Any], *, needless: bool
) -> None:
    gives = {"priority_minutes": 0, "skills": {"tax": 0.1}}
    if covered.keys() & {"skills", "human_only", "tier"}:
        gives = {"priority_minutes": 0}
    agents = [{"id": "ann", "skills": {"tax": 1, "law": 1}}]
    one, other = {**gives, **covered}, {**gives, **by, "priority_minutes": 5}
    said = (
        "routing.rules[0] (r0): whatever matches it matches rules[1] (r1) too, which gives as "
        "much; remove it, or let it give more"
    )
    assert found(one, other, site=Site(), agents=agents) == [said] * needless


def test_rules_whose_patterns_together_could_hold_up_all_messages_are_told_with_the_worst() -> None:
    wide = {"when": {"text": "a.*b.{0,4}c"}}
    few = [wide | {"priority_minutes": n} for n in range(1, 4)]
    assert found(*few, site=EMAIL) == []
    (said,) = [each for each in found(*few * 10, site=EMAIL) if "busy" in each]
    assert "(r0).when.text" in said
    assert "write fewer repeats" in said


def test_of_two_rules_that_are_the_same_only_one_is_needless() -> None:
    same = {"priority_minutes": 0, "skills": {"tax": 0.1}}
    (word,) = found(same, same)
    assert word.startswith("routing.rules[0] (r0)")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("refund  please", "write one blank"),
        (r"refund\ \ please", "write one blank"),
        ("refund {2}please", "write one blank"),
        (r"refund \b please", "write one blank"),
        ("refund\nplease", "write a blank"),
        (r"refund\nplease", "write a blank"),
        (r"a\tb", "write a blank"),
        ("a{2001}", "2,000 characters"),
        ("[ab]{1500}c{501}", "2,000 characters"),
    ],
)
def test_a_pattern_that_no_searched_text_can_match_is_a_fault(pattern: str, said: str) -> None:
    assert said in why_never(pattern)
    table = {"rules": [{"name": "r", "human_only": True, "when": {"text": pattern}}]}
    (fault,) = faults(msgspec.convert(table, RoutingSettings))
    assert fault.startswith("routing.rules[0] (r).when.text")


@pytest.mark.parametrize(
    "pattern",
    [
        "refund please",
        "refund  ?please",
        "refund *please",
        r"refund\s+please",
        r"refund[\n ]please",
        r"refund\n?please",
        r"refund\n{0,3}please",
        "refund|money  back",
        "(?:a  b)?c",
        "a{1999}b",
        "[  ]x",
        r"^a\b$",
        "[]  ]",
    ],
)
def test_a_pattern_that_may_match_is_none(pattern: str) -> None:
    assert why_never(pattern) == ""


@given(pattern=st.text("ab .\\n[]^{}0123+*?", min_size=1, max_size=12), text=st.text("ab .n{}^"))
def test_what_is_said_never_to_match_never_does(pattern: str, text: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except ValueError:
        return
    if why_never(pattern):
        assert compiled.search(searched("", text)) is None


_conditions: dict[str, Any] = {
    "channel": st.sampled_from([(), "chat", ("chat", "email")]),
    "account": st.sampled_from([(), "main"]),
    "recipient": st.sampled_from([(), "a@x.example", "*@x.example", ("b@y.example",)]),
    "text": st.sampled_from([(), "a", ("a", "b")]),
    "language": st.sampled_from([(), "en", ("en", "fr")]),
    "mood": st.sampled_from([(), "angry", ("angry", "calm")]),
    "tier": st.sampled_from([(), "vip"]),
    "hours": st.sampled_from([(), "open", "closed"]),
    "complaints": st.integers(0, 2),
    "contacts": st.integers(0, 2),
}
_matches = st.fixed_dictionaries({}, optional=_conditions).map(lambda given: Match(**given))
_facts = st.builds(
    Facts,
    channel=st.sampled_from(["chat", "email"]),
    account=st.sampled_from(["main", "shop"]),
    recipients=st.sampled_from([(), ("a@x.example",), ("b@x.example", "b@y.example")]),
    text=st.sampled_from(["", "a", "b", "a b"]),
    language=st.sampled_from(["", "en", "fr"]),
    mood=st.sampled_from([MoodLabel.CALM, MoodLabel.ANGRY]),
    tier=st.sampled_from(["standard", "vip"]),
    complaints=st.integers(0, 2),
    contacts=st.integers(1, 2),
    is_open=st.booleans(),
)


@given(one=_matches, other=_matches, facts=_facts)
def test_conditions_within_others_match_no_more_and_those_that_cannot_meet_never_do(
    one: Match, other: Match, facts: Facts
) -> None:
    table = [{"name": "one", "when": one}, {"name": "other", "when": other}]
    settings = msgspec.convert({"rules": table}, RoutingSettings, from_attributes=True)
    matched = needs_of(compile_rules(settings), facts)[0].because
    if conditions(one).within(conditions(other)):
        assert matched != ("one",)
    if matched == ("one", "other"):
        assert conditions(one).meets(conditions(other))

"""Rules: what matches, how several add up, and the bound on what patterns see."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from maitred.contracts.conversation import Needs, SkillNeed
from maitred.contracts.message import MoodLabel
from maitred.router.rules.needs import Facts, compile_rules, needs_of
from maitred.router.settings import RoutingSettings, faults

TOML = r"""
offer_seconds = 20

[[rules]]
name = "refunds"
when.text = ["refund", 'money\s+back']
skills = { billing = 0.5 }
priority_minutes = 2

[[rules]]
name = "angry-mail"
when = { channel = ["email", "chat"], mood = "angry" }
skills = { billing = 0.7, care = 0.2 }
human_only = true
priority_minutes = 3

[[rules]]
name = "partners"
when = { recipient = "*@partners.example", tier = "standard" }
tier = "vip"

[[rules]]
name = "french"
when = { language = "fr", account = "Paris" }
skills = { paris = 0.1 }

[[agents]]
id = "ann"
skills = { billing = 1, care = 1, paris = 1 }
"""

SETTINGS = msgspec.toml.decode(TOML, type=RoutingSettings)
RULES = compile_rules(SETTINGS)


def test_the_example_has_no_faults() -> None:
    assert faults(SETTINGS) == []


def test_nothing_matches_nothing_and_the_language_is_passed_on() -> None:
    facts = Facts(channel="sms", account="main", text="Hello", language="de")
    assert needs_of(RULES, facts) == (Needs(language="de"), "standard")


def test_all_rules_that_match_add_up() -> None:
    facts = Facts(
        channel="email",
        account="main",
        subject="MONEY \n back!",
        mood=MoodLabel.ANGRY,
        recipients=("Desk@Partners.example",),
    )
    needs, tier = needs_of(RULES, facts)
    assert needs == Needs(
        skills=(SkillNeed(skill="billing", level=0.7), SkillNeed(skill="care", level=0.2)),
        human_only=True,
        priority_minutes=5.0,
        because=("angry-mail", "partners", "refunds"),
    )
    assert tier == "vip"


def test_every_condition_of_a_rule_must_hold() -> None:
    there = Facts(channel="sms", account="paris", language="fr")
    assert needs_of(RULES, there)[0].because == ("french",)
    elsewhere = Facts(channel="sms", account="rome", language="fr")
    assert needs_of(RULES, elsewhere)[0].because == ()


def test_a_rule_never_lowers_a_tier() -> None:
    settings = msgspec.convert({"rules": [{"name": "all", "tier": "standard"}]}, RoutingSettings)
    facts = Facts(channel="chat", account="main", tier="vip")
    assert needs_of(compile_rules(settings), facts)[1] == "vip"


def test_the_order_of_rules_does_not_matter() -> None:
    backwards = compile_rules(msgspec.structs.replace(SETTINGS, rules=SETTINGS.rules[::-1]))
    facts = Facts(channel="chat", account="main", text="a refund", mood=MoodLabel.ANGRY)
    assert needs_of(backwards, facts) == needs_of(RULES, facts)


@pytest.mark.parametrize(
    ("when", "there", "elsewhere"),
    [
        ({"hours": "closed"}, {"is_open": False}, {"is_open": True}),
        ({"hours": "open"}, {"is_open": True}, {"is_open": False}),
        ({"complaints": 2}, {"complaints": 2}, {"complaints": 1}),
        ({"contacts": 2}, {"contacts": 3}, {"contacts": 1}),
    ],
)
def test_rules_see_the_hours_and_what_the_customer_went_through(
    when: dict[str, Any], there: dict[str, Any], elsewhere: dict[str, Any]
) -> None:
    table = {"rules": [{"name": "r", "when": when, "human_only": True}]}
    rules = compile_rules(msgspec.convert(table, RoutingSettings))
    for facts, expected in ((there, True), (elsewhere, False)):
        needs, _ = needs_of(rules, Facts(channel="chat", account="main", **facts))
        assert needs.human_only is expected

"""Faults of the settings: each is found, named by its path, and told how to be put right."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from maitred.router.settings import RoutingSettings, advice, faults

ANN = {"id": "ann", "skills": {"tax": 0.5}}
RULE = {"name": "r", "skills": {"tax": 0.5}}


def of(**table: Any) -> list[str]:
    return faults(msgspec.convert(table, RoutingSettings))


def test_the_defaults_are_faultless() -> None:
    assert of() == []
    assert of(agents=[ANN], rules=[RULE]) == []


@pytest.mark.parametrize(
    ("table", "path", "advice_word"),
    [
        ({"agents": [ANN, ANN]}, "routing.agents[1].id", "differ"),
        ({"agents": [{"id": "a.b"}]}, "routing.agents[0].id", "letters"),
        ({"agents": [{"id": "*"}]}, "routing.agents[0].id", "letters"),
        ({"agents": [{"id": "a", "skills": {"tax": 1.5}}]}, "agents[0].skills.tax", "0 to 1"),
        ({"agents": [{"id": "a", "skills": {"tax": -1}}]}, "agents[0].skills.tax", "0 to 1"),
        ({"agents": [{"id": "a", "skills": {"t x": 1}}]}, "agents[0].skills", "letters"),
        ({"agents": [{"id": "a", "languages": {"fra": 1}}]}, "agents[0].languages", "letters"),
        ({"agents": [{"id": "a", "deescalation": 2}]}, "agents[0].deescalation", "0 to 1"),
        ({"agents": [{"id": "a", "capacity": -1}]}, "agents[0].capacity", "number"),
        ({"agents": [{"id": "a", "per_channel": {"chat": -1}}]}, "per_channel.chat", "number"),
        ({"agents": [{"id": "a", "kind": "cat"}]}, "agents[0].kind", "human"),
        ({"rules": [RULE, RULE]}, "rules[1] (r).name", "differ"),
        ({"rules": [{"name": "r"}]}, "rules[0] (r)", "add"),
        ({"rules": [RULE | {"name": "a b"}]}, "rules[0] (a b).name", "letters"),
        ({"rules": [RULE | {"skills": {"tax": 7}}]}, "skills.tax", "0 to 1"),
        ({"rules": [RULE | {"priority_minutes": -5}]}, "priority_minutes", "number"),
        ({"rules": [RULE | {"when": {"mood": "cross"}}]}, "when.mood", "angry"),
        ({"rules": [RULE | {"when": {"text": ""}}]}, "when.text", "leave it out"),
        ({"rules": [RULE | {"when": {"text": ["x", ""]}}]}, "when.text", "leave it out"),
        ({"rules": [RULE | {"when": {"text": "("}}]}, "when.text", "regular expression"),
        ({"rules": [RULE | {"when": {"text": "(a+)+$"}}]}, "when.text", "repeat"),
        ({"rules": [RULE | {"when": {"language": "english"}}]}, "when.language", "`en`"),
        ({"rules": [RULE | {"when": {"channel": "E-Mail"}}]}, "when.channel", "small"),
        ({"rules": [RULE | {"when": {"recipient": "*.com"}}]}, "when.recipient", "*@example"),
        ({"relax": [0.5, 0.1]}, "relax", "growing"),
        ({"relax": [n / 10 for n in range(9)]}, "relax", "at most"),
        ({"sla_seconds": {"chat": 0}}, "sla_seconds.chat", "number"),
        ({"channel_units": {"chat": 0}}, "channel_units.chat", "number"),
        ({"mood_weight": {"cross": 2}}, "mood_weight", "angry"),
        ({"mood_weight": {"angry": 1}}, "mood_weight.angry", "raise"),
        ({"mood_share": {"frustrated": 0.9}}, "mood_weight.frustrated", "lower"),
        ({"gamma": 3.0}, "mood_weight", "raise"),
        ({"gamma": float("nan")}, "gamma", "number"),
        ({"offer_seconds": 0}, "offer_seconds", "number"),
    ],
)
def test_a_fault_is_named_by_its_path_with_what_to_write(
    table: dict[str, Any], path: str, advice_word: str
) -> None:
    found = of(**table)
    assert any(path in fault and advice_word in fault for fault in found), found
    assert all(fault.startswith("routing.") for fault in found)


def test_a_skill_that_nobody_has_is_worth_a_word_but_stops_nothing() -> None:
    settings = msgspec.convert(
        {"agents": [ANN], "rules": [RULE | {"skills": {"tax": 0.4, "law": 0.1}}]},
        RoutingSettings,
    )
    assert faults(settings) == []
    (word,) = advice(settings)
    assert "law" in word


def test_a_level_that_nobody_reaches_and_nothing_relaxes_is_worth_a_word() -> None:
    table = {"agents": [ANN], "rules": [RULE | {"skills": {"tax": 0.9}}]}
    assert advice(msgspec.convert(table, RoutingSettings)) == []
    assert advice(msgspec.convert(table | {"relax": []}, RoutingSettings))


def test_a_human_rule_without_humans_is_worth_a_word() -> None:
    table = {"agents": [{"id": "bot", "kind": "ai"}], "rules": [{"name": "h", "human_only": True}]}
    assert "human" in advice(msgspec.convert(table, RoutingSettings))[0]


def test_unknown_keys_are_refused_by_the_shape_itself() -> None:
    with pytest.raises(msgspec.ValidationError, match="skils"):
        msgspec.convert({"agents": [{"id": "a", "skils": {}}]}, RoutingSettings)

"""Faults of the settings: each is found, named by its path, and told how to be put right."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from maitred.router.settings import RoutingSettings, advice, faults

ANN = {"id": "ann", "skills": {"tax": 0.5}}
RULE = {"name": "r", "skills": {"tax": 0.5}}
TEST = {"name": "t", "expect": {"rules": ["r"]}}
OVERFLOW = {"name": "o", "after": 0.5, "any_agent": True}
FORECAST = {"channel": "chat", "per_hour": 60, "handling_seconds": 300}


def of(**table: Any) -> list[str]:
    return faults(msgspec.convert(table, RoutingSettings))


def test_the_defaults_are_faultless() -> None:
    assert of() == []
    assert of(agents=[ANN], rules=[RULE]) == []
    hours = {"days": {"mon": ["22:00-06:00"], "tue": ["06:00-12:00", "13:00-24:00"]}}
    more = {"overflow": [OVERFLOW | {"closed": True}], "forecast": [FORECAST]}
    assert of(rules=[RULE], tests=[TEST], hours=hours, **more) == []


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
        ({"rescue_share": 1.5}, "rescue_share", "number"),
        ({"broadcast": {"chat": 0}}, "broadcast.chat", "number"),
        ({"idle_seconds": -1}, "idle_seconds", "number"),
        ({"lost_seconds": -1}, "lost_seconds", "number"),
        ({"idle_seconds": 0.5}, "idle_seconds", "0 for never"),
        ({"lost_seconds": 0.5, "idle_seconds": 0}, "lost_seconds", "0 for never"),
        ({"ramp_first": 0}, "ramp_first", "number"),
        ({"ramp_seconds": -1}, "ramp_seconds", "number"),
        ({"angry_in_a_row": -1}, "angry_in_a_row", "number"),
        ({"cool_down_seconds": -1}, "cool_down_seconds", "number"),
        ({"budgets": {"moved": 2}}, "budgets.moved", "0 to 1"),
        ({"budgets": {"sla": {"chat": -1}}}, "budgets.sla.chat", "0 to 1"),
        ({"budgets": {"wait_p95_seconds": {"chat": -1}}}, "wait_p95_seconds.chat", "number"),
        ({"rules": [RULE | {"when": {"hours": "night"}}]}, "when.hours = 'night'", "`closed`"),
        ({"rules": [RULE | {"when": {"contacts": -1}}]}, "when.contacts", "number"),
        ({"rules": [RULE | {"when": {"complaints": -1}}]}, "when.complaints", "number"),
        *(
            ({"rules": [RULE], "tests": [TEST | wrong]}, path, said)
            for wrong, path, said in (
                ({"name": ""}, "tests[0] ().name", "line"),
                ({"name": "a\nb"}, ".name", "line"),
                ({"mood": "cross"}, "tests[0] (t).mood", "angry"),
                ({"hours": "night"}, "tests[0] (t).hours", "`open`"),
                ({"channel": "E-Mail"}, "tests[0] (t).channel", "small"),
                ({"language": "french"}, "tests[0] (t).language", "`en`"),
                ({"contacts": 0}, "tests[0] (t).contacts", "number"),
                ({"tier": "v i p"}, "tests[0] (t).tier", "letters"),
                ({"expect": {}}, "tests[0] (t).expect", "expects nothing"),
                ({"expect": {"rules": ["q"]}}, "expect.rules", "no rule 'q'"),
                ({"expect": {"skills": {"tax": 2}}}, "expect.skills.tax", "0 to 1"),
            )
        ),
        ({"rules": [RULE], "tests": [TEST, TEST]}, "tests[1] (t).name", "differ"),
        *(
            ({"hours": {"days": {"mon": "09:00-17:00"}} | wrong}, path, said)
            for wrong, path, said in (
                ({"days": {"monday": "09:00-17:00"}}, "hours.days.monday", "one of mon, tue"),
                ({"days": {"mon": "9-17"}}, "hours.days.mon = '9-17'", "`22:00-06:00`"),
                ({"days": {"mon": "09:00-09:00"}}, "hours.days.mon", "is no span"),
                ({"days": {"mon": ["10:00-12:00"] * 13}}, "hours.days.mon", "at most 12"),
                ({"days": {"mon": []}}, "hours.days", "leave `days` out"),
                (
                    {"days": {"mon": ["09:00-13:00", "12:00-17:00"]}},
                    "mon 09:00-13:00 and mon 12:00-17:00 overlap",
                    "one span",
                ),
                (
                    {"days": {"mon": "22:00-06:00", "tue": "05:00-12:00"}},
                    "mon 22:00-06:00 and tue 05:00-12:00 overlap",
                    "end the first",
                ),
                (
                    {"days": {"mon": "00:00-08:00", "sun": "20:00-01:00"}},
                    "sun 20:00-01:00 and mon 00:00-08:00 overlap",
                    "end the first",
                ),
                ({"holidays": ["25.12.2026"]}, "hours.holidays[0]", "`2026-12-25`"),
                ({"holidays": ["2026-02-30"]}, "hours.holidays[0]", "no date"),
            )
        ),
        ({"hours": {"holidays": ["2026-12-25"]}}, "hours.holidays", "never closes"),
        *(
            ({"overflow": [OVERFLOW | wrong]}, path, said)
            for wrong, path, said in (
                ({"name": "a b"}, "overflow[0] (a b).name", "letters"),
                ({"after": -1}, "overflow[0] (o).after", "number"),
                ({"skills": ["a b"]}, "overflow[0] (o).skills", "letters"),
                ({"channels": ["Chat"]}, "overflow[0] (o).channels", "small"),
                ({"instead": {"x": 2}}, "overflow[0] (o).instead.x", "0 to 1"),
                ({"any_agent": False}, "overflow[0] (o)", "changes nothing"),
                ({"closed": True}, "overflow[0] (o).closed", "[routing.hours]"),
            )
        ),
        ({"overflow": [OVERFLOW, OVERFLOW]}, "overflow[1] (o).name", "differ"),
        ({"forecast": [FORECAST | {"channel": "Chat"}]}, "forecast[0].channel", "small"),
        ({"forecast": [FORECAST | {"per_hour": -1}]}, "forecast[0].per_hour", "number"),
        ({"forecast": [FORECAST | {"handling_seconds": 0}]}, "handling_seconds", "number"),
        ({"forecast": [FORECAST | {"skills": ["a b"]}]}, "forecast[0].skills", "letters"),
        ({"forecast": [FORECAST | {"language": "french"}]}, "forecast[0].language", "`en`"),
        ({"forecast": [FORECAST] * 65}, "forecast", "at most 64"),
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

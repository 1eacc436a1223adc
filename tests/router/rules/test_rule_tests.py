"""Tests of rules: what passes says nothing, what fails says what came and why."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from maitred.router.rules.testing import failures
from maitred.router.settings import RoutingSettings, faults

RULES: list[dict[str, Any]] = [
    {"name": "refunds", "when": {"text": "refund"}, "skills": {"billing": 0.5}},
    {
        "name": "upset",
        "when": {"mood": ["frustrated", "angry"], "channel": "chat"},
        "human_only": True,
        "priority_minutes": 5,
    },
    {"name": "french", "when": {"language": "fr", "text": "rembours"}, "skills": {"billing": 0.7}},
    {"name": "partners", "when": {"recipient": "*@partners.example"}, "tier": "vip"},
    {"name": "night", "when": {"hours": "closed"}, "skills": {"night": 0.0}},
    {"name": "again", "when": {"contacts": 2}, "priority_minutes": 2},
    {"name": "burnt", "when": {"complaints": 3}, "skills": {"care": 0.9}},
    {"name": "shop", "when": {"account": "shop", "tier": "vip"}, "skills": {"shop": 0.1}},
]


def failing(**test: Any) -> list[str]:
    settings = msgspec.convert(
        {"rules": RULES, "tests": [{"name": "a case", **test}]}, RoutingSettings
    )
    assert faults(settings) == []
    return failures(settings)


@pytest.mark.parametrize(
    "test",
    [
        {"text": "I want a REFUND", "expect": {"rules": ["refunds"]}},
        {"subject": "Refund", "expect": {"rules": ["refunds"], "skills": {"billing": 0.5}}},
        {"text": "hello", "expect": {"rules": [], "skills": {}, "human_only": False}},
        {"text": "hello", "expect": {"priority_minutes": 0, "tier": "standard"}},
        {"channel": "chat", "mood": "angry", "expect": {"human_only": True}},
        {"channel": "chat", "mood": "angry", "expect": {"priority_minutes": 5.0}},
        {
            "language": "fr",
            "text": "refund, remboursement",
            "expect": {"rules": ["french", "refunds"], "skills": {"billing": 0.7}},
        },
        {"recipients": ["Desk@Partners.example"], "expect": {"tier": "vip"}},
        {"hours": "closed", "expect": {"rules": ["night"]}},
        {"contacts": 2, "expect": {"rules": ["again"]}},
        {"complaints": 7, "expect": {"rules": ["burnt"]}},
        {"account": "shop", "tier": "vip", "expect": {"rules": ["shop"], "tier": "vip"}},
    ],
)
def test_what_comes_as_expected_says_nothing(test: dict[str, Any]) -> None:
    assert failing(**test) == []


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (
            {"text": "my money", "expect": {"rules": ["refunds"]}},
            (
                "expected rules refunds, came none; no rule matched; "
                "refunds did not: when.text = 'refund' does not hold"
            ),
        ),
        (
            {"text": "refund", "expect": {"rules": []}},
            "expected rules none, came refunds; refunds matched",
        ),
        (
            {"mood": "angry", "expect": {"human_only": True}},
            (
                "expected human_only true, came false; no rule matched; "
                "upset did not: when.channel = 'chat' does not hold (email)"
            ),
        ),
        (
            {"channel": "chat", "mood": "calm", "expect": {"priority_minutes": 5}},
            (
                "expected priority_minutes 5, came 0; no rule matched; upset did not: "
                "when.mood = 'frustrated' or 'angry' does not hold (calm)"
            ),
        ),
        (
            {"channel": "chat", "text": "refund", "expect": {"rules": ["upset", "refunds"]}},
            (
                "expected rules refunds, upset, came refunds; refunds matched; upset did not: "
                "when.mood = 'frustrated' or 'angry' does not hold (calm)"
            ),
        ),
        (
            {"text": "refund", "language": "de", "expect": {"skills": {"billing": 0.7}}},
            (
                "expected skills billing 0.7, came billing 0.5; refunds matched; french did not: "
                "when.text = 'rembours' does not hold, and when.language = 'fr' does not hold (de)"
            ),
        ),
        (
            {"recipients": ["a@example.com"], "expect": {"tier": "vip"}},
            (
                "expected tier vip, came standard; no rule matched; partners did not: "
                "when.recipient = '*@partners.example' does not hold (a@example.com)"
            ),
        ),
        (
            {"expect": {"rules": ["night"], "skills": {"night": 0}}},
            (
                "expected rules night, came none, expected skills night 0, came none; "
                "no rule matched; night did not: when.hours = 'closed' does not hold (open)"
            ),
        ),
        (
            {"text": "refund", "expect": {"skills": {"law": 0.5}}},
            "expected skills law 0.5, came billing 0.5; refunds matched",
        ),
    ],
)
def test_what_fails_says_what_came_and_which_condition_did_not_hold(
    test: dict[str, Any], said: str
) -> None:
    assert failing(**test) == [f"routing.tests[0] (a case): {said}"]


def test_each_failing_test_has_a_sentence_of_its_own() -> None:
    tests = [
        {"name": "one", "text": "refund", "expect": {"rules": []}},
        {"name": "two", "text": "refund", "expect": {"rules": ["refunds"]}},
        {"name": "three", "text": "refund", "expect": {"human_only": True}},
    ]
    settings = msgspec.convert({"rules": RULES, "tests": tests}, RoutingSettings)
    assert [each.partition(":")[0] for each in failures(settings)] == [
        "routing.tests[0] (one)",
        "routing.tests[2] (three)",
    ]

"""Faults of the normalizer's regions and patterns name path, value and what to write instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maitred.contracts.errors import ConfigurationError
from maitred.gateway.settings.load import parse
from maitred.normalizer.patterns import PATTERNS_MAX


def faults(normalizer: dict[str, Any], folder: Path) -> list[str]:
    try:
        parse({"identity": {}, "normalizer": normalizer}, folder=folder)
    except ConfigurationError as error:
        return [fault for fault in error.faults if fault.startswith("normalizer")]
    return []


def pattern(name: str, text: str) -> dict[str, Any]:
    return {"patterns": [{"name": name, "pattern": text}]}


@pytest.mark.parametrize(
    ("normalizer", "path", "says"),
    [
        (pattern("order", r"ORD-\d+"), "patterns[0].pattern: 'ORD-", "bounded repeats"),
        (pattern("order", "("), "patterns[0].pattern", "not a regular expression"),
        (pattern("order", ""), "patterns[0].pattern", "empty"),
        (pattern("order", r"\d{0,3}"), "patterns[0].pattern", "nothing is written"),
        (pattern("an order", r"\d{6}"), "patterns[0].name: 'an order'", "letters, digits"),
        (
            {"patterns": [{"name": "a", "pattern": "A1"}, {"name": "a", "pattern": "B1"}]},
            "patterns[1].name: 'a'",
            "join both",
        ),
        (
            {"patterns": [{"name": f"n{n}", "pattern": "A1"} for n in range(PATTERNS_MAX + 1)]},
            "patterns: 17 of them",
            "at most 16",
        ),
        ({"patterns": [{"name": "a"}]}, "patterns[0].pattern", "missing"),
        ({"region": "DE", "more_regions": ["at"]}, "more_regions[0]: 'at'", "capital letters"),
        ({"more_regions": ["AT"]}, "more_regions", "write the first one there"),
    ],
)
def test_a_fault_is_named(normalizer: dict[str, Any], path: str, says: str, tmp_path: Path) -> None:
    found = faults(normalizer, tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"normalizer.{path}")
    assert says in found[0]


def test_sound_patterns_and_regions_have_no_fault(tmp_path: Path) -> None:
    normalizer = pattern("order", r"ORD-\d{6}") | {"region": "DE", "more_regions": ["AT", "CH"]}
    assert faults(normalizer, tmp_path) == []

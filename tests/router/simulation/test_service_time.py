"""The time that service takes, and fit: the formulas, with numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from maitred.router.simulation.scenario import Arrival, SimulatedAgent
from maitred.router.simulation.service import by_fit, fit, same_for_all, service_of
from tests.router.simulation.days import scenario

ANN = SimulatedAgent(
    id="ann",
    skills={"tax": 0.5, "law": 0.32, "art": 1.0},
    languages={"en": 1.0, "de": 0.5},
    deescalation=0.4,
)
SILENT = SimulatedAgent(id="bob", skills={"tax": 1.0})


def customer(**more: Any) -> Arrival:
    return Arrival(id="x", at=0.0, channel="chat", work_s=100.0, **more)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ({}, 100.0),
        ({"skills": ("art",)}, 100.0),
        ({"skills": ("tax",)}, 100 / 0.775),
        ({"skills": ("tax", "law")}, 100 / 0.73),  # the geometric mean is .4
        ({"skills": {"tax": 0.1}}, 100 / 0.775),
        ({"skills": ("zoo",)}, 100 / 0.55),
        ({"skills": ("tax", "zoo")}, 100 / 0.55),
        ({"language": "en"}, 100.0),
        ({"language": "de"}, 100 / 0.9),
        ({"language": "fr"}, 100 / 0.8),
        ({"mood": "delighted"}, 100.0),
        ({"mood": "frustrated"}, 115.0),
        ({"mood": "angry"}, 130.0),
        ({"previous_agent": "ann"}, 80.0),
        ({"previous_agent": "bob"}, 100.0),
        (
            {"skills": ("tax",), "language": "de", "mood": "angry", "previous_agent": "ann"},
            100 / 0.775 / 0.9 * 1.3 * 0.8,
        ),
    ],
)
def test_service_by_fit(asked: dict[str, Any], seconds: float) -> None:
    assert by_fit(customer(**asked), ANN) == pytest.approx(seconds, abs=1e-6)


def test_service_that_is_the_same_for_all() -> None:
    assert same_for_all(customer(skills=("zoo",), mood="angry"), ANN) == pytest.approx(128.0)


@pytest.mark.parametrize(("fits", "seconds"), [(True, 115.0), (False, 128.0)])
def test_the_scenario_says_which(*, fits: bool, seconds: float) -> None:
    day = scenario(agents=[], arrivals=[], service={"by_fit": fits})
    assert service_of(day)(customer(mood="frustrated"), ANN) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, 1.0),
        ({"skills": ("tax",)}, 0.5),
        ({"skills": ("tax", "law"), "language": "de"}, 0.2),
        ({"mood": "frustrated"}, 0.82),
        ({"mood": "angry"}, 0.7),
        ({"skills": ("zoo",)}, 0.0),
        ({"language": "fr"}, 0.0),
    ],
)
def test_fit(asked: dict[str, Any], expected: float) -> None:
    assert fit(customer(**asked), ANN) == pytest.approx(expected, abs=1e-8)


def test_of_whom_no_languages_are_known_half_is_taken_for_granted() -> None:
    assert fit(customer(language="fr"), SILENT) == 0.5

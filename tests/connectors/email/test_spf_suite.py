"""SPF: every case of the public suite for RFC 7208 (openspf, release 2014.04).

`rfc7208/rfc7208-tests.yml` is the file of that name in the source distribution of pyspf 2.0.14,
byte for byte; its licence (BSD, three clauses) stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from maitred.connectors.email.resolving import LookupFailed, Lookups
from maitred.connectors.email.spf import spf

SUITE = Path(__file__).parent / "rfc7208" / "rfc7208-tests.yml"
CASES_IN_SUITE = 203


@dataclass(frozen=True)
class Case:
    """One case: what is asked, the records that answer, and every result that is right."""

    name: str
    host: str
    helo: str
    mail_from: str
    results: tuple[str, ...]
    records: Mapping[str, list[Any]]


def read_suite() -> Iterator[Case]:
    for scenario in yaml.safe_load_all(SUITE.read_text("utf-8")):
        records = {name.lower(): found for name, found in scenario["zonedata"].items()}
        for name, test in scenario["tests"].items():
            result = test["result"]
            yield Case(
                name=f"{scenario['description']}: {name}",
                host=test["host"],
                helo=test["helo"],
                mail_from=test["mailfrom"] or "",
                results=(result,) if isinstance(result, str) else tuple(result),
                records=records,
            )


def answer(records: Mapping[str, list[Any]], name: str, kind: str) -> list[str]:
    """Answer as the suite wants it: `TIMEOUT` is silence, and a CNAME leads on.

    SPF records stand for TXT records too, where a name has none of its own; `TXT: NONE` says that
    there is none.
    """
    here = records.get(name.lower(), [])
    named = {key for each in here if isinstance(each, dict) for key in each}
    found: list[str] = []
    for each in here:
        if each == "TIMEOUT":
            if not found:
                raise LookupFailed
            break
        ((key, value),) = each.items()
        if key == "SPF" and "TXT" not in named:
            key = "TXT"
        if key == "CNAME":
            found += answer(records, value, kind)
        elif key == kind and value == "TIMEOUT":
            raise LookupFailed
        elif key == kind and value != "NONE":
            found.append(as_text(kind, value))
    return found


def as_text(kind: str, value: Any) -> str:
    match kind:
        case "TXT":
            strings = [value] if isinstance(value, str) else value
            return "".join(strings).encode().decode("latin-1")
        case "MX":
            return str(value[1])
    return str(value)


CASES = list(read_suite())


def test_the_suite_is_whole() -> None:
    assert len(CASES) == CASES_IN_SUITE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_of_the_suite_has_one_of_its_results(case: Case) -> None:
    lookups = Lookups(lambda name, kind, _: answer(case.records, name, kind), lambda: 0, 10_000)
    assert spf(case.host, case.mail_from, case.helo, lookups) in case.results

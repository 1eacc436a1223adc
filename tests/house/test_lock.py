"""The lock file pins everything that the project asks for, each package by its hashes."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.sources import ROOT, project

LOCK = (ROOT / "requirements.lock").read_text()
ASKED = [
    Requirement(line)
    for line in project()["project"]["dependencies"] + project()["dependency-groups"]["dev"]
]
_ENTRY = re.compile(r"(?m)^([A-Za-z0-9._-]+)==(\S+?)(?: ; [^\\\n]+)? \\\n((?:    --hash=\S+.*\n)+)")


def _locked() -> dict[str, list[tuple[str, list[str]]]]:
    """Return the versions of each package; one may stand twice, for two ranges of Python."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for name, version, hashes in _ENTRY.findall(LOCK):
        entry = (version, re.findall(r"--hash=(\S+)", hashes))
        found.setdefault(canonicalize_name(name), []).append(entry)
    return found


def test_every_line_of_the_lock_file_is_understood() -> None:
    starts = [line for line in LOCK.splitlines() if line and line[0] not in " #"]
    assert len(starts) == len(_ENTRY.findall(LOCK)) > 0


@pytest.mark.parametrize("requirement", ASKED, ids=lambda each: each.name)
def test_what_the_project_asks_for_is_locked_and_fits(requirement: Requirement) -> None:
    entries = _locked()[canonicalize_name(requirement.name)]
    assert all(requirement.specifier.contains(version) for version, _ in entries)


def test_every_package_is_known_by_its_hashes() -> None:
    for name, entries in _locked().items():
        for _, hashes in entries:
            assert hashes, name
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), name

"""The house is in order: what no linter checks, checked as an ordinary test."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from importlib import import_module
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.sources import BRICKS, ROOT, code, files, project, prose, shown


def _faults(paths: list[Path], rule: str) -> list[str]:
    find = getattr(rules, rule)
    return [
        f"{shown(path)}:{line}" for path in paths for line in find(path.read_text(encoding="utf-8"))
    ]


TESTS = [path for path in code() if path.is_relative_to(ROOT / "tests")]


def test_there_is_something_to_look_at() -> None:
    assert len(code()) > 50
    assert len(TESTS) > 20


def test_no_source_root_hides_the_others() -> None:
    """One `maitred/__init__.py` would make the namespace package an ordinary one."""
    assert [shown(path) for path in ROOT.glob("*/maitred/__init__.py")] == []


@pytest.mark.parametrize("brick", BRICKS)
def test_a_brick_has_one_package_that_says_what_it_is_and_that_it_is_typed(brick: str) -> None:
    assert [path.name for path in (ROOT / brick / "maitred").iterdir() if path.is_dir()] == [brick]
    package = ROOT / brick / "maitred" / brick
    assert (package / "__init__.py").read_text().startswith('"""')
    assert (package / "py.typed").read_bytes() == b""


def test_no_module_outgrows_the_house() -> None:
    long = {
        shown(path): lines
        for path in code()
        if (lines := len(path.read_text().splitlines())) > rules.LINES_MAX
    }
    assert long == {}


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert [shown(path) for path in code() if path.name in drawers] == []


def test_nothing_is_left_to_be_done_in_a_comment() -> None:
    assert _faults(prose(), "left_over") == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert _faults(prose(), "machine_paths") == []


def test_no_test_waits_for_time_to_pass() -> None:
    assert _faults(TESTS, "sleeps") == []


def test_no_test_is_left_out_without_a_reason() -> None:
    assert _faults(TESTS, "unexplained_skips") == []


def test_tests_are_no_packages() -> None:
    """With import mode importlib an `__init__.py` would change the modules' names."""
    assert [shown(path) for path in files("tests") if path.name == "__init__.py"] == []


def test_every_rule_that_ruff_ignores_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert rules.ignores_without_a_reason(text) == []


def test_imports_run_one_way_and_cores_are_pure() -> None:
    lint = Path(sysconfig.get_path("scripts")) / "lint-imports"
    run = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def _entry_points() -> list[str]:
    found = [*project()["project"]["scripts"].values()]
    for group in project()["project"]["entry-points"].values():
        found += group.values()
    return found


@pytest.mark.parametrize("target", _entry_points())
def test_every_entry_point_leads_to_something_to_call(target: str) -> None:
    module, _, name = target.partition(":")
    assert callable(getattr(import_module(module), name))


def test_every_channel_has_a_connector_and_a_decoder_of_the_same_stem() -> None:
    groups = project()["project"]["entry-points"]
    connectors, decoders = groups["maitred.connectors"], groups["maitred.decoders"]
    assert set(connectors) == set(decoders)
    for channel in connectors:
        assert connectors[channel].startswith(f"maitred.connectors.{channel}.connector:")
        assert re.match(rf"maitred\.normalizer\.{channel}(\.decoder)?:", decoders[channel])


MAKE_TARGETS = set(re.findall(r"(?m)^([a-z][\w-]*):", (ROOT / "Makefile").read_text()))


@pytest.mark.parametrize("target", ["setup", "demo", "test", "lint", "lock", "browser"])
def test_the_makefile_has_its_commands(target: str) -> None:
    assert target in MAKE_TARGETS


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_every_make_command_that_a_document_names_exists(name: str) -> None:
    text = (ROOT / name).read_text()
    used = set(re.findall(r"(?m)(?:^|`|\$ )make ([a-z][\w-]*)", text))
    assert used
    assert used <= MAKE_TARGETS


def test_the_readme_shows_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make demo" in text
    assert "make test" in text


def test_the_gate_can_be_run_and_stops_at_the_first_fault() -> None:
    gate = ROOT / ".ci" / "run"
    assert os.access(gate, os.X_OK)
    text = gate.read_text()
    assert "set -euo pipefail" in text
    assert re.findall(r"(?m)^make (\w+)$", text) == ["browser", "lint", "test"]


def test_the_changelog_has_the_version_of_the_project() -> None:
    version = project()["project"]["version"]
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"(?m)^## \[{re.escape(version)}\]", text)

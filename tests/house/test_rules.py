"""The tidy rules themselves: each finds what it is for, and leaves the rest alone."""

from __future__ import annotations

import pytest

from tests.house import rules


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "X" + "XX"])
def test_a_note_of_what_is_left_is_found(word: str) -> None:
    assert rules.left_over(f"fine\n# {word}: later") == [2]
    assert rules.left_over(f"a{word}b") == []


@pytest.mark.parametrize("folder", ["work", "root", "home", "Users", "tmp"])
def test_a_path_of_one_machine_is_found(folder: str) -> None:
    assert rules.machine_paths(f"ok\nopen('/{folder}/x')") == [2]
    assert rules.machine_paths(f"'/{folder}'") == []


def test_only_a_sleep_for_time_to_pass_is_found() -> None:
    text = (
        "await asyncio.sleep(0.1)\n"
        "time.sleep(delay)\n"
        "await asyncio.sleep(0)\n"
        "await asyncio.sleep(0.1)  # polling: nobody tells\n"
        "asleep(1)\n"
    )
    assert rules.sleeps(text) == [1, 2]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("pytest.skip('no node here')", []),
        ("pytest.skip(f'no {x}')", []),
        ("pytest.skip()", [1]),
        ("pytest.skip('')", [1]),
        ("@pytest.mark.skip\ndef test_x(): ...", [2]),
        ("@pytest.mark.skip(reason='broken by design')\ndef test_x(): ...", []),
        ("@pytest.mark.skipif(True)\ndef test_x(): ...", [1]),
        ("@pytest.mark.xfail(strict=True)\ndef test_x(): ...", [1]),
        ("@pytest.mark.parametrize('a', [1])\ndef test_x(): ...", []),
    ],
)
def test_a_skip_without_a_reason_is_found(text: str, faults: list[int]) -> None:
    assert rules.unexplained_skips(text) == faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('ignore = [\n"A1",  # why\n]', []),
        ('ignore = [\n# why\n"A1",\n"B2",\n]', []),
        ('ignore = [\n"A1",  # why\n"A2",\n]', []),
        ('ignore = [\n"A1",  # why\n"B2",\n]', ["B2"]),
        ('ignore = [\n"A1",\n]', ["A1"]),
        ('"demo/**" = ["T201"]', ["T201"]),
        ('"demo/**" = ["T201"]  # prints', []),
        ('ignore = [\n]\nselect = ["ALL"]', []),
    ],
)
def test_an_ignored_rule_without_a_reason_is_found(text: str, faults: list[str]) -> None:
    assert rules.ignores_without_a_reason(text) == faults

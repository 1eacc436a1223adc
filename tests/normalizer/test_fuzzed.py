"""What the fuzzer demands of every input holds of the fixtures that it starts from."""

from __future__ import annotations

import pytest

from tests.fuzz.checks import TARGETS, seeds


@pytest.mark.parametrize("name", TARGETS)
def test_every_fixture_holds_what_a_fuzzed_input_must(name: str) -> None:
    for seed in (*seeds(name), b"", b"\xff\x00"):
        TARGETS[name](seed)


@pytest.mark.parametrize("name", ["email", "sms", "slack", "webhook", "html"])
def test_the_fuzzer_starts_from_something(name: str) -> None:
    assert list(seeds(name))

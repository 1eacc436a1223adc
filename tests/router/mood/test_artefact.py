"""The artefact: what was written is read, and nothing else is taken for a model."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from maitred.router.mood.artefact import (
    BrokenArtefact,
    from_bytes,
    table,
    to_bytes,
)
from maitred.router.mood.linear import built_in

RAW = to_bytes(built_in())


def test_what_was_written_is_read() -> None:
    found = from_bytes(RAW)
    assert found == built_in()
    assert to_bytes(found) == RAW
    assert table(found.weights).shape == (1 << 19, 5)


def test_the_artefact_is_a_few_megabytes_and_tells_what_it_was_made_from() -> None:
    assert len(RAW) < 4_000_000
    assert "GoEmotions" in built_in().made_from


def _again(change: dict[str, object]) -> bytes:
    return to_bytes(msgspec.structs.replace(built_in(), **change))


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda: b"", "it is no mood model"),
        (lambda: b"label\ttext\n", "it is no mood model"),
        (lambda: RAW[:20], "it is no mood model"),
        (lambda: RAW[:13] + b"\x00\x09" + RAW[15:], "it is of format 9, and this Maitred reads 1"),
        (lambda: RAW[:-1], "it is damaged"),
        (lambda: RAW[:5_000] + b"\x00\x01" + RAW[5_002:], "it is damaged"),
        (lambda: _again({"weights": b"\x00" * 10}), "its tables do not fit together"),
        (lambda: _again({"cues": ()}), "its tables do not fit together"),
        (lambda: _again({"bias": (0.0,)}), "its tables do not fit together"),
        (lambda: _again({"bias": (float("nan"),) * 5}), "its tables do not fit together"),
    ],
)
def test_anything_else_is_refused(broken: Callable[[], bytes], reason: str) -> None:
    with pytest.raises(BrokenArtefact, match=f"^{reason}"):
        from_bytes(broken())

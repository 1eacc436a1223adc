"""`docs/normalizer.md` names every kind, and no flag that does not exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from maitred.contracts.message import MessageKind, PartKind

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "normalizer.md").read_text()
FLAGS = re.findall(r"`([a-z_]+)`", PAGE.partition("## Flags")[2].partition("\n## ")[0])


def _strings() -> set[str]:
    """Return every string that stands in the sources of those who flag messages."""
    return {
        node.value
        for brick in ("normalizer", "identity")
        for path in (ROOT / brick).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("kind", [*MessageKind, *PartKind])
def test_every_kind_is_told(kind: MessageKind | PartKind) -> None:
    assert kind.value == "unknown" or f"`{kind.value}`" in PAGE


def test_every_flag_that_is_told_exists() -> None:
    assert len(FLAGS) > 30
    assert set(FLAGS) - _strings() == set()

"""Entities in short: what a text names, one kind after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from maitred.contracts.message import EntityKind
from maitred.normalizer.entities import find

Named = Callable[..., list[str]]

AT = int(datetime(2026, 2, 20, 12, tzinfo=UTC).timestamp() * 1_000)
"""When the messages of these tests were written."""


@pytest.fixture(scope="session")
def named() -> Named:
    """Return a finder of the values of one kind; `region` may be several, with blanks."""

    def values(
        kind: str, text: str, region: str = "", language: str = "", at: int | None = AT
    ) -> list[str]:
        first, *more = region.split() or [""]
        found = find(text, first or None, more_regions=tuple(more), language=language, at=at)
        return [each.value for each in found if each.kind is EntityKind(kind)]

    return values

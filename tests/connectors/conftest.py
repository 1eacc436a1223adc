"""A context that records what a connector hands over, without a broker.

`recording` makes one; what a connector spawns ends with the test. The classes are those that
`maitred.connectors.testing` gives to everybody.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from maitred.connectors.testing.recording import (
    START_MS,
    TENANT,
    MemoryInMemory,
    MemoryOutbox,
    RecordingContext,
    RecordingStore,
)

__all__ = [
    "START_MS",
    "TENANT",
    "MemoryInMemory",
    "MemoryOutbox",
    "RecordingContext",
    "RecordingStore",
]


@pytest.fixture
async def recording() -> AsyncIterator[Callable[..., RecordingContext]]:
    """Return a factory of recording contexts; all of them end with the test."""
    made: list[RecordingContext] = []

    def make(**changes: Any) -> RecordingContext:
        made.append(RecordingContext(**changes))
        return made[-1]

    yield make
    for one in made:
        await one.close()

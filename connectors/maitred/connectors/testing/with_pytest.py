"""The suite under pytest. Needs `pytest` and `pytest-asyncio`, which Maitred itself does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from maitred.connectors.testing.door import Door
from maitred.connectors.testing.suite import CASES, Case, run


def conformance(make: Callable[[], Door]) -> Callable[[Case], Awaitable[None]]:
    """Return a test of every case; what a protocol cannot have is skipped, with its reason.

    Write it into a test module: `test_conformance = conformance(MyDoor)`.
    """

    @pytest.mark.asyncio
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    async def test_conformance(case: Case) -> None:
        outcome = await run(case, make)
        if outcome.not_applicable:
            pytest.skip(outcome.not_applicable)

    return test_conformance

"""`python -m maitred.connectors.testing package.module:Door` runs the suite and prints a table."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from importlib import import_module

from maitred.connectors.testing.door import Door
from maitred.connectors.testing.suite import CASES, run


async def prove(make: Callable[[], Door]) -> int:
    """Run every case and say what became of it; return how many are not met."""
    unmet = 0
    for case in CASES:
        try:
            outcome = await run(case, make)
        except Exception as error:  # noqa: BLE001  (a fault of one case leaves the others alone)
            unmet += 1
            mark, more = "NOT MET", f"{type(error).__name__}: {error}"
        else:
            mark, more = "met", case.sentence
            if outcome.not_applicable:
                mark, more = "n/a", outcome.not_applicable
        sys.stdout.write(f"{mark:8}{case.name:18}{more}\n")
    return unmet


if __name__ == "__main__":
    module, _, name = sys.argv[-1].partition(":")
    if not name:
        sys.exit("usage: python -m maitred.connectors.testing package.module:Door")
    sys.exit(min(asyncio.run(prove(getattr(import_module(module), name))), 1))

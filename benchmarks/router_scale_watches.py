"""Watches: what parts of a round take, without rounds in which another program ran instead."""

from __future__ import annotations

import gc
import resource
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean, quantiles
from typing import Final

US: Final = 1_000
STRETCHES: Final = 5
STRETCH_MIN: Final = 200
"""A stretch has so many rounds at least, so that every agent and kind of work has its turn."""


class Watches:
    """Takes times by name; those of a round count once it was settled, if nobody disturbed it."""

    def __init__(self) -> None:
        self._times: defaultdict[str, list[int]] = defaultdict(list)
        self._round: list[tuple[str, int]] = []
        self._name = ""
        self._began = 0
        self._switches = _switches()

    def at(self, name: str) -> Watches:
        """Name what is timed next."""
        self._name = name
        return self

    def __enter__(self) -> None:
        self._began = time.perf_counter_ns()

    def __exit__(self, *_: object) -> None:
        took = time.perf_counter_ns() - self._began
        self._round.append((self._name, took))

    def settle(self) -> None:
        """End a round."""
        if _switches() != self._switches:
            self._round.clear()
        self.keep()

    def keep(self) -> None:
        """End a round that is too long not to be disturbed."""
        for name, took in self._round:
            self._times[name].append(took)
        self._round.clear()
        self._switches = _switches()

    def costs(self) -> dict[str, dict[str, float]]:
        """Return mean and 99th percentile by name, in microseconds, of the quickest stretch."""
        return {name: _cost(times) for name, times in self._times.items()}


@contextmanager
def quiet() -> Iterator[None]:
    """Let the collector of garbage not look at what stays anyway."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def resident() -> int:
    """Return the memory of this process in bytes."""
    gc.collect()
    with Path("/proc/self/statm").open() as numbers:
        return int(numbers.read().split()[1]) * resource.getpagesize()


def _cost(times: Sequence[int]) -> dict[str, float]:
    length = max(len(times) // STRETCHES, STRETCH_MIN)
    stretches = [times[at : at + length] for at in range(0, len(times), length)]
    best = min((each for each in stretches if len(each) >= min(length, len(times))), key=fmean)
    return {"mean": fmean(best) / US, "p99": quantiles(best, n=100)[98] / US}


def _switches() -> int:
    """Return how often this thread had to yield the processor."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw

"""How honest the estimates of waits are: how often the true wait lies in the range that was told.

The made days of `routing_world` are played through the engine of production. Every few minutes
everybody who waits is told a range, as `maitred waiting` would tell it, and what came true is held
against it. Those who left before they were served are told apart: nobody knows their wait.

    python -m benchmarks.estimates --hours 12 --seeds 3
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from msgspec.structs import replace

from benchmarks.routing_world import Workload, scenario
from maitred.contracts.limits import MINUTE_MS, SECOND_MS
from maitred.router.events import Effect, Event, SaveAgent, SaveRouting
from maitred.router.house import House
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import RoutingSettings
from maitred.router.simulation.run import simulate
from maitred.router.simulation.scenario import MS_US, Scenario
from maitred.router.waits.estimate import Range
from maitred.router.waits.waiting import waiting

LOADS = {"quiet .17/s": 0.17, "busy .205/s": 0.205, "overload .24/s": 0.24}
_HEAD = "channel  served   left no est   >=p10   <=p50   <=p90 p10-p90 p90/p50"
WARM_UP_MS = 60 * MINUTE_MS
EVERY_MS = 10 * MINUTE_MS
ASKED = 0.6
"""Nobody is asked in the last part of a day: when nobody comes any more, all waits are short."""


@dataclass(slots=True)
class Told:
    """What one who waited was told at a time, from the scenario's beginning on."""

    name: str
    at: int
    channel: str
    range: Range | None


class Asking:
    """Follows a run with a house of its own, and asks it every few minutes who waits."""

    def __init__(self, settings: RoutingSettings, begins_at: int, until: float) -> None:
        self.told: list[Told] = []
        self._settings = settings
        self._begins_at = begins_at
        self._asked_at = WARM_UP_MS
        self._until = until
        self._policy = IndexPolicy(settings)
        self._house = House(settings, self._policy)

    def __call__(self, event: Event, now: int, effects: Sequence[Effect]) -> None:
        """Take in what happened; ask if it is time to."""
        del event
        if self._asked_at <= now - self._begins_at <= self._until:
            self._asked_at += EVERY_MS
            self._ask(now)
        self._house.begin()
        for effect in effects:
            match effect:
                case SaveRouting(doc=doc):
                    self._house.put(doc)
                case SaveAgent(doc=agent):
                    self._house.put_agent(agent)

    def _ask(self, now: int) -> None:
        at = now - self._begins_at
        for each in waiting(self._house, self._policy, self._settings, now).shown:
            self.told.append(Told(each.conversation, at, each.channel, each.estimate))


@dataclass(slots=True)
class Tally:
    """How the ranges of some came true."""

    served: int = 0
    left: int = 0
    unknown: int = 0
    below_p10: int = 0
    below_p50: int = 0
    below_p90: int = 0
    widths: list[float] = field(default_factory=list)

    def add(self, told: Range | None, wait: float | None) -> None:
        """Count one; `wait` is missing for who left."""
        if told is None:
            self.unknown += 1
        elif wait is None:
            self.left += 1
        else:
            self.served += 1
            self.below_p10 += wait < told.p10
            self.below_p50 += wait <= told.p50
            self.below_p90 += wait <= told.p90
            if 0 < told.p50 < math.inf:
                self.widths.append(told.p90 / told.p50)

    def row(self) -> str:
        """Return the shares, and in the middle how many times p50 p90 is."""
        count = max(self.served, 1)
        shares = (
            1 - self.below_p10 / count,
            self.below_p50 / count,
            self.below_p90 / count,
            (self.below_p90 - self.below_p10) / count,
            median(self.widths or [math.nan]),
        )
        counts = f"{self.served:>8}{self.left:>7}{self.unknown:>7}"
        return counts + "".join(f"{share:>8.3f}" for share in shares)


def measure(made: Scenario, tallies: dict[str, Tally]) -> None:
    """Play one scenario and count how the ranges came true, by channel and in all."""
    settings = made.settings(RoutingSettings())
    asking = Asking(settings, made.begins_at, made.arrivals[-1].at * SECOND_MS * ASKED)
    outcomes = simulate(made, settings, IndexPolicy(settings), watch=asking)
    started = {each.arrival.id: each.start for each in outcomes}
    for told in asking.told:
        start = started[told.name]
        wait = start / MS_US - told.at if start is not None else None
        for name in ("all", told.channel):
            tallies.setdefault(name, Tally()).add(told.range, wait)


def main(arguments: Sequence[str]) -> None:
    """Print a table for each load, with patient customers and with such as leave."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args(arguments)
    for name, rate in LOADS.items():
        for patient in (False, True):
            if patient and rate > LOADS["busy .205/s"]:
                continue  # nobody leaves, and the queue grows for ever
            tallies: dict[str, Tally] = {}
            for seed in range(asked.seeds):
                made = scenario(Workload(name, rate, asked.hours), seed)
                if patient:
                    stay = tuple(replace(each, patience_s=None) for each in made.arrivals)
                    made = replace(made, arrivals=stay)
                measure(made, tallies)
            print(f"\n{name}, {'nobody leaves' if patient else 'some leave'}")
            print(_HEAD)
            for channel, tally in sorted(tallies.items()):
                print(f"{channel:<7}{tally.row()}")


if __name__ == "__main__":
    main(sys.argv[1:])

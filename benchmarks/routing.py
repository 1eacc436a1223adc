"""Who is served, when and by whom: our policy beside simpler ones, on the same made days.

* The workloads of the routing notes (section 1.6), several replications with common random
  numbers: every policy sees the same customers with the same patience and the same work.
* Ratios to first come, first served, beside what was asked for.
* The simulator against the theory of a queue with impatient customers.

    python -m benchmarks.routing [--quick] [--json] [--seeds 4] [--jobs 2]
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import mean
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import track

from benchmarks import erlang
from benchmarks.routing_contenders import CONTENDERS
from benchmarks.routing_figures import Table, Target, standard_error, table, targets
from benchmarks.routing_tables import show, show_targets
from benchmarks.routing_world import Workload, scenario
from maitred.router.policies.baselines import fifo
from maitred.router.settings import RoutingSettings
from maitred.router.simulation.report import Report, report
from maitred.router.simulation.run import simulate

SEEDS: Final = 4
PIPED_COLUMNS: Final = 220
QUEUE: Final = erlang.Queue(rate=0.205, service=556.0, patience=200.0, servers=104)


WARM_UP: Final = 7_200.0


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A queue in the simulator and in theory."""

    arrivals: int
    simulated: erlang.Found
    error: erlang.Found
    theory: erlang.Found


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was found; `workloads` has the figures by workload and policy."""

    hours: float
    seeds: list[int]
    conversations: int
    lost: int
    erlang_a: Checked
    workloads: dict[str, Table]
    targets: list[Target]


def workloads(hours: float) -> list[Workload]:
    """Return what is simulated, each for so many hours.

    The notes do not name the mean rate of the peaks: at .185 as many leave under FIFO as there.
    """
    return [
        Workload("stationary", 0.205, hours),
        Workload("peaks", 0.185, hours, peak=0.3),
        Workload("overload", 0.240, hours),
        Workload("same for all", 0.205, hours, by_fit=False),
    ]


SAID: Final = {
    "stationary": ".205 customers a second, the house some 95 % busy",
    "peaks": ".185 a second, ±30 % over four hours",
    "overload": ".240 a second: more than the house can serve",
    "same for all": ".205 a second, and service takes as long whoever serves",
}


def replication(load: Workload, seed: int) -> list[Report]:
    """Return what each policy makes of one made day."""
    day = scenario(load, seed)
    found = []
    for each in CONTENDERS:
        settings = day.settings(each.settings)
        outcomes = simulate(day, settings, each.make(settings))
        found.append(report(day, settings, outcomes, policy=each.name))
    return found


def erlang_a(arrivals: int, seeds: Sequence[int]) -> Checked:
    """Return the simulator's figures of a queue beside the theory's."""
    found = [_queue(arrivals, seed) for seed in seeds]
    abandoned, waits = [each.abandoned for each in found], [each.wait for each in found]
    return Checked(
        arrivals=arrivals * len(seeds),
        simulated=erlang.Found(mean(abandoned), mean(waits)),
        error=erlang.Found(standard_error(abandoned), standard_error(waits)),
        theory=erlang.theory(QUEUE),
    )


def _queue(arrivals: int, seed: int) -> erlang.Found:
    day = erlang.scenario(QUEUE, arrivals=arrivals, seed=seed)
    settings = day.settings(RoutingSettings())
    # The house begins empty, which no theory of the long run knows.
    outcomes = [
        each for each in simulate(day, settings, fifo(settings)) if each.arrival.at >= WARM_UP
    ]
    found = report(day, settings, outcomes, policy="fifo").all
    return erlang.Found(found.abandoned or 0.0, found.mean or 0.0)


def measure(hours: float, seeds: Sequence[int], jobs: int, *, shown: bool) -> Measured:
    """Run everything and return the figures."""
    loads = workloads(hours)
    tasks = [(load, seed) for seed in seeds for load in loads]
    runs: dict[str, dict[str, list[Report]]] = {
        load.name: {each.name: [] for each in CONTENDERS} for load in loads
    }
    with ProcessPoolExecutor(jobs) as pool:
        made = pool.map(replication, *zip(*tasks, strict=True))
        bar = track(made, "simulating", len(tasks), disable=not shown, transient=True)
        for (load, _), reports in zip(tasks, bar, strict=True):
            for each in reports:
                runs[load.name][each.policy].append(each)
    tables = {name: table(found) for name, found in runs.items()}
    every = [each for found in runs.values() for reports in found.values() for each in reports]
    return Measured(
        hours=hours,
        seeds=list(seeds),
        conversations=sum(each.arrived for each in every),
        lost=sum(each.lost for each in every),
        erlang_a=erlang_a(round(hours * 1_200), seeds),
        workloads=tables,
        targets=targets(tables),
    )


def main() -> int:
    """Measure and print; 1 if a conversation was lost, or a full run misses a target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under two minutes, rough")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--seeds", type=int, default=0, help=f"how many replications ({SEEDS})")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    arguments = parser.parse_args()
    count = arguments.seeds or (2 if arguments.quick else SEEDS)
    hours = 4.0 if arguments.quick else 24.0
    figures = measure(hours, range(1, count + 1), arguments.jobs, shown=sys.stderr.isatty())
    if arguments.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")
    else:
        _print(figures, Console(width=None if sys.stdout.isatty() else PIPED_COLUMNS))
    missed = [each for each in figures.targets if not each.reached]
    return 1 if figures.lost or (missed and not arguments.quick) else 0


def _print(figures: Measured, console: Console) -> None:
    console.print(
        f"{figures.conversations:,} conversations in days of {figures.hours:g} hours, "
        f"seeds {figures.seeds}; lost: {figures.lost}"
    )
    checked = figures.erlang_a
    console.print(
        f"Erlang-A over {checked.arrivals:,} customers: "
        f"left {checked.simulated.abandoned:.4f} ±{checked.error.abandoned:.4f} "
        f"(theory {checked.theory.abandoned:.4f}), "
        f"mean wait {checked.simulated.wait:.1f} ±{checked.error.wait:.1f} s "
        f"(theory {checked.theory.wait:.1f} s)"
    )
    show(figures.workloads, SAID, console)
    console.print()
    show_targets(figures.targets, console)


if __name__ == "__main__":
    sys.exit(main())

"""Who is who: how right, how safe and how fast customers are told apart.

* Ours beside what others do, on a made year of messages whose true writers are known.
* What the false merges of the hard layer come from, and what proof is worth.
* Resolutions a second, the cost of a component, and what an identifier takes to remember.

    python -m benchmarks.identity [--quick] [--json] [--seeds 3]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, Final

import msgspec
import orjson
from rich.console import Console
from rich.progress import Progress, TaskID

from benchmarks.identity_memory import cached, stored
from benchmarks.identity_metrics import Score, causes, differing, score, shuffles
from benchmarks.identity_models import HARD, all_models, hard
from benchmarks.identity_people import Shares
from benchmarks.identity_speed import resolutions, touched
from benchmarks.identity_tables import show
from benchmarks.identity_targets import targets
from benchmarks.identity_world import Attack, World, world

SEEDS: Final = 3
SHUFFLES: Final = 5
COMPONENTS: Final = (5, 20, 100, 500)
PIPED_COLUMNS: Final = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    customers: int
    shuffles: int
    rounds: int
    stored: int
    cached: Sequence[int]


FULL: Final = Size(3_000, SHUFFLES, 9, 3_000, (1_000, 10_000, 100_000, 1_000_000))
QUICK: Final = Size(1_500, 2, 3, 600, (1_000, 10_000, 100_000))


class Bar:
    """The progress of the whole run."""

    def __init__(self, progress: Progress, steps: int) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task("identity", total=steps)

    def step(self, what: str) -> None:
        """Say what comes next."""
        self._progress.update(self._task, advance=1, description=what)


def accuracy(seeds: Sequence[int], size: Size, bar: Bar) -> dict[str, Any]:
    """Return each model's figures, the mean over worlds, and where false pairs come from.

    `unstable` is the largest share of messages that another order put elsewhere.
    """
    scores: defaultdict[str, list[Score]] = defaultdict(list)
    unstable: defaultdict[str, float] = defaultdict(float)
    false: Counter[str] = Counter()
    messages = 0
    for seed in seeds:
        bar.step(f"world {seed}")
        made = world(seed, size.customers)
        messages += len(made.acts)
        found = all_models(made.sightings())
        for name, clusters in found.items():
            scores[name].append(score(made, clusters))
        false.update(causes(made, found[HARD]))
        for shuffled in shuffles(made, size.shuffles):
            for name, clusters in all_models(shuffled.sightings()).items():
                unstable[name] = max(unstable[name], differing(found[name], clusters))
    return {
        "customers": size.customers,
        "messages": messages // len(seeds),
        "seeds": len(seeds),
        "models": {
            name: _mean(each) | {"unstable": unstable[name]} for name, each in scores.items()
        },
        "false_pairs_of_the_hard_layer": dict(false.most_common()),
    }


def _mean(scores: Sequence[Score]) -> dict[str, Any]:
    return {
        "pair_precision": mean(each.pair_precision for each in scores),
        "pair_recall": mean(each.pair_recall for each in scores),
        "pair_f1": mean(each.pair_f1 for each in scores),
        "b3_precision": mean(each.b3_precision for each in scores),
        "b3_recall": mean(each.b3_recall for each in scores),
        "b3_f1": mean(each.b3_f1 for each in scores),
        "false_clusters": mean(each.false_clusters for each in scores),
        "false_messages": mean(each.false_messages for each in scores),
        "false_pairs": mean(each.false_pairs for each in scores),
        "takeover": {
            kind: mean(each.takeover[kind] for each in scores) for kind in ("all", *Attack)
        },
        "largest": max(each.largest for each in scores),
        "fragments": mean(each.fragments for each in scores),
    }


def proof(seed: int, size: Size) -> dict[str, dict[str, float]]:
    """Return what the hard layer makes of it if more typed addresses are proven by a code."""
    figures = {}
    for returned in (0.0, 0.25, 0.70):
        made: World = world(seed, size.customers, Shares(returned=returned))
        found = score(made, hard(made.sightings()))
        figures[f"{returned:.0%}"] = {
            "precision": found.pair_precision,
            "recall": found.pair_recall,
        }
    return figures


def measure(seeds: Sequence[int], size: Size, bar: Bar) -> dict[str, Any]:
    """Run everything and return the figures."""
    # First, while the process is small: what it takes is told from its whole size.
    bar.step("memory")
    figures: dict[str, Any] = {"cached": cached(size.cached)}
    figures["accuracy"] = accuracy(seeds, size, bar)
    bar.step("proof")
    figures["proof"] = proof(seeds[0], size)
    bar.step("speed")
    figures["resolutions"] = resolutions(2_000, size.rounds)
    figures["touched"] = touched(COMPONENTS, size.rounds)
    bar.step("store")
    figures["stored"] = stored(world(seeds[0], size.stored))
    figures["targets"] = [msgspec.to_builtins(target) for target in targets(figures)]
    return figures


def main() -> int:
    """Measure and print; 1 if an exact target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--seeds", type=int, default=0, help=f"how many worlds ({SEEDS})")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    count = arguments.seeds or (1 if arguments.quick else SEEDS)
    seeds = range(1, count + 1)
    with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        figures = measure(seeds, size, Bar(progress, steps=len(seeds) + 4))
    if arguments.json:
        sys.stdout.write(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        show(figures, Console(width=None if sys.stdout.isatty() else PIPED_COLUMNS))
    missed = [target for target in figures["targets"] if not target["reached"]]
    return 1 if any(target["exact"] for target in missed) else 0


if __name__ == "__main__":
    sys.exit(main())

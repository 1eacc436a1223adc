"""How the router's decisions grow: with who waits, and with who is at hand.

* A slot frees among 1,000 to 1,000,000 who wait: the choice, taking it, and the whole event.
* A customer comes to 10,000 agents of whom few, some or nearly all have room.
* Where NumPy overtakes a loop, what a conversation that waits takes in memory, and what a scan of
  everything costs beside it.

    python -m benchmarks.router_scale [--quick] [--json]

Times are of this thread's processor, without what the clock itself takes; other programs that run
beside it do not count.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import log10
from pathlib import Path
from statistics import fmean, linear_regression, median, quantiles
from typing import Any, Final

import numpy as np
import orjson
from msgspec.structs import replace
from rich.console import Console

from benchmarks.router_scale_tables import show
from benchmarks.router_scale_world import KINDS, NOW, World
from maitred.contracts.agents import Admitted, Command, RoutingDoc, RoutingState, Verb
from maitred.contracts.ids import AgentId, ConversationId
from maitred.router.candidates import Wanted
from maitred.router.columns import Columns
from maitred.router.engine import Engine
from maitred.router.events import CommandCame, SaveRouting
from maitred.router.heads import best_of_few, best_of_many
from maitred.router.placing import BEST_MAX, MISSES_MAX

LOOKING: Final = 200
"""So many agents get room in turn."""
IDLE: Final = (0.001, 0.1, 0.9)
CROSSING: Final = (8, 16, 32, 64, 128, 256, 1_024)
NAIVE_MAX: Final = 10_000
SCANS: Final = 20
PIPED_COLUMNS: Final = 200
US: Final = 1_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    waiting: Sequence[int]
    rounds: int
    arrivals: int


FULL: Final = Size((1_000, 10_000, 100_000, 1_000_000), 20_000, 5_000)
QUICK: Final = Size((1_000, 10_000, 100_000), 4_000, 1_000)


class Watch:
    """Takes the times of one thing, in nanoseconds."""

    def __init__(self) -> None:
        self._times: list[int] = []
        self._began = 0

    def __enter__(self) -> None:
        self._began = time.thread_time_ns()

    def __exit__(self, *_: object) -> None:
        self._times.append(time.thread_time_ns() - self._began)

    def cost(self) -> dict[str, float]:
        """Return mean and 99th percentile in microseconds."""
        times = [max(each - _NOTHING, 0) / US for each in self._times]
        return {"mean": fmean(times), "p99": quantiles(times, n=100)[98]}


def _nothing() -> int:
    """Return what a watch takes itself."""
    times = []
    for _ in range(2_000):
        began = time.thread_time_ns()
        times.append(time.thread_time_ns() - began)
    return round(median(times))


_NOTHING: Final = _nothing()


def freed(world: World, waiting: int, rounds: int) -> dict[str, Any]:
    """Return what it costs that a slot frees while so many wait."""
    agents = world.some(LOOKING)
    before = _resident()
    docs = list(world.waiting(waiting))
    between = _resident()
    engine = world.engine(docs, agents)
    house = engine.house
    figures: dict[str, Any] = {
        "waiting": waiting,
        "document_bytes": (between - before) / waiting,
        "queue_bytes": (_resident() - between) / waiting,
    }
    for doc in world.every_kind():
        house.put(doc)
        house.erase(doc.conversation)
    first = Watch()
    for agent in agents:
        with first:
            house.queue.best_for(agent, NOW)
    figures["first"] = first.cost()
    watches = _cycled(engine, world, agents, rounds)
    figures |= {name: watch.cost() for name, watch in watches.items()}
    figures["handle"] = _handled(engine, world, agents, rounds).cost()
    if waiting <= NAIVE_MAX:
        scan = Watch()
        for agent in agents[:SCANS]:
            with scan:
                _scanned(engine, world, agent)
        figures["naive"] = scan.cost()
    return figures


def _cycled(
    engine: Engine, world: World, agents: Sequence[AgentId], rounds: int
) -> dict[str, Watch]:
    """Let agents take what is best for them, and put it back as the last of its class."""
    house, policy = engine.house, world.policy
    best, take, put = Watch(), Watch(), Watch()
    with _quiet():
        for number in range(rounds):
            agent = agents[number % len(agents)]
            with best:
                head = house.queue.best_for(agent, NOW)
            doc = house.get(head.conversation) if head else None
            if doc is None:
                continue
            with take:
                house.queue.remove(doc.conversation)
            signature, previous = policy.signature(doc), doc.previous_agent
            with put:
                house.queue.put(doc.conversation, signature, NOW + number, previous, held=False)
    return {"best": best, "take": take, "put": put}


def _handled(engine: Engine, world: World, agents: Sequence[AgentId], rounds: int) -> Watch:
    """Let agents complete what they have; each is offered what is best for him then."""
    house, now, watch = engine.house, NOW, Watch()
    for doc in world.filled(agents):
        house.put(doc)
    engine.handle(_complete(engine, agents[0], now), now)
    with _quiet():
        for number in range(rounds):
            now += 1
            event = _complete(engine, agents[number % len(agents)], now)
            with watch:
                effects = engine.handle(event, now)
            for effect in effects:
                if isinstance(effect, SaveRouting) and effect.doc.state == RoutingState.OFFERED:
                    house.put(replace(effect.doc, state=RoutingState.ASSIGNED, due_at=0))
                    house.put(world.another(effect.doc, now))
    return watch


def _complete(engine: Engine, agent: AgentId, now: int) -> CommandCame:
    house = engine.house
    doc = house.get(house.roster.holdings(agent)[0])
    if doc is None:
        raise RuntimeError("an agent holds what nobody knows")
    command = Command(id="c", conversation=doc.conversation, epoch=doc.epoch)
    return CommandCame(Admitted(agent=agent, verb=Verb.COMPLETE, command=command, at=now))


def _scanned(engine: Engine, world: World, agent: AgentId) -> tuple[float, int, str] | None:
    """Return the best for an agent out of a scan of all who wait."""
    policy, profile = world.policy, engine.house.roster.agent(agent)
    clock, ranked = policy.clock(NOW), []
    for doc in _waiting(engine):
        signature, since = policy.signature(doc), policy.virtual_arrival(doc)
        fit = policy.fit(signature, profile).value
        if fit > 0:
            previous = doc.previous_agent == agent
            weight = policy.weight(fit, policy.slope(signature), previous=previous)
            ranked.append((-weight * (clock - since), since, doc.conversation))
    return min(ranked, default=None)


def _waiting(engine: Engine) -> Iterator[RoutingDoc]:
    return (doc for doc in engine.house.docs() if doc.state == RoutingState.WAITING)


def arrivals(world: World, idle: float, rounds: int) -> dict[str, Any]:
    """Return what an arrival costs while such a share of all agents has nothing to do."""
    free = world.some(round(idle * len(world.agents)))
    engine = world.engine(world.filled(world.others(free)), world.agents)
    house = engine.house
    kinds = [world.kind() for _ in range(LOOKING)]
    first, best, misses, handle, naive = Watch(), Watch(), Watch(), Watch(), Watch()
    for kind in kinds:
        with first:
            house.candidates.best(world.wanted(kind), BEST_MAX)
    engine.handle(world.arrival(kinds[0], NOW), NOW)
    with _quiet():
        for number in range(rounds):
            kind, now = kinds[number % len(kinds)], NOW + number
            wanted, event = world.wanted(kind), world.arrival(kind, now)
            with best:
                house.candidates.best(wanted, BEST_MAX)
            with misses:
                house.candidates.misses(wanted, MISSES_MAX)
            with handle:
                engine.handle(event, now)
            house.erase(event.work.conversation)
    for kind in kinds[:SCANS]:
        with naive:
            _asked(engine, world, world.wanted(kind))
    watches = {"first": first, "best": best, "misses": misses, "handle": handle, "naive": naive}
    return {"idle": idle} | {name: watch.cost() for name, watch in watches.items()}


def _asked(engine: Engine, world: World, wanted: Wanted) -> tuple[float, int, str] | None:
    """Return the best agent out of a scan of all."""
    roster, policy, ranked = engine.house.roster, world.policy, []
    for agent in roster.online():
        fit = policy.fit(wanted.signature, roster.agent(agent)).value
        if fit > 0 and roster.has_room(agent, wanted.channel):
            load, flex = roster.load(agent), roster.flex(agent)
            score = policy.offer_score(fit, load, flex, previous=False)
            ranked.append((-score, roster.doc(agent).idle_since, agent))
    return min(ranked, default=None)


def crossing(classes: int, rounds: int) -> dict[str, Any]:
    """Return what a loop and NumPy take for so many classes."""
    columns = Columns()
    for slot in range(classes):
        columns.append(0, 1.0)
        columns.put(slot, (NOW - 1_000 * (slot * 7 % classes), ConversationId("cnv_x")))
    slots, weights = np.arange(classes), np.full(classes, 0.5)
    loop, arrays = Watch(), Watch()
    for _ in range(rounds):
        with loop:
            best_of_few(slots, weights, columns, NOW, None)
        with arrays:
            best_of_many(slots, weights, columns, NOW, None)
    return {"classes": classes, "loop": loop.cost(), "numpy": arrays.cost()}


def growth(rows: Sequence[dict[str, Any]], name: str) -> dict[str, float]:
    """Return by how much a cost grows: microseconds a tenfold, and the exponent of a power."""
    waiting = [log10(row["waiting"]) for row in rows]
    means = [row[name]["mean"] for row in rows]
    line = linear_regression(waiting, means)
    power = linear_regression(waiting, [log10(mean) for mean in means])
    return {"us_a_tenfold": line.slope, "exponent": power.slope}


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the collector of garbage not look at what stays anyway."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _resident() -> int:
    """Return the memory of this process in bytes."""
    gc.collect()
    with Path("/proc/self/statm").open() as numbers:
        return int(numbers.read().split()[1]) * resource.getpagesize()


def measure(size: Size) -> dict[str, Any]:
    """Return all figures."""
    world = World()
    rows = [freed(world, waiting, size.rounds) for waiting in size.waiting]
    return {
        "agents": len(world.agents),
        "profiles": len(world.engine([], []).house.roster.samples),
        "kinds": len(KINDS),
        "freed": rows,
        "growth": {name: growth(rows, name) for name in ("best", "take", "put", "handle")},
        "arrivals": [arrivals(world, idle, size.arrivals) for idle in IDLE],
        "crossing": [crossing(count, size.arrivals) for count in CROSSING],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.router_scale")
    parser.add_argument("--quick", action="store_true", help="fewer who wait and fewer rounds")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args(arguments)
    figures = measure(QUICK if options.quick else FULL)
    if options.json:
        print(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
    else:
        width = None if sys.stdout.isatty() else PIPED_COLUMNS
        show(figures, Console(width=width))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How the router's decisions grow: with who waits, and with who is at hand.

* A slot frees among 1,000 to 1,000,000 who wait: the choice, taking it, and the whole event.
* A customer comes to 10,000 agents of whom few, some or nearly all have room.
* Where NumPy overtakes a loop, what a conversation that waits takes in memory, and what a scan of
  everything costs beside it.

    python -m benchmarks.router_scale [--quick] [--json]

Rounds in which another program took the processor away do not count. What neighbours leave of the
caches does, so of five stretches of rounds the quickest is told.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from statistics import linear_regression
from typing import Any, Final

import orjson
from msgspec.structs import replace
from rich.console import Console

from benchmarks.router_scale_scans import scan_agents, scan_waiting
from benchmarks.router_scale_tables import show
from benchmarks.router_scale_watches import Watches, quiet, resident
from benchmarks.router_scale_world import KINDS, NOW, World
from maitred.contracts.agents import Admitted, Command, Verb
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import RoutingState
from maitred.router.deciding.placing import BEST_MAX, MISSES_MAX
from maitred.router.engine import Engine
from maitred.router.events import CommandCame, SaveRouting
from maitred.router.queueing.columns import Columns, floats, ints, seen_floats, seen_ints
from maitred.router.queueing.heads import best_of_few, best_of_many

LOOKING: Final = 200
"""So many agents get room in turn."""
IDLE: Final = (0.001, 0.1, 0.9)
CROSSING: Final = (8, 16, 32, 64, 128, 256, 1_024)
NAIVE_MAX: Final = 10_000
SCANS: Final = 20
PIPED_COLUMNS: Final = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    waiting: Sequence[int]
    rounds: int
    arrivals: int


FULL: Final = Size((1_000, 10_000, 100_000, 1_000_000), 20_000, 5_000)
QUICK: Final = Size((1_000, 10_000, 100_000), 4_000, 1_000)


def freed(world: World, waiting: int, rounds: int) -> dict[str, Any]:
    """Return what it costs that a slot frees while so many wait."""
    agents = world.some(LOOKING)
    before = resident()
    docs = list(world.waiting(waiting))
    between = resident()
    engine = world.engine(docs, agents)
    house = engine.house
    figures: dict[str, Any] = {
        "waiting": waiting,
        "document_bytes": (between - before) / waiting,
        "queue_bytes": (resident() - between) / waiting,
    }
    for doc in world.every_kind():
        house.put(doc)
        house.erase(doc.conversation)
    watches = Watches()
    for agent in agents:
        with watches.at("first"):
            house.queue.best_for(agent, NOW)
    watches.keep()
    _cycle(engine, world, agents, rounds, watches)
    _handle(engine, world, agents, rounds, watches)
    for agent in agents[: SCANS if waiting <= NAIVE_MAX else 0]:
        with watches.at("naive"):
            scan_waiting(engine, world, agent)
        watches.keep()
    return figures | watches.costs()


def _cycle(
    engine: Engine, world: World, agents: Sequence[AgentId], rounds: int, watches: Watches
) -> None:
    """Let agents take what is best for them, and put it back as the last of its class."""
    house, policy = engine.house, world.policy
    with quiet():
        for number in range(rounds):
            agent = agents[number % len(agents)]
            with watches.at("best"):
                head = house.queue.best_for(agent, NOW)
            doc = house.get(head.conversation) if head else None
            if doc is None:
                continue
            with watches.at("take"):
                house.queue.remove(doc.conversation)
            signature, previous = policy.signature(doc), doc.previous_agent
            with watches.at("put"):
                house.queue.put(doc.conversation, signature, NOW + number, previous, held=False)
            watches.settle()


def _handle(
    engine: Engine, world: World, agents: Sequence[AgentId], rounds: int, watches: Watches
) -> None:
    """Let agents complete what they have; each is offered what is best for him then."""
    house, now = engine.house, NOW
    for doc in world.filled(agents):
        house.put(doc)
    engine.handle(_complete(engine, agents[0], now), now)
    with quiet():
        for number in range(rounds):
            now += 1
            event = _complete(engine, agents[number % len(agents)], now)
            with watches.at("handle"):
                effects = engine.handle(event, now)
            watches.settle()
            for effect in effects:
                if isinstance(effect, SaveRouting) and effect.doc.state == RoutingState.OFFERED:
                    house.put(replace(effect.doc, state=RoutingState.ASSIGNED, due_at=0))
                    house.put(world.another(effect.doc, now))


def _complete(engine: Engine, agent: AgentId, now: int) -> CommandCame:
    house = engine.house
    doc = house.get(house.roster.holdings(agent)[0])
    if doc is None:
        raise RuntimeError("an agent holds what nobody knows")
    command = Command(id="c", conversation=doc.conversation, epoch=doc.epoch)
    return CommandCame(Admitted(agent=agent, verb=Verb.COMPLETE, command=command, at=now))


def arrivals(world: World, idle: float, rounds: int) -> dict[str, Any]:
    """Return what an arrival costs while such a share of all agents has nothing to do."""
    free = world.some(round(idle * len(world.agents)))
    engine = world.engine(world.filled(world.others(free)), world.agents)
    house = engine.house
    kinds = [world.kind() for _ in range(LOOKING)]
    watches = Watches()
    for kind in kinds:
        with watches.at("first"):
            house.candidates.best(world.wanted(kind), BEST_MAX)
    watches.keep()
    for kind in kinds * 2:
        event = world.arrival(kind, NOW)
        engine.handle(event, NOW)
        house.erase(event.work.conversation)
    with quiet():
        for number in range(rounds):
            kind, now = kinds[number % len(kinds)], NOW + number
            wanted, event = world.wanted(kind), world.arrival(kind, now)
            with watches.at("best"):
                house.candidates.best(wanted, BEST_MAX)
            with watches.at("misses"):
                house.candidates.misses(wanted, MISSES_MAX)
            with watches.at("handle"):
                engine.handle(event, now)
            watches.settle()
            house.erase(event.work.conversation)
    for kind in kinds[:SCANS]:
        with watches.at("naive"):
            scan_agents(engine, world, world.wanted(kind))
        watches.keep()
    return {"idle": idle} | watches.costs()


def crossing(classes: int, rounds: int) -> dict[str, Any]:
    """Return what a loop and NumPy take for so many classes."""
    columns = Columns()
    for slot in range(classes):
        columns.append(0, 1.0)
        columns.put(slot, (NOW - 1_000 * (slot * 7 % classes), ConversationId("cnv_x")))
    few = (ints(range(classes)), floats([0.5] * classes))
    many = (seen_ints(few[0]), seen_floats(few[1]))
    watches = Watches()
    for _ in range(rounds):
        with watches.at("loop"):
            best_of_few(*few, columns, NOW, None)
        with watches.at("numpy"):
            best_of_many(*many, columns, NOW, None)
        watches.settle()
    return {"classes": classes} | watches.costs()


def growth(rows: Sequence[dict[str, Any]], name: str) -> dict[str, float]:
    """Return by how much a cost grows: microseconds a tenfold, and the exponent of a power."""
    waiting = [log10(row["waiting"]) for row in rows]
    means = [row[name]["mean"] for row in rows]
    line = linear_regression(waiting, means)
    power = linear_regression(waiting, [log10(mean) for mean in means])
    return {"us_a_tenfold": line.slope, "exponent": power.slope}


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

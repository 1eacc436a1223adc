"""Erlang-A: a queue with exponential patience, in closed form, to hold the simulator against.

Palm 1957; Mandelbaum and Zeltyn 2007, "Service engineering in action: the Palm/Erlang-A queue".
"""

from __future__ import annotations

import random
from typing import NamedTuple

from maitred.router.simulation.scenario import Arrival, Scenario, ServiceSettings, SimulatedAgent
from maitred.router.simulation.service import SAME_FOR_ALL

_TAIL = 1e-12


class Queue(NamedTuple):
    """Arrivals a second, mean service and mean patience in seconds, and how many serve."""

    rate: float
    service: float
    patience: float
    servers: int


class Found(NamedTuple):
    """The share of customers who leave unserved, and their mean wait in seconds, served or not."""

    abandoned: float
    wait: float


def theory(queue: Queue) -> Found:
    """Return what must come out in the long run: the birth and death chain, summed."""
    mu, theta = 1 / queue.service, 1 / queue.patience
    weight, total, waiting, state = 1.0, 1.0, 0.0, 0
    while state <= queue.servers or weight > _TAIL * total:
        state += 1
        beyond = max(state - queue.servers, 0)
        weight *= queue.rate / (min(state, queue.servers) * mu + beyond * theta)
        total += weight
        waiting += weight * beyond
    length = waiting / total
    return Found(abandoned=theta * length / queue.rate, wait=length / queue.rate)


def scenario(queue: Queue, *, arrivals: int, seed: int) -> Scenario:
    """Return such a queue as a scenario: equal agents with one slot each."""
    chance = random.Random(f"erlang {seed}")
    at, customers = 0.0, []
    for number in range(arrivals):
        at += chance.expovariate(queue.rate)
        customers.append(
            Arrival(
                id=f"c{number:07}",
                at=at,
                channel="chat",
                patience_s=chance.expovariate(1 / queue.patience),
                work_s=chance.expovariate(1 / queue.service) / SAME_FOR_ALL,
            )
        )
    return Scenario(
        agents=tuple(
            SimulatedAgent(id=f"a{number}", capacity=1.0) for number in range(queue.servers)
        ),
        arrivals=tuple(customers),
        service=ServiceSettings(by_fit=False),
    )

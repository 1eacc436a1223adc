"""Queues of small houses, and what is told of who waits in them."""

from __future__ import annotations

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.conversation import MoodTrack
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.limits import HOUR_MS, MINUTE_MS, SECOND_MS
from maitred.contracts.message import MoodLabel
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.house import House
from maitred.router.policies.index import IndexPolicy
from maitred.router.settings import AgentSettings
from maitred.router.waits.waiting import Queue, Waiter, waiting
from tests.router.play import START, agent, asks, settings

ANN, BOB, CYD = AgentId("ann"), AgentId("bob"), AgentId("cyd")
NAMES = {ANN: "Ann", BOB: "Bob", CYD: "Cyd"}
ANGRY = MoodTrack(label=MoodLabel.ANGRY)
TAX = asks(("tax", 0.7))
NOW = START + 2 * SECOND_MS


def doc(name: str = "x", **more: object) -> RoutingDoc:
    fields: dict[str, object] = {
        "conversation": ConversationId(f"cnv_{name}"),
        "customer": CustomerId(f"cus_{name}"),
        "state": RoutingState.WAITING,
        "channel": "chat",
        "account": "main",
        "arrived_at": START,
        "state_at": START,
    }
    return RoutingDoc(**{**fields, **more})  # type: ignore[arg-type]


def online(name: AgentId, **more: object) -> AgentDoc:
    fields: dict[str, object] = {
        "id": name,
        "presence": Presence.ONLINE,
        "presence_at": START - 4 * HOUR_MS,
        "idle_since": START,
    }
    return AgentDoc(**{**fields, **more})  # type: ignore[arg-type]


def full(*names: AgentId) -> list[RoutingDoc]:
    """Return what fills agents of a capacity of 1."""
    return [doc(f"of-{each}", state=RoutingState.ASSIGNED, agent=each) for each in names]


def asked(
    agents: list[AgentSettings],
    states: list[AgentDoc],
    docs: list[RoutingDoc],
    now: int = NOW,
    **more: object,
) -> Queue:
    chosen = settings(*agents, **more)
    policy = IndexPolicy(chosen)
    house = House(chosen, policy)
    for state in states:
        house.put_agent(state)
    for each in docs:
        house.put(each)
    return waiting(house, policy, chosen, now, NAMES)


def one(queue: Queue) -> Waiter:
    (found,) = queue.shown
    return found


def three(**more: object) -> list[AgentSettings]:
    return [agent(each, capacity=1, **more) for each in (ANN, BOB, CYD)]


def closed(count: int, by: AgentId, *, every_ms: int, until: int = NOW) -> list[RoutingDoc]:
    """Return what an agent finished, at even times back from `until`."""
    return [
        doc(
            f"{by}-{number}",
            state=RoutingState.CLOSED,
            previous_agent=by,
            state_at=until - number * every_ms,
            arrived_at=until - number * every_ms - MINUTE_MS,
        )
        for number in range(count)
    ]


EVERYBODY = [online(ANN), online(BOB), online(CYD)]

"""The roster: room by weight and channel, and load that adding and taking away leave exact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.agents import AgentDoc, Presence, RoutingDoc, RoutingState
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.router.roster import Roster
from tests.router.play import agent, settings

ANN = AgentId("ann")


def held(name: str, channel: str, state: RoutingState = RoutingState.ASSIGNED) -> RoutingDoc:
    return RoutingDoc(
        conversation=ConversationId(name),
        customer=CustomerId("cus_x"),
        state=state,
        agent=ANN,
        channel=channel,
        account="main",
        arrived_at=0,
        state_at=0,
    )


def test_room_is_counted_in_units_and_by_channel() -> None:
    roster = Roster(
        settings(agent("ann", capacity=2, per_channel={"email": 1}), channel_units={"email": 0.5})
    )
    roster.take(held("a", "email"))
    assert not roster.has_room(ANN, "email")
    assert roster.has_room(ANN, "chat")
    roster.take(held("b", "chat", RoutingState.WRAPPING))
    assert not roster.has_room(ANN, "chat")
    assert roster.load(ANN) == 0.75
    roster.give_back(held("b", "chat", RoutingState.WRAPPING))
    assert roster.has_room(ANN, "chat")
    assert roster.holdings(ANN) == ["a"]


@given(st.permutations(["chat", "email", "sms", "chat", "email", "pigeon"]))
def test_load_is_exact_in_any_order(channels: list[str]) -> None:
    roster = Roster(
        settings(agent("ann", capacity=9), channel_units={"chat": 0.1, "email": 0.2, "sms": 0.7})
    )
    docs = [held(f"{n}", channel) for n, channel in enumerate(channels)]
    for doc in docs:
        roster.take(doc)
    assert roster.load(ANN) == 2.3 / 9
    for doc in sorted(docs, key=lambda each: each.channel):
        roster.give_back(doc)
    assert roster.load(ANN) == 0
    assert roster.is_idle(ANN)


def test_an_agent_without_capacity_never_has_room() -> None:
    roster = Roster(settings(agent("ann", capacity=0)))
    assert not roster.has_room(ANN, "chat")
    assert roster.load(ANN) == 1


def test_generalists_are_told_from_specialists() -> None:
    roster = Roster(settings(agent("ann", skills={"a": 1, "b": 1, "c": 1}), agent("bob")))
    assert roster.flex(ANN) == 0.5
    assert roster.flex(AgentId("bob")) == -0.5


def test_documents_of_agents_that_nobody_configured_are_left_alone() -> None:
    roster = Roster(settings(agent("ann")))
    roster.put(AgentDoc(id=AgentId("ghost"), presence=Presence.ONLINE))
    assert roster.online() == set()
    assert not roster.knows(AgentId("ghost"))

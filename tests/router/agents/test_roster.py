"""The roster: room by weight and channel, and load that adding and taking away leave exact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maitred.contracts.agents import AgentDoc, Presence
from maitred.contracts.ids import AgentId, ConversationId, CustomerId
from maitred.contracts.routing import RoutingDoc, RoutingState
from maitred.router.agents.roster import Roster
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


@given(
    st.lists(st.sampled_from(["chat", "email", "sms"]), max_size=5),
    st.sampled_from((0.5, 1.0, 2.5)),
    st.sampled_from(({}, {"chat": 1})),
    st.sampled_from((0, 1_000)),
    st.sampled_from((0, 1)),
)
def test_what_is_surely_so_of_all_channels_is_so_of_each(
    channels: list[str], capacity: float, bounds: dict[str, int], allowance: int, spared: int
) -> None:
    roster = Roster(
        settings(
            agent("ann", capacity=capacity, per_channel=bounds),
            channel_units={"email": 0.5, "sms": 1.5},
        )
    )
    roster.put(AgentDoc(id=ANN, allowance=allowance, spared_until=spared))
    for number, channel in enumerate(channels):
        roster.take(held(f"{number}", channel))
    room = [roster.has_room(ANN, channel) for channel in ("chat", "email", "sms", "pigeon")]
    seat = roster.seat(ANN)
    assert all(room) or not roster.takes_all(seat)
    assert not any(room) or not roster.takes_none(seat)
    assert not (roster.takes_all(seat) and spared)


def test_agents_who_can_do_the_same_share_one_profile_whatever_their_room() -> None:
    roster = Roster(
        settings(
            agent("ann", skills={"a": 0.5, "b": 0.5}, capacity=1),
            agent("bob", skills={"b": 0.5, "a": 0.5}, capacity=9),
            agent("cyd", skills={"a": 0.5, "b": 0.6}),
            agent("bot", skills={"a": 0.5, "b": 0.5}, kind="ai"),
        )
    )
    profiles = [roster.seat(AgentId(name)).profile for name in ("ann", "bob", "cyd", "bot")]
    assert profiles[0] == profiles[1]
    assert len(set(profiles)) == len(roster.samples) == 3


def test_what_takes_up_an_agent_whom_nobody_configured_is_not_lost() -> None:
    roster = Roster(settings(agent("bob")))
    roster.take(held("a", "email"))
    assert roster.holdings(ANN) == ["a"]
    assert roster.taken() == {"a"}
    roster.give_back(held("a", "email"))
    assert roster.is_idle(ANN)
    assert roster.taken() == set()

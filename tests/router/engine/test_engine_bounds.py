"""What one event does fits into one batch, however much is to be done; the next ones go on."""

from __future__ import annotations

from collections import Counter

import pytest

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.limits import EVENT_HANDED_MAX, EVENT_SAID_MAX
from maitred.contracts.routing import RoutingDoc, RoutingState
from tests.router.play import START, Play, agent, asks, settings
from tests.router.play import work as wrote

CROWD = 2 * EVENT_HANDED_MAX + 10
MESSAGES_MAX = 2 * EVENT_SAID_MAX


class Crowded(Play):
    """A house in which much happens at once; the laws are held when all of it has happened."""

    def _hold(self, before: dict[ConversationId, RoutingDoc]) -> None:
        assert len(self.last) <= MESSAGES_MAX

    def _soon(self) -> list[str]:
        return [name for name, doc in self.agents.items() if 0 < doc.due_at <= self.now + 1]

    def settle(self) -> int:
        """Let all come that comes at once, and return how many events that took."""
        events = 0
        while soon := self._soon():
            self.agent_due(soon[0])
            events += 1
        super()._hold(dict(self.routing))
        return events

    def count(self) -> Counter[tuple[str, str | None]]:
        return Counter((doc.state.value, doc.agent) for doc in self.routing.values())


def machine_with_many(*, reload: bool = False, **more: object) -> Crowded:
    """Return a house in which a machine holds a crowd, and ann has room for three."""
    bot = agent("bot", kind="ai", capacity=1_000)
    chosen = settings(bot, agent("ann"), ramp_seconds=0, **more)
    game = Crowded(chosen, reload=reload)
    game.online("bot")
    for number in range(CROWD):
        game.write(f"{number:03}")
        game.command("bot", Verb.ACCEPT, on=f"{number:03}")
    game.online("ann")
    return game


@pytest.mark.parametrize("reload", [False, True])
@pytest.mark.parametrize("broadcast", [{}, {"chat": 6}])
def test_a_machine_that_goes_hands_on_all_that_it_had_bit_by_bit(
    broadcast: dict[str, int], *, reload: bool
) -> None:
    game = machine_with_many(reload=reload, broadcast=broadcast)
    game.presence("bot", Presence.OFFLINE)
    assert game.count()["assigned", "bot"] >= CROWD - EVENT_HANDED_MAX
    assert game.settle() >= 2
    assert game.count() == {("offered", "ann"): 3, ("waiting", None): CROWD - 3}
    assert not game.agent("bot").due_at
    assert {doc.arrived_at for doc in game.routing.values()} == {START}


def test_a_machine_that_is_lost_hands_on_all_that_it_had() -> None:
    game = machine_with_many(idle_seconds=0, lost_seconds=100)
    game.until("bot", 200)
    game.settle()
    assert game.agent("bot").presence == Presence.OFFLINE
    assert game.count() == {("offered", "ann"): 3, ("waiting", None): CROWD - 3}


def test_who_is_back_before_all_was_handed_on_keeps_the_rest() -> None:
    game = machine_with_many()
    game.presence("bot", Presence.OFFLINE)
    game.presence("bot", Presence.ONLINE)
    game.settle()
    assert game.count()["assigned", "bot"] >= CROWD - EVENT_HANDED_MAX
    assert sum(game.count().values()) == CROWD


@pytest.mark.parametrize("reload", [False, True])
def test_what_somebody_had_who_is_in_the_settings_no_more_goes_on_bit_by_bit(
    *, reload: bool
) -> None:
    before = machine_with_many()
    game = Crowded(settings(agent("ann"), ramp_seconds=0), reload=reload)
    game.routing, game.now = before.routing, before.now
    game.agents = {AgentId("ann"): before.agent("ann")}
    game.restart()
    game.write("new")
    assert game.count()["assigned", "bot"] > 0
    game.settle()
    assert game.count() == {("offered", "ann"): 3, ("waiting", None): CROWD - 2}


def test_agents_without_deadlines_and_steps_that_come_sooner_are_many_after_a_start() -> None:
    names = [f"a{number:03}" for number in range(CROWD)]
    needs = asks(("tax", 0.9))
    before = Crowded(settings(*map(agent, names), idle_seconds=0, lost_seconds=0, relax=()))
    before.online(*names)
    for name in names:
        before.write(name)
        before.command(before.doc(name).agent or "", Verb.ACCEPT, on=name)
    for number in range(2 * EVENT_SAID_MAX + 5):
        before.write(f"w{number}", needs=needs)
    game = Crowded(settings(*map(agent, names), relax=(0.5,)))
    game.routing, game.agents, game.now = before.routing, before.agents, before.now
    game.restart()
    game.handle(wrote("one", at=game.now))
    game.settle()
    assert all(game.agent(name).due_at for name in names)
    waiting = [doc for doc in game.routing.values() if doc.state == RoutingState.WAITING]
    assert len(waiting) == 2 * EVENT_SAID_MAX + 5
    assert all(doc.due_at == game.policy.next_step_at(doc) for doc in waiting)
    assert not game.told(AssignmentState.OFFERED)

"""Moment: in the middle of an event, what was decided before has been done and the rest has not."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace

from maitred.contracts.agents import AgentDoc, Presence, Verb
from maitred.contracts.assignments import AssignmentState
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import Decision, RoutingDoc
from maitred.router.events import Effect, Note, Tell
from maitred.router.explaining.explain import is_placing
from maitred.router.explaining.moment import at_decision
from maitred.router.explaining.why import verdict
from maitred.router.house import House
from tests.router.play import Play, agent, asks, settings


class Watched:
    """A play of which the documents before the last event are known."""

    def __init__(self, game: Play) -> None:
        self.game = game
        self.routing: list[RoutingDoc] = []
        self.agents: list[AgentDoc] = []

    def before(self) -> None:
        self.routing, self.agents = (
            list(self.game.routing.values()),
            list(self.game.agents.values()),
        )

    def at(self, decision: Decision) -> tuple[House, RoutingDoc] | None:
        game = self.game
        return at_decision(
            self.routing, self.agents, game.last, decision, game.settings, game.policy
        )


def placed(effects: Iterable[Effect]) -> list[Decision]:
    found = []
    for effect in effects:
        match effect:
            case Note(decision=decision):
                found.append(decision)
            case Tell(assignment=told) if told.decision is not None:
                found.append(told.decision)
    return [each for each in found if is_placing(each)]


def test_of_several_placed_in_one_event_each_finds_what_those_before_it_left() -> None:
    game = Play(
        settings(
            agent("ann", skills={"tax": 1.0}), agent("bob", capacity=1), relax=[], ramp_seconds=0
        )
    )
    game.online("ann")
    for name in ("x", "y", "z"):
        game.write(name, needs=asks(("tax", 0.0)) if name == "x" else None)
        game.command("ann", Verb.ACCEPT, on=name)
        game.wait(1)
    game.online("bob")
    seen = Watched(game)
    seen.before()
    game.presence("ann", Presence.OFFLINE)
    decisions = placed(game.last)
    assert [each.agent for each in decisions] == [None, "bob", None]
    for decision, room in zip(decisions, (True, True, False), strict=True):
        found = seen.at(decision)
        assert found is not None
        house, doc = found
        assert doc.conversation == decision.conversation
        assert house.roster.has_room(AgentId("bob"), "chat") is room
        assert not house.roster.is_online(AgentId("ann"))
        assert house.roster.holdings(AgentId("ann")) == []


def test_an_arrival_is_seen_as_it_waited_before_it_was_offered() -> None:
    game = Play(settings(agent("ann"), agent("bob")))
    game.online("ann", "bob")
    seen = Watched(game)
    seen.before()
    game.write("x", needs=asks(language="fr"))
    (decision,) = placed(game.last)
    found = seen.at(decision)
    assert found is not None
    house, doc = found
    assert (doc.state, doc.agent) == ("waiting", None)
    assert house.roster.holdings(AgentId("ann")) == []


def test_what_was_not_decided_in_an_event_is_not_found_in_it() -> None:
    game = Play(settings(agent("ann")))
    game.online("ann")
    seen = Watched(game)
    seen.before()
    game.write("x")
    (decision,) = placed(game.last)
    assert seen.at(replace(decision, conversation=ConversationId("cnv_other"))) is None
    assert seen.at(replace(decision, epoch=9)) is None


STEPS = st.tuples(
    st.sampled_from(["write", "accept", "decline", "complete", "away", "offline", "online"]),
    st.integers(0, 5),
)


@given(st.lists(STEPS, max_size=40))
@examples(max_examples=60, deadline=None)
def test_whoever_was_chosen_passes_every_rule_in_the_house_that_is_made_again(
    steps: list[tuple[str, int]],
) -> None:
    """And where nobody was, nobody does: the house is the one that the engine decided in."""
    names = ["a0", "a1", "a2"]
    game = Play(
        settings(
            *(
                agent(name, capacity=1 + at, skills={"tax": 0.5 * at})
                for at, name in enumerate(names)
            ),
            ramp_seconds=0,
        )
    )
    seen = Watched(game)
    for what, number in [("online", 0), ("online", 1), ("online", 2), *steps]:
        seen.before()
        game.last = []
        name = names[number % 3]
        if what == "write":
            game.write(f"c{number}", needs=asks(("tax", 0.0)) if number % 2 else None)
        elif what in {"away", "offline", "online"}:
            game.presence(name, Presence(what))
        elif (doc := game.routing.get(ConversationId(f"cnv_c{number}"))) and doc.agent:
            game.command(doc.agent, Verb(what), on=f"c{number}")
        for decision in placed(game.last):
            found = seen.at(decision)
            assert found is not None
            house, waited = found
            told = {
                each: verdict(house, game.policy, game.settings, waited, AgentId(each), decision.at)
                for each in names
            }
            able = [each for each in names if not told[each].fails]
            if decision.agent is not None:
                assert decision.agent in able
            else:
                assert decision.outcome == "held" or able == []


def test_told_is_in_the_order_of_deciding() -> None:
    """What the order of decisions within an event is read from."""
    game = Play(settings(agent("ann", capacity=2), ramp_seconds=0))
    for name in ("x", "y"):
        game.write(name)
        game.wait(1)
    game.online("ann")
    told = [each.conversation for each in game.told(AssignmentState.OFFERED)]
    assert told == ["cnv_x", "cnv_y"]

"""Trace and model: what is read off a replay, and two policies simulated on it alike."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from maitred.contracts.agents import Presence, Verb
from maitred.contracts.operations import ChangeKind
from maitred.gateway.whatif.model import ACTIVE, DRAFT, RECORDED, modelled
from maitred.gateway.whatif.trace import Trace, Tracer
from maitred.router.events import Effect, Event
from maitred.router.policies.index import IndexPolicy
from maitred.router.replaying.replay import Rules
from maitred.router.replaying.shadow import as_it_is
from maitred.router.settings import RoutingSettings
from tests.router.play import START, Play, agent
from tests.router.play import settings as routing

END = START + 86_400_000


class Traced(Play):
    """A play that is read along."""

    def __init__(self, chosen: RoutingSettings, *, since: int = START, until: int = END) -> None:
        super().__init__(chosen)
        self.tracer = Tracer(since_ms=since, until_ms=until, seen=as_it_is)

    def handle(self, event: Event) -> list[Effect]:
        at = self.now
        made = super().handle(event)
        self.tracer.saw(made, at)
        return made

    def traced(self) -> Trace:
        return self.tracer.end(self.now)


def rules(chosen: RoutingSettings) -> Rules:
    return Rules(chosen, IndexPolicy(chosen), 86_400_000)


def house(**more: object) -> RoutingSettings:
    return routing(
        agent("ann", capacity=1), agent("bob", capacity=1), ramp_seconds=0, idle_seconds=0,
        lost_seconds=0, **more,
    )  # fmt: skip


def served(game: Traced, name: str, who: str, delay: float, work: float) -> None:
    """Let an agent take his time to accept what he is offered, and to finish it."""
    game.wait(delay)
    game.command(who, Verb.ACCEPT, on=name)
    game.wait(work)
    game.command(who, Verb.COMPLETE, on=name)


def day() -> Traced:
    """Return a day on which ann serves two, one leaves, and one still waits at its end."""
    game = Traced(house())
    game.online("ann")
    game.wait(10)
    game.write("x")
    game.write("y")
    served(game, "x", "ann", 5, 100)
    served(game, "y", "ann", 5, 300)
    game.write("z", channel="email")
    game.wait(1)
    game.write("w")
    game.wait(40)
    game.change(ChangeKind.WITHDRAWN, "w")
    return game


def test_a_visit_has_its_times_as_they_were_recorded() -> None:
    trace = day().traced()
    x, y, z, w = trace.visits
    assert (x.at, x.asked_at, x.accepted_at, x.worked) == (
        START + 10_000, START + 10_000, START + 15_000, 100_000,
    )  # fmt: skip
    assert (y.at, y.asked_at, y.agent, y.worked) == (
        START + 10_000,
        START + 115_000,
        "ann",
        300_000,
    )
    assert (z.channel, z.asked_at > 0, z.accepted_at, z.done_at) == ("email", True, 0, 0)
    assert (w.left_at - w.at, w.done_at) == (40_000, 0)
    assert trace.spans == {"ann": [(START, trace.until)]}
    assert trace.handling_ms() == {x.id: 105_000, y.id: 305_000, z.id: 205_000, w.id: 205_000}


def test_what_was_handed_on_counts_the_time_that_it_was_in_hands() -> None:
    game = Traced(house(pass_over_seconds=1))
    game.online("ann", "bob")
    game.write("x")
    (first,) = [each.agent for each in game.told()]
    game.command(first, Verb.DECLINE, on="x")
    second = game.doc("x").agent
    assert second is not None
    game.wait(3)
    game.command(second, Verb.ACCEPT, on="x")
    game.wait(20)
    game.command(second, Verb.REQUEUE, on="x")
    third = game.doc("x").agent
    assert third is not None
    game.wait(7)
    game.command(third, Verb.ACCEPT, on="x")
    game.wait(30)
    game.command(third, Verb.COMPLETE, on="x")
    (visit,) = game.traced().visits
    assert (visit.agent, visit.worked) == (second, 50_000)
    assert visit.accepted_at - visit.asked_at == 3_000


def test_a_conversation_that_begins_anew_is_another_visit_with_who_served_it() -> None:
    game = Traced(house())
    game.online("ann")
    game.write("x")
    served(game, "x", "ann", 1, 1)
    game.write("x")
    first, again = game.traced().visits
    assert first.id != again.id
    assert (first.previous_agent, again.previous_agent) == (None, "ann")


@pytest.mark.parametrize("kind", [ChangeKind.ERASED, ChangeKind.JOINED])
def test_what_was_erased_or_joined_leaves_nothing(kind: ChangeKind) -> None:
    game = Traced(house())
    game.write("x")
    game.write("y")
    game.change(kind, "x", into="y" if kind is ChangeKind.JOINED else "")
    (left,) = game.traced().visits
    assert left.id.startswith("cnv_y:")


def test_only_what_began_in_the_span_is_read_and_who_was_at_hand_in_it() -> None:
    game = Traced(house(), since=START + 60_000, until=START + 120_000)
    game.online("ann", "bob")
    game.write("x")
    game.wait(60)
    game.write("y")
    game.presence("bob", Presence.AWAY)
    game.wait(30)
    game.presence("bob", Presence.ONLINE)
    game.wait(30)
    game.write("z")
    game.wait(30)
    trace = game.traced()
    assert [each.id.partition(":")[0] for each in trace.visits] == ["cnv_y"]
    assert trace.spans == {
        "ann": [(START + 60_000, START + 120_000)],
        "bob": [(START + 90_000, START + 120_000)],
    }


# -- the model
def test_both_policies_are_simulated_alike_and_stand_beside_the_record() -> None:
    game = day()
    found = modelled(game.traced(), rules(game.settings), rules(game.settings))
    assert found is not None
    draft, active, recorded = found.reports
    assert [each.policy for each in found.reports] == [DRAFT, ACTIVE, RECORDED]
    assert msgspec.to_builtins(replace(draft, policy="")) == msgspec.to_builtins(
        replace(active, policy="")
    )
    assert (recorded.served, recorded.left, recorded.waiting) == (2, 1, 1)
    assert (active.served, active.left, active.arrived) == (3, 1, 4)
    assert active.by_channel["chat"].abandoned == pytest.approx(1 / 3)
    assert recorded.by_channel["chat"].mean == pytest.approx((0 + 105 + 40) / 3)
    assert active.by_channel["chat"].mean == pytest.approx((0 + 105 + 40) / 3)
    figures = found.figures(0.25)
    assert (figures.moved, figures.abandoned) == (0.25, 0.25)
    assert set(figures.sla) == {"chat", "email"}
    assert set(figures.load) == {"ann"}


def test_a_draft_with_more_room_waits_less() -> None:
    game = day()
    roomy = replace(game.settings, agents=(agent("ann", capacity=5), agent("cyd")))
    found = modelled(game.traced(), rules(game.settings), rules(roomy))
    assert found is not None
    draft, active, _ = found.reports
    assert draft.all.mean == 0
    assert (active.all.mean or 0) > 0
    assert draft.left == 0
    assert "Agents whom only the draft has are never at hand: cyd." in found.notes


def test_a_draft_without_an_agent_says_so_and_does_without_him() -> None:
    game = day()
    nobody = replace(game.settings, agents=game.settings.agents[1:])
    found = modelled(game.traced(), rules(game.settings), rules(nobody))
    assert found is not None
    assert found.reports[0].served == 0
    assert "Agents whom the draft does not have: ann." in found.notes


def test_where_nothing_was_finished_or_nobody_was_there_is_no_model() -> None:
    game = Traced(house())
    game.write("x")
    assert modelled(game.traced(), rules(game.settings), rules(game.settings)) is None
    game = Traced(house())
    game.online("ann")
    game.write("x")
    game.wait(5)
    assert modelled(game.traced(), rules(game.settings), rules(game.settings)) is None

"""Settling: what must be over, in a log without its beginning, before a difference counts."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from maitred.contracts.agents import Admitted, Command, Presence, Verb
from maitred.contracts.conversation import Needs
from maitred.contracts.ids import AgentId, ConversationId
from maitred.contracts.routing import Decision, RoutingState
from maitred.gateway.whatif.settling import Settling
from maitred.gateway.whatif.tape import Input
from maitred.router.events import CommandCame
from maitred.router.replaying.replay import Answer, Difference

ANN, X, Y = AgentId("ann"), ConversationId("cnv_x"), ConversationId("cnv_y")


def about(conversation: ConversationId) -> Answer:
    return Answer(
        0,
        Decision(
            conversation=conversation, at=1, epoch=1, outcome=RoutingState.WAITING, agent=None,
            rule="queue", policy="index:abc", needs=Needs(),
        ),
    )  # fmt: skip


def presence(value: Presence) -> CommandCame:
    command = Command(id="1", presence=value)
    return CommandCame(Admitted(agent=ANN, verb=Verb.PRESENCE, command=command, at=1))


class Watching:
    """A settling that is told of one input after the other, a second apart."""

    def __init__(
        self, *, agents: tuple[AgentId, ...] = (), not_before: int = 0, erased: int = 0
    ) -> None:
        self.settling = Settling(erased)
        self.settling.unsettle(agents, not_before)
        self._count = 0

    def saw(
        self,
        *events: CommandCame,
        differ: ConversationId | None = None,
        agent: AgentId | None = None,
        same: ConversationId | None = None,
    ) -> int | None:
        self._count += 1
        recorded = tuple(about(each) for each in (differ, same) if each)
        item = Input(self._count, 1_000 * self._count, "", b"", recorded)
        differing = [Difference(self._count, differ, agent, ())] if differ or agent else []
        self.settling.saw(item, events, differing)
        return self.settling.since


def test_a_whole_log_is_settled_from_the_beginning() -> None:
    assert Settling(0).since == 0


def test_it_waits_until_closed_conversations_are_forgotten() -> None:
    watching = Watching(not_before=2_500)
    assert [watching.saw() for _ in range(3)] == [None, None, 4]
    assert watching.settling.at == 3_000


def test_it_waits_until_the_last_erasure_is_over() -> None:
    watching = Watching(erased=2)
    assert [watching.saw() for _ in range(3)] == [None, None, 4]


def test_a_conversation_that_differed_is_known_when_all_about_it_is_the_same_again() -> None:
    watching = Watching()
    assert watching.saw(differ=X) is None
    assert watching.saw() is None
    assert watching.saw(same=Y) is None
    assert watching.saw(differ=Y, same=X) is None
    assert watching.saw(same=Y) == 6


@pytest.mark.parametrize("gone", [Presence.AWAY, Presence.OFFLINE])
def test_an_agent_is_known_when_he_was_seen_to_go_and_to_come(gone: Presence) -> None:
    watching = Watching(agents=(ANN,))
    assert watching.saw(presence(Presence.ONLINE)) is None
    assert watching.saw(presence(gone)) is None
    assert watching.saw(presence(Presence.ONLINE)) == 4


def test_an_agent_of_whom_an_answer_differs_is_a_stranger_again() -> None:
    watching = Watching(not_before=1_500)
    assert watching.saw(differ=X, agent=ANN) is None
    assert watching.saw(same=X) is None
    watching.saw(presence(Presence.AWAY))
    assert watching.saw(presence(Presence.ONLINE)) == 5


@pytest.mark.parametrize(("known", "meets"), [((X,), False), ((), True)])
def test_a_conversation_that_nobody_has_heard_of_is_met(
    known: tuple[ConversationId, ...],
    meets: bool,  # noqa: FBT001  (a column of the table)
) -> None:
    house = SimpleNamespace(get=lambda name: name if name in known else None)
    differing = [Difference(1, X, None, ()), Difference(1, None, ANN, ())]
    assert Settling(0).meets(differing, house) is meets  # type: ignore[arg-type]

"""Admit: agents' commands, checked and put into the journal's one order.

Agents publish into a stream of their own (COMMANDS) that has none of the journal's powers: who
may write into a stream that honours rollups may also empty it. From there a command enters the
journal once, so that dispatch reads everything it decides on in a single order. What is said in it
is made ready on the way: see `maitred.gateway.delivery.outgoing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from maitred.contracts.agents import Admitted, Command, Verb
from maitred.contracts.ids import AgentId, digest, is_conversation_id
from maitred.contracts.subjects import COMMANDS
from maitred.contracts.view import View
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.pull import Received
from maitred.gateway.delivery.outgoing import Outgoing, with_files_stored
from maitred.gateway.journal.effects import Effects, Entry, Outcome
from maitred.gateway.journal.stage import Buried

STAGE: Final = "admit"
COMMAND_ID_CHARACTERS_MAX: Final = 128


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command with who said it, as the subject tells, which NATS guards."""

    admitted: Admitted


class Admit:
    """The stage that lets commands into the journal."""

    name = STAGE
    stream = COMMANDS
    prepares_ahead = True

    def __init__(self, backbone: Backbone, outgoing: Outgoing | None = None) -> None:
        self._backbone = backbone
        self._subjects = backbone.subjects
        self._outgoing = outgoing

    def subjects(self, partition: int) -> Sequence[str]:
        """Return what it reads: every agent's commands."""
        return [self._subjects.any("command")]

    async def rebuild(self) -> None:
        """Hold nothing in memory, so there is nothing to rebuild."""

    async def prepare(self, received: Sequence[Received]) -> Sequence[Spoken | Buried]:
        """Read each command; what is malformed is admitted as `unknown`, to be refused.

        Raises:
            StoreUnavailable: the files of one could not be stored.
        """
        return [Spoken(await with_files_stored(_read(item), self._backbone)) for item in received]

    def wanted(self, prepared: Spoken) -> Iterable[str]:
        """Name what says whether something can go out; other commands are taken as they are."""
        if self._outgoing is None:
            return ()
        return self._outgoing.wanted(prepared.admitted, self._subjects)

    def apply(self, prepared: Spoken, view: View) -> Effects:
        """Append a command under its own id, so that a repeated one is one."""
        admitted = prepared.admitted
        if self._outgoing is not None:
            admitted = self._outgoing.judged(admitted, view, self._subjects)
        entry = Entry(
            subject=self._subjects.admitted(
                admitted.agent, admitted.verb.value, _about(admitted.command)
            ),
            body=admitted,
            id=f"admitted:{admitted.agent}:{digest(admitted.command.id)}",
        )
        return Effects(entries=(entry,))

    def duplicate(self, prepared: Spoken) -> Effects:
        """Drop a command that was admitted before."""
        return Effects(outcome=Outcome.SUPPRESSED)

    def committed(self, prepared: Spoken, effects: Effects) -> None:
        """Do nothing more: dispatch reads the entry."""


def _about(command: Command) -> str:
    """Return the conversation that a command is about, if what the agent wrote can be one."""
    named = command.conversation or ""
    return named if is_conversation_id(named) else "none"


def _read(item: Received) -> Admitted:
    agent, verb = item.subject.split(".")[-2:]
    try:
        command = msgspec.json.decode(item.data, type=Command)
        if not 0 < len(command.id) <= COMMAND_ID_CHARACTERS_MAX:
            raise msgspec.ValidationError("a command needs an id of its own")
        word = Verb(verb)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        command = Command(id=digest("malformed", str(item.stream_seq)))
        word = Verb.UNKNOWN
    return Admitted(agent=AgentId(agent), verb=word, command=command, at=item.time_ms)

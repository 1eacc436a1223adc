"""The suite: every case, and how one is run on a door of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from maitred.connectors.abilities import FindsSent
from maitred.connectors.port import Connector
from maitred.connectors.testing.door import Door
from maitred.connectors.testing.proving import PROVING
from maitred.connectors.testing.receiving import RECEIVING
from maitred.connectors.testing.recording import RecordingContext
from maitred.connectors.testing.sending import SENDING
from maitred.connectors.testing.shape import SHAPE
from maitred.connectors.testing.signalling import SIGNALLING
from maitred.connectors.testing.stage import Logged, Stage, Unmet

Act = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that every connector must do."""

    name: str
    sentence: str
    act: Act


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case: met, or not applicable, and why: the door or the connector says."""

    case: Case
    not_applicable: str = ""


CASES: Final = tuple(
    Case(each.__name__, (each.__doc__ or "").strip().partition("\n")[0], each)
    for each in (*SHAPE, *PROVING, *RECEIVING, *SENDING, *SIGNALLING)
)

_UNABLE: Final[Mapping[str, tuple[Callable[[type[Connector]], bool], str]]] = {
    "sent_twice": (
        lambda made: made.capabilities.resend_is_safe,
        "resending is not safe here, say its capabilities",
    ),
    "edits": (
        lambda made: made.capabilities.edits,
        "no reply can be changed, say its capabilities",
    ),
    "reports": (
        lambda made: bool(made.capabilities.reports),
        "it never reports anything, say its capabilities",
    ),
    "typing": (
        lambda made: made.capabilities.typing,
        "it shows nobody who is writing, say its capabilities",
    ),
    "found": (lambda made: issubclass(made, FindsSent), "its provider cannot be asked: no `find`"),
}
"""Cases of what a connector may be unable to do, and why one cannot be had then."""


async def run(case: Case, make: Callable[[], Door]) -> Outcome:
    """Run one case on a door that `make` makes; whatever happens, the door is closed.

    After every case, what was answered, raised and logged is searched for the door's secrets and
    addresses, and for what customers wrote.

    Raises:
        Unmet: the connector does not do it; or as `_not_applicable`.
    """
    door = make()
    if reason := _not_applicable(case, door):
        return Outcome(case, reason)
    house = RecordingContext()
    try:
        with Logged() as logged:
            stage = Stage(door, house, await door.open(house))
            await case.act(stage)
    finally:
        await door.close()
        await house.close()
    stage.check_secrecy(logged.lines)
    return Outcome(case)


def _not_applicable(case: Case, door: Door) -> str:
    """Return why a case cannot be had, empty where it can.

    Raises:
        Unmet: the door names a case that there is none of, or gives no reason.
    """
    names = {each.name for each in CASES}
    for name, reason in door.not_applicable.items():
        if name not in names or not reason.strip():
            raise Unmet(f"not_applicable[{name!r}]: name a case, and say why it cannot be had")
    if case.name in door.not_applicable:
        return door.not_applicable[case.name]
    able, why = _UNABLE.get(case.name, (lambda _: True, ""))
    return "" if able(door.connector) else why

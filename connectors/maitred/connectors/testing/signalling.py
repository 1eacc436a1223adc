"""What a connector must do that shows who is writing, which is worth knowing for a moment only."""

from __future__ import annotations

import asyncio
from typing import Final

from maitred.connectors.port import Signalled
from maitred.connectors.testing.door import SignalDoor
from maitred.connectors.testing.stage import Stage, expect
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.signals import SignalKind

_PATIENCE_S: Final = 5.0


async def typing(stage: Stage) -> None:
    """Who is writing is passed on both ways, also once the connection to the house was lost."""
    door, signals = stage.door, stage.house.signals
    expect(isinstance(door, SignalDoor), "it can show typing, and its door is no `SignalDoor`")
    if not isinstance(door, SignalDoor):
        return
    endpoint = await door.types()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            told = await signals.typed.get()
    except TimeoutError:
        told = IdentifierKey("nobody")
    expect(told == endpoint, "that a customer is writing is not told of his endpoint")

    def an_agent_types(at: IdentifierKey) -> None:
        signals.push(Signalled(at, SignalKind.TYPING))

    expect(await door.shows(an_agent_types), "nobody is shown that an agent is writing")
    signals.cut()
    expect(await door.shows(an_agent_types), "nobody is shown it once the signals were interrupted")
    expect(not stage.house.accepted, "that somebody is writing is stored as a message")


SIGNALLING: Final = (typing,)

"""A house with a short history: offers that were taken, refused, missed, finished and passed on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from maitred.contracts.assignments import AssignmentState
from maitred.gateway.backbone import Backbone
from maitred.gateway.whatif.eras import in_force
from maitred.gateway.whatif.retrace import Retrace, Verdict
from maitred.gateway.whatif.tape import Tape
from tests.gateway.conftest import Eventually
from tests.gateway.lodge import SECRET, Lodge, visitor

OpenLodge = Callable[..., Awaitable[Lodge]]
FOR_EVER = 2**60

AGENTS = [
    {"id": "ann", "skills": {"billing": 0.9}, "capacity": 2},
    {"id": "bob", "skills": {"billing": 0.6}, "capacity": 2},
]
ROUTING = {
    "agents": AGENTS,
    "rules": [{"name": "billing", "when": {"text": "invoice"}, "skills": {"billing": 0.5}}],
    "offer_seconds": 1.0,
    "pass_over_seconds": 1.0,
    "ramp_seconds": 0,
}


@pytest.fixture
async def open_lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenLodge]:
    """Open a lodge; the one before it is closed, as at a restart with other settings."""
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    opened: list[Lodge] = []

    async def open_(**more: object) -> Lodge:
        if opened:
            await opened[-1].stop()
        first = 1_000 * len(opened)
        lodge = Lodge(backbone, tmp_path, first=first, **{"routing": ROUTING, **more})
        lodge.start()
        opened.append(lodge)
        return lodge

    yield open_
    if opened:
        await opened[-1].stop()


async def live(lodge: Lodge, eventually: Eventually) -> None:
    """Let five customers come, and everything happen to them that can."""
    await lodge.say("presence", "ann", presence="online")
    await lodge.say("presence", "bob", presence="online")
    for name in ("one", "two", "three", "four"):
        await lodge.chat(visitor(name), f"My invoice, {name}.")
        await lodge.settle()
    first = await offered(lodge, "ann")
    await answer(lodge, "accept", "ann", first)
    await lodge.say("reply", "ann", **first, text="Gladly.")
    await answer(lodge, "complete", "ann", first)
    declined = await offered(lodge, "bob")
    await answer(lodge, "decline", "bob", declined, reason="no time")
    await lodge.chat(visitor("five"), "An invoice again.")
    await lodge.settle()

    async def missed() -> bool:
        told = [*await lodge.told("ann"), *await lodge.told("bob")]
        return any(each.reason == "timeout" for each in told)

    await eventually(missed)
    await lodge.say("presence", "bob", presence="offline")
    await lodge.settle()


async def offered(lodge: Lodge, agent: str) -> dict[str, object]:
    """Return what an agent was offered last, as a command names it."""
    told = [each for each in await lodge.told(agent) if each.state is AssignmentState.OFFERED]
    return {"conversation": told[-1].conversation, "epoch": told[-1].epoch}


async def answer(
    lodge: Lodge, verb: str, agent: str, about: dict[str, object], **more: object
) -> None:
    await lodge.say(verb, agent, **about, **more)
    await lodge.settle()


async def retraced(lodge: Lodge, *, since: int = 0, until: int = FOR_EVER) -> Verdict:
    """Replay the log of a lodge."""
    tape = Tape(lodge.backbone.connection, lodge.subjects)
    extent = await tape.extent()
    retrace = Retrace(tape, extent, lodge.subjects.tenant, in_force(lodge.settings))
    return await retrace.verdict(since_ms=since, until_ms=until)

"""What every connector must do with what a customer's side brings it, and with what it does not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from maitred.connectors.testing.door import Answer, Knock, Verdict
from maitred.connectors.testing.stage import Stage, expect
from maitred.contracts.errors import Permanent
from maitred.contracts.ids import OutboundId, message_id
from maitred.contracts.outbound import DeliveryState

_FIRST: Final = Knock(id="knock-1", text="The first thing that I have to say")
_SECOND: Final = Knock(id="knock-2", text="And the second, which is another")
_THIRD: Final = Knock(id="knock-3", text="A third one, since there are three")
_CROWD: Final = 16
_STOP_S: Final = 10.0
_PATIENCE_S: Final = 5.0
_STALL_S: Final = 30.0
"""How long a connector may let a message stand half brought: its door makes that short."""


async def good(stage: Stage) -> None:
    """A good message is stored whole, then acknowledged; its decoder reads what was written."""
    await stage.taken(_FIRST)
    stage.stored(_FIRST.text)
    ((inbound, body),) = stage.house.accepted
    house = stage.house
    expect(inbound.channel == stage.door.channel, "the message is of another channel")
    expect(body, "nothing of the message is stored")
    expect(inbound.provider_id, "the message has no id of its provider")
    expect(inbound.received_at == house.now, "it was received at another time than now")
    expect(inbound.sender_key == house.keys.actor(inbound.sender), "the sender's key is another's")
    known = message_id(inbound.tenant, inbound.channel, inbound.account, inbound.provider_id)
    expect(inbound.id == known, "the id is not made of channel, account and the provider's id")


async def duplicate(stage: Stage) -> None:
    """A retry of the provider is acknowledged and stays one message, however many come at once."""
    await stage.taken(_FIRST)
    await stage.taken(_FIRST)
    await asyncio.gather(*(stage.taken(_FIRST) for _ in range(4)))
    stage.stored(_FIRST.text)


async def reorder(stage: Stage) -> None:
    """Messages that come in another order are stored as they come, each under its own id."""
    for each in (_THIRD, _FIRST, _SECOND, _FIRST):
        await stage.taken(each)
    stage.stored(_THIRD.text, _FIRST.text, _SECOND.text)
    expect(len({inbound.id for inbound, _ in stage.house.accepted}) == len("123"), "ids are alike")


async def oversized(stage: Stage) -> None:
    """What is larger than the bound is refused, and what comes behind it is taken."""
    # Who announces how much he brings may be refused before there is anything to count.
    await stage.answered(replace(_FIRST, text="x" * (stage.door.bytes_max + 1)), Verdict.REFUSED)
    await stage.taken(_SECOND)
    stage.stored(_SECOND.text)


async def malformed(stage: Stage) -> None:
    """Whatever is wrong with a payload, it is stored or refused; nothing falls over."""
    for index, raw in enumerate(stage.door.malformed()):
        before = len(stage.house.accepted)
        answer = await stage.knock(Knock(id=f"malformed-{index}", text=f"unsaid {index}", raw=raw))
        expect(
            answer.verdict in {Verdict.TAKEN, Verdict.REFUSED},
            f"malformed payload {index} is {answer.verdict.value}: {answer.words!r}",
        )
        kept = len(stage.house.accepted) - before
        expect(
            answer.verdict is Verdict.TAKEN or not kept,
            f"malformed payload {index} is refused and stored all the same",
        )
    stage.house.store.accepted.clear()
    await stage.taken(_SECOND)
    stage.stored(_SECOND.text)


async def slow_peer(stage: Stage) -> None:
    """Who never ends what he began is given up on, and keeps nobody else from being heard."""
    stalled = asyncio.get_running_loop().create_task(stage.door.stall())
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await stage.taken(_SECOND)
        async with asyncio.timeout(_STALL_S):
            answer = await stalled
    finally:
        stalled.cancel()
    stage.seen.append(answer.words)
    expect(answer.verdict is not Verdict.TAKEN, "what never ended is taken")
    stage.stored(_SECOND.text)


async def store_down(stage: Stage) -> None:
    """While the store does not answer nothing is acknowledged, and the peer is told to come again.

    Once it is back, what comes again is stored, once.
    """
    stage.house.store.fail()
    await stage.answered(_FIRST, Verdict.LATER)
    await stage.answered(_SECOND, Verdict.LATER)
    expect(not stage.house.accepted, "something is stored although the store does not answer")
    stage.house.store.recover()
    await stage.taken(_FIRST)
    await stage.taken(_SECOND)
    stage.stored(_FIRST.text, _SECOND.text)


async def unstorable(stage: Stage) -> None:
    """What the store can never take (`Permanent`) is refused for good, and not asked for again."""
    stage.house.store.error = Permanent("beyond every limit", code="too_large")
    await stage.refused(_FIRST)
    stage.house.store.recover()
    await stage.taken(_SECOND)
    stage.stored(_SECOND.text)


async def house_fault(stage: Stage) -> None:
    """A fault that nobody foresaw is no acknowledgement, and the next message is taken."""
    stage.house.store.error = RuntimeError(_FIRST.text)
    answer = await stage.knock(_FIRST)
    expect(answer.verdict in {Verdict.LATER, Verdict.BROKEN}, f"it is {answer.verdict.value}")
    stage.house.store.recover()
    await stage.taken(_FIRST)
    stage.stored(_FIRST.text)


async def crowd(stage: Stage) -> None:
    """Many at once are all heard, each once."""
    await stage.taken(_FIRST)
    many = [Knock(id=f"crowd-{each}", text=f"One of many: {each}") for each in range(_CROWD)]
    await asyncio.gather(*map(stage.taken, many))
    found = sorted(stage.door.read(inbound, body) for inbound, body in stage.house.accepted)
    expect(found == sorted([_FIRST.text, *(each.text for each in many)]), f"stored is {found!r}")


async def ack_waits(stage: Stage) -> None:
    """The acknowledgement waits for the store, however long that takes within its bound."""
    stage.house.store.gate = gate = asyncio.Event()
    knocking = asyncio.get_running_loop().create_task(stage.knock(_FIRST))
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await stage.house.store.called.wait()
        for _ in range(100):
            await asyncio.sleep(0)
        expect(not knocking.done(), "it is acknowledged before the store has it")
        gate.set()
        answer = await knocking
    finally:
        gate.set()
        await asyncio.gather(knocking, return_exceptions=True)
    expect(answer.verdict is Verdict.TAKEN, f"what was stored is {answer.verdict.value}")
    stage.stored(_FIRST.text)


async def stop_under_way(stage: Stage) -> None:
    """A stop in the middle of a message ends in time, and what was acknowledged is stored."""
    stage.house.store.gate = gate = asyncio.Event()
    loop = asyncio.get_running_loop()
    knocking = loop.create_task(_word(stage, _FIRST))
    async with asyncio.timeout(_PATIENCE_S):
        await stage.house.store.called.wait()
    stopping = loop.create_task(stage.connector.stop())
    await asyncio.sleep(0)
    gate.set()
    try:
        async with asyncio.timeout(_STOP_S):
            await stopping
            answer = await knocking
    finally:
        stopping.cancel()
        knocking.cancel()
    if answer is not None and answer.verdict is Verdict.TAKEN:
        stage.stored(_FIRST.text)


async def reports(stage: Stage) -> None:
    """What the provider says later of a reply is on disk before it is acknowledged."""
    told = sorted(stage.connector.capabilities.reports)
    reply = stage.door.outbound(stage.house, "It is on its way.")
    await stage.connector.send(reply)
    stage.house.store.fail()
    await _told(stage, reply.id, told[0], Verdict.LATER)
    stage.house.store.recover()
    for state in (*told, *told):
        await _told(stage, reply.id, state, Verdict.TAKEN)
    found = stage.house.reports
    states = sorted({DeliveryState(each.state) for each in found})
    expect(states == told, f"reported is {states!r}, not {told!r}")
    expect({each.outbound for each in found} == {reply.id}, "a report is of another reply")


async def _told(stage: Stage, reply: OutboundId, state: DeliveryState, verdict: Verdict) -> None:
    answer = await stage.door.report(reply, state)
    stage.seen.append(answer.words)
    expect(
        answer.verdict is verdict,
        f"a report of {state.value} is {answer.verdict.value}, not {verdict.value}",
    )


async def _word(stage: Stage, knock: Knock) -> Answer | None:
    """Knock at a connector that may go away meanwhile."""
    try:
        return await stage.knock(knock)
    except (OSError, EOFError):
        return None


RECEIVING: Final = (
    good,
    duplicate,
    reorder,
    oversized,
    malformed,
    slow_peer,
    store_down,
    unstorable,
    house_fault,
    crowd,
    ack_waits,
    stop_under_way,
    reports,
)

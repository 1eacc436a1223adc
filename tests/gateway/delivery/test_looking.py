"""A reply in doubt is looked for at its provider, where that can be asked, before all else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from maitred.contracts.errors import OutcomeUnknown, Permanent, Retryable, Throttled, Unreachable
from maitred.contracts.limits import DAY_MS
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound, Sent
from maitred.gateway import clock
from maitred.gateway.delivery import pace
from maitred.gateway.delivery.attempting import TRIES_MAX
from maitred.gateway.delivery.pace import Manner
from tests.gateway.delivery.conftest import Concluded, Start, fails
from tests.gateway.desk import Desk, Provider

Look = Callable[[int], Awaitable[Sent | None]]
"""What the n-th look says, counted from 1."""
THERE = Sent(provider_id="p-there", thread_ids=("thread-there",))


class Shows(Provider):
    """A provider that shows what it was sent; `looks` are the texts that it was asked for."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.looks: list[str] = []
        self.since: list[int] = []

    async def find(self, outbound: Outbound, since: int) -> Sent | None:
        self.looks.append(outbound.text)
        self.since.append(since)
        return await self._look(len(self.looks))


def says(*answers: Sent | Exception | None) -> Look:
    """Answer so, and the last one from then on."""

    async def look(number: int) -> Sent | None:
        answer = answers[min(number, len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return look


async def settled(desk: Desk, text: str) -> DeliveryDoc:
    doc = await desk.doc(text)
    assert doc is not None
    return doc


async def crash(desk: Desk, start: Start, manner: Manner | None = None) -> None:
    """Leave `r1` handed over, and nobody who knows what became of it."""
    crashed, sending = Provider(), asyncio.Event()

    async def hang(_attempt: int) -> None:
        sending.set()
        await asyncio.Event().wait()

    crashed.acts["r1"] = hang
    task = start(crashed, None, manner)
    await desk.reply("r1")
    async with asyncio.timeout(5):
        await sending.wait()
    task.cancel()
    await asyncio.wait({task})


async def test_a_first_attempt_is_not_looked_for(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Shows(says(None))
    provider.acts["r2"] = fails(Retryable("busy"))
    start(provider)
    await desk.reply("r1")
    await desk.reply("r2")
    await concluded(2)
    assert provider.reached == ["r1", "r2"]
    assert provider.looks == []


async def test_what_a_killed_process_had_sent_is_found_and_not_sent_again(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    before = clock.now_ms()
    await crash(desk, start)
    provider = Shows(says(THERE))
    start(provider)
    await desk.reply("r2")
    await concluded(2)
    assert (provider.attempts, provider.looks) == (["r2"], ["r1"])
    assert before <= provider.since[0] <= clock.now_ms()
    doc = await settled(desk, "r1")
    assert (doc.state, doc.provider_id, doc.again) == (DeliveryState.SENT, "p-there", False)
    assert len(doc.threads) == 1


@pytest.mark.parametrize("resend", [None, True])
async def test_what_is_certainly_not_there_is_sent_whatever_the_policy_and_not_marked(
    desk: Desk, start: Start, concluded: Concluded, *, resend: bool | None
) -> None:
    await crash(desk, start, Manner(resend=resend))
    provider = Shows(says(None))
    start(provider, None, Manner(resend=resend))
    await desk.reply("r2")
    await concluded(2)
    assert provider.reached == ["r1", "r2"]
    doc = await settled(desk, "r1")
    assert (doc.state, doc.again) == (DeliveryState.SENT, False)


@pytest.mark.parametrize(
    "error",
    [
        OutcomeUnknown("too soon"),
        Permanent("may not look", code="missing_scope"),
        Throttled("tomorrow", after_ms=DAY_MS),
        ZeroDivisionError("a plugin's fault"),
    ],
)
@pytest.mark.parametrize("resend", [False, True])
async def test_what_cannot_be_told_is_the_policys_matter(
    desk: Desk, start: Start, concluded: Concluded, error: Exception, *, resend: bool
) -> None:
    await crash(desk, start, Manner(resend=resend))
    provider = Shows(says(error))
    start(provider, None, Manner(resend=resend))
    await concluded(1)
    doc = await settled(desk, "r1")
    assert provider.looks == ["r1"]
    assert provider.reached == (["r1"] if resend else [])
    assert doc.state is (DeliveryState.SENT if resend else DeliveryState.UNKNOWN)
    assert doc.again is resend


async def test_who_lets_nobody_look_just_now_is_asked_again(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    await crash(desk, start)
    provider = Shows(says(Retryable("busy"), Throttled("slower", after_ms=10), THERE))
    start(provider)
    await concluded(1)
    assert len(provider.looks) == 3
    assert (await settled(desk, "r1")).state is DeliveryState.SENT


async def test_who_is_not_there_to_be_asked_is_waited_for(
    desk: Desk, start: Start, concluded: Concluded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "AWAY_MS", 1)
    monkeypatch.setattr(pace, "AWAY_MS_MAX", 2)
    await crash(desk, start)
    provider = Shows(says(*[Unreachable("gone")] * 4 * TRIES_MAX, THERE))
    start(provider)
    await concluded(1)
    assert len(provider.looks) == 4 * TRIES_MAX + 1
    assert (await settled(desk, "r1")).state is DeliveryState.SENT


async def test_who_is_not_there_for_a_day_to_be_asked_leaves_it_open(
    desk: Desk, start: Start, concluded: Concluded, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crash(desk, start)
    later = clock.now_ms() + DAY_MS
    monkeypatch.setattr(clock, "now_ms", lambda: later)
    start(Shows(says(Unreachable("gone"))))
    await concluded(1)
    assert (await settled(desk, "r1")).state is DeliveryState.UNKNOWN


async def test_who_never_lets_anybody_look_is_not_asked_for_ever(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    await crash(desk, start)
    provider = Shows(says(Retryable("busy")))
    start(provider)
    await concluded(1)
    assert len(provider.looks) == TRIES_MAX
    assert (await settled(desk, "r1")).state is DeliveryState.UNKNOWN


async def test_after_silence_it_is_looked_for_before_the_outcome_counts_as_unknown(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Shows(says(THERE))
    provider.acts["r1"] = fails(OutcomeUnknown("silence"))
    start(provider)
    await desk.reply("r1")
    await concluded(1)
    doc = await settled(desk, "r1")
    assert (provider.attempts, provider.looks) == (["r1"], ["r1"])
    assert (doc.state, doc.attempts) == (DeliveryState.SENT, 1)


async def test_a_provider_that_stays_silent_is_looked_at_before_every_further_attempt(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Shows(says(OutcomeUnknown("too soon")))
    provider.acts["r1"] = fails(*[OutcomeUnknown("silence")] * TRIES_MAX)
    start(provider, None, Manner(resend=True))
    await desk.reply("r1")
    await concluded(1)
    doc = await settled(desk, "r1")
    assert len(provider.attempts) == len(provider.looks) == TRIES_MAX
    assert (doc.state, doc.attempts, doc.again) == (DeliveryState.UNKNOWN, TRIES_MAX, True)

"""Delivery when it is killed, or the store goes away: what is known stays known."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from maitred.contracts.errors import (
    Retryable,
    StoreUnavailable,
)
from maitred.contracts.outbound import DeliveryState
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import Conflict, Write
from maitred.gateway.bus.embedded import EmbeddedServer
from maitred.gateway.delivery.pace import Manner
from maitred.gateway.delivery.record import DeliveryRecord
from tests.gateway.delivery.conftest import Concluded, Start, fails
from tests.gateway.desk import Desk, Provider


@pytest.mark.parametrize("resend_is_safe", [True, False])
@pytest.mark.parametrize("after_it_left", [True, False])
async def test_a_crash_while_sending(
    desk: Desk, start: Start, concluded: Concluded, *, resend_is_safe: bool, after_it_left: bool
) -> None:
    """Nobody knows then; it is sent again only where that is harmless."""
    crashed = Provider(resend_is_safe=resend_is_safe)
    sending = asyncio.Event()

    async def hang(_attempt: int) -> None:
        if after_it_left:
            crashed.reached.append("r1")
        sending.set()
        await asyncio.Event().wait()

    crashed.acts["r1"] = hang
    task = start(crashed)
    await desk.reply("r1")
    await desk.reply("r2")
    async with asyncio.timeout(5):
        await sending.wait()
    task.cancel()
    await asyncio.wait({task})
    again = Provider(resend_is_safe=resend_is_safe)
    start(again)
    await concluded(2)
    doc = await desk.doc("r1")
    assert doc is not None
    if resend_is_safe:
        assert again.reached == ["r1", "r2"]
        assert doc.state is DeliveryState.SENT
    else:
        # What had not been begun is no matter of doubt.
        assert again.reached == ["r2"]
        assert doc.state is DeliveryState.UNKNOWN


async def test_a_crash_while_an_attempt_is_repeated_leaves_it_unknown_as_well(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    crashed = Provider()
    sending = asyncio.Event()

    async def busy_then_hang(attempt: int) -> None:
        if attempt == 1:
            raise Retryable("busy")
        sending.set()
        await asyncio.Event().wait()

    crashed.acts["r1"] = busy_then_hang
    task = start(crashed)
    await desk.reply("r1")
    async with asyncio.timeout(5):
        await sending.wait()
    task.cancel()
    await asyncio.wait({task})
    again = Provider()
    start(again)
    await concluded(1)
    doc = await desk.doc("r1")
    assert doc is not None
    assert doc.state is DeliveryState.UNKNOWN
    assert again.attempts == []


class _Crash:
    """Ends a task just before or just after the n-th effect."""

    def __init__(self, after: int) -> None:
        self._left = after
        self.task: asyncio.Task[None] | None = None

    async def tick(self) -> None:
        self._left -= 1
        if self._left == 0 and self.task is not None:
            self.task.cancel()
            await asyncio.Event().wait()

    def around(self, effect: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def wrapped(*arguments: Any) -> Any:
            await self.tick()
            result = await effect(*arguments)
            await self.tick()
            return result

        return wrapped


@pytest.mark.parametrize(("resend_is_safe", "resend"), [(True, None), (False, None), (False, True)])
async def test_a_crash_before_or_after_any_effect_loses_nothing_in_silence(
    backbone: Backbone,
    desk: Desk,
    start: Start,
    concluded: Concluded,
    monkeypatch: pytest.MonkeyPatch,
    *,
    resend_is_safe: bool,
    resend: bool | None,
) -> None:
    manner = Manner(resend=resend)
    providers: list[Provider] = []
    texts: list[str] = []
    for after in range(1, 9):
        texts += [f"r{after}1", f"r{after}2"]
        for text in texts[-2:]:
            await desk.reply(text)
        crash, provider = _Crash(after), Provider(resend_is_safe=resend_is_safe)
        providers.append(provider)
        with monkeypatch.context() as patch:
            patch.setattr(backbone.committer, "commit", crash.around(backbone.committer.commit))
            patch.setattr(provider, "send", crash.around(provider.send))
            crash.task = start(provider, None, manner)
            await asyncio.wait({crash.task}, timeout=1)
        if not crash.task.done():
            crash.task.cancel()
            await asyncio.wait({crash.task})
    providers.append(Provider(resend_is_safe=resend_is_safe))
    start(providers[-1], None, manner)
    await concluded(len(texts))
    reached = [text for provider in providers for text in provider.reached]
    if resend_is_safe:
        assert list(dict.fromkeys(reached)) == texts
        return
    if resend:
        # Twice only where nobody could know, and then it is marked.
        assert list(dict.fromkeys(reached)) == texts
        docs = {text: await desk.doc(text) for text in texts}
        marked = {text for text, doc in docs.items() if doc is not None and doc.again}
        assert {text for text in texts if reached.count(text) > 1} <= marked
        assert len(marked) < len(texts)
        return
    assert len(reached) == len(set(reached)) < len(texts)
    assert reached == sorted(reached)
    for text in set(texts) - set(reached):
        doc = await desk.doc(text)
        assert doc is not None
        assert doc.state is DeliveryState.UNKNOWN


class _Killer:
    """Kills the server once, when the reply `r5` comes to a given moment."""

    def __init__(self, nats: EmbeddedServer, backbone: Backbone) -> None:
        self._nats = nats
        self._commit = backbone.committer.commit
        self._killed = False
        self._back = asyncio.Event()
        backbone.connection.on_reconnect(self._back.set)

    def _kill(self) -> None:
        if not self._killed:
            self._killed = True
            os.kill(self._nats.pid, signal.SIGKILL)

    async def commit(self, writes: Sequence[Write]) -> dict[str, int]:
        if any(b'"out_r5"' in each.data for each in writes):
            self._kill()
        return await self._commit(writes)

    async def succeed(self, _attempt: int) -> None:
        self._kill()

    async def fail(self, attempt: int) -> None:
        self._kill()
        if attempt == 1:
            raise Retryable("busy")

    async def last_until_it_is_back(self, _attempt: int) -> None:
        await self._back.wait()


@pytest.mark.parametrize("resend_is_safe", [True, False])
@pytest.mark.parametrize("moment", ["in a commit", "in a call", "in a call that fails"])
async def test_a_store_that_goes_away_makes_nothing_doubtful_and_doubles_nothing(
    nats: EmbeddedServer,
    backbone: Backbone,
    desk: Desk,
    start: Start,
    concluded: Concluded,
    monkeypatch: pytest.MonkeyPatch,
    *,
    resend_is_safe: bool,
    moment: str,
) -> None:
    """Whatever other calls are under way, and whatever is being committed."""
    provider, killer = Provider(resend_is_safe=resend_is_safe), _Killer(nats, backbone)
    texts = [f"r{number}" for number in range(24)]
    provider.acts = dict.fromkeys(texts[:5], killer.last_until_it_is_back)
    if moment == "in a commit":
        monkeypatch.setattr(backbone.committer, "commit", killer.commit)
    else:
        provider.acts["r5"] = killer.succeed if moment == "in a call" else killer.fail
    for text in texts:
        await desk.reply(text, conversation=f"c{int(text[1:]) % 8}")
    start(provider)
    await provider.wait(len(texts))
    await concluded(len(texts))
    assert nats.restarts == 1
    assert sorted(provider.reached) == sorted(texts)
    assert len(provider.attempts) == len(texts) + (moment == "in a call that fails")
    for text in texts:
        doc = await desk.doc(text)
        assert doc is not None
        assert (doc.state, doc.provider_id) == (DeliveryState.SENT, f"p-{text}")


class _Unsure:
    """Fails the n-th commit as a store does that goes away before or after it has written."""

    def __init__(self, commit: Callable[..., Awaitable[Any]], nth: int, fault: str) -> None:
        self._commit = commit
        self._left = nth
        self._fault = fault
        self.failed = False

    async def __call__(self, writes: Sequence[Write]) -> Any:
        self._left -= 1
        if self._left != 0:
            return await self._commit(writes)
        self.failed = True
        if self._fault == "conflict":
            raise Conflict("a race that was lost")
        if self._fault == "written":
            await self._commit(writes)
        raise StoreUnavailable("whether it was written is unknown")


@pytest.mark.parametrize("fault", ["written", "not written", "conflict"])
@pytest.mark.parametrize("nth", range(1, 7))
async def test_a_commit_that_fails_makes_no_call_under_way_doubtful(
    backbone: Backbone,
    desk: Desk,
    start: Start,
    concluded: Concluded,
    monkeypatch: pytest.MonkeyPatch,
    *,
    nth: int,
    fault: str,
) -> None:
    provider, unsure = Provider(), _Unsure(backbone.committer.commit, nth, fault)
    monkeypatch.setattr(backbone.committer, "commit", unsure)
    free, load, loads = asyncio.Event(), DeliveryRecord.load, []

    async def counted(record: DeliveryRecord) -> None:
        loads.append(record)
        await load(record)

    monkeypatch.setattr(DeliveryRecord, "load", counted)

    async def wait(_attempt: int) -> None:
        await free.wait()

    provider.acts["slow"] = wait
    provider.acts["r1"] = fails(Retryable("busy"))
    texts = ["slow", "r0", "r1", "r2"]
    for number, text in enumerate(texts):
        await desk.reply(text, conversation=f"c{min(number, 1)}")
    start(provider)
    await provider.wait(3)
    free.set()
    await concluded(len(texts))
    assert unsure.failed
    # Only a race that was lost makes it read everything again.
    assert len(loads) == 1 + (fault == "conflict")
    assert sorted(provider.reached) == sorted(texts)
    for text in texts:
        doc = await desk.doc(text)
        assert doc is not None
        assert doc.state is DeliveryState.SENT

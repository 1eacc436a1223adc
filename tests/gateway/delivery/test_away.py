"""A provider that is not there costs no reply: each waits, and can be seen to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from demo.ports import free_ports
from maitred.connectors.email.letter import Letter
from maitred.connectors.email.outgoing import Smarthost
from maitred.connectors.email.pool import Pool
from maitred.contracts.errors import Retryable, Unreachable
from maitred.contracts.limits import CODE_AGE_MS, HOUR_MS
from maitred.contracts.outbound import DeliveryState, Outbound, OutboundKind, Sent
from maitred.gateway import clock
from maitred.gateway.delivery import pace
from maitred.gateway.delivery.attempting import AWAY_MS_MAX, PROVIDER_AWAY, TRIES_MAX
from maitred.gateway.tasks import Tasks
from tests.connectors.email.scripted import Scripted
from tests.gateway.conftest import Eventually
from tests.gateway.delivery.conftest import Concluded, Start, fails
from tests.gateway.desk import Desk, Provider


class Hours:
    """The house's clock, which a test moves on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


class Mailing(Provider):
    """Hands each reply to a real smarthost."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self._pool = pool
        self.tries = 0
        self.tried = asyncio.Condition()

    async def send(self, outbound: Outbound) -> Sent:
        letter = Letter(
            outbound=outbound.id,
            sender="help@shop.example",
            recipient="ann@home.example",
            message_id=f"<{outbound.id}@shop.example>",
            content=f"Subject: {outbound.text}\r\n\r\nhi\r\n".encode(),
            international=False,
        )
        try:
            await self._pool.hand_over(letter)
        finally:
            self.tries += 1
            async with self.tried:
                self.tried.notify_all()
        return Sent(provider_id=letter.message_id)

    async def in_vain(self, count: int) -> None:
        async with asyncio.timeout(10), self.tried:
            await self.tried.wait_for(lambda: self.tries >= count)


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    hours = Hours()
    monkeypatch.setattr(clock, "now_ms", hours)
    return hours


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "AWAY_MS", 2)
    monkeypatch.setattr(pace, "AWAY_MS_MAX", 4)


@pytest.fixture
async def smarthost() -> AsyncIterator[Scripted]:
    """A smarthost that is not there before it is started."""
    (port,) = free_ports(1)
    server = Scripted(port=port)
    yield server
    await server.stop()


@pytest.fixture
async def mailing(smarthost: Scripted) -> AsyncIterator[Mailing]:
    tasks = Tasks(lambda _name, _error: None)
    pool = Pool(Smarthost("127.0.0.1", smarthost.port), tasks.start)
    yield Mailing(pool)
    await pool.close()
    await tasks.stop(1_000)


async def test_a_smarthost_that_is_down_for_hours_costs_no_reply(
    desk: Desk,
    start: Start,
    concluded: Concluded,
    hours: Hours,
    mailing: Mailing,
    smarthost: Scripted,
) -> None:
    since = hours.now
    start(mailing)
    for number in range(20):
        await desk.reply(f"r{number}", conversation=f"c{number % 7}")
    await mailing.in_vain(4 * TRIES_MAX)
    hours.now += 23 * HOUR_MS
    await mailing.in_vain(mailing.tries + 4 * TRIES_MAX)
    waiting = await desk.doc("r0")
    assert waiting is not None
    assert waiting.state in {DeliveryState.WAITING, DeliveryState.SENDING}
    assert (waiting.away_since, waiting.attempts) == (since, 1)
    assert smarthost.mails == []
    await smarthost.start()
    await concluded(20)
    assert len(smarthost.mails) == 20
    first = [mail.partition(b"\r\n")[0] for mail in smarthost.mails]
    for conversation in range(7):
        mine = [int(line[10:]) for line in first if int(line[10:]) % 7 == conversation]
        assert mine == sorted(mine)
    sent = await desk.doc("r0")
    assert sent is not None
    assert (sent.state, sent.error, sent.away_since, sent.attempts) == (
        DeliveryState.SENT,
        "",
        0,
        1,
    )


async def test_a_reply_says_that_it_waits_and_why_though_it_was_not_tried_itself(
    desk: Desk, start: Start, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "AWAY_MS", 60_000)
    monkeypatch.setattr(pace, "AWAY_MS_MAX", 60_000)
    provider = Provider()
    provider.acts["r1"] = fails(Unreachable("gone"))

    async def waits(text: str) -> bool:
        doc = await desk.doc(text)
        return doc is not None and (doc.state, doc.error) == (DeliveryState.WAITING, PROVIDER_AWAY)

    with capture_logs() as said:
        start(provider)
        await desk.reply("r1", conversation="c1")
        await eventually(lambda: waits("r1"))
        await desk.reply("r2", conversation="c2")
        await eventually(lambda: waits("r2"))
    assert provider.attempts == ["r1"]
    [away] = [each for each in said if each["event"] == PROVIDER_AWAY]
    assert (away["channel"], away["why"], away["log_level"]) == ("sms", "gone", "warning")


@pytest.mark.parametrize(
    ("kind", "patience_ms"),
    [(OutboundKind.REPLY, AWAY_MS_MAX), (OutboundKind.CODE, CODE_AGE_MS)],
)
async def test_what_has_waited_for_long_enough_fails_and_says_so(
    desk: Desk,
    start: Start,
    concluded: Concluded,
    hours: Hours,
    mailing: Mailing,
    kind: OutboundKind,
    patience_ms: int,
) -> None:
    start(mailing)
    await desk.reply("r1", kind=kind)
    await mailing.in_vain(3)
    hours.now += patience_ms - 1
    await mailing.in_vain(mailing.tries + 3)
    hours.now += 1
    await concluded(1)
    doc = await desk.doc("r1")
    assert doc is not None
    assert (doc.state, doc.error) == (DeliveryState.FAILED, PROVIDER_AWAY)
    told = [each.reason for each in await desk.undelivered()]
    assert told == ([] if kind is OutboundKind.CODE else [PROVIDER_AWAY])


async def test_a_provider_that_was_away_and_then_fails_uses_up_the_tries(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    away = [Unreachable("gone")] * 3
    provider.acts["r1"] = fails(*away, Retryable("busy"), *away, *[Retryable("busy")] * 9)
    start(provider)
    await desk.reply("r1")
    await concluded(1)
    doc = await desk.doc("r1")
    assert doc is not None
    assert (doc.state, doc.error) == (DeliveryState.FAILED, "tries_used_up")
    assert len(provider.attempts) == 2 * len(away) + TRIES_MAX


async def test_one_that_looks_as_if_its_provider_were_away_holds_up_no_other(
    desk: Desk, start: Start
) -> None:
    provider = Provider()
    provider.acts["r0"] = fails(*[Unreachable("it makes the receiver fall over")] * 999)
    start(provider)
    await desk.reply("r0", conversation="c0")
    for number in range(1, 9):
        await desk.reply(f"r{number}", conversation=f"c{number}")
    assert len(await provider.wait(8)) == 8

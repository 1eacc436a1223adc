"""The pace of an account: its rate, the pauses that its provider asks for, and its circuit."""

from __future__ import annotations

import asyncio
import time

from structlog.testing import capture_logs

from maitred.contracts.errors import OutcomeUnknown, Retryable, Throttled
from maitred.contracts.outbound import DeliveryState
from maitred.gateway.delivery.pace import Limits, Manner, Pace
from tests.gateway.delivery.conftest import Concluded, Start, fails
from tests.gateway.desk import Desk, Provider


class Watch:
    """A clock that a test moves, and what was told of circuits."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.told: list[tuple[str, bool]] = []

    def pace(self, limits: Limits) -> Pace:
        return Pace("sms", limits, lambda *told: self.told.append(told), now=lambda: self.now)


async def may_go(pace: Pace, account: str = "main") -> bool:
    """Whether a reply may go through at once."""
    try:
        async with asyncio.timeout(0.01):
            await pace.turn(account)
    except TimeoutError:
        return False
    return True


async def test_a_rate_bounds_one_account_and_no_other() -> None:
    watch = Watch()
    pace = watch.pace(Limits(per_second=1))
    assert await may_go(pace)
    assert not await may_go(pace)
    assert await may_go(pace, "other")
    watch.now += 1_000
    assert await may_go(pace)


async def test_whoever_came_first_goes_first() -> None:
    pace, went = Pace("sms", Limits(per_second=200), lambda *_: None), []

    async def go(number: int) -> None:
        await pace.turn("main")
        went.append(number)

    started = time.monotonic()
    await asyncio.gather(*(go(number) for number in range(10)))
    assert went == list(range(10))
    assert time.monotonic() - started >= 9 / 200 - 0.01


async def test_a_pause_that_the_provider_asks_for_holds_the_whole_account() -> None:
    watch = Watch()
    pace = watch.pace(Limits())
    pace.throttled("main", 500)
    pace.throttled("main", 200)
    assert not await may_go(pace)
    assert await may_go(pace, "other")
    watch.now += 499
    assert not await may_go(pace)
    watch.now += 1
    assert await may_go(pace)
    assert watch.told == []


async def test_a_circuit_opens_after_failures_in_a_row_and_one_reply_tries_it() -> None:
    watch = Watch()
    pace = watch.pace(Limits(failures_max=3, rest_ms=1_000))
    for answer in (pace.failed, pace.failed, pace.succeeded, pace.failed, pace.failed):
        answer("main")
    assert watch.told == []
    pace.failed("main")
    pace.failed("main")
    assert watch.told == [("main", True)]
    assert not await may_go(pace)
    watch.now += 1_000
    assert await may_go(pace)
    assert not await may_go(pace)
    pace.failed("main")
    watch.now += 999
    assert not await may_go(pace)
    watch.now += 1
    assert await may_go(pace)
    pace.succeeded("main")
    assert watch.told == [("main", True), ("main", False)]
    assert await may_go(pace)
    assert await may_go(pace)


async def test_the_log_names_channel_and_account_of_a_circuit() -> None:
    pace = Watch().pace(Limits(failures_max=1))
    with capture_logs() as said:
        pace.failed("main")
        pace.succeeded("main")
    named = [(line["event"], line["channel"], line["account"]) for line in said]
    assert named == [("circuit_opened", "sms", "main"), ("circuit_closed", "sms", "main")]


async def test_who_tried_a_circuit_and_never_came_back_does_not_keep_it_open_for_ever() -> None:
    watch = Watch()
    pace = watch.pace(Limits(failures_max=1, rest_ms=1_000))
    pace.failed("main")
    watch.now += 1_000
    assert await may_go(pace)
    watch.now += 1_000
    assert await may_go(pace)


async def test_a_success_lets_those_go_at_once_who_wait_for_the_circuit() -> None:
    watch = Watch()
    pace = watch.pace(Limits(failures_max=1, rest_ms=60_000))
    pace.failed("main")
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        waiting = group.create_task(pace.turn("main"))
        await asyncio.wait({waiting}, timeout=0.01)
        assert not waiting.done()
        pace.succeeded("main")


async def test_one_that_is_not_there_is_left_alone_for_twice_as_long_each_time() -> None:
    watch = Watch()
    pace = watch.pace(Limits())
    pace.unreachable("main")
    pace.unreachable("main")  # one that was under way already, and tells nothing new
    assert watch.told == [("main", True)]
    for pause in (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000):
        watch.now += pause - 1
        assert not await may_go(pace)
        watch.now += 1
        assert await may_go(pace)
        assert not await may_go(pace)
        pace.unreachable("main")
    assert pace.is_away("main")
    pace.succeeded("main")
    assert not pace.is_away("main")
    assert await may_go(pace)
    assert watch.told == [("main", True), ("main", False)]


async def test_one_that_closes_is_left_alone_for_as_long_as_it_asks() -> None:
    watch = Watch()
    pace = watch.pace(Limits())
    pace.unreachable("main", 7_000)
    watch.now += 6_999
    assert not await may_go(pace)
    watch.now += 1
    assert await may_go(pace)


async def test_a_provider_that_is_down_uses_up_the_tries_of_few_replies_only(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    """The others wait until it is back, and are counted nowhere as failed."""
    provider = Provider()
    for text in ("r0", "r1", "r2", "r3"):
        provider.acts[text] = fails(Retryable("down"), Retryable("down"))
    manner = Manner(limits=Limits(failures_max=3, rest_ms=30))
    start(provider, None, manner)
    for number in range(8):
        await desk.reply(f"r{number}", conversation=f"c{number}")
    await concluded(8)
    assert sorted(provider.reached) == [f"r{number}" for number in range(8)]
    shown = desk.metrics.render()
    assert b'maitred_delivery_circuit_open{account="main",channel="sms"} 0.0' in shown
    assert b'maitred_delivery_circuit_opened_total{account="main",channel="sms"}' in shown


async def test_a_throttled_reply_holds_up_all_that_go_through_its_account(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider, times, called = Provider(), [], asyncio.Event()

    async def throttle(attempt: int) -> None:
        times.append(time.monotonic())
        called.set()
        if attempt == 1:
            raise Throttled("slower", after_ms=150)

    async def note(_attempt: int) -> None:
        times.append(time.monotonic())

    provider.acts = {"r1": throttle, "r2": note}
    start(provider)
    await desk.reply("r1", conversation="c1")
    async with asyncio.timeout(5):
        await called.wait()
    await desk.reply("r2", conversation="c2")
    await concluded(2)
    assert min(times[1:]) - times[0] >= 0.14


async def test_an_unknown_outcome_counts_as_a_failure_of_the_account(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    provider.acts["r1"] = fails(OutcomeUnknown("silence"))
    start(provider, None, Manner(limits=Limits(failures_max=1, rest_ms=20)))
    await desk.reply("r1")
    await desk.reply("r2")
    await concluded(2)
    doc = await desk.doc("r1")
    assert doc is not None
    assert doc.state is DeliveryState.UNKNOWN
    opened = b'maitred_delivery_circuit_opened_total{account="main",channel="sms"} 1.0'
    assert opened in desk.metrics.render()

"""What is said later of a reply moves what is known of it, and only forwards."""

from __future__ import annotations

import asyncio
from itertools import permutations

import msgspec
import pytest

from maitred.contracts.errors import Permanent
from maitred.contracts.ids import ConversationId, OutboundId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Report
from maitred.gateway.delivery.reports import moved
from tests.gateway.conftest import Eventually
from tests.gateway.delivery.conftest import Concluded, Start, fails
from tests.gateway.desk import Desk, Provider

SENT, DELIVERED, READ, FAILED = (
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
    DeliveryState.FAILED,
)


def report(
    state: DeliveryState,
    at: int = 5,
    *,
    channel: str = "sms",
    account: str = "main",
    error: str = "",
) -> Report:
    return Report(
        outbound=OutboundId("out_r1"),
        channel=channel,
        account=account,
        state=state,
        at=at,
        error=error,
    )


def known(state: DeliveryState, **more: object) -> DeliveryDoc:
    fields = {
        "id": "out_r1",
        "conversation": "c1",
        "channel": "sms",
        "account": "main",
        "state": state,
        "at": 1,
    }
    return msgspec.convert(fields | more, DeliveryDoc)


@pytest.mark.parametrize("order", list(permutations([SENT, DELIVERED, READ])))
def test_reports_in_any_order_come_to_the_same(order: tuple[DeliveryState, ...]) -> None:
    doc = known(DeliveryState.UNKNOWN, error="outcome_unknown")
    times = {SENT: 5, DELIVERED: 6, READ: 7}
    for state in (*order, *order):
        doc = moved(doc, report(state, times[state]), 100)
    assert (doc.state, doc.error) == (READ, "")
    assert (doc.sent_at, doc.delivered_at, doc.read_at) == (5, 6, 7)


@pytest.mark.parametrize("first", [DELIVERED, READ])
def test_a_failure_takes_back_nothing_that_arrived(first: DeliveryState) -> None:
    doc = moved(known(first), report(FAILED, error="30003"), 100)
    assert (doc.state, doc.error) == (first, "")


def test_a_failure_after_it_was_sent_is_shown_and_arriving_after_all_counts_more() -> None:
    doc = moved(known(SENT), report(FAILED, error="30003"), 100)
    assert (doc.state, doc.error) == (FAILED, "30003")
    doc = moved(doc, report(DELIVERED), 100)
    assert (doc.state, doc.error) == (DELIVERED, "")


@pytest.mark.parametrize("state", [SENT, DELIVERED, READ, FAILED])
@pytest.mark.parametrize("whose", [{"channel": "chat"}, {"account": "other"}, {"account": ""}])
def test_a_report_of_another_channel_or_account_says_nothing(
    state: DeliveryState, whose: dict[str, str]
) -> None:
    doc = known(SENT)
    assert moved(doc, report(state, **whose), 100) == doc


@pytest.mark.parametrize("state", [DeliveryState.WAITING, DeliveryState.UNKNOWN])
def test_nobody_can_report_that_a_reply_is_still_under_way(state: DeliveryState) -> None:
    doc = known(SENT)
    assert moved(doc, report(state), 100) == doc


def test_a_time_that_lies_ahead_is_now() -> None:
    assert moved(known(SENT), report(READ, 10_000), 100).read_at == 100


async def test_reports_are_taken_in_and_the_times_kept(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    start(Provider())
    await desk.reply("r1")
    await concluded(1)
    for number, state in enumerate((READ, DELIVERED, READ), 7):
        await desk.report("r1", state, at=number)
    await concluded(3)
    doc = await desk.doc("r1")
    assert doc is not None
    assert (doc.state, doc.delivered_at, doc.read_at) == (READ, 8, 7)
    assert doc.sent_at
    assert doc.provider_id == "p-r1"
    assert await desk.undelivered() == []
    assert b'deliveries_total{channel="sms",state="read"} 1.0' in desk.metrics.render()


async def test_a_report_that_is_faster_than_the_answer_to_the_call_waits_for_it(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider, calling, free = Provider(), asyncio.Event(), asyncio.Event()

    async def slow(_attempt: int) -> None:
        calling.set()
        await free.wait()

    provider.acts["r1"] = slow
    start(provider)
    await desk.reply("r1")
    await calling.wait()
    await desk.report("r1", DELIVERED)
    await desk.reply("r2", conversation="c2")
    await provider.wait(1)
    free.set()
    await concluded(3)
    doc = await desk.doc("r1")
    assert doc is not None
    assert (doc.state, doc.provider_id) == (DELIVERED, "p-r1")


async def test_who_holds_the_conversation_is_told_once_of_what_did_not_arrive(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    provider.acts["r1"] = fails(Permanent("no such number", code="gone"))
    start(provider)
    for text in ("r1", "r2", "r3"):
        await desk.reply(text)
    await concluded(3)
    for text in ("r2", "r2"):
        await desk.report(text, FAILED, error="30006")
    await desk.report("nobody-knows", FAILED)
    await concluded(6)
    told = await desk.undelivered()
    assert [(each.outbound, each.reason, each.agent, each.channel) for each in told] == [
        ("out_r1", "gone", "ann", "sms"),
        ("out_r2", "30006", "ann", "sms"),
    ]
    assert {each.conversation for each in told} == {ConversationId("c1")}


async def test_a_report_of_another_account_is_refused_and_counted(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    start(Provider())
    await desk.reply("r1")
    await concluded(1)
    await desk.report("r1", FAILED, account="other", error="30003")
    await desk.report("r1", DELIVERED)
    await concluded(3)
    doc = await desk.doc("r1")
    assert doc is not None
    assert (doc.state, doc.error, doc.account) == (DELIVERED, "", "main")
    assert await desk.undelivered() == []
    refused = b'refused_total{account="other",channel="sms",reason="foreign_report"} 1.0'
    assert refused in desk.metrics.render()


async def test_a_report_is_not_lost_when_delivery_dies_before_it_is_taken_in(
    desk: Desk, start: Start, concluded: Concluded, eventually: Eventually
) -> None:
    provider, calling = Provider(resend_is_safe=True), asyncio.Event()

    async def hang(_attempt: int) -> None:
        calling.set()
        await asyncio.Event().wait()

    provider.acts["r1"] = hang
    task = start(provider)
    await desk.reply("r1")
    await calling.wait()
    await desk.report("r1", READ)
    task.cancel()
    await asyncio.wait({task})
    start(Provider(resend_is_safe=True))
    await concluded(2)

    async def is_read() -> bool:
        doc = await desk.doc("r1")
        return doc is not None and doc.state is READ

    await eventually(is_read)

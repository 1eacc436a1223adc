"""Delivery: each reply once and in order, whatever the provider or a crash does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest

from maitred.contracts.documents import ThreadDoc
from maitred.contracts.errors import (
    Deferred,
    OutcomeUnknown,
    Permanent,
    Retryable,
    Throttled,
)
from maitred.contracts.ids import ConversationId, IdentifierKey, MessageId
from maitred.contracts.outbound import DeliveryState
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import reads
from maitred.gateway.bus.batch import Write, document
from maitred.gateway.delivery.attempting import TRIES_MAX
from tests.gateway.conftest import Eventually, OpenBackbone
from tests.gateway.delivery.conftest import Concluded, Start, fails
from tests.gateway.desk import Desk, Provider


async def test_replies_are_sent_once_and_in_order_and_can_be_referred_to(
    backbone: Backbone, desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    start(provider)
    texts = [f"r{number}" for number in range(50)]
    for text in texts:
        await desk.reply(text, conversation=f"c{int(text[1:]) % 3}")
    await concluded(50)
    assert sorted(provider.attempts) == sorted(texts)
    for conversation in range(3):
        mine = [each for each in provider.reached if int(each[1:]) % 3 == conversation]
        assert [int(each[1:]) for each in mine] == list(range(conversation, 50, 3))
    doc = await desk.doc("r7")
    assert doc is not None
    assert (doc.state, doc.provider_id, doc.attempts) == (DeliveryState.SENT, "p-r7", 1)
    where = desk.subjects.thread(desk.tools.keys.thread("sms", "thread-r7"))
    stored = await reads.get_last(backbone.connection, JOURNAL, where)
    assert stored is not None
    assert msgspec.json.decode(stored.data, type=ThreadDoc).conversation == "c1"


async def test_an_answer_that_was_faster_than_the_record_only_borrows_our_id(
    backbone: Backbone, desk: Desk, start: Start, concluded: Concluded
) -> None:
    borrowed = ThreadDoc(
        conversation=ConversationId("c9"),
        customer=None,
        message=MessageId("msg_9"),
        actor_key=IdentifierKey("a" * 32),
        borrowed=True,
    )
    owned = msgspec.structs.replace(borrowed, borrowed=False)
    subjects = [
        desk.subjects.thread(desk.tools.keys.thread("sms", f"thread-{text}"))
        for text in ("r1", "r2")
    ]
    for subject, known in zip(subjects, (borrowed, owned), strict=True):
        await backbone.committer.commit([document(subject, msgspec.json.encode(known), expected=0)])
    start(Provider())
    for text in ("r1", "r2"):
        await desk.reply(text)
    await concluded(2)
    found = await reads.get_many(backbone.connection, JOURNAL, subjects)
    threads = [msgspec.json.decode(found[each].data, type=ThreadDoc) for each in subjects]
    assert [each.conversation for each in threads] == ["c1", "c9"]
    assert not threads[0].borrowed


async def test_what_passes_is_tried_again_in_its_turn(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    provider.acts["r1"] = fails(Retryable("busy"), Throttled("slower", after_ms=20))
    start(provider)
    for text in ("r1", "r2"):
        await desk.reply(text)
    await concluded(2)
    assert provider.attempts == ["r1", "r1", "r1", "r2"]
    doc = await desk.doc("r1")
    assert doc is not None
    assert (doc.state, doc.attempts) == (DeliveryState.SENT, 3)


async def test_what_is_deferred_waits_longer_each_time_and_holds_up_no_other(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider, times = Provider(), []

    async def defer(attempt: int) -> None:
        times.append(time.monotonic())
        if attempt < 4:
            raise Deferred("greylisted", after_ms=40)

    provider.acts["r1"] = defer
    start(provider)
    await desk.reply("r1", conversation="c1")
    await desk.reply("r2", conversation="c2")
    await concluded(2)
    assert provider.attempts.index("r2") < 3
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert len(waits) == 3
    assert all(wait >= 0.038 * 2**number for number, wait in enumerate(waits))


async def test_one_that_is_put_off_for_long_holds_up_nobody(
    desk: Desk, start: Start, eventually: Eventually
) -> None:
    provider, others = Provider(), 700

    async def defer(_attempt: int) -> None:
        raise Deferred("greylisted", after_ms=60_000)

    provider.acts["r0"] = defer
    start(provider)
    await desk.reply("r0", conversation="c0")
    for first in range(1, others + 1, 100):
        await asyncio.gather(
            *(desk.reply(f"r{n}", conversation=f"c{n}") for n in range(first, first + 100))
        )

    async def all_others_are_there() -> bool:
        return len(provider.reached) == others

    await eventually(all_others_are_there)


@pytest.mark.parametrize(
    ("errors", "state", "error", "attempts"),
    [
        ([Permanent("no such number", code="gone")], DeliveryState.FAILED, "gone", 1),
        ([OutcomeUnknown("silence")], DeliveryState.UNKNOWN, "outcome_unknown", 1),
        ([Retryable("busy")] * 99, DeliveryState.FAILED, "tries_used_up", TRIES_MAX),
        ([ValueError("a fault of the plugin")], DeliveryState.FAILED, "connector_failed", 1),
    ],
)
async def test_what_does_not_pass_is_recorded_and_the_next_one_is_sent(
    desk: Desk,
    start: Start,
    concluded: Concluded,
    errors: list[Exception],
    state: DeliveryState,
    error: str,
    attempts: int,
) -> None:
    provider = Provider()
    provider.acts["r1"] = fails(*errors)
    start(provider)
    for text in ("r1", "r2"):
        await desk.reply(text)
    await concluded(2)
    doc = await desk.doc("r1")
    assert doc is not None
    assert (doc.state, doc.error) == (state, error)
    assert provider.attempts == ["r1"] * attempts + ["r2"]
    assert provider.reached == ["r2"]


async def test_an_unknown_outcome_is_tried_again_where_that_is_harmless(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider(resend_is_safe=True)
    provider.acts["r1"] = fails(OutcomeUnknown("silence"), OutcomeUnknown("silence"))
    start(provider)
    await desk.reply("r1")
    await concluded(1)
    assert provider.attempts == ["r1"] * 3


async def test_one_slow_conversation_holds_up_no_other_even_of_later_groups(
    desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    free = asyncio.Event()

    async def wait(_attempt: int) -> None:
        await free.wait()

    provider.acts["slow"] = wait
    start(provider)
    await desk.reply("slow", conversation="c0")
    for number in range(3):
        await desk.reply(f"r{number}", conversation=f"c{number + 1}")
        await provider.wait(number + 1)
    await desk.reply("after", conversation="c0")
    free.set()
    await concluded(5)
    assert provider.reached == ["r0", "r1", "r2", "slow", "after"]


async def test_what_was_settled_behind_a_slow_one_is_not_sent_again_after_a_crash(
    desk: Desk, start: Start, concluded: Concluded, eventually: Eventually
) -> None:
    provider = Provider()

    async def hang(_attempt: int) -> None:
        await asyncio.Event().wait()

    provider.acts["slow"] = hang
    task = start(provider)
    await desk.reply("slow", conversation="c0")
    await desk.reply("quick", conversation="c1")

    async def settled() -> bool:
        doc = await desk.doc("quick")
        return doc is not None and doc.state is DeliveryState.SENT

    await eventually(settled)
    assert await desk.position() is None
    task.cancel()
    await asyncio.wait({task})
    again = Provider()
    start(again)
    await concluded(2)
    assert again.attempts == []


async def test_a_stop_waits_until_results_are_committed(
    backbone: Backbone, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, committing, free = backbone.committer.commit, asyncio.Event(), asyncio.Event()

    async def slow(writes: Sequence[Write]) -> dict[str, int]:
        if any(b'"sent"' in each.data for each in writes):
            committing.set()
            await free.wait()
        return await commit(writes)

    monkeypatch.setattr(backbone.committer, "commit", slow)
    delivery = desk.delivery(Provider())
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(delivery.run())
        await desk.reply("r1")
        await committing.wait()
        draining = group.create_task(delivery.drain(5_000))
        done, _ = await asyncio.wait({draining}, timeout=0.1)
        assert not done
        free.set()
        await draining
        running.cancel()
    doc = await desk.doc("r1")
    assert doc is not None
    assert doc.state is DeliveryState.SENT


async def test_what_is_no_reply_is_quarantined_and_the_next_one_is_sent(
    backbone: Backbone, desk: Desk, start: Start, concluded: Concluded
) -> None:
    provider = Provider()
    start(provider)
    bad = [b"{", b'{"schema":"outbound","id":7}', b'{"schema":"outbound","id":"\xff"}']
    for data in bad:
        await desk.put(data)
    await desk.reply("r1")
    await concluded(1)
    assert provider.reached == ["r1"]
    letters = await backbone.dead.list(10)
    assert [(each.data, each.reason_code, each.stream) for each in letters] == [
        (data, "bad_outbound", JOURNAL) for data in bad
    ]
    position = await desk.position()
    assert position is not None
    assert (position.applied, position.dead) == (1, len(bad))
    count = 'maitred_dead_total{reason="bad_outbound",stage="delivery-sms"} 3.0'
    assert count in desk.metrics.render().decode()


async def test_two_deliveries_of_one_channel_send_nothing_twice(
    open_backbone: OpenBackbone, desk: Desk, start: Start, concluded: Concluded
) -> None:
    one, two = Provider(), Provider()
    start(one)
    start(two, await open_backbone())
    texts = [f"r{number}" for number in range(60)]
    for text in texts:
        await desk.reply(text, conversation=f"c{text}")
    await concluded(len(texts))
    reached = one.reached + two.reached
    assert len(reached) == len(set(reached))
    for text in set(texts) - set(reached):
        doc = await desk.doc(text)
        assert doc is not None
        assert doc.state is DeliveryState.UNKNOWN

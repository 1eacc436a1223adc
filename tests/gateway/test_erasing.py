"""An erasure leaves nothing of one person and everything of the others, wherever it is cut off."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from maitred.contracts.assignments import AssignmentState
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import CustomerId
from maitred.contracts.operations import (
    ErasureDoc,
    ErasureState,
)
from maitred.contracts.subjects import INBOUND, JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import MARKED, Backbone
from maitred.gateway.bus import reads
from maitred.gateway.erasure.erasing import Eraser
from maitred.gateway.erasure.record import find_record
from maitred.gateway.ledger import balance
from maitred.gateway.tasks import Tasks
from tests.gateway.conftest import Eventually
from tests.gateway.journal.toy import cut_off
from tests.gateway.lodge import SECRET, Lodge, email, visitor

KIM, LEE = email("kim@mail.example"), email("lee@elsewhere.example")
KIOSK = visitor("kiosk")
PHOTO = b"\x89PNG of a zinnober lamp"


async def held(lodge: Lodge) -> Counter[str]:
    """Return how many messages each stream holds."""
    return Counter({stream: len(found) for stream, found in (await lodge.everything()).items()})


async def write_both(lodge: Lodge) -> CustomerId:
    """Let Kim have a concern that is answered, and Lee another; return who Kim is."""
    await lodge.mail(KIM, "The zinnober lamp is broken.", name="Kim Berg", file=PHOTO)
    await lodge.accept("Which one?")
    await lodge.mail(LEE, "Where is my order?", name="Lee", file=b"\x89PNG of an order")
    await lodge.accept("On its way.")
    return await lodge.customer_of(KIM)


# -- one person, and others
async def test_nothing_is_left_of_a_customer_and_all_of_the_others(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    of_lee = (lodge.key(LEE), LEE.identifier.value, "Where is my order", "On its way")
    before = await lodge.where(*of_lee)
    assert await lodge.where(KIM.identifier.value)
    await lodge.erase(kim)
    of_kim = ("kim@", "zinnober", "Kim Berg", lodge.key(KIM), kim, "Which one")
    assert await lodge.where(*of_kim) == [f"JOURNAL {lodge.subjects.erasure(kim)}"]
    assert await lodge.where(*of_lee) == before
    assert (await balance(lodge.backbone.connection, lodge.subjects)).gap == 0


async def test_the_certificate_counts_what_is_gone_and_holds_no_address(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    before = await held(lodge)
    await lodge.erase(kim)
    doc = await lodge.done(kim)
    gone = Counter[str]()
    for each in doc.subjects:
        gone[each.stream] += each.count
        left, _ = await reads.count(lodge.backbone.connection, each.stream, each.subject)
        if each.stream != "COMMANDS":
            assert not left or ".assign." in each.subject, each.subject
    after = await held(lodge)
    # Written meanwhile: the record; that the conversation is gone, for dispatch and for the agent;
    # and the decision that stood in what he was told.
    assert gone["JOURNAL"] == before["JOURNAL"] + 4 - after["JOURNAL"]
    for stream in ("INBOUND", "BLOBS", "COMMANDS", "DEAD"):
        assert gone[stream] == before[stream] - after[stream], stream
    assert gone["INBOUND"] == 1
    assert gone["BLOBS"] == 1
    assert doc.verified_at >= doc.asked_at
    assert "kim@" not in msgspec.json.encode(doc).decode()


async def test_whoever_holds_the_conversation_is_told_and_free_for_others(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    (first, *_) = await lodge.told()
    await lodge.erase(kim)
    told = [each for each in await lodge.told() if each.conversation == first.conversation]
    assert [(each.state, each.reason) for each in told[-1:]] == [
        (AssignmentState.REVOKED, "erased")
    ]
    assert [each for each in told if each.brief or each.turn] == []
    await lodge.say("reply", conversation=first.conversation, epoch=first.epoch, text="Hello?")
    await lodge.settle()
    assert (await lodge.told())[-1].state is AssignmentState.REFUSED
    assert len(lodge.provider.reached) == 2


async def test_why_it_went_to_whom_stays_known(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    (offer, *_) = await lodge.told()
    assert offer.decision is not None
    assert offer.conversation is not None
    await lodge.erase(kim)
    subject = lodge.subjects.decision(offer.conversation)
    stored = await reads.get_last(lodge.backbone.connection, JOURNAL, subject, leader=True)
    assert stored is not None
    assert stored.data == msgspec.json.encode(offer.decision)


async def test_who_comes_back_is_new_though_the_stages_remember_him(lodge: Lodge) -> None:
    """Intake has written his documents itself and believes them, until the store says otherwise."""
    kim = await write_both(lodge)
    await lodge.erase(kim)
    await lodge.mail(KIM, "It is me again.", name="Kim")
    await lodge.settle()
    assert await lodge.customer_of(KIM) == kim
    stored = await reads.get_last(
        lodge.backbone.connection, JOURNAL, lodge.subjects.customer(kim), leader=True
    )
    assert stored is not None
    back = msgspec.json.decode(stored.data, type=CustomerDoc)
    assert (back.messages, len(back.conversations)) == (1, 1)
    assert await lodge.where("zinnober", "Kim Berg") == []
    assert await lodge.backbone.dead.list(10) == []
    assert (await lodge.told())[-1].state is AssignmentState.OFFERED


async def test_who_is_erased_again_has_one_certificate_with_both_orders(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    await lodge.erase(kim)
    first = await lodge.done(kim)
    await lodge.mail(KIM, "It is me again.", file=PHOTO)
    await lodge.settle()
    await lodge.erase(kim)
    second = await lodge.done(kim)
    assert [each.verified_at for each in second.earlier] == [first.verified_at]
    counted = {(each.stream, each.subject): each.count for each in second.subjects}
    (blobs,) = [each for each in counted if each[0] == "BLOBS"]
    # His file came twice, and was read again when the store had others' word than intake's memory.
    assert counted[blobs] >= 2
    assert await lodge.where("kim@") == []


async def test_a_certificate_is_found_by_whatever_it_was_ever_about(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    await lodge.erase(kim)
    await lodge.ask(kim)
    doc = await lodge.record(kim).read()
    assert doc is not None
    assert (doc.state, doc.keys) == (ErasureState.ASKED, ())
    for name in (kim, lodge.key(KIM)):
        assert await find_record(lodge.backbone.connection, lodge.subjects, name) == doc
    assert await find_record(lodge.backbone.connection, lodge.subjects, lodge.key(LEE)) is None


async def test_an_erasure_of_nobody_is_done_at_once(lodge: Lodge) -> None:
    await lodge.settle()
    await lodge.erase(CustomerId("cus_nobody"))
    assert (await lodge.done(CustomerId("cus_nobody"))).subjects == ()


async def test_the_next_start_does_not_miss_what_was_erased(lodge: Lodge) -> None:
    """The mark stands at a message of his, in the file of a gateway that is down meanwhile."""
    await lodge.settle()
    await lodge.mail(KIM, "The last thing that was written.")
    await lodge.settle()
    kim = await lodge.customer_of(KIM)
    connection = lodge.backbone.connection
    await lodge.backbone.mark.note(connection, MARKED, clock.now_ms())
    await lodge.erase(kim)
    await lodge.backbone.mark.check(connection, MARKED, clock.now_ms(), accept_restored_store=False)


# -- what is claimed
async def test_mails_that_nothing_vouches_for_go_with_the_address(lodge: Lodge) -> None:
    claimed = email(KIM.identifier.value, Level.CLAIMED)
    for text in ("The first, zinnober.", "The second, zinnober."):
        await lodge.mail(claimed, text)
    await lodge.mail(email(LEE.identifier.value, Level.CLAIMED), "Of Lee.")
    await lodge.settle()
    keys = (lodge.keys.identifier(KIM.identifier), lodge.keys.claimed(KIM.identifier))
    name = CustomerId(f"cus_{keys[0]}")
    await lodge.erase(name, keys)
    assert await lodge.where("kim@", "zinnober") == []
    assert len((await lodge.done(name)).conversations) == 2
    assert len(await lodge.entries()) == 1


async def test_one_who_is_known_by_a_claim_alone_leaves_others_of_that_name(lodge: Lodge) -> None:
    claimed = email(KIM.identifier.value, Level.CLAIMED)
    await lodge.mail(claimed, "The first, zinnober.", file=PHOTO)
    await lodge.mail(claimed, "The second, ultramarine.")
    await lodge.settle()
    first, second = await lodge.entries()
    assert first.customer is not None
    assert first.customer != second.customer
    await lodge.erase(first.customer)
    assert await lodge.where("zinnober", first.message.id) == []
    assert [each.message.id for each in await lodge.entries()] == [second.message.id]
    assert len(await lodge.where("ultramarine")) >= 2


# -- what is under way
async def test_what_is_still_under_way_is_waited_for(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    lodge = Lodge(backbone, tmp_path)
    await lodge.mail(KIM, "Not read by anybody yet.")
    kim = CustomerId(f"cus_{lodge.key(KIM)}")
    await lodge.ask(kim, [lodge.keys.identifier(KIM.identifier)])
    eraser = lodge.eraser()
    assert not await eraser.erase(kim)
    assert (await reads.count(backbone.connection, INBOUND, ">"))[0]
    lodge.start()
    await lodge.say("presence", presence="online")
    await lodge.settle()
    await lodge.erase(kim)
    assert await lodge.where("kim@", "Not read") == []
    assert (await balance(backbone.connection, lodge.subjects)).gap == 0
    await lodge.stop()


async def test_what_no_stage_can_read_is_purged_all_the_same(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    for number, data in enumerate((b"", b"{}", b'{"schema":"entry"}', b"\xff zinnober")):
        await lodge.backbone.publisher.publish(
            lodge.subjects.message(lodge.keys.identifier(KIM.identifier)),
            data,
            msg_id=f"bad{number}",
            stream=JOURNAL,
        )
    await lodge.settle()
    assert await lodge.backbone.dead.list(10)
    await lodge.erase(kim)
    assert await lodge.where("zinnober", "kim@") == []
    assert await lodge.backbone.dead.list(10) == []


async def test_messages_that_come_while_he_is_erased_are_erased_as_well(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    await lodge.ask(kim)
    eraser = lodge.eraser()
    write, carry_out = lodge.mail, eraser._carry_out
    came = 0

    async def meanwhile(*args: object, **fields: object) -> None:
        nonlocal came
        if came < 3:
            came += 1
            await write(KIM, f"Meanwhile, zinnober {came}.")
            await lodge.settle()
        await carry_out(*args, **fields)  # type: ignore[arg-type]

    eraser._carry_out = meanwhile  # type: ignore[method-assign]
    async with asyncio.timeout(30):
        while not await eraser.erase(kim):
            pass
    assert came == 3
    assert await lodge.where("kim@", "zinnober") == []
    assert (await balance(lodge.backbone.connection, lodge.subjects)).gap == 0


# -- crashes
def counts(doc: ErasureDoc) -> Counter[tuple[str, str]]:
    """Return how many were purged of each kind."""
    found = Counter[tuple[str, str]]()
    for each in doc.subjects:
        found[each.stream, each.subject.split(".")[3]] += each.count
    return found


async def test_every_place_where_an_eraser_waits_may_be_its_last(lodge: Lodge) -> None:
    """Each customer is erased with a crash a little later than the one before; the counts agree."""
    people = [email(f"kim{number}@mail.example") for number in range(24)]
    for person in people:
        await lodge.mail(person, "A zinnober lamp.", file=PHOTO)
        await lodge.accept(f"Which one, {person.identifier.value}?")
    customers = [await lodge.customer_of(person) for person in people]
    await lodge.erase(customers[0])
    whole = await lodge.done(customers[0])
    for number, customer in enumerate(customers[1:], 1):
        await lodge.ask(customer)
        for crash in range(3):
            after = 1 + 7 * number + 31 * crash
            await cut_off(_erase(lodge, customer), lambda waits, after=after: waits >= after)
        async with asyncio.timeout(20):
            while not await lodge.eraser().erase(customer):
                pass
        assert counts(await lodge.done(customer)) == counts(whole), number
    assert await lodge.where("zinnober", "kim") == await lodge.where('"by":"kim"')
    assert (await balance(lodge.backbone.connection, lodge.subjects)).gap == 0


async def _erase(lodge: Lodge, customer: CustomerId) -> None:
    """Erase, and go on as if it were not done, so that there is always a place to be cut off."""
    while True:
        await lodge.eraser().erase(customer)
        await asyncio.sleep(0)


async def test_two_who_erase_at_once_count_it_once(lodge: Lodge) -> None:
    one, two = await write_both(lodge), await lodge.customer_of(LEE)
    await lodge.erase(two)
    await lodge.ask(one)

    async def erase() -> None:
        while not await lodge.eraser().erase(one):
            pass

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(erase())
    assert counts(await lodge.done(one)) == counts(await lodge.done(two))


async def test_a_gateway_takes_up_what_is_not_done_and_what_is_asked_later(
    lodge: Lodge, eventually: Eventually
) -> None:
    kim = await write_both(lodge)
    lee = await lodge.customer_of(LEE)
    await lodge.ask(kim)
    failures: list[BaseException] = []
    tasks = Tasks(lambda _name, error: failures.append(error))
    tasks.start("erasure", lodge.eraser().run())

    async def both() -> bool:
        records = [await lodge.record(each).read() for each in (kim, lee)]
        return all(each is not None and each.state is ErasureState.DONE for each in records)

    await eventually(lambda: _is_done(lodge, kim))
    await lodge.ask(lee)
    await eventually(both)
    await tasks.stop(5_000)
    assert failures == []
    assert await lodge.where("zinnober", "kim@", "lee@") == []


async def test_one_that_fails_holds_up_no_other_and_ends_nothing(
    lodge: Lodge, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim = await write_both(lodge)
    lee = await lodge.customer_of(LEE)
    erase = Eraser.erase

    async def failing(self: Eraser, customer: CustomerId) -> bool:
        if customer == kim:
            raise ValueError("a fault of ours")
        return await erase(self, customer)

    monkeypatch.setattr(Eraser, "erase", failing)
    await lodge.ask(kim)
    await lodge.ask(lee)
    failures: list[BaseException] = []
    tasks = Tasks(lambda _name, error: failures.append(error))
    tasks.start("erasure", lodge.eraser().run())
    await eventually(lambda: _is_done(lodge, lee))
    await tasks.stop(5_000)
    assert failures == []
    monkeypatch.undo()
    await lodge.erase(kim)
    await lodge.done(kim)


async def _is_done(lodge: Lodge, customer: CustomerId) -> bool:
    record = await lodge.record(customer).read()
    return record is not None and record.state is ErasureState.DONE

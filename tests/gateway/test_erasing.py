"""An erasure leaves nothing of one person and everything of the others, wherever it is cut off."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from maitred.contracts.agents import AssignmentState
from maitred.contracts.conversation import Conversation, Speaker
from maitred.contracts.documents import CustomerDoc
from maitred.contracts.identifiers import Level, Observed
from maitred.contracts.ids import CustomerId
from maitred.contracts.operations import (
    ChangeKind,
    ConversationChange,
    ErasureDoc,
    ErasureState,
)
from maitred.contracts.subjects import INBOUND, JOURNAL
from maitred.contracts.view import View
from maitred.gateway import clock
from maitred.gateway.backbone import MARKED, Backbone
from maitred.gateway.bus import reads
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.transaction import Decision, transact
from maitred.gateway.ledger import balance
from maitred.gateway.tasks import Tasks
from maitred.identity.gathering import work_of
from tests.gateway.conftest import Eventually
from tests.gateway.journal.toy import cut_off
from tests.gateway.lodge import SECRET, Lodge, account, email, visitor

KIM, LEE = email("kim@mail.example"), email("lee@elsewhere.example")
KIOSK = visitor("kiosk")
PHOTO = b"\x89PNG of a zinnober lamp"


@pytest.fixture
async def lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lodge]:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    opened = Lodge(backbone, tmp_path)
    opened.start()
    await opened.say("presence", presence="online")
    yield opened
    await opened.stop()


def key(lodge: Lodge, sender: Observed) -> str:
    return lodge.keys.identifier(sender.identifier)


async def done(lodge: Lodge, customer: CustomerId) -> ErasureDoc:
    doc = await lodge.record(customer).read()
    assert doc is not None
    assert doc.state is ErasureState.DONE
    assert doc.pending == ()
    return doc


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
    of_lee = (key(lodge, LEE), LEE.identifier.value, "Where is my order", "On its way")
    before = await lodge.where(*of_lee)
    assert await lodge.where(KIM.identifier.value)
    await lodge.erase(kim)
    of_kim = ("kim@", "zinnober", "Kim Berg", key(lodge, KIM), kim, "Which one")
    assert await lodge.where(*of_kim) == [f"JOURNAL {lodge.subjects.erasure(kim)}"]
    assert await lodge.where(*of_lee) == before
    assert (await balance(lodge.backbone.connection, lodge.subjects)).gap == 0


async def test_the_certificate_counts_what_is_gone_and_holds_no_address(lodge: Lodge) -> None:
    kim = await write_both(lodge)
    before = await held(lodge)
    await lodge.erase(kim)
    doc = await done(lodge, kim)
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
    first = await done(lodge, kim)
    await lodge.mail(KIM, "It is me again.", file=PHOTO)
    await lodge.settle()
    await lodge.erase(kim)
    second = await done(lodge, kim)
    assert [each.verified_at for each in second.earlier] == [first.verified_at]
    counted = {(each.stream, each.subject): each.count for each in second.subjects}
    (blobs,) = [each for each in counted if each[0] == "BLOBS"]
    # His file came twice, and was read again when the store had others' word than intake's memory.
    assert counted[blobs] >= 2
    assert await lodge.where("kim@") == []


async def test_an_erasure_of_nobody_is_done_at_once(lodge: Lodge) -> None:
    await lodge.settle()
    await lodge.erase(CustomerId("cus_nobody"))
    assert (await done(lodge, CustomerId("cus_nobody"))).subjects == ()


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
    assert len((await done(lodge, name)).conversations) == 2
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


# -- two in one component
async def sign_in_at_the_kiosk(lodge: Lodge) -> tuple[CustomerId, CustomerId]:
    """Let Kim and Lee use one browser, signed in one after the other."""
    await lodge.chat(account("kim"), "I am Kim, zinnober.", KIOSK, KIM, name="Kim Berg")
    await lodge.chat(account("lee"), "I am Lee.", KIOSK, LEE, name="Lee")
    await lodge.settle()
    # What is said there without a word of the site hangs on the browser itself.
    await lodge.chat(KIOSK, "Kim again, at the kiosk.", account("kim"))
    await lodge.chat(KIOSK, "Lee again, at the kiosk.", account("lee"))
    await lodge.settle()
    return await lodge.customer_of(account("kim")), await lodge.customer_of(account("lee"))


@pytest.mark.parametrize("goes", ["kim", "lee"])
async def test_of_two_who_share_a_browser_one_goes_and_the_other_stays(
    lodge: Lodge, goes: str
) -> None:
    customers = dict(zip(("kim", "lee"), await sign_in_at_the_kiosk(lodge), strict=True))
    (stays,) = customers.keys() - {goes}
    words = {"kim": ("I am Kim", "Kim again"), "lee": ("I am Lee", "Lee again")}
    before = {each: await lodge.where(each) for each in words[stays]}
    await lodge.erase(customers[goes])
    gone = {"kim": (KIM, account("kim")), "lee": (LEE, account("lee"))}[goes]
    assert await lodge.where(*words[goes], gone[0].identifier.value) == []
    keys = [key(lodge, each) for each in gone]
    assert await lodge.where(*keys) == [f"JOURNAL {lodge.subjects.erasure(customers[goes])}"]
    for each in words[stays]:
        assert len(await lodge.where(each)) >= len(before[each]) > 0
    await lodge.chat(account(stays), "And once more.", KIOSK)
    await lodge.chat(account(goes), "Back again.", KIOSK)
    await lodge.settle()
    assert await lodge.customer_of(account(stays)) == customers[stays]
    assert await lodge.customer_of(account(goes)) != customers[stays]
    assert await lodge.backbone.dead.list(10) == []


# -- conversations of others
async def answer_in_kim_s_thread(lodge: Lodge) -> tuple[CustomerId, Conversation]:
    """Let Lee answer Kim's mail, where he does not belong; return who Lee is, and Kim's thread."""
    await lodge.mail(KIM, "My lamp is broken.", name="Kim")
    offer = await lodge.accept()
    await lodge.mail(LEE, "I broke it, zinnober.", answers="<2@mail.example>", name="Lee")
    await lodge.settle()
    assert offer.conversation is not None
    return await lodge.customer_of(LEE), await conversation(lodge, offer.conversation)


async def conversation(lodge: Lodge, name: str) -> Conversation:
    subject = f"{lodge.subjects.root}.conversation.{name}"
    stored = await reads.get_last(lodge.backbone.connection, JOURNAL, subject, leader=True)
    assert stored is not None
    return msgspec.json.decode(stored.data, type=Conversation)


async def test_a_claimed_word_in_somebody_else_s_conversation_goes_with_its_author(
    lodge: Lodge,
) -> None:
    lee, before = await answer_in_kim_s_thread(lodge)
    assert [turn.speaker for turn in before.turns] == [Speaker.CUSTOMER, Speaker.CLAIMED]
    assert [each.state for each in await lodge.told()].count(AssignmentState.CLAIMED) == 1
    await lodge.erase(lee)
    assert await lodge.where("zinnober", "lee@") == []
    after = await conversation(lodge, before.id)
    assert after.turns == before.turns[:1]
    assert (await done(lodge, lee)).rewritten == (lodge.subjects.conversation(before.id),)
    told = await lodge.told()
    assert AssignmentState.CLAIMED not in [each.state for each in told]
    assert AssignmentState.UPDATED in [each.state for each in told]


async def test_answers_go_to_the_customer_again_where_a_participant_wrote_last(
    lodge: Lodge,
) -> None:
    lee, said = await answer_in_kim_s_thread(lodge)
    subject, written = lodge.subjects.conversation(said.id), (await lodge.entries())[-1].message

    def last_of_lee(view: View) -> Decision[None]:
        before = view.read(subject, Conversation)
        assert before is not None
        joined = msgspec.structs.replace(
            before,
            participants=(*before.participants, written.actor_key),
            reply_to=written.reply_to,
            name="Lee",
        )
        change = ConversationChange(
            conversation=said.id,
            kind=ChangeKind.CHANGED,
            at=lodge.now,
            work=work_of(joined, lodge.now),
            reply_to=written.reply_to,
        )
        told = Entry(lodge.subjects.change(said.id), change, "test:joined")
        return Decision(None, {subject: joined}, (told,))

    await transact(lodge.backbone.connection, lodge.keeping, last_of_lee, lodge.now)
    await lodge.settle()
    assert f"JOURNAL {lodge.subjects.routing(said.id)}" in await lodge.where("lee@")
    await lodge.erase(lee)
    await lodge.settle()
    after = await conversation(lodge, said.id)
    assert after.reply_to.endpoint == KIM.identifier
    assert await lodge.where("zinnober", "lee@") == []
    epoch = (await lodge.told())[-1].epoch
    await lodge.say("reply", conversation=said.id, epoch=epoch, text="We know.")
    await lodge.settle()
    (sent,) = [each for each in await lodge.where("We know") if "outbound" in each]
    assert sent.endswith(key(lodge, KIM))


# -- what is under way
async def test_what_is_still_under_way_is_waited_for(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    lodge = Lodge(backbone, tmp_path)
    await lodge.mail(KIM, "Not read by anybody yet.")
    kim = CustomerId(f"cus_{key(lodge, KIM)}")
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
    whole = await done(lodge, customers[0])
    for number, customer in enumerate(customers[1:], 1):
        await lodge.ask(customer)
        for crash in range(3):
            after = 1 + 7 * number + 31 * crash
            await cut_off(_erase(lodge, customer), lambda waits, after=after: waits >= after)
        async with asyncio.timeout(20):
            while not await lodge.eraser().erase(customer):
                pass
        assert counts(await done(lodge, customer)) == counts(whole), number
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
    assert counts(await done(lodge, one)) == counts(await done(lodge, two))


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


async def _is_done(lodge: Lodge, customer: CustomerId) -> bool:
    record = await lodge.record(customer).read()
    return record is not None and record.state is ErasureState.DONE

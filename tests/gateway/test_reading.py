"""A customer's journey, read back from a real store after all that may have happened to him."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from maitred.contracts.conversation import Speaker
from maitred.contracts.entry import Claim, MessageEntry
from maitred.contracts.errors import Permanent
from maitred.contracts.identifiers import Level
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    OperationId,
    OutboundId,
    conversation_id,
)
from maitred.contracts.limits import DAY_MS, MINUTE_MS
from maitred.contracts.message import Message, MessageKind, ThreadHints
from maitred.contracts.operations import OperationDoc, OperationKind
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound
from maitred.contracts.revision import Revision
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import reading
from maitred.gateway.backbone import Backbone
from maitred.gateway.cli.telling import journey_lines
from maitred.gateway.reading import Journey
from maitred.identity.conversations.journey import claimed_turn
from tests.identity.steward import Steward
from tests.identity.world import (
    START,
    TENANT,
    TOOLS,
    World,
    account,
    email,
    key_of,
    phone,
    said,
    visitor,
)

ANN, BOB = account("ann"), account("bob")
MAIL = email("ann@example.com")
KIOSK = visitor("kiosk")
SUBJECTS = TOOLS.subjects


class Shop:
    """A gateway's store: what is taken in is placed and written down as intake does."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self.world = World(now=START + DAY_MS)
        self._written: dict[str, int] = {}
        self._count = 0

    async def take(self, *messages: Message) -> list[MessageEntry]:
        return [await self._take(message) for message in messages]

    async def _take(self, message: Message) -> MessageEntry:
        placed = self.world.take(message)
        claim = None
        if (named := placed.claimed) is not None:
            turn = claimed_turn(named.previous, message, self.world.now)
            claim = Claim(conversation=named.previous.id, evidence=named.evidence, turn=turn)
        entry = MessageEntry(
            message=message,
            customer=placed.customer,
            conversation=placed.conversation,
            joined=placed.joined,
            claim=claim,
        )
        await self.put(SUBJECTS.message(message.actor_key), entry)
        await self.save()
        return entry

    async def save(self) -> None:
        """Write the documents that have changed."""
        for subject, (revision, document) in self.world.store.items():
            if self._written.get(subject) != revision:
                self._written[subject] = revision
                await self.put(subject, document)

    async def put(self, subject: str, body: msgspec.Struct) -> None:
        self._count += 1
        await self._backbone.publisher.publish(
            subject, msgspec.json.encode(body), msg_id=f"put:{self._count}", stream=JOURNAL
        )

    async def reply(self, name: str, to: MessageEntry, *, at: int, text: str = "Hello.") -> None:
        reply = Outbound(
            id=OutboundId(f"out_{name}"),
            tenant=TENANT,
            conversation=to.conversation or ConversationId(""),
            customer=to.customer or CustomerId(""),
            agent=AgentId("ann"),
            to=to.message.reply_to,
            text=text,
            at=at,
        )
        where = SUBJECTS.outbound(reply.to.channel, reply.conversation, reply.to.key)
        await self.put(where, reply)

    async def journey(self, name: str | None, **more: Any) -> Journey:
        return await reading.journey(self._backbone.connection, SUBJECTS, name or "", **more)

    async def texts(self, of: MessageEntry, **more: Any) -> list[str]:
        """Return what the journey of a message's customer holds, asked by its conversation."""
        found = await self.journey(of.conversation, **more)
        return [each.text.removeprefix("text of ") for each in found.moments]


@pytest.fixture
async def shop(backbone: Backbone) -> Shop:
    return Shop(backbone)


async def test_the_messages_of_a_shared_browser_are_each_accounts_own(shop: Shop) -> None:
    a1, b1, a2, nobody, mail = await shop.take(
        said("a1", KIOSK, ANN, at=START),
        said("b1", KIOSK, BOB, at=START + 1),
        said("a2", KIOSK, ANN, at=START + 2),
        said("nobody", KIOSK, at=START + 3),
        said("mail", MAIL, ANN, at=START + 4),
    )
    await shop.reply("r", a1, at=START + 5, text="to ann")
    await shop.reply("s", b1, at=START + 6, text="to bob")
    assert await shop.texts(a1) == ["a1", "a2", "mail", "to ann"]
    assert await shop.texts(mail) == await shop.texts(a2) == await shop.texts(a1)
    assert await shop.texts(b1) == ["b1", "to bob"]
    assert await shop.texts(nobody) == ["nobody"]


async def test_of_a_browser_that_very_many_share_each_account_still_has_its_own(
    shop: Shop,
) -> None:
    users = [account(f"user{n}") for n in range(60)]
    entries = await shop.take(
        *(said(f"u{n}", KIOSK, user, at=START + n) for n, user in enumerate(users))
    )
    for number in (0, 30, 59):
        assert await shop.texts(entries[number]) == [f"u{number}"]


async def test_a_number_is_its_owners_for_his_time(shop: Shop) -> None:
    number = phone("+14155550123")
    proven = msgspec.structs.replace(number, level=Level.PROVEN)
    later = 200 * DAY_MS
    shop.world.now = START + later + 2 * DAY_MS
    ann, _, bob, _ = await shop.take(
        said("ann", visitor("v1"), ANN, proven, at=START),
        said("sms1", number, at=START + DAY_MS),
        said("bob", visitor("v2"), BOB, proven, at=START + later),
        said("sms2", number, at=START + later + DAY_MS),
    )
    assert await shop.texts(ann) == ["ann", "sms1"]
    assert await shop.texts(bob) == ["bob", "sms2"]


async def test_who_nobody_vouches_for_has_the_one_conversation_and_the_owner_none_of_it(
    shop: Shop,
) -> None:
    forged = email("ann@example.com", Level.CLAIMED)
    real, one, two = await shop.take(
        said("real", MAIL, at=START),
        said("one", forged, at=START + 1, thread=ThreadHints(own=("<1@example.com>",))),
        said("two", forged, at=START + 2),
    )
    (again,) = await shop.take(
        said("again", forged, at=START + 3, thread=ThreadHints(refers_to=("<1@example.com>",)))
    )
    await shop.reply("r", one, at=START + 4, text="to one")
    assert again.conversation == one.conversation
    assert await shop.texts(real) == ["real"]
    assert await shop.texts(one) == ["one", "again", "to one"]
    assert await shop.texts(two) == ["two"]
    found = await shop.journey(one.customer)
    assert [each.text for each in found.moments] == ["text of one", "text of again", "to one"]
    assert found.customer.unidentified


async def test_a_merge_makes_one_timeline_and_its_undoing_two_again(shop: Shop) -> None:
    bob = email("bob@example.com")
    a1, b1 = await shop.take(said("a1", MAIL, at=START), said("b1", bob, at=START + 2))
    await shop.reply("r", b1, at=START + 3, text="to bob")
    desk = Steward(shop.world)
    desk.say(OperationKind.LINK, MAIL, bob)
    await shop.save()
    (b2,) = await shop.take(said("b2", bob, at=START + 9))
    whole = ["a1", "b1", "to bob", "b2"]
    assert await shop.texts(a1) == await shop.texts(b1) == await shop.texts(b2) == whole
    by_old_name = await shop.journey(b1.customer)
    assert by_old_name.customer.id == (await shop.journey(a1.customer)).customer.id
    assert len(by_old_name.identifiers) == 2
    (record,) = [
        document.id
        for _, document in shop.world.store.values()
        if isinstance(document, OperationDoc)
    ]
    desk.undo(record)
    await shop.save()
    assert await shop.texts(a1) == ["a1"]
    found = await shop.journey(b1.customer)
    assert [each.text for each in found.moments] == ["text of b1", "to bob", "text of b2"]


async def test_a_stranger_in_a_thread_and_a_mail_system_are_told_from_the_customer(
    shop: Shop,
) -> None:
    thread = ThreadHints(own=("<1@example.com>",))
    answer = ThreadHints(refers_to=("<1@example.com>",))
    daemon = email("mailer-daemon@mx.example.net", Level.CLAIMED)
    own, stranger, _ = await shop.take(
        said("own", MAIL, at=START, thread=thread),
        said("stranger", email("eve@example.net"), at=START + 1, thread=answer),
        said("bounce", daemon, at=START + 2, thread=answer, kind=MessageKind.BOUNCE),
    )
    found = await shop.journey(own.conversation)
    assert [(each.speaker, each.text) for each in found.moments] == [
        (Speaker.CUSTOMER, "text of own"),
        (Speaker.SYSTEM, "text of bounce"),
    ]
    (claimed,) = found.claimed
    assert (claimed.text, claimed.speaker) == ("text of stranger", Speaker.CLAIMED)
    assert "eve@example.net" in claimed.name
    assert await shop.texts(stranger) == ["stranger"]


async def test_changes_readings_and_what_became_of_a_reply_are_applied(shop: Shop) -> None:
    one, two = said("one", KIOSK, at=START), said("two", KIOSK, at=START + 1)
    first, *_ = await shop.take(
        one,
        two,
        said("e", KIOSK, at=START + 2, kind=MessageKind.EDIT, target=one.id, text="edited"),
        said("d", KIOSK, at=START + 3, kind=MessageKind.DELETE, target=two.id),
    )
    read = msgspec.structs.replace(one, text="as it is read today")
    revision = Revision(message=read, number=1, decoder="chat", changed=("text",), at=START)
    await shop.put(SUBJECTS.revision(one.actor_key), revision)
    await shop.reply("r", first, at=START + 4, text="sorry")
    failed = DeliveryDoc(
        id=OutboundId("out_r"),
        conversation=first.conversation or ConversationId(""),
        channel="chat",
        state=DeliveryState.FAILED,
        at=START + 5,
        error="tries_used_up",
    )
    await shop.put(SUBJECTS.delivery(failed.id), failed)
    found = await shop.journey(first.conversation)
    edited, deleted, answer = found.moments
    assert [each.text for each in edited.parts[0].versions] == ["as it is read today", "edited"]
    assert deleted.is_deleted
    assert answer.delivery is not None
    assert answer.delivery.state is DeliveryState.FAILED
    plain = "\n".join(journey_lines(found, 200))
    assert "(edited) edited" in plain
    assert "(deleted)" in plain
    assert "→ ann       (failed: tries_used_up) sorry" in plain
    assert "as it is read today" not in plain
    whole = "\n".join(journey_lines(found, 200, versions=True))
    assert "as it is read today" in whole
    assert "text of two" in whole


async def test_of_a_long_log_the_newest_are_read_and_the_rest_is_counted(shop: Shop) -> None:
    entries = await shop.take(*(said(f"m{n}", MAIL, at=START + n * MINUTE_MS) for n in range(30)))
    found = await shop.journey(entries[0].customer, newest=7)
    assert [each.text for each in found.moments] == [f"text of m{n}" for n in range(23, 30)]
    assert found.unread == 23
    for newest in (30, 31, None):
        whole = await shop.journey(entries[0].customer, newest=newest)
        assert (len(whole.moments), whole.unread) == (30, 0)
    lines = list(journey_lines(found, 100, last=5))
    assert "… 2 earlier and 23 older entries not read; `--all` shows everything" in lines
    assert sum("text of m" in line for line in lines) == 5
    assert not any("--all" in line for line in journey_lines(whole, 100))


async def test_what_operators_moved_and_joined_stands_where_it_is_now(shop: Shop) -> None:
    one, two = await shop.take(said("one", MAIL, at=START), said("two", MAIL, at=START + MINUTE_MS))
    assert one.conversation is not None
    split = OperationDoc(
        id=OperationId("op_1"),
        tenant=TENANT,
        kind=OperationKind.SPLIT,
        by="eve",
        why="another matter",
        at=START,
        conversation=one.conversation,
        other=conversation_id(two.message.id),
        moved=(two.message.id,),
    )
    about = SUBJECTS.operation(one.conversation, split.id)
    await shop.put(about, split)
    homes = [each.conversation for each in (await shop.journey(one.customer)).moments]
    assert homes == [one.conversation, conversation_id(two.message.id)]
    await shop.put(about, msgspec.structs.replace(split, undone_at=START + 1))
    homes = [each.conversation for each in (await shop.journey(one.customer)).moments]
    assert homes == [one.conversation, one.conversation]


async def test_a_log_that_holds_nothing_is_an_empty_journey(shop: Shop) -> None:
    shop.world.take(said("one", MAIL, at=START))
    await shop.save()
    (customer,) = shop.world.customers().values()
    found = await shop.journey(customer)
    assert (found.moments, found.unread, found.identifiers) == ((), 0, (key_of(MAIL),))


@pytest.mark.parametrize("name", ["cus_nobody", "cnv_nothing", "cus_a.b", "cnv_>", "x"])
async def test_nothing_is_known_of_who_is_not_there(shop: Shop, name: str) -> None:
    with pytest.raises(Permanent) as error:
        await shop.journey(name)
    assert error.value.code == "not_found"

"""An erasure takes one person out of what he shares with others, and leaves them the rest."""

from __future__ import annotations

import msgspec
import pytest

from maitred.contracts.assignments import AssignmentState
from maitred.contracts.conversation import Conversation, Speaker
from maitred.contracts.identifiers import Level, Observed, text_identifier
from maitred.contracts.ids import CustomerId
from maitred.contracts.message import Attachment
from maitred.contracts.operations import ChangeKind, ConversationChange
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import View
from maitred.gateway.attachments import Attachments
from maitred.gateway.bus import reads
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.transaction import Decision, transact
from maitred.identity.conversations.gathering import work_of
from tests.gateway.lodge import Lodge, account, email, visitor

KIM, LEE = email("kim@mail.example"), email("lee@elsewhere.example")
KIOSK = visitor("kiosk")


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
    keys = [lodge.key(each) for each in gone]
    assert await lodge.where(*keys) == [f"JOURNAL {lodge.subjects.erasure(customers[goes])}"]
    for each in words[stays]:
        assert len(await lodge.where(each)) >= len(before[each]) > 0
    await lodge.chat(account(stays), "And once more.", KIOSK)
    await lodge.chat(account(goes), "Back again.", KIOSK)
    await lodge.settle()
    assert await lodge.customer_of(account(stays)) == customers[stays]
    assert await lodge.customer_of(account(goes)) != customers[stays]
    assert await lodge.backbone.dead.list(10) == []


async def test_the_browser_that_two_used_goes_with_what_nobody_else_said_there(
    lodge: Lodge,
) -> None:
    await sign_in_at_the_kiosk(lodge)
    await lodge.chat(KIOSK, "A stranger, ultramarine.")
    await lodge.settle()
    stranger = await lodge.customer_of(KIOSK)
    await lodge.erase(stranger)
    assert await lodge.where("ultramarine") == []
    for words in ("I am Kim", "Kim again", "I am Lee", "Lee again"):
        assert await lodge.where(words), words
    doc = await lodge.done(stranger)
    assert (doc.keys, doc.shared) == ((), (lodge.keys.identifier(KIOSK.identifier),))


PHONE = "+15552000001"
HIS_PICTURE, THEIR_PICTURE = "https://files.example/1", "https://files.example/2"


@pytest.mark.parametrize("order", ["ktlT", "kTlt"], ids=["in time", "Lee's first"])
async def test_of_a_number_that_changed_hands_each_owner_s_messages_are_his(
    lodge: Lodge, order: str
) -> None:
    """Kim had the number until 120 days ago, Lee has it since 20; both sent a picture too."""
    number = Observed(identifier=text_identifier(PHONE).identifier, level=Level.PROVEN)
    writes = {
        "k": lodge.chat(account("kim"), "Kim's number.", visitor("k"), number, days_ago=130),
        "t": lodge.text(PHONE, "Of Kim, zinnober.", days_ago=125, media=HIS_PICTURE),
        "l": lodge.chat(account("lee"), "Lee's number.", visitor("l"), number, days_ago=20),
        "T": lodge.text(PHONE, "Of Lee, ultramarine.", days_ago=10, media=THEIR_PICTURE),
    }
    for each in order:
        await writes[each]
        await lodge.settle()
    files = {HIS_PICTURE: b"a picture", THEIR_PICTURE: b"another one"}
    await fetch_all(lodge, files)
    kim, lee = [await lodge.customer_of(account(name)) for name in ("kim", "lee")]
    assert kim != lee
    await lodge.erase(kim)
    assert await lodge.where("zinnober", "Kim's number", "a picture", HIS_PICTURE) == []
    assert await lodge.where("ultramarine")
    assert await lodge.where("another one")
    assert await lodge.customer_of(account("lee")) == lee
    doc = await lodge.done(kim)
    assert lodge.key(number) in doc.shared
    assert {each.stream for each in doc.subjects} == {"INBOUND", "JOURNAL", "BLOBS"}


async def fetch_all(lodge: Lodge, files: dict[str, bytes]) -> None:
    """Have somebody look at each picture, so that it is kept here."""

    class Host:
        async def fetch(self, account: str, attachment: Attachment) -> bytes:
            return files[attachment.remote]

    attachments = Attachments(lodge.backbone.publisher, lodge.subjects, {"sms": Host()})
    for entry in await lodge.entries():
        for index in range(len(entry.message.attachments)):
            await attachments.read(entry.message.id, index)


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
    assert (await lodge.done(lee)).rewritten == (lodge.subjects.conversation(before.id),)
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
    assert sent.endswith(lodge.key(KIM))

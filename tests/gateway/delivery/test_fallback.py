"""What nobody reads in the chat goes out as a mail, once, to an address that was proven."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from maitred.contracts.documents import PositionDoc
from maitred.contracts.identifiers import Level, Observed, email_identifier
from maitred.contracts.ids import OutboundId
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.batch import document
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import get_last
from maitred.gateway.delivery import fallback as ladders
from maitred.gateway.delivery.fallback import STAGE, Fallback, Ladder
from maitred.gateway.tasks import Tasks
from tests.gateway.conftest import Eventually
from tests.gateway.lodge import SECRET, Lodge, account, email, visitor

HOME, KIM_ACCOUNT = visitor("home"), account("k1")
PROVEN = Observed(identifier=email_identifier("kim@mail.example"), level=Level.PROVEN)
CLAIMED = email("kim@mail.example", Level.CLAIMED)
AFTER_MS = 150
Follow = Callable[[], None]


@pytest.fixture
async def lodge(
    backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lodge]:
    monkeypatch.setenv("LODGE_SECRET", SECRET.decode())
    lodge = Lodge(backbone, tmp_path)
    lodge.start()
    await lodge.say("presence", presence="online")
    yield lodge
    await lodge.stop()


@pytest.fixture
async def follow(lodge: Lodge) -> AsyncIterator[Follow]:
    failures: list[BaseException] = []
    tasks = Tasks(lambda _name, error: failures.append(error))
    ladder = Ladder("support", lodge.provider.capabilities, AFTER_MS)

    def start() -> None:
        made = Fallback(ladder, backbone=lodge.backbone, tools=lodge.tools, keeping=lodge.keeping)
        tasks.start("fallback", made.run())

    yield start
    await tasks.stop(5_000)
    assert failures == []


async def position(lodge: Lodge) -> PositionDoc | None:
    where = lodge.subjects.position(STAGE, 0)
    stored = await get_last(lodge.backbone.connection, JOURNAL, where, leader=True)
    return msgspec.json.decode(stored.data, type=PositionDoc) if stored else None


async def replies(lodge: Lodge, channel: str) -> list[Outbound]:
    where = f"{lodge.subjects.root}.outbound.{channel}.>"
    return [
        msgspec.json.decode(each.data, type=Outbound)
        async for each in scan(lodge.backbone.connection, JOURNAL, where)
    ]


async def became(lodge: Lodge, name: OutboundId, state: DeliveryState) -> None:
    """Let the chat say what became of a reply (nothing delivers it here)."""
    (reply,) = [each for each in await replies(lodge, "chat") if each.id == name]
    doc = DeliveryDoc(id=name, conversation=reply.conversation, channel="chat", state=state, at=1)
    where = lodge.subjects.delivery(name)
    await lodge.backbone.committer.commit([document(where, msgspec.json.encode(doc), expected=0)])


async def answered(
    lodge: Lodge, *observed: Observed, state: DeliveryState = DeliveryState.SENT
) -> Outbound:
    """Let a visitor be answered in the chat, and return the reply."""
    await lodge.chat(HOME, "Where is my order? I have waited for it.", *observed)
    await lodge.accept("It is on its way.")
    (*_, reply) = await replies(lodge, "chat")
    await became(lodge, reply.id, state)
    return reply


async def looked_at(lodge: Lodge, count: int, eventually: Eventually) -> None:
    async def passed() -> bool:
        found = await position(lodge)
        # The first step is where it began.
        return found is not None and found.applied == count + 1

    await eventually(passed)


async def begun(lodge: Lodge, follow: Follow, eventually: Eventually) -> None:
    follow()
    await looked_at(lodge, 0, eventually)


async def test_an_unread_reply_goes_out_as_a_mail_that_continues_the_conversation(
    lodge: Lodge, follow: Follow, eventually: Eventually
) -> None:
    await begun(lodge, follow, eventually)
    reply = await answered(lodge, KIM_ACCOUNT, PROVEN)
    await looked_at(lodge, 1, eventually)
    (mail,) = await replies(lodge, "email")
    assert (mail.text, mail.instead_of) == (reply.text, reply.id)
    assert (mail.to.account, mail.to.endpoint) == ("support", PROVEN.identifier)
    assert (mail.conversation, mail.agent) == (reply.conversation, reply.agent)
    assert mail.subject == "Where is my order? I have waited for it."
    await lodge.settle()
    assert lodge.provider.reached == [reply.text]
    # The stand-in names its threads after the text; an answer to it stands in the conversation.
    await lodge.mail(email("kim@mail.example"), "Thank you!", answers=f"thread-{reply.text}")
    await lodge.settle()
    (*_, last) = await lodge.entries()
    assert last.conversation == reply.conversation


@pytest.mark.parametrize("state", [DeliveryState.READ, DeliveryState.FAILED])
async def test_what_was_read_or_never_sent_goes_nowhere_else(
    lodge: Lodge, follow: Follow, eventually: Eventually, state: DeliveryState
) -> None:
    await begun(lodge, follow, eventually)
    await answered(lodge, KIM_ACCOUNT, PROVEN, state=state)
    await looked_at(lodge, 1, eventually)
    assert await replies(lodge, "email") == []


@pytest.mark.parametrize("observed", [(), (CLAIMED,), (email("kim@mail.example"),), (KIM_ACCOUNT,)])
async def test_an_address_that_was_not_proven_is_not_written_to(
    lodge: Lodge, follow: Follow, eventually: Eventually, observed: tuple[Observed, ...]
) -> None:
    await begun(lodge, follow, eventually)
    await answered(lodge, *observed)
    await looked_at(lodge, 1, eventually)
    assert await replies(lodge, "email") == []


async def test_who_is_signed_in_is_reached_at_the_address_that_his_account_has_proved(
    lodge: Lodge, follow: Follow, eventually: Eventually
) -> None:
    """Whoever else may sit at the browser he uses now: his account was proven in this session."""
    await lodge.chat(visitor("before"), "It is me.", KIM_ACCOUNT, PROVEN)
    await lodge.settle()
    await begun(lodge, follow, eventually)
    await answered(lodge, KIM_ACCOUNT)
    await looked_at(lodge, 1, eventually)
    assert [each.to.endpoint for each in await replies(lodge, "email")] == [PROVEN.identifier]


async def test_of_two_addresses_that_were_proven_nobody_knows_whose_the_reply_is(
    lodge: Lodge, follow: Follow, eventually: Eventually
) -> None:
    other = Observed(identifier=email_identifier("lee@mail.example"), level=Level.PROVEN)
    await begun(lodge, follow, eventually)
    await answered(lodge, PROVEN, other)
    await looked_at(lodge, 1, eventually)
    assert await replies(lodge, "email") == []


async def test_who_wrote_again_has_read_it(
    lodge: Lodge, follow: Follow, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begun(lodge, follow, eventually)
    await lodge.chat(HOME, "Where is my order?", KIM_ACCOUNT, PROVEN)
    await lodge.accept("It is on its way.")
    (reply,) = await replies(lodge, "chat")
    await became(lodge, reply.id, DeliveryState.SENT)
    lodge.now += 60_000
    await lodge.chat(HOME, "Thanks", KIM_ACCOUNT, PROVEN)
    await looked_at(lodge, 1, eventually)
    assert await replies(lodge, "email") == []


async def test_who_said_stop_there_gets_no_mail(
    lodge: Lodge, follow: Follow, eventually: Eventually
) -> None:
    where = lodge.subjects.consent(lodge.keys.identifier(PROVEN.identifier))
    stop = b'{"schema":"consent","stopped":true,"at":1}'
    await lodge.backbone.committer.commit([document(where, stop, expected=0)])
    await begun(lodge, follow, eventually)
    await answered(lodge, KIM_ACCOUNT, PROVEN)
    await looked_at(lodge, 1, eventually)
    assert await replies(lodge, "email") == []


async def test_two_that_follow_at_once_and_one_that_starts_again_send_one_mail(
    lodge: Lodge, follow: Follow, eventually: Eventually
) -> None:
    await begun(lodge, follow, eventually)
    follow()
    await answered(lodge, KIM_ACCOUNT, PROVEN)
    await looked_at(lodge, 1, eventually)
    follow()
    await lodge.chat(HOME, "And now?", KIM_ACCOUNT, PROVEN)
    await lodge.settle()
    epoch = (await lodge.told())[-1].epoch
    conversation = (await replies(lodge, "chat"))[0].conversation
    await lodge.say("reply", conversation=conversation, epoch=epoch, text="Soon.")
    await looked_at(lodge, 2, eventually)
    assert len(await replies(lodge, "email")) == 1


async def test_what_was_said_before_it_was_switched_on_or_is_long_overdue_is_let_alone(
    lodge: Lodge, follow: Follow, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    await answered(lodge, KIM_ACCOUNT, PROVEN)
    await begun(lodge, follow, eventually)
    monkeypatch.setattr(ladders, "LATE_MS_MAX", -AFTER_MS)
    await lodge.chat(HOME, "And now?", KIM_ACCOUNT, PROVEN)
    await lodge.settle()
    epoch = (await lodge.told())[-1].epoch
    (first,) = await replies(lodge, "chat")
    await lodge.say("reply", conversation=first.conversation, epoch=epoch, text="Soon.")
    await lodge.settle()
    (*_, reply) = await replies(lodge, "chat")
    await became(lodge, reply.id, DeliveryState.SENT)
    await looked_at(lodge, 1, eventually)
    assert await replies(lodge, "email") == []

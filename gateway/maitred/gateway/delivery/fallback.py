"""Fallback: what nobody reads where it went goes out once more, as a mail to a proven address.

One follower behind the chat's replies: each is looked at when its time is up, and the mail is
written together with how far the follower is. So a restart forgets none and repeats none, and two
gateways that follow at once send one mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace

from maitred.connectors.port import Capabilities
from maitred.contracts.conversation import Conversation, Speaker
from maitred.contracts.documents import PositionDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.ids import outbound_id
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.limits import DAY_MS
from maitred.contracts.message import Message
from maitred.contracts.outbound import DeliveryDoc, DeliveryState, Outbound, OutboundKind
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import View
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.pull import Pull, Received
from maitred.gateway.bus.reads import get_last
from maitred.gateway.bus.streams import last_sequence
from maitred.gateway.delivery import allowing, consent
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from maitred.identity.conversations.place import Tools
from maitred.identity.reaching import proven_address

log = structlog.get_logger(__name__)
STAGE: Final = "fallback"
FROM_CHANNEL: Final = "chat"
TO_CHANNEL: Final = "email"
LATE_MS_MAX: Final = 1 * DAY_MS
"""What is overdue for so long, because no gateway ran, is let alone."""
SUBJECT_CHARACTERS: Final = 60
_AGAIN_S: Final = 0.25
Step = Callable[[View], Decision[str]]
_UNREAD: Final = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})


@dataclass(frozen=True, slots=True)
class Ladder:
    """The second step: the mail account to send by, what mail can carry, and after how long."""

    account: str
    able: Capabilities
    after_ms: int


class Fallback:
    """Follows the replies of the chat, and mails those that stay unread."""

    def __init__(
        self, ladder: Ladder, *, backbone: Backbone, tools: Tools, keeping: Keeping
    ) -> None:
        self._ladder = ladder
        self._backbone = backbone
        self._subjects = backbone.subjects
        self._tools = tools
        self._keeping = keeping
        self._position = self._subjects.position(STAGE, 0)

    async def run(self) -> None:
        """Work until cancelled; a store that does not answer only delays."""
        while True:
            try:
                await self._follow(await self._start())
            except StoreUnavailable as error:
                log.warning("store_unavailable", stage=STAGE, reason=str(error))
            except Permanent as error:
                # Others wrote at every try; whoever they were, they have moved the position.
                log.warning("fallback_again", reason=error.code)
            await asyncio.sleep(_AGAIN_S)
            await self._backbone.connection.wait_connected()

    async def _start(self) -> int:
        """Return behind which sequence to follow: at first, nothing that was said before."""
        connection = self._backbone.connection
        stored = await get_last(connection, JOURNAL, self._position, leader=True)
        if stored is not None:
            return msgspec.json.decode(stored.data, type=PositionDoc).sequence
        sequence = await last_sequence(connection, JOURNAL)
        await self._commit(lambda view: self._moved(view, sequence))
        return sequence

    async def _follow(self, after: int) -> None:
        where = f"{self._subjects.root}.outbound.{FROM_CHANNEL}.>"
        pull = Pull(self._backbone.connection, JOURNAL, [where], after=after, name=STAGE)
        try:
            async for received in pull.batches():
                for item in received:
                    wait_ms = item.time_ms + self._ladder.after_ms - clock.now_ms()
                    await asyncio.sleep(max(0, wait_ms) / 1000)
                    await self._look(item)
        finally:
            await pull.close()

    async def _look(self, item: Received) -> None:
        reply = _reply(item)
        wrote = await self._last_message(reply) if reply is not None else None

        def step(view: View) -> Decision[str]:
            moved = self._moved(view, item.stream_seq)
            if not moved.documents or reply is None or wrote is None:
                return moved
            if clock.now_ms() - item.time_ms > self._ladder.after_ms + LATE_MS_MAX:
                return moved
            mail = self._mail(reply, wrote, item.time_ms, view)
            if mail is None:
                return moved
            subject = self._subjects.outbound(TO_CHANNEL, mail.conversation, mail.to.key)
            entry = Entry(subject, mail, f"outbound:{mail.id}")
            return Decision(answer=mail.id, documents=moved.documents, entries=(entry,))

        if mailed := await self._commit(step):
            log.info("mailed_instead", outbound=mailed)

    async def _last_message(self, reply: Outbound) -> Message | None:
        """Return what whoever reads a reply wrote last; once it is written, nobody changes it."""
        where = self._subjects.message(reply.to.key)
        stored = await get_last(self._backbone.connection, JOURNAL, where)
        return msgspec.json.decode(stored.data, type=MessageEntry).message if stored else None

    def _moved(self, view: View, sequence: int) -> Decision[str]:
        """Return how far the follower is now; nothing if another one was there before."""
        known = view.read(self._position, PositionDoc)
        if known is not None and known.sequence >= sequence:
            return Decision(answer="")
        position = known or PositionDoc(stage=STAGE, partition=0, sequence=0)
        position = replace(position, sequence=sequence, applied=position.applied + 1)
        return Decision(answer="", documents={self._position: position})

    def _mail(self, reply: Outbound, wrote: Message, said_at: int, view: View) -> Outbound | None:
        """Return the mail that goes out instead of a reply, if one does."""
        delivery = view.read(self._subjects.delivery(reply.id), DeliveryDoc)
        said = view.read(self._subjects.conversation(reply.conversation), Conversation)
        if delivery is None or delivery.state not in _UNREAD or said is None:
            return None
        # Who wrote since has seen it; who was not proven then is not known to be who reads mail.
        if said.last_at > said_at or not said.may_read or said.reply_to.key != reply.to.key:
            return None
        if wrote.received_at > said_at:
            return None
        address = proven_address(wrote, view, self._tools)
        if address is None:
            return None
        key = self._tools.keys.identifier(address)
        if consent.is_stopped(key, view, self._subjects):
            return None
        if allowing.refusal(self._ladder.able, OutboundKind.REPLY, reply.text, reply.files):
            return None
        return replace(
            reply,
            id=outbound_id(reply.conversation, f"instead of {reply.id}"),
            to=ReplyTo(channel=TO_CHANNEL, account=self._ladder.account, endpoint=address, key=key),
            subject=reply.subject or said.subject or _asked(said),
            instead_of=reply.id,
            at=clock.now_ms(),
        )

    async def _commit(self, step: Step) -> str:
        return await transact(self._backbone.connection, self._keeping, step, clock.now_ms())


def _asked(said: Conversation) -> str:
    """Return the beginning of what the customer asked, by which he knows the mail again."""
    words = (turn.text for turn in said.turns if turn.speaker is Speaker.CUSTOMER)
    return next(words, "")[:SUBJECT_CHARACTERS]


def _reply(item: Received) -> Outbound | None:
    """Return a reply that may go out once more: neither a code, nor an edit, nor a second one."""
    try:
        reply = msgspec.json.decode(item.data, type=Outbound)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return reply if reply.kind is OutboundKind.REPLY and reply.instead_of is None else None

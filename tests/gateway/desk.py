"""A provider that does what the test says, and a desk that has replies sent through it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from maitred.connectors.port import Capabilities
from maitred.contracts.documents import ConsentDoc, PositionDoc
from maitred.contracts.identifiers import Identifier, IdentifierKind, Keys
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    OutboundId,
    Tenant,
)
from maitred.contracts.inbound import ReplyTo
from maitred.contracts.outbound import (
    DeliveryDoc,
    DeliveryState,
    Outbound,
    Report,
    Sent,
    Undelivered,
)
from maitred.contracts.subjects import JOURNAL
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import reads
from maitred.gateway.bus.batch import document
from maitred.gateway.bus.history import read_log
from maitred.gateway.delivery.pace import Manner
from maitred.gateway.delivery.sending import Delivery, stage_name
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.metrics import Metrics
from maitred.identity.conversations.place import Tools
from maitred.identity.policy import Policy
from tests.gateway.journal.toy import OpenLease

Act = Callable[[int], Awaitable[None]]
"""What the provider does with the n-th attempt at one reply, counted from 1."""


async def take(_attempt: int) -> None:
    return


class Provider:
    """A connector that notes what reached the customer; `acts` are by the reply's text."""

    channel = "sms"

    def __init__(self, *, resend_is_safe: bool = False) -> None:
        self.capabilities = Capabilities(
            threads=True, text_characters_max=100, resend_is_safe=resend_is_safe
        )
        self.acts: dict[str, Act] = {}
        self.attempts: list[str] = []
        self.reached: list[str] = []
        self.came = asyncio.Condition()

    async def send(self, outbound: Outbound) -> Sent:
        self.attempts.append(outbound.text)
        await self.acts.get(outbound.text, take)(self.attempts.count(outbound.text))
        self.reached.append(outbound.text)
        async with self.came:
            self.came.notify_all()
        return Sent(provider_id=f"p-{outbound.text}", thread_ids=(f"thread-{outbound.text}",))

    async def wait(self, count: int) -> list[str]:
        async with asyncio.timeout(10), self.came:
            await self.came.wait_for(lambda: len(self.reached) >= count)
        return self.reached


class Desk:
    """Replies in, and what the documents say of them."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._reports = 0
        self.metrics = Metrics()
        self.subjects = backbone.subjects
        self.tools = Tools(
            subjects=backbone.subjects, keys=Keys(Tenant("t"), b"s" * 32), policy=Policy()
        )

    async def reply(self, text: str, conversation: str = "c1", **more: object) -> None:
        outbound = Outbound(
            id=OutboundId(f"out_{text}"),
            tenant=Tenant("t"),
            conversation=ConversationId(conversation),
            customer=CustomerId("cus_1"),
            agent=AgentId("ann"),
            to=ReplyTo(
                channel="sms",
                account="main",
                endpoint=Identifier(kind=IdentifierKind.PHONE, value="+15552000001"),
                key=IdentifierKey("k1"),
            ),
            text=text,
            at=1,
        )
        outbound = msgspec.structs.replace(outbound, **more)
        await self._backbone.publisher.publish(
            self.subjects.outbound("sms", outbound.conversation, outbound.to.key),
            msgspec.json.encode(outbound),
            msg_id=f"outbound:{outbound.id}",
            stream=JOURNAL,
        )

    async def report(
        self,
        text: str,
        state: DeliveryState,
        *,
        at: int = 5,
        account: str = "main",
        error: str = "",
    ) -> None:
        """Let the provider say later what became of a reply."""
        self._reports += 1
        said = Report(
            outbound=OutboundId(f"out_{text}"),
            channel="sms",
            account=account,
            state=state,
            at=at,
            error=error,
        )
        await self._backbone.publisher.publish(
            self.subjects.report("sms", said.outbound),
            msgspec.json.encode(said),
            msg_id=f"report:{self._reports}",
            stream=JOURNAL,
        )

    async def undelivered(self) -> list[Undelivered]:
        """Return what was said of replies that did not arrive."""
        found = await read_log(
            self._backbone.connection,
            JOURNAL,
            self.subjects.any("undelivered"),
            after=0,
            limit=100,
        )
        return [msgspec.json.decode(each.data, type=Undelivered) for each in found]

    async def stop_writing(self, *, stopped: bool = True) -> None:
        """Let the customer say stop, or start."""
        where = self.subjects.consent(IdentifierKey("k1"))
        stored = await reads.get_last(self._backbone.connection, JOURNAL, where, leader=True)
        doc = msgspec.json.encode(ConsentDoc(stopped=stopped, at=1))
        expected = stored.seq if stored else 0
        await self._backbone.committer.commit([document(where, doc, expected=expected)])

    async def put(self, data: bytes) -> None:
        """Put something among the replies that need not be one."""
        await self._backbone.publisher.publish(
            self.subjects.outbound("sms", ConversationId("c1"), IdentifierKey("k1")),
            data,
            msg_id=f"put:{data.hex()}",
            stream=JOURNAL,
        )

    async def doc(self, text: str) -> DeliveryDoc | None:
        where = self.subjects.delivery(OutboundId(f"out_{text}"))
        stored = await reads.get_last(self._backbone.connection, JOURNAL, where, leader=True)
        return msgspec.json.decode(stored.data, type=DeliveryDoc) if stored else None

    async def position(self) -> PositionDoc | None:
        where = self.subjects.position(stage_name("sms"), 0)
        stored = await reads.get_last(self._backbone.connection, JOURNAL, where, leader=True)
        return msgspec.json.decode(stored.data, type=PositionDoc) if stored else None

    def delivery(
        self,
        provider: Provider,
        backbone: Backbone | None = None,
        manner: Manner | None = None,
    ) -> Delivery:
        return Delivery(
            provider,
            backbone=backbone or self._backbone,
            keeping=Keeping(),
            tools=self.tools,
            metrics=self.metrics,
            lease=OpenLease(),
            manner=manner,
        )

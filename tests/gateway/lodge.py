"""A small gateway in this process: real stages on a real server, and customers who write.

Whoever needs crashes between steps must hold the stages himself; the end-to-end tests run the
whole program instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from email.message import EmailMessage
from urllib.parse import urlencode

import msgspec
import orjson

from maitred.contracts.agents import AgentKind
from maitred.contracts.assignments import Assignment
from maitred.contracts.documents import PositionDoc
from maitred.contracts.entry import MessageEntry
from maitred.contracts.identifiers import (
    Keys,
    Level,
    Observed,
    account_identifier,
    email_identifier,
    text_identifier,
    visitor_identifier,
)
from maitred.contracts.ids import AgentId, CustomerId, IdentifierKey, Tenant, message_id
from maitred.contracts.inbound import Evidence, Inbound, Verification
from maitred.contracts.limits import DAY_MS
from maitred.contracts.operations import ErasureDoc, ErasureState
from maitred.contracts.reply_token import keys_of
from maitred.contracts.subjects import BLOBS, COMMANDS, DEAD, INBOUND, JOURNAL
from maitred.gateway import clock, plugins
from maitred.gateway.admit import Admit
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus.history import scan
from maitred.gateway.bus.reads import get_last, get_next
from maitred.gateway.deadlines import Deadlines
from maitred.gateway.decoding import context_of
from maitred.gateway.delivery.outgoing import Outgoing
from maitred.gateway.delivery.sending import Delivery, stage_name
from maitred.gateway.dispatch import Dispatch
from maitred.gateway.doors import Store
from maitred.gateway.erasure.erasing import Eraser
from maitred.gateway.erasure.record import ErasureRecord, order
from maitred.gateway.intake import Intake
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.runner import Runner
from maitred.gateway.journal.stage import Stage
from maitred.gateway.metrics import Metrics
from maitred.gateway.policies import policy_of
from maitred.gateway.settings.load import parse
from maitred.gateway.tasks import Tasks
from maitred.gateway.whatif.eras import in_force
from maitred.gateway.whatif.recording import Recorder
from maitred.gateway.whatif.shadowing import shadowing_of
from maitred.identity.conversations.place import Tools
from maitred.identity.policy import Policy
from maitred.router.engine import Engine
from maitred.router.rules.needs import compile_rules
from tests.gateway.desk import Provider
from tests.gateway.journal.toy import OpenLease

SECRET = b"a secret of the lodge"
PARTITIONS = 3
ROUTING = {"agents": [{"id": "ann", "name": "Ann", "capacity": 50.0}], "wrap_up_seconds": 0}
SUPPORT = "support@demo.example"
_TYPES = {
    "email": "message/rfc822",
    "chat": "application/json",
    "sms": "application/x-www-form-urlencoded",
}
STREAMS = (INBOUND, JOURNAL, BLOBS, COMMANDS, DEAD)


def email(address: str, level: Level = Level.AUTHENTICATED) -> Observed:
    return Observed(identifier=email_identifier(address), level=level)


def account(name: str) -> Observed:
    return Observed(identifier=account_identifier(name), level=Level.SIGNED)


def visitor(name: str) -> Observed:
    return Observed(identifier=visitor_identifier(name), level=Level.AUTHENTICATED)


class Mailman(Provider):
    """A provider of mail."""

    channel = "email"


class Lodge:
    """Stages on one backbone, doors to write at, and an agent's voice."""

    def __init__(
        self, backbone: Backbone, folder: object, *, first: int = 0, **more: object
    ) -> None:
        """Make one; `more` are settings, and messages are numbered after `first`."""
        self.backbone = backbone
        self.subjects = backbone.subjects
        self.settings = parse(
            {"tenant": "t", "identity": {"secret": "env:LODGE_SECRET"}, "routing": ROUTING, **more},
            folder=folder,  # type: ignore[arg-type]
        ).settings
        self.keys = Keys(Tenant("t"), SECRET)
        self.tools = Tools(subjects=backbone.subjects, keys=self.keys, policy=Policy())
        self.keeping = Keeping()
        self.provider = Mailman()
        self.outgoing: Outgoing | None = None
        self.failures: list[BaseException] = []
        self.metrics = Metrics()
        self._store = Store(backbone, self.metrics)
        self._tasks = Tasks(lambda _name, error: self.failures.append(error))
        self._count = first
        self.now = clock.now_ms()

    # -- the stages
    def start(self) -> None:
        routing = self.settings.routing
        engine = Engine(routing, policy_of(self.settings), Tenant("t"))
        deadlines = Deadlines(self.backbone)
        self._run(Admit(self.backbone, self.outgoing), 0)
        dispatch = Dispatch(
            self.backbone,
            engine=engine,
            deadlines=deadlines,
            metrics=self.metrics,
            machines=frozenset(AgentId(a.id) for a in routing.agents if a.kind is AgentKind.AI),
            recorder=Recorder(self.backbone.connection, self.subjects, in_force(self.settings)),
            shadowing=shadowing_of(self.settings, self.subjects, self.metrics, self.keeping),
        )
        self._run(dispatch, 0)
        self._tasks.start("deadlines", deadlines.run())
        tokens = keys_of(Tenant("t"), [SECRET], age_ms=90 * DAY_MS)
        intake = Intake(
            self.backbone,
            decoders={
                name: plugins.load(plugins.DECODERS, name, path=name)
                for name in plugins.names(plugins.DECODERS)
            },
            context=context_of(self.settings.normalizer, self.keys, tokens),
            tools=self.tools,
            mood=plugins.load(plugins.MOOD_MODELS, "linear", path="mood")(),
            rules=compile_rules(routing),
        )
        for partition in range(PARTITIONS):
            self._run(intake, partition)
        delivery = Delivery(
            self.provider,
            backbone=self.backbone,
            keeping=self.keeping,
            tools=self.tools,
            metrics=self.metrics,
            lease=OpenLease(),
        )
        self._tasks.start("delivery", delivery.run())

    async def stop(self) -> None:
        await self._tasks.stop(5_000)
        assert self.failures == []

    def _run(self, stage: Stage[object], partition: int) -> None:
        runner = Runner(
            stage,
            partition,
            backbone=self.backbone,
            keeping=self.keeping,
            metrics=Metrics(),
            lease=OpenLease(),
        )
        self._tasks.start(f"{stage.name}-{partition}", runner.run())

    # -- who writes
    async def mail(
        self,
        sender: Observed,
        text: str,
        *,
        subject: str = "A question",
        answers: str = "",
        name: str = "",
        file: bytes = b"",
    ) -> str:
        """Let a mail come in and return its Message-ID."""
        self._count += 1
        mail = EmailMessage()
        mail["From"] = f"{name} <{sender.identifier.value}>"
        mail["To"] = SUPPORT
        mail["Subject"] = subject
        mail["Message-ID"] = f"<{self._count}@mail.example>"
        if answers:
            mail["In-Reply-To"] = answers
        mail.set_content(text)
        if file:
            mail.add_attachment(file, maintype="image", subtype="png", filename="photo.png")
        await self._store_it("email", "support", sender, (), bytes(mail), (SUPPORT,), name)
        return mail["Message-ID"]

    async def chat(
        self, sender: Observed, text: str, *observed: Observed, name: str = "", days_ago: int = 0
    ) -> None:
        """Let a visitor say something."""
        self._count += 1
        frame = orjson.dumps({"type": "message", "id": str(self._count), "text": text})
        await self._store_it("chat", "shop", sender, observed, frame, (), name, days_ago=days_ago)

    async def text(self, number: str, text: str, *, days_ago: int = 0, media: str = "") -> None:
        """Let a text message come in, with the address of a picture if there is one."""
        self._count += 1
        form = {
            "From": number,
            "To": "+15005550006",
            "Body": text,
            "MessageSid": f"SM{self._count}",
        }
        if media:
            form |= {"NumMedia": "1", "MediaUrl0": media, "MediaContentType0": "image/png"}
        body = urlencode(form).encode()
        await self._store_it(
            "sms", "main", text_identifier(number), (), body, (), "", days_ago=days_ago
        )

    async def _store_it(
        self,
        channel: str,
        place: str,
        sender: Observed,
        observed: Sequence[Observed],
        body: bytes,
        recipients: Sequence[str],
        name: str,
        *,
        days_ago: int = 0,
    ) -> None:
        provider_id = str(self._count)
        inbound = Inbound(
            tenant=Tenant("t"),
            id=message_id(Tenant("t"), channel, place, provider_id),
            channel=channel,
            account=place,
            provider_id=provider_id,
            sender=sender,
            sender_key=self.keys.actor(sender),
            received_at=self.now + self._count - days_ago * DAY_MS,
            content_type=_TYPES[channel],
            recipients=tuple(recipients),
            evidence=Evidence(
                verification=Verification.DMARC if channel == "email" else Verification.TOKEN,
                observed=tuple(observed),
                name=name,
            ),
        )
        await self._store(inbound, body)

    # -- who answers
    async def say(self, verb: str, agent: str = "ann", **command: object) -> None:
        self._count += 1
        await self.backbone.publisher.publish(
            self.subjects.agent_command(AgentId(agent), verb),
            orjson.dumps({"schema": "command", "id": f"c{self._count}", **command}),
            msg_id=f"c{self._count}",
            stream=COMMANDS,
        )

    async def accept(self, text: str = "", agent: str = "ann") -> Assignment:
        """Let the agent accept what he was offered last, and answer with `text`."""
        await self.settle()
        offer = [each for each in await self.told(agent) if each.state == "offered"][-1]
        about = {"conversation": offer.conversation, "epoch": offer.epoch}
        await self.say("accept", agent, **about)
        await self.settle()
        if text:
            epoch = (await self.told(agent))[-1].epoch
            await self.say("reply", agent, conversation=offer.conversation, epoch=epoch, text=text)
            await self.settle()
        return offer

    async def told(self, agent: str = "ann") -> list[Assignment]:
        subject = f"{self.subjects.root}.assign.{agent}.*"
        return [
            msgspec.json.decode(each.data, type=Assignment)
            async for each in scan(self.backbone.connection, JOURNAL, subject)
        ]

    # -- what has become of it
    async def settle(self) -> None:
        """Wait until every stage has handled what stands there."""
        root = self.subjects.root
        stages = [
            ("admit", 0, COMMANDS, [f"{root}.command.>"]),
            *(("intake", at, INBOUND, [f"{root}.inbound.{at}.>"]) for at in range(PARTITIONS)),
            ("dispatch", 0, JOURNAL, [f"{root}.{k}.>" for k in ("message", "admitted", "change")]),
            (stage_name("email"), 0, JOURNAL, [f"{root}.outbound.email.>"]),
        ]
        for stage, partition, stream, subjects in stages:
            await _until(lambda s=(stage, partition, stream, subjects): self._through(*s))
            assert self.failures == []

    async def _through(
        self, stage: str, partition: int, stream: str, subjects: Sequence[str]
    ) -> bool:
        connection = self.backbone.connection
        where = self.subjects.position(stage, partition)
        stored = await get_last(connection, JOURNAL, where, leader=True)
        after = msgspec.json.decode(stored.data, type=PositionDoc).sequence if stored else 0
        for subject in subjects:
            if await get_next(connection, stream, subject, after=after) is not None:
                return False
        return True

    async def entries(self) -> list[MessageEntry]:
        return [
            msgspec.json.decode(each.data, type=MessageEntry)
            async for each in scan(self.backbone.connection, JOURNAL, self.subjects.any("message"))
        ]

    async def customer_of(self, sender: Observed) -> CustomerId:
        """Return whose the last message of a sender is."""
        key = self.keys.actor(sender)
        (*_, last) = [each for each in await self.entries() if each.message.actor_key == key]
        assert last.customer is not None
        return last.customer

    async def everything(self) -> dict[str, list[tuple[int, str, bytes]]]:
        """Return all that stands in every stream."""
        return {
            stream: [
                (each.seq, each.subject, each.data)
                async for each in scan(self.backbone.connection, stream, f"{self.subjects.root}.>")
            ]
            for stream in STREAMS
        }

    async def where(self, *words: str | IdentifierKey) -> list[str]:
        """Return the subjects of everything that holds one of these words, or is named by one."""
        return [
            f"{stream} {subject}"
            for stream, stored in (await self.everything()).items()
            for _, subject, data in stored
            if any(word in subject or word.encode() in data for word in words)
        ]

    # -- erasing
    def key(self, sender: Observed) -> IdentifierKey:
        return self.keys.identifier(sender.identifier)

    async def done(self, customer: CustomerId) -> ErasureDoc:
        """Return the certificate of an erasure."""
        doc = await self.record(customer).read()
        assert doc is not None
        assert doc.state is ErasureState.DONE
        assert doc.pending == ()
        return doc

    def eraser(self) -> Eraser:
        return Eraser(self.backbone, tools=self.tools, keeping=self.keeping, lease=OpenLease())

    def record(self, customer: CustomerId) -> ErasureRecord:
        return ErasureRecord(self.backbone.connection, self.subjects, self.keeping, customer)

    async def ask(self, customer: CustomerId, keys: Sequence[IdentifierKey] = ()) -> None:
        asked = order(
            Tenant("t"), customer, by="kim", why="he asked for it", at=self.now, keys=keys
        )
        await self.record(customer).ask(asked, self.now)

    async def erase(self, customer: CustomerId, keys: Sequence[IdentifierKey] = ()) -> None:
        """Ask for an erasure and carry it out."""
        await self.ask(customer, keys)
        eraser = self.eraser()
        await _until(lambda: eraser.erase(customer))


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110  (the event is in another process)
            await asyncio.sleep(0.01)  # polling: the stages tell nobody how far they are

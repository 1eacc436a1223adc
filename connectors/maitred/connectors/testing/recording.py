"""A context that records what a connector hands over, without a broker.

Its clock is set by hand, its store can be made to fail, its outbox holds what a test puts into it,
and what a connector spawns ends with `close`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from maitred.connectors.port import Context, Proofs, Receipt, Reply, Signalled
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.identifiers import Identifier, Keys
from maitred.contracts.ids import (
    AgentId,
    ConversationId,
    CustomerId,
    IdentifierKey,
    MessageId,
    OutboundId,
    Tenant,
)
from maitred.contracts.inbound import BlobRef, Inbound, ReplyTo
from maitred.contracts.outbound import Outbound, Report

TENANT = Tenant("house")
START_MS = 1_700_000_000_000


@dataclass
class RecordingStore:
    """What `accept` was given, in order; a known id is answered as a duplicate.

    `error` is raised instead as long as it is set; `gate`, when set to an unset event, holds
    every call until the test sets it.
    """

    accepted: list[tuple[Inbound, bytes]] = field(default_factory=list)
    traceparents: list[str] = field(default_factory=list)
    calls: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None
    gate: asyncio.Event | None = None
    _known: set[MessageId] = field(default_factory=set)

    async def __call__(self, inbound: Inbound, body: bytes, traceparent: str = "") -> Receipt:
        """Keep a message, as `Context.accept` is called."""
        self.calls += 1
        self.called.set()
        self.traceparents.append(traceparent)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        duplicate = inbound.id in self._known
        if not duplicate:
            self._known.add(inbound.id)
            self.accepted.append((inbound, body))
        return Receipt(id=inbound.id, duplicate=duplicate)

    def fail(self) -> None:
        """Let the store not answer from now on."""
        self.error = StoreUnavailable("the store did not confirm")

    def recover(self) -> None:
        """Let the store answer again."""
        self.error = None


class MemoryOutbox:
    """Replies in a list; `push` appends one and wakes whoever follows."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.error: Exception | None = None
        self._followers: list[asyncio.Queue[Reply | None]] = []
        self.followed = asyncio.Event()

    def push(self, outbound: Outbound) -> Reply:
        """Append a reply to the journal and hand it to those who follow its channel."""
        reply = Reply(sequence=len(self.replies) + 1, outbound=outbound)
        self.replies.append(reply)
        for follower in self._followers:
            follower.put_nowait(reply)
        return reply

    def cut(self) -> None:
        """End every `follow` as a lost broker would; a reply may be pushed unseen after it."""
        for follower in self._followers:
            follower.put_nowait(None)
        self._followers.clear()
        self.followed.clear()

    async def since(self, channel: str, endpoint: IdentifierKey, after: int) -> Sequence[Reply]:
        """Return the replies to one endpoint behind `after`."""
        if self.error is not None:
            raise self.error
        return [
            reply
            for reply in self.replies
            if reply.outbound.to.channel == channel
            and reply.outbound.to.key == endpoint
            and reply.sequence > after
        ]

    async def follow(self, channel: str) -> AsyncIterator[Reply]:
        """Yield what is pushed from now on."""
        queue: asyncio.Queue[Reply | None] = asyncio.Queue()
        self._followers.append(queue)
        self.followed.set()
        while (reply := await queue.get()) is not None:
            if reply.outbound.to.channel == channel:
                yield reply
        raise StoreUnavailable("the subscription ended")


class MemoryInMemory:
    """What a connector remembers, for as long as the test has hold of it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes | None:
        """Return what is kept."""
        return self.kept.get(name)

    async def put(self, name: str, value: bytes) -> None:
        """Keep it."""
        self.kept[name] = value

    async def delete(self, name: str) -> None:
        """Keep it no longer."""
        self.kept.pop(name, None)

    async def names(self) -> list[str]:
        """Return all names."""
        return sorted(self.kept)


class RecordingSignals:
    """Signals both ways: `typed` is where somebody typed, and `push` is an agent's signal."""

    def __init__(self) -> None:
        self.typed: asyncio.Queue[IdentifierKey] = asyncio.Queue()
        self.followed = asyncio.Event()
        self._said: asyncio.Queue[Signalled | None] = asyncio.Queue()

    def push(self, signalled: Signalled) -> None:
        """Let an agent signal something."""
        self._said.put_nowait(signalled)

    def cut(self) -> None:
        """End `follow` as a lost connection would."""
        self._said.put_nowait(None)

    async def idle(self) -> None:
        """Wait until whoever follows has taken in what was pushed."""
        await self._said.join()

    async def typing(self, endpoint: IdentifierKey) -> None:
        """Note that somebody types."""
        self.typed.put_nowait(endpoint)

    async def follow(self) -> AsyncIterator[Signalled]:
        """Yield what agents signal."""
        self.followed.set()
        while (signalled := await self._said.get()) is not None:
            yield signalled
            self._said.task_done()
        self._said.task_done()
        raise StoreUnavailable("the subscription ended")


@dataclass
class RecordingContext:
    """A `Context` and the handles by which a test looks at it and disturbs it."""

    store: RecordingStore = field(default_factory=RecordingStore)
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    now: int = START_MS
    refusals: list[tuple[str, str]] = field(default_factory=list)
    public_url: str = ""
    proofs: Proofs | None = None
    keys: Keys = field(default_factory=lambda: Keys(TENANT, b"0123456789abcdef0123456789abcdef"))
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    """Files that may go out, by SHA-256."""
    memory: MemoryInMemory = field(default_factory=MemoryInMemory)
    signals: RecordingSignals = field(default_factory=RecordingSignals)

    async def _report(self, report: Report) -> None:
        if self.store.error is not None:
            raise self.store.error
        if report not in self.reports:
            self.reports.append(report)

    async def _file(self, blob: BlobRef) -> bytes:
        if blob.sha256 not in self.files:
            raise Permanent("no such blob", code="blob_missing")
        return self.files[blob.sha256]

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run a background task until the test ends."""
        self.tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    @property
    def context(self) -> Context:
        """What the connector under test is given."""
        return Context(
            tenant=TENANT,
            keys=self.keys,
            accept=self.store,
            report=self._report,
            files=self._file,
            memory=self.memory,
            outbox=self.outbox,
            clock=lambda: self.now,
            spawn=self.spawn,
            refused=lambda account, reason: self.refusals.append((account, reason)),
            public_url=self.public_url,
            proofs=self.proofs,
            signals=self.signals,
        )

    @property
    def accepted(self) -> list[tuple[Inbound, bytes]]:
        """What was stored: message and body, in order."""
        return self.store.accepted

    def outbound(  # noqa: PLR0913  (a reply has as many parts)
        self,
        endpoint: Identifier,
        text: str,
        *,
        channel: str,
        account: str,
        command: str = "1",
        subject: str = "",
        thread: str = "",
        extra: dict[str, str] | None = None,
        agent_name: str = "Sam",
    ) -> Outbound:
        """Return a reply to an endpoint; `command` makes its id."""
        return Outbound(
            id=OutboundId(f"out_{command}"),
            tenant=TENANT,
            conversation=ConversationId("cnv_1"),
            customer=CustomerId("cus_1"),
            agent=AgentId("sam"),
            agent_name=agent_name,
            to=ReplyTo(
                channel=channel,
                account=account,
                endpoint=endpoint,
                key=self.keys.identifier(endpoint),
                thread=thread,
                extra=extra or {},
            ),
            subject=subject,
            text=text,
            at=self.now,
        )

    async def close(self) -> None:
        """End what was spawned, and raise what it died of."""
        for task in self.tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

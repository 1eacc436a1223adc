"""The port: what a connector is given, and what it must offer.

A connector proves where a message comes from, hands it to `Context.accept`, and acknowledges to
its peer only when that returns. It is found by its entry point in `maitred.connectors`, whose name
is the channel; its settings stand under `[channels.<channel>]`. What else it may offer is in
`maitred.connectors.abilities`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import msgspec
from aiohttp import web

from maitred.contracts.identifiers import Keys, Observed
from maitred.contracts.ids import IdentifierKey, MessageId, Tenant, message_id
from maitred.contracts.inbound import BlobRef, Evidence, Inbound
from maitred.contracts.outbound import DeliveryState, Outbound, Report, Sent
from maitred.contracts.proofs import CodeAnswer, CodeRequest, Proof
from maitred.contracts.reply_token import TokenKeys
from maitred.contracts.signals import SignalKind


@dataclass(frozen=True, slots=True)
class Receipt:
    """The store holds the message durably; `duplicate` tells that it already did."""

    id: MessageId
    duplicate: bool


class Accept(Protocol):
    """Store a message durably."""

    async def __call__(self, inbound: Inbound, body: bytes, traceparent: str = "") -> Receipt:
        """Return once the message is on disk.

        Raises:
            StoreUnavailable: the store did not confirm in time; do not acknowledge.
            Permanent: it can never be stored (it is beyond every limit).
        """
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with its place in the journal, by which a reader resumes."""

    sequence: int
    outbound: Outbound


class Outbox(Protocol):
    """Replies as they stand in the journal, for channels whose customers come and fetch them."""

    async def since(self, channel: str, endpoint: IdentifierKey, after: int) -> Sequence[Reply]:
        """Return the replies to one endpoint behind sequence `after`, oldest first.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        ...

    def follow(self, channel: str) -> AsyncIterator[Reply]:
        """Yield every reply of a channel from now on, for as long as it is listened to."""
        ...


class Proofs(Protocol):
    """Codes that prove an address, for channels whose sessions can bring one back."""

    async def ask(self, request: CodeRequest) -> None:
        """Send a code, unless enough were sent lately; nobody can tell which, or who is known.

        Raises:
            Throttled: the house sends no more codes for now, to whomever.
            Retryable: the store does not answer; ask again.
        """
        ...

    async def answer(self, given: CodeAnswer) -> Proof | None:
        """Return what a code proves; nothing if it is wrong, expired, used up or never sent.

        Raises:
            Retryable: the store does not answer; bring it again.
        """
        ...

    async def of(self, session: IdentifierKey) -> Sequence[Proof]:
        """Return what a session proved; whether it still counts, each proof knows.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        ...


class Reports(Protocol):
    """Take what is said later of a reply: that it arrived, was read, or failed after all."""

    async def __call__(self, report: Report) -> None:
        """Return once the report is on disk; the same one again is harmless.

        Raises:
            StoreUnavailable: the store did not confirm in time; do not acknowledge.
        """
        ...


class Files(Protocol):
    """Files of the house, for what goes out."""

    async def __call__(self, blob: BlobRef) -> bytes:
        """Return the bytes.

        Raises:
            Permanent: they are gone (`blob_missing`) or are others (`blob_corrupt`).
            StoreUnavailable: the store does not answer.
        """
        ...


class Memory(Protocol):
    """What a channel must remember over restarts, shared by all processes and sealed where it is.

    A name is 1 to 64 letters, digits, `_`, `=` or `-`. Of two who write at once one wins.
    """

    async def get(self, name: str) -> bytes | None:
        """Return what is kept under a name.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        ...

    async def put(self, name: str, value: bytes) -> None:
        """Keep `value` under a name, in place of what was there, and return once it is on disk.

        Raises:
            StoreUnavailable: the store did not confirm in time.
        """
        ...

    async def delete(self, name: str) -> None:
        """Keep nothing under a name.

        Raises:
            StoreUnavailable: the store did not confirm in time.
        """
        ...

    async def names(self) -> Sequence[str]:
        """Return all names under which something is kept, sorted.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Signalled:
    """What an agent signals to a customer; `message` is the last one that he has read."""

    endpoint: IdentifierKey
    kind: SignalKind
    message: MessageId | None = None


class Signals(Protocol):
    """What is worth knowing for a moment, both ways; any of it may be lost, and nothing is kept."""

    async def typing(self, endpoint: IdentifierKey) -> None:
        """Let whoever holds the conversation with an endpoint know that somebody types there.

        It never fails, and of what comes too fast the most is dropped.
        """
        ...

    def follow(self) -> AsyncIterator[Signalled]:
        """Yield what agents signal to endpoints of this channel, for as long as it is listened to.

        Raises:
            StoreUnavailable: nothing can be listened to; follow again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What the gateway hands to a connector.

    `clock` gives UTC milliseconds. `spawn` runs a background task by name until the gateway
    stops. `refused` counts and logs a refusal: account and a short stable reason, never what was
    refused. `public_url` is the address under which the company's proxy serves us, without a
    trailing slash, empty if none is configured. `report` takes what providers say later of what
    was sent, `files` reads what goes out with a reply, `memory` is this channel's own.
    `reply_tokens` sign where an answer belongs, `proofs` send codes and take them back, and
    `signals` are there for channels with the capability `typing`.
    """

    tenant: Tenant
    keys: Keys
    accept: Accept
    report: Reports
    files: Files
    memory: Memory
    outbox: Outbox
    clock: Callable[[], int]
    spawn: Callable[[str, Coroutine[Any, Any, None]], None]
    refused: Callable[[str, str], None]
    public_url: str = ""
    doors: bool = True
    reply_tokens: TokenKeys | None = None
    proofs: Proofs | None = None
    signals: Signals | None = None

    def inbound(
        self,
        *,
        channel: str,
        account: str,
        provider_id: str,
        sender: Observed,
        content_type: str,
        evidence: Evidence,
        recipients: tuple[str, ...] = (),
    ) -> Inbound:
        """Return a message as received now, with its id and its sender's key."""
        return Inbound(
            tenant=self.tenant,
            id=message_id(self.tenant, channel, account, provider_id),
            channel=channel,
            account=account,
            provider_id=provider_id,
            sender=sender,
            sender_key=self.keys.actor(sender),
            received_at=self.clock(),
            content_type=content_type,
            recipients=recipients,
            evidence=evidence,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """For how long free text goes through after the customer's last message, in milliseconds.

    It is so where he wrote to an address (`to.extra["from"]`) that begins with `prefix`. Behind it
    only a template of the provider's goes through, `Outbound.content`.
    """

    prefix: str
    ms: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, as data; limits in characters and bytes.

    `resend_is_safe` tells that sending the same reply twice reaches the customer once, so a send
    whose outcome is unknown may be repeated. `files_max` files of `file_bytes_max` bytes each may
    go out with a reply. `edits` tells that a reply can be changed after it was sent, `reports`
    which states beyond `sent` a channel ever reports, and `typing` that it shows who is writing.
    `windows` tell where free text goes through for a while only.
    """

    threads: bool
    text_characters_max: int
    resend_is_safe: bool
    files_max: int = 0
    file_bytes_max: int = 0
    edits: bool = False
    typing: bool = False
    reports: frozenset[DeliveryState] = frozenset()
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP route of a connector."""

    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]


class Connector(Protocol):
    """A channel, in both directions."""

    channel: ClassVar[str]
    settings_type: ClassVar[type[msgspec.Struct]]
    capabilities: ClassVar[Capabilities]

    def __init__(self, settings: Any, context: Context) -> None:  # noqa: ANN401  (its own settings_type)
        """Keep what is given; nothing is opened before `start`.

        Raises:
            ConfigurationError: the settings contradict each other; faults name their paths.
        """
        ...

    def routes(self) -> Sequence[Route]:
        """Return the HTTP routes that this channel needs."""
        ...

    async def start(self) -> None:
        """Open listeners of its own and start background tasks."""
        ...

    async def stop(self) -> None:
        """Take nothing new, finish what is under way, close."""
        ...

    async def send(self, outbound: Outbound) -> Sent:
        """Send one reply.

        Raises:
            Throttled, Retryable: certainly not sent; try again.
            OutcomeUnknown: the provider was reached and did not say; it may have been sent.
            Permanent: it will never be sent.
        """
        ...

"""Door: what the suite must know of a protocol to knock at a connector that speaks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, runtime_checkable

from maitred.connectors.port import Connector
from maitred.connectors.testing.recording import RecordingContext
from maitred.contracts.ids import IdentifierKey, OutboundId
from maitred.contracts.inbound import Inbound
from maitred.contracts.outbound import DeliveryState, Outbound


class Proof(Enum):
    """How a knock proves who it is."""

    GOOD = "good"
    """With the secret in use."""
    OLD = "old"
    """With the secret that is being replaced, and is still good."""
    WRONG = "wrong"
    """With a secret of nobody's."""
    NONE = "none"
    """Not at all."""


@dataclass(frozen=True, slots=True)
class Knock:
    """One message as a customer's side brings it.

    `id` is the provider's own and makes a retry of it. `ago_ms` is how long ago it was signed,
    below zero: how far ahead. `raw`, where there is one, takes the place of the whole payload, and
    is proven like it. `account` is another than the door's own where it is given.
    """

    id: str = "knock-1"
    text: str = "Where is my order?"
    proof: Proof = Proof.GOOD
    ago_ms: int = 0
    raw: bytes | None = None
    account: str = ""


class Verdict(Enum):
    """What the connector answered, whatever the protocol's words for it are."""

    TAKEN = "taken"
    """It has the message: a 2xx, a 250, an ack."""
    LATER = "later"
    """Not now, come again: a 503 with Retry-After, a 4xx of SMTP, an error that says to retry."""
    REFUSED = "refused"
    """Never, as it is: a 4xx of HTTP, a 5xx of SMTP, a closed connection with a reason."""
    BROKEN = "broken"
    """It fell over: a 500, a connection that ends without a word."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the verdict, and every word of it (status, headers, body)."""

    verdict: Verdict
    words: str = ""


class Mood(Enum):
    """How the provider's side behaves towards what is sent."""

    TAKES = "takes"
    THROTTLES = "throttles"
    """It asks to wait `THROTTLE_S` seconds."""
    FAILS = "fails"
    """It has trouble of its own: 500, or 451 by SMTP."""
    REFUSES = "refuses"
    """It will never take it: 400, or 550 by SMTP."""
    SILENT = "silent"
    """It reads the whole and ends the connection without an answer."""
    ABSENT = "absent"
    """Nobody listens there."""


THROTTLE_S = 7
"""How long a provider asks to wait that throttles."""


@dataclass(frozen=True, slots=True)
class Received:
    """One reply as it reached the provider; `key` is what tells a retry from another reply."""

    text: str
    key: str = ""


class Door(Protocol):
    """Knocks at one connector and plays its provider. Each case has a door of its own.

    What a protocol cannot have stands in `not_applicable`: the name of the case, and why, which is
    shown wherever the suite reports. What depends on the connector's capabilities (`edits`,
    `reports`, `sent_twice`, `typing`) is decided by those, and `found` by whether the connector has
    a `find`.
    """

    @property
    def channel(self) -> str:
        """The connector's channel."""
        ...

    @property
    def connector(self) -> type[Connector]:
        """The class of the connector."""
        ...

    @property
    def not_applicable(self) -> Mapping[str, str]:
        """Why a case cannot be had by this protocol, by the case's name."""
        ...

    @property
    def private(self) -> Sequence[str]:
        """Every secret and address that the door uses: none of them may ever be seen."""
        ...

    @property
    def bytes_max(self) -> int:
        """The largest payload that the connector takes."""
        ...

    @property
    def replay_window_ms(self) -> int:
        """How long ago a knock may have been signed; 0 where nothing is signed with its time."""
        ...

    async def open(self, house: RecordingContext) -> Connector:
        """Make the connector with `house.context`, start it, and serve what it needs."""
        ...

    async def close(self) -> None:
        """Stop the connector, unless it was stopped, and all that stands around it."""
        ...

    async def knock(self, knock: Knock) -> Answer:
        """Bring a message as a real client does, and return what it was told."""
        ...

    async def stall(self) -> Answer:
        """Begin to bring a message, never end it, and return what came once it was given up.

        A door makes the connector's patience short where it can.
        """
        ...

    def malformed(self) -> Sequence[bytes]:
        """Return payloads that are wrong in every way that the protocol has."""
        ...

    def read(self, inbound: Inbound, body: bytes) -> str:
        """Return the text that the channel's decoder reads in what was stored."""
        ...

    def faulty(self) -> Mapping[str, Any]:
        """Return settings with one fault each, by the path that the fault must name."""
        ...

    def outbound(self, house: RecordingContext, text: str, *, command: str = "1") -> Outbound:
        """Return a reply to a customer of this channel; `command` makes its id."""
        ...

    async def behave(self, mood: Mood) -> None:
        """Let the provider behave so from now on."""
        ...

    def received(self) -> Sequence[Received]:
        """Return what reached the provider, in order."""
        ...

    async def report(self, reply: OutboundId, state: DeliveryState) -> Answer:
        """Tell as the provider does what became of a reply that was sent before."""
        ...


@runtime_checkable
class SignalDoor(Protocol):
    """What the door of a connector that shows who is writing offers besides."""

    async def types(self) -> IdentifierKey:
        """Write, as a customer's side does, without sending, and return his endpoint's key."""
        ...

    async def shows(self, signal: Callable[[IdentifierKey], None]) -> bool:
        """Have a customer look on and call `signal` with his endpoint's key.

        Return whether he is shown, within a few seconds, that somebody is writing.
        """
        ...

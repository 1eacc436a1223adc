"""What is fuzzed, and what must hold of every input whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from maitred.contracts.errors import BadPayload
from maitred.contracts.identifiers import Identifier, IdentifierKind, Keys, Level, Observed
from maitred.contracts.ids import Tenant, message_id
from maitred.contracts.inbound import Inbound
from maitred.contracts.limits import NATS_PAYLOAD_BYTES_MAX
from maitred.normalizer import html, quotes
from maitred.normalizer.chat import decoder as chat
from maitred.normalizer.email import decoder as email
from maitred.normalizer.port import DecodeContext, Decoder
from maitred.normalizer.slack import decoder as slack
from maitred.normalizer.sms import decoder as sms
from maitred.normalizer.webhook import decoder as webhook
from tests.fuzz.doors import DOORS, SEEDS

_FIXTURES: Final = Path(__file__).parents[1] / "normalizer"
_TENANT: Final = Tenant("fuzz")
_CONTEXT: Final = DecodeContext(
    keys=Keys(_TENANT, b"a secret of some length"), languages=("en", "de"), region="US"
)
_SENDERS: Final = {
    "email": (IdentifierKind.EMAIL, "ann@example.com"),
    "sms": (IdentifierKind.PHONE, "+14155550123"),
    "slack": (IdentifierKind.SLACK, "T1:U1"),
    "chat": (IdentifierKind.VISITOR, "visitor-1"),
    "webhook": (IdentifierKind.CRM, "main:1"),
}


def _decoder(channel: str, decoder: Decoder) -> Callable[[bytes], None]:
    kind, value = _SENDERS[channel]
    sender = Observed(identifier=Identifier(kind=kind, value=value), level=Level.AUTHENTICATED)
    inbound = Inbound(
        tenant=_TENANT,
        id=message_id(_TENANT, channel, "main", "1"),
        channel=channel,
        account="main",
        provider_id="1",
        sender=sender,
        sender_key=_CONTEXT.keys.actor(sender),
        received_at=1_700_000_000_000,
        content_type="application/octet-stream",
    )

    def check(data: bytes) -> None:
        try:
            first = decoder(inbound, data, 1, _CONTEXT)
        except BadPayload:
            return
        assert decoder(inbound, data, 1, _CONTEXT) == first
        assert len(msgspec.json.encode(first.message)) < NATS_PAYLOAD_BYTES_MAX

    return check


def _quotes(data: bytes) -> None:
    text = data.decode(errors="replace")
    assert "".join(piece.text for piece in quotes.split(text)) == text


def _html(data: bytes) -> None:
    source, _ = html.bound(data.decode(errors="replace"))
    safe, _ = html.sanitise(source)
    assert html.sanitise(safe)[0] == safe
    read = "".join("".join(piece.text for piece in html.pieces(source)).split())
    assert read == "".join(html.readable(source).split())


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "email": _decoder("email", email.decode),
    "sms": _decoder("sms", sms.decode),
    "slack": _decoder("slack", slack.decode),
    "chat": _decoder("chat", chat.decode),
    "webhook": _decoder("webhook", webhook.decode),
    "quotes": _quotes,
    "html": _html,
    **DOORS,
}


def seeds(name: str) -> Iterator[bytes]:
    """Yield the fixtures of a target, from which the fuzzer starts."""
    yield from SEEDS.get(name, ())
    folder = _FIXTURES / name
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in {".py", ".pyc"}:
            yield path.read_bytes()

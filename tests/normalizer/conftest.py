"""What every decoder's test needs: a tenant, a sender, and a message as a door stores it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maitred.contracts.identifiers import Identifier, IdentifierKind, Keys, Level, Observed
from maitred.contracts.ids import Tenant, message_id
from maitred.contracts.inbound import Evidence, Inbound, Verification
from maitred.normalizer.port import DecodeContext

TENANT = Tenant("acme")

SENDERS = {
    "email": Identifier(kind=IdentifierKind.EMAIL, value="ada@example.com"),
    "sms": Identifier(kind=IdentifierKind.PHONE, value="+14155550123"),
    "slack": Identifier(kind=IdentifierKind.SLACK, value="T1:U1"),
    "chat": Identifier(kind=IdentifierKind.VISITOR, value="visitor-1"),
}


@pytest.fixture(scope="session")
def context() -> DecodeContext:
    return DecodeContext(
        keys=Keys(TENANT, b"a secret of some length"), languages=("en", "de", "fr"), region="US"
    )


@pytest.fixture(scope="session")
def received(context: DecodeContext) -> Callable[..., Inbound]:
    """Return a maker of inbound messages."""

    def make(
        channel: str,
        *,
        sender: Identifier | None = None,
        level: Level = Level.AUTHENTICATED,
        recipients: tuple[str, ...] = (),
        name: str = "",
        observed: tuple[Observed, ...] = (),
        facts: dict[str, str] | None = None,
    ) -> Inbound:
        known = Observed(identifier=sender or SENDERS[channel], level=level)
        return Inbound(
            tenant=TENANT,
            id=message_id(TENANT, channel, "main", "provider-1"),
            channel=channel,
            account="main",
            provider_id="provider-1",
            sender=known,
            sender_key=context.keys.actor(known),
            received_at=1_700_000_000_000,
            content_type="application/octet-stream",
            recipients=recipients,
            evidence=Evidence(
                verification=Verification.DMARC, observed=observed, facts=facts or {}, name=name
            ),
        )

    return make

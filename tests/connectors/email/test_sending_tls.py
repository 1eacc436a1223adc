"""The smarthost is talked to only if its certificate is good, and told the password only then."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from maitred.connectors.email.networks import Encryption
from maitred.connectors.email.settings import EmailAccount, EmailSettings, plan_of
from maitred.contracts.errors import ConfigurationError, Retryable
from maitred.contracts.secret import Secret
from tests.connectors.email.certified import Certified
from tests.connectors.email.delivery import Make
from tests.connectors.email.relay import Smarthost, connect, reply


@pytest.mark.parametrize("way", ["starttls", "implicit"])
async def test_a_login_goes_over_tls_in_either_way(
    email: Make, smarthost: Smarthost, certificate: Certified, way: str
) -> None:
    implicit = way == "implicit"
    relay = await smarthost(
        tls=certificate.server(), implicit=implicit, login=(b"maitred", b"open")
    )
    access: dict[str, Any] = {
        "smarthost_tls": way,
        "smarthost_user": "maitred",
        "smarthost_ca_file": certificate.chain,
    }
    connector, context = await connect(email, relay, **access, smarthost_password=Secret("open"))
    await connector.send(reply(context))
    assert len(relay.envelopes) == 1
    connector, context = await connect(email, relay, **access, smarthost_password=Secret("shut"))
    with pytest.raises(Retryable, match="535") as refusal:
        await connector.send(reply(context))
    assert "shut" not in str(refusal.value)
    assert len(relay.envelopes) == 1


@pytest.mark.parametrize("way", ["starttls", "implicit"])
async def test_a_certificate_that_nobody_vouches_for_is_not_talked_to(
    email: Make, smarthost: Smarthost, certificate: Certified, way: str
) -> None:
    relay = await smarthost(tls=certificate.server(), implicit=way == "implicit")
    connector, context = await connect(email, relay, smarthost_tls=way)
    with pytest.raises(Retryable, match="SSLCertVerificationError"):
        await connector.send(reply(context))
    assert relay.envelopes == []


async def test_a_certificate_for_another_name_is_not_talked_to(
    email: Make, smarthost: Smarthost, certificate: Certified
) -> None:
    relay = await smarthost(tls=certificate.server())
    connector, context = await email(
        smarthost=f"127.0.0.2:{relay.port}", smarthost_ca_file=certificate.chain
    )
    server = await asyncio.get_running_loop().create_server(relay.session, "127.0.0.2", relay.port)
    try:
        with pytest.raises(Retryable, match="SSLCertVerificationError"):
            await connector.send(reply(context))
    finally:
        server.close()
    assert relay.envelopes == []


async def test_a_smarthost_without_starttls_gets_nothing_in_the_clear(
    email: Make, smarthost: Smarthost
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay, smarthost_tls="starttls")
    with pytest.raises(Retryable):
        await connector.send(reply(context))
    assert relay.envelopes == []


@pytest.mark.parametrize(
    ("content", "mode", "fault"),
    [
        (None, Encryption.STARTTLS, "cannot be read: No such file"),
        ("not a certificate", Encryption.IMPLICIT, "holds no certificate in PEM form"),
        ("not a certificate", Encryption.NONE, "has no use without smarthost_tls"),
    ],
)
def test_an_authority_that_cannot_be_used_is_named_before_anything_starts(
    tmp_path: Path, content: str | None, mode: Encryption, fault: str
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content, "utf-8")
    settings = EmailSettings(
        accounts={"help": EmailAccount(addresses=("help@shop.example",))},
        smarthost="smtp.shop.example:587",
        smarthost_tls=mode,
        smarthost_ca_file=file,
    )
    with pytest.raises(ConfigurationError) as refusal:
        plan_of(settings)
    (said,) = refusal.value.faults
    assert said.startswith("channels.email.smarthost_ca_file: ")
    assert fault in said

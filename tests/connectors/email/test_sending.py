"""Replies by mail, against a small smarthost."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from maitred.connectors.email.connector import EmailConnector
from maitred.contracts.errors import MaitredError, OutcomeUnknown, Permanent, Retryable, Throttled
from maitred.contracts.identifiers import Identifier, IdentifierKind, email_identifier
from maitred.contracts.secret import Secret

Make = Callable[..., Awaitable[tuple[EmailConnector, Any]]]
ANN = email_identifier("ann@home.example")


class RelaySession(SMTP):
    """One connection of the smarthost; it tells when it is closed."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.closed = asyncio.Event()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.closed.set()


@dataclass
class Relay:
    """A smarthost that keeps what it is given, or answers as it is told."""

    tls: ssl.SSLContext | None = None
    login: tuple[bytes, bytes] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    hang_up_after_data: bool = False
    envelopes: list[Envelope] = field(default_factory=list)
    sessions: list[RelaySession] = field(default_factory=list)
    port: int = 0

    def mail(self) -> EmailMessage:
        """The only mail that came."""
        (envelope,) = self.envelopes
        mail = message_from_bytes(envelope.original_content or b"", policy=SMTP_POLICY)
        assert isinstance(mail, EmailMessage)
        return mail

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = sender
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]
    ) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        if self.hang_up_after_data:
            cast("asyncio.WriteTransport", server.transport).abort()
        return self.answers.get("DATA", "250 OK")

    async def handle_QUIT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        return self.answers.get("QUIT", "221 Bye")

    def session(self) -> SMTP:
        """Return the protocol of one connection."""

        def authenticate(
            server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
        ) -> AuthResult:
            assert isinstance(data, LoginPassword)
            return AuthResult(success=(data.login, data.password) == self.login, handled=False)

        session = RelaySession(
            self,
            hostname="smarthost.example",
            enable_SMTPUTF8=True,
            tls_context=self.tls,
            auth_required=self.login is not None,
            authenticator=authenticate,
            loop=asyncio.get_running_loop(),
        )
        self.sessions.append(session)
        return session


@pytest.fixture
async def smarthost() -> AsyncIterator[Callable[..., Awaitable[Relay]]]:
    """Return a factory of listening smarthosts."""
    servers = []
    relays = []

    async def make(**settings: Any) -> Relay:
        relay = Relay(**settings)
        relays.append(relay)
        server = await asyncio.get_running_loop().create_server(relay.session, "127.0.0.1", 0)
        servers.append(server)
        relay.port = server.sockets[0].getsockname()[1]
        return relay

    yield make
    for server in servers:
        server.close()
        await server.wait_closed()
    for session in (session for relay in relays for session in relay.sessions):
        await asyncio.wait_for(session.closed.wait(), 5)


async def connect(email: Make, relay: Relay, **settings: Any) -> tuple[EmailConnector, Any]:
    values = {"smarthost": f"127.0.0.1:{relay.port}", "smarthost_starttls": False, **settings}
    return await email(**values)


def reply(context: Any, text: str = "We will mend it.", **changes: Any) -> Any:
    values = {"endpoint": ANN, "channel": "email", "account": "help", **changes}
    return context.outbound(text=text, **values)


async def test_a_reply_goes_out_in_its_thread(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    sent = await connector.send(
        reply(
            context,
            "Grüße aus 東京.\n.\nSam",
            subject="Broken lamp",
            extra={"in_reply_to": "<3@h.example>", "references": "<1@h.example> <2@h.example>"},
        )
    )
    assert sent.provider_id == "<out_1@shop.example>"
    assert sent.thread_ids == ("<out_1@shop.example>",)
    envelope, mail = relay.envelopes[0], relay.mail()
    assert envelope.mail_from == "help@shop.example"
    assert envelope.rcpt_tos == ["ann@home.example"]
    assert mail["From"] == "Shop Care <help@shop.example>"
    assert mail["To"] == "ann@home.example"
    assert mail["Subject"] == "Re: Broken lamp"
    assert mail["Message-ID"] == "<out_1@shop.example>"
    assert mail["In-Reply-To"] == "<3@h.example>"
    assert mail["References"] == "<1@h.example> <2@h.example> <3@h.example>"
    assert mail["Date"].datetime.timestamp() * 1000 == context.now
    assert mail["Auto-Submitted"] is None
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == "Grüße aus 東京.\n.\nSam\n"
    assert (envelope.original_content or b"").isascii()


async def test_a_repeated_send_carries_the_same_message_id(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    first = await connector.send(reply(context))
    context.now += 60_000
    assert await connector.send(reply(context)) == first


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Broken\r\nBcc: evil@x.example", "Re: Broken Bcc: evil@x.example"),
        ("RE: Broken", "RE: Broken"),
        ("", "Re:"),
        ("日本語の件名" * 40, "Re: " + "日本語の件名" * 40),
        ("x\x00y\u2028z", "Re: x y z"),
    ],
)
async def test_no_subject_can_add_a_header(
    email: Make, smarthost: Callable[..., Awaitable[Relay]], subject: str, expected: str
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    await connector.send(reply(context, subject=subject))
    assert relay.mail()["Subject"] == expected
    assert relay.mail()["Bcc"] is None
    assert relay.envelopes[0].rcpt_tos == ["ann@home.example"]


async def test_references_are_ids_only_and_long_ones_survive_folding(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    long = "<" + "x" * 300 + "@h.example>"
    extra = {
        "references": f"<1@h.example> {long}\r\nBcc: evil@x.example " + long,
        "in_reply_to": "no id\r\nX-Evil: 1",
    }
    await connector.send(reply(context, extra=extra))
    assert relay.mail()["References"] == f"<1@h.example> {long}"
    assert long.encode() in (relay.envelopes[0].original_content or b"")
    assert relay.mail()["In-Reply-To"] is None
    assert relay.mail()["Bcc"] is None
    assert relay.mail()["X-Evil"] is None


async def test_many_references_keep_the_first_and_the_last_ones(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    ids = [f"<{number}@h.example>" for number in range(200)]
    await connector.send(reply(context, extra={"references": " ".join(ids)}))
    assert relay.mail()["References"].split() == [ids[0], *ids[-50:]]


@pytest.mark.parametrize("address", ["ann@home.example\r\nBcc: x@y.example", "no address", "<>"])
async def test_an_endpoint_that_is_no_address_is_refused(
    email: Make, smarthost: Callable[..., Awaitable[Relay]], address: str
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    endpoint = Identifier(kind=IdentifierKind.EMAIL, value=address)
    with pytest.raises(Permanent) as refusal:
        await connector.send(reply(context, endpoint=endpoint))
    assert refusal.value.code == "bad_address"
    assert relay.envelopes == []


async def test_an_address_that_is_not_ascii_goes_out_under_smtputf8(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay)
    await connector.send(reply(context, endpoint=email_identifier("jürgen@haus.example")))
    assert relay.envelopes[0].rcpt_tos == ["jürgen@haus.example"]
    assert relay.mail()["To"] == "jürgen@haus.example"


@pytest.mark.parametrize(
    ("verb", "answer", "kind", "code"),
    [
        ("RCPT", "550 5.1.1 no such user ann@home.example", Permanent, "smtp_550"),
        ("DATA", "554 5.7.1 spam", Permanent, "smtp_554"),
        ("MAIL", "451 4.3.0 later", Retryable, None),
        ("RCPT", "450 4.7.1 greylisted", Throttled, None),
        ("MAIL", "421 4.3.2 closing", Throttled, None),
        ("DATA", "452 4.3.1 full", Retryable, None),
    ],
)
async def test_the_smarthosts_answers_become_our_errors(
    email: Make,
    smarthost: Callable[..., Awaitable[Relay]],
    verb: str,
    answer: str,
    kind: type[MaitredError],
    code: str | None,
) -> None:
    relay = await smarthost(answers={verb: answer})
    connector, context = await connect(email, relay)
    with pytest.raises(kind) as refusal:
        await connector.send(reply(context))
    assert type(refusal.value) is kind
    assert getattr(refusal.value, "code", None) == code
    assert "ann" not in str(refusal.value)


async def test_a_smarthost_that_falls_silent_after_the_mail_is_not_asked_again(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    relay = await smarthost(hang_up_after_data=True)
    connector, context = await connect(email, relay)
    with pytest.raises(OutcomeUnknown):
        await connector.send(reply(context))
    assert len(relay.envelopes) == 1


async def test_what_is_answered_to_the_goodbye_does_not_make_a_sent_mail_unsent(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    relay = await smarthost(answers={"QUIT": "421 4.3.2 closing"})
    connector, context = await connect(email, relay)
    assert (await connector.send(reply(context))).provider_id == "<out_1@shop.example>"
    assert len(relay.envelopes) == 1


async def test_a_smarthost_that_is_not_there_is_worth_another_try(email: Make) -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    connector, context = await email(smarthost=f"127.0.0.1:{port}")
    with pytest.raises(Retryable):
        await connector.send(reply(context))


async def test_without_a_smarthost_or_an_account_nothing_can_be_sent(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    connector, context = await email()
    with pytest.raises(Permanent) as refusal:
        await connector.send(reply(context))
    assert refusal.value.code == "no_smarthost"
    connector, context = await connect(email, await smarthost())
    with pytest.raises(Permanent) as refusal:
        await connector.send(reply(context, account="closed"))
    assert refusal.value.code == "no_account"


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Return a server's TLS context, and let the client trust its certificate."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with openssl")
    files = (tmp_path / "key.pem", tmp_path / "cert.pem")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", files[0], "-out", files[1]),
        ],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(files[1]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    return context


async def test_starttls_and_login(
    email: Make, smarthost: Callable[..., Awaitable[Relay]], certificate: ssl.SSLContext
) -> None:
    relay = await smarthost(tls=certificate, login=(b"maitred", b"open"))
    access = {"smarthost_starttls": True, "smarthost_user": "maitred"}
    connector, context = await connect(email, relay, **access, smarthost_password=Secret("open"))
    await connector.send(reply(context))
    assert len(relay.envelopes) == 1
    connector, context = await connect(email, relay, **access, smarthost_password=Secret("shut"))
    with pytest.raises(Retryable, match="535") as refusal:
        await connector.send(reply(context))
    assert "shut" not in str(refusal.value)
    assert len(relay.envelopes) == 1


async def test_a_certificate_that_nobody_vouches_for_is_not_talked_to(
    email: Make,
    smarthost: Callable[..., Awaitable[Relay]],
    certificate: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    relay = await smarthost(tls=certificate)
    connector, context = await connect(email, relay, smarthost_starttls=True)
    with pytest.raises(Retryable, match="SSLCertVerificationError"):
        await connector.send(reply(context))
    assert relay.envelopes == []


async def test_a_smarthost_without_starttls_gets_nothing_in_the_clear(
    email: Make, smarthost: Callable[..., Awaitable[Relay]]
) -> None:
    relay = await smarthost()
    connector, context = await connect(email, relay, smarthost_starttls=True)
    with pytest.raises(Retryable):
        await connector.send(reply(context))
    assert relay.envelopes == []

"""A small smarthost by aiosmtpd, which takes mail or answers as it is told."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any, Protocol, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from maitred.connectors.email.connector import EmailConnector
from maitred.connectors.email.networks import Encryption
from maitred.contracts.identifiers import email_identifier
from tests.connectors.email.delivery import Make

MECHANISMS = {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}
ANN = email_identifier("ann@home.example")


class RelaySession(SMTP):
    """One connection of the smarthost; it tells when it is closed."""

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.closed = asyncio.Event()

    def abort(self) -> None:
        """Cut the connection."""
        if self.transport is not None:
            cast("asyncio.WriteTransport", self.transport).abort()
        else:
            self.closed.set()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.closed.set()


@dataclass
class Relay:
    """A smarthost that keeps what it is given, or answers as it is told."""

    tls: ssl.SSLContext | None = None
    login: tuple[bytes, bytes] | None = None
    token: str = ""
    """The access token that is good."""
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    answers: dict[str, str] = field(default_factory=dict)
    hang_up_after_data: bool = False
    implicit: bool = False
    envelopes: list[Envelope] = field(default_factory=list)
    sessions: list[RelaySession] = field(default_factory=list)
    port: int = 0

    def content(self) -> bytes:
        """The only mail that came, as it came."""
        (envelope,) = self.envelopes
        return envelope.original_content or b""

    def mail(self) -> EmailMessage:
        """The same, read."""
        mail = message_from_bytes(self.content(), policy=SMTP_POLICY)
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

    async def _token(self, server: SMTP, first: str, good: str, last: bytes) -> AuthResult:
        """Take the good token; of another say why not, and await the client's last word."""
        if b64decode(first).decode() == good:
            return AuthResult(success=True, handled=False)
        assert await server.challenge_auth("no", encode_to_b64=True) == b64decode(last)
        return AuthResult(success=False, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802  (aiosmtpd's name)
        return await self._token(
            server, args[1], f"user=maitred\x01auth=Bearer {self.token}\x01\x01", b""
        )

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802  (aiosmtpd's name)
        place = f"host=127.0.0.1\x01port={self.port}\x01"
        good = f"n,a=maitred,\x01{place}auth=Bearer {self.token}\x01\x01"
        return await self._token(server, args[1], good, b"AQ==")

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
            tls_context=None if self.implicit else self.tls,
            # It does not know of TLS below it, and would warn of a login in the clear.
            auth_required=self.login is not None and not self.implicit,
            auth_require_tls=not self.implicit,
            auth_exclude_mechanism=MECHANISMS - {*self.mechanisms},
            authenticator=authenticate,
            loop=asyncio.get_running_loop(),
        )
        self.sessions.append(session)
        return session


class Listens(Protocol):
    """Whatever stands in for a smarthost on a port of the loopback."""

    port: int


Smarthost = Callable[..., Awaitable[Relay]]


async def connect(email: Make, relay: Listens, **settings: Any) -> tuple[EmailConnector, Any]:
    values = {"smarthost": f"127.0.0.1:{relay.port}", "smarthost_tls": "none", **settings}
    values["smarthost_tls"] = Encryption(values["smarthost_tls"])
    return await email(**values)


def reply(context: Any, text: str = "We will mend it.", **changes: Any) -> Any:
    values = {"endpoint": ANN, "channel": "email", "account": "help", **changes}
    return context.outbound(text=text, **values)

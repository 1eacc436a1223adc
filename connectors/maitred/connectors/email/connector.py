"""Email: an SMTP server for what customers write, a smarthost for what is answered.

The server is meant to stand behind the company's own mail relay, or at the end of an MX record. It
answers 250 only when the mail is stored. A From is a claim; it becomes an identity only when a
relay in `trusted_relays` states a DMARC pass for its domain under the name `authserv_id`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec
from aiosmtpd.smtp import Envelope, Session

from maitred.connectors.email.headers import authors, domain_of, verdict
from maitred.connectors.email.protocol import (
    TRY_AGAIN,
    Sessions,
    StrictSMTP,
    peer_host,
    silence_library_log,
)
from maitred.connectors.email.send import compose, hand_over
from maitred.connectors.email.settings import EmailSettings, Plan, inside, plan_of
from maitred.connectors.email.thread import in_a_thread_of_its_own
from maitred.connectors.port import Capabilities, Context, Route
from maitred.contracts.errors import BadPayload, Permanent, StoreUnavailable
from maitred.contracts.identifiers import (
    Identifier,
    IdentifierKind,
    Level,
    Observed,
    email_identifier,
)
from maitred.contracts.ids import digest
from maitred.contracts.inbound import Evidence, Verification
from maitred.contracts.limits import EMAIL_RECIPIENTS_MAX, MIB, REPLY_CHARACTERS_MAX
from maitred.contracts.outbound import Outbound, OutboundKind, Sent
from maitred.contracts.reply_token import tokens_in

UNKNOWN_SENDER: Final = Identifier(kind=IdentifierKind.EMAIL, value="unknown@invalid")
"""Stands for a mail that names nobody; `invalid` can never be registered (RFC 2606)."""
REFUSED_RECIPIENTS_MAX: Final = 20
"""A peer that asks for more unknown addresses is guessing, and is sent away."""
PAST_RELAYS_FACT: Final = "past_relays"
"""The fact that tells the decoder that none of the relays which judge senders saw the mail."""

_UNKNOWN_RECIPIENT: Final = "550 5.1.1 No such recipient here"
_STOP_S: Final = 5.0
_HASH_INLINE_BYTES_MAX: Final = 1 * MIB


class EmailConnector:
    """The email channel."""

    channel: ClassVar[str] = "email"
    settings_type: ClassVar[type[msgspec.Struct]] = EmailSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=True, text_characters_max=REPLY_CHARACTERS_MAX, resend_is_safe=False
    )

    def __init__(self, settings: EmailSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._plan = plan_of(settings)
        self._handler = _Handler(self._plan, settings.authserv_id, context)
        self._sessions = Sessions(
            sessions_max=settings.sessions_max,
            per_peer_max=settings.sessions_per_peer_max,
            bytes_max=settings.bytes_held_max,
            unbounded=lambda peer: inside(peer, self._plan.relays),
        )
        self._server: asyncio.Server | None = None

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each socket that listens; empty before `start`."""
        sockets = self._server.sockets if self._server else ()
        return tuple(socket.getsockname()[:2] for socket in sockets)

    @property
    def port(self) -> int:
        """The port that the system gave where `listen` asks for port 0."""
        return self.addresses[0][1]

    def routes(self) -> Sequence[Route]:
        """Return nothing: mail does not come by HTTP."""
        return ()

    async def start(self) -> None:
        """Listen, where this process has doors."""
        if not self._context.doors:
            return
        silence_library_log()
        self._server = await asyncio.get_running_loop().create_server(
            self._session, self._plan.host, self._plan.port
        )

    async def stop(self) -> None:
        """Close the door, give the mails under way their answer, close."""
        if self._server is None:
            return
        self._server.close()
        for session in tuple(self._sessions.open):
            session.retire()
        if self._sessions.open:
            try:
                await asyncio.wait_for(self._sessions.empty.wait(), _STOP_S)
            except TimeoutError:
                for session in tuple(self._sessions.open):
                    if session.transport is not None:
                        session.transport.close()
        await self._server.wait_closed()
        self._server = None

    async def send(self, outbound: Outbound) -> Sent:
        """Send one reply through the smarthost.

        Raises:
            Throttled, Retryable: the smarthost did not take it now.
            OutcomeUnknown: the smarthost fell silent after it had the mail.
            Permanent: it refused it, or there is no smarthost or no such account.
        """
        sender = self._plan.senders.get(outbound.to.account)
        if self._plan.smarthost is None:
            raise Permanent("no smarthost is configured", code="no_smarthost")
        if sender is None:
            raise Permanent("no such account", code="no_account")
        now, tokens = self._context.clock(), self._context.reply_tokens
        letter = compose(outbound, sender, now=now, tokens=tokens)
        await in_a_thread_of_its_own(hand_over, letter, self._plan.smarthost)
        named = (letter.message_id,) if outbound.kind is not OutboundKind.CODE else ()
        return Sent(provider_id=letter.message_id, thread_ids=named)

    def _session(self) -> StrictSMTP:
        return StrictSMTP(
            self._handler,
            self._sessions,
            hostname=self._settings.hostname,
            bytes_max=self._settings.bytes_max,
            timeout_s=self._settings.timeout_s,
        )


class _Handler:
    """What aiosmtpd asks while a mail comes in."""

    def __init__(self, plan: Plan, authserv_id: str, context: Context) -> None:
        self._plan = plan
        self._authserv_id = authserv_id
        self._context = context

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self,
        server: StrictSMTP,
        session: Session,  # noqa: ARG002  (aiosmtpd hands it over)
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002  (aiosmtpd hands it over)
    ) -> str:
        """Take a recipient that an account has."""
        if self.account_of(address) is None:
            server.refused_recipients += 1
            self._context.refused("", "unknown_recipient")
            if server.refused_recipients > REFUSED_RECIPIENTS_MAX:
                server.hang_up()
                return "421 4.7.0 Too many unknown recipients"
            return _UNKNOWN_RECIPIENT
        if len(envelope.rcpt_tos) >= EMAIL_RECIPIENTS_MAX:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_REFUSED(  # noqa: N802  (called like aiosmtpd's own hooks)
        self,
        server: StrictSMTP,  # noqa: ARG002  (aiosmtpd hands it over)
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        answer: str,
    ) -> None:
        """Count a mail that was refused while it was read."""
        self._context.refused(self._account(envelope), f"smtp_{answer[:3]}")

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self,
        server: StrictSMTP,  # noqa: ARG002  (aiosmtpd hands it over)
        session: Session,
        envelope: Envelope,
    ) -> str:
        """Store the mail, then answer."""
        account = self._account(envelope)
        try:
            await self._store(account, session, envelope)
        except StoreUnavailable:
            self._context.refused(account, "store_unavailable")
            return TRY_AGAIN
        except Permanent as error:
            self._context.refused(account, error.code)
            return "554 5.6.0 Message refused"
        except Exception:  # noqa: BLE001  (whatever failed, the peer keeps the mail and repeats it)
            self._context.refused(account, "internal")
            return TRY_AGAIN
        return "250 2.0.0 Stored"

    async def handle_exception(self, error: Exception) -> str:  # noqa: ARG002  (aiosmtpd's signature)
        """Answer for a fault outside of the two above, without naming it."""
        self._context.refused("", "internal")
        return TRY_AGAIN

    def account_of(self, address: str) -> str | None:
        """Return the account that an address belongs to: exact, its plus-addresses, its domain."""
        try:
            local, _, domain = email_identifier(address).value.rpartition("@")
        except BadPayload:
            return None
        known = self._plan.recipients
        while f"{local}@{domain}" not in known and "+" in local:
            local = local.rpartition("+")[0]
        return known.get(f"{local}@{domain}") or known.get(f"@{domain}")

    def _account(self, envelope: Envelope) -> str:
        """Return the account of a mail: whose address carries a reply token, else the first's.

        Whether the token is good is nobody's business here, who answers strangers.
        """
        recipients = envelope.rcpt_tos
        tagged = next((each for each in recipients if tokens_in(each)), recipients[0])
        return self.account_of(tagged) or ""

    async def _store(self, account: str, session: Session, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        recipients: tuple[str, ...] = tuple(dict.fromkeys(envelope.rcpt_tos))
        parts: tuple[str | bytes, ...] = (content, *sorted(recipients))
        if len(content) > _HASH_INLINE_BYTES_MAX:
            provider_id = await asyncio.to_thread(digest, *parts)
        else:
            provider_id = digest(*parts)
        trusted = inside(peer_host(session.peer), self._plan.relays)
        authserv_id = self._authserv_id if trusted else ""
        sender, evidence = _who(content, envelope.mail_from or "", authserv_id)
        if self._plan.relays and not trusted:
            evidence.facts[PAST_RELAYS_FACT] = "1"
        inbound = self._context.inbound(
            channel=EmailConnector.channel,
            account=account,
            provider_id=provider_id,
            sender=sender,
            content_type="message/rfc822",
            evidence=evidence,
            recipients=recipients,
        )
        await self._context.accept(inbound, content)


def _who(content: bytes, mail_from: str, authserv_id: str) -> tuple[Observed, Evidence]:
    """Say who wrote a mail; `authserv_id` is empty where its relay is not trusted."""
    named = authors(content)
    found = verdict(content, authserv_id) if authserv_id else verdict(b"", "")
    facts = dict(found.facts)
    if mail_from in {"", "<>"}:
        facts["mail_from_null"] = "1"
    identifier = UNKNOWN_SENDER
    for address in (*(author.address for author in named[:1]), mail_from):
        try:
            identifier = email_identifier(address)
            break
        except BadPayload:
            continue
    vouched = (
        len(named) == 1
        and found.facts.get("dmarc") == "pass"
        and found.from_domain != ""
        and found.from_domain == domain_of(named[0].address)
    )
    return (
        Observed(identifier=identifier, level=Level.AUTHENTICATED if vouched else Level.CLAIMED),
        Evidence(
            verification=Verification.DMARC if vouched else Verification.NONE,
            facts=facts,
            name=named[0].name if named else "",
        ),
    )

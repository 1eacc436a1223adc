"""Email: an SMTP server for what customers write, a smarthost for what is answered.

The server is meant to stand behind the company's own mail relay, or at the end of an MX record. It
answers 250 only when the mail is stored. A From is a claim; it becomes an identity only by a DMARC
pass for its domain, which a trusted relay states under the name `authserv_id`, or which is found
here (`verify = "self"`). Mailboxes that stay elsewhere are read by IMAP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

import msgspec

from maitred.connectors.abilities import Ailment
from maitred.connectors.email.access_tokens import AccessTokens
from maitred.connectors.email.door import Door, is_relay
from maitred.connectors.email.imap import MailboxReader
from maitred.connectors.email.incoming import Place, Speech
from maitred.connectors.email.letter import FILE_BYTES_MAX, FILES_MAX
from maitred.connectors.email.listening import Listening, Porter
from maitred.connectors.email.lmtp import StrictLMTP
from maitred.connectors.email.networks import PATH
from maitred.connectors.email.protocol import StrictSMTP, Terms, silence_library_log
from maitred.connectors.email.rates import Rate
from maitred.connectors.email.receiving import CHANNEL
from maitred.connectors.email.resolving import Resolver
from maitred.connectors.email.send import REPORTS, WayOut
from maitred.connectors.email.sessions import Sessions
from maitred.connectors.email.settings import EmailSettings, plan_of
from maitred.connectors.email.submission_auth import Logins
from maitred.connectors.email.tls import advice_on, certificate_of
from maitred.connectors.email.verifying import Verifier
from maitred.connectors.port import Capabilities, Context, Route
from maitred.contracts.limits import REPLY_CHARACTERS_MAX
from maitred.contracts.outbound import Outbound, Sent

PEER_SHARE: Final = 4
"""Of the memory for mails under way, one peer may hold this part: the others are not put off."""
_STOP_S: Final = 5.0


class EmailConnector:
    """The email channel."""

    channel: ClassVar[str] = CHANNEL
    settings_type: ClassVar[type[msgspec.Struct]] = EmailSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=True,
        text_characters_max=REPLY_CHARACTERS_MAX,
        resend_is_safe=False,
        files_max=FILES_MAX,
        file_bytes_max=FILE_BYTES_MAX,
        reports=REPORTS,
    )

    def __init__(
        self, settings: EmailSettings, context: Context, resolver: Resolver | None = None
    ) -> None:
        """Keep what is given; `resolver` stands in for the machine's own name servers.

        Raises:
            ConfigurationError: the settings contradict each other, or name files that are not
                there.
        """
        self._settings = settings
        self._plan = plan_of(settings)
        tokens = {name: AccessTokens(each, context) for name, each in settings.oauth.items()}
        self._out = WayOut(self._plan.senders, self._plan.smarthost, context, tokens)
        # What is sent is tied to what comes back, on whichever way that comes.
        self._context = context = replace(context, accept=self._out.accept)
        self._certificate = certificate_of(settings, context)
        self._logins = Logins(settings.logins, context.clock)
        self._sessions = Sessions(
            sessions_max=settings.sessions_max,
            per_peer_max=settings.sessions_per_peer_max,
            bytes_max=settings.bytes_held_max,
            peer_bytes_max=max(settings.bytes_max, settings.bytes_held_max // PEER_SHARE),
            unbounded=lambda peer: is_relay(peer, self._plan.relays),
            may_connect=Rate(settings.peer_connections_per_minute_max, context.clock).take,
        )
        verifier = Verifier(context.clock, resolver)
        self._door = Door(settings, self._plan, context, self._sessions, verifier)
        self._readers = [
            MailboxReader(
                each, settings, self._plan, context, verifier, tokens.get(each.settings.oauth)
            )
            for each in self._plan.mailboxes
        ]
        self._listening: Listening | None = None

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each socket that listens; empty before `start`."""
        return self._listening.addresses if self._listening else ()

    @property
    def port(self) -> int:
        """The port that the system gave where `listen` asks for port 0."""
        return self.addresses[0][1]

    def routes(self) -> Sequence[Route]:
        """Return nothing: mail does not come by HTTP."""
        return ()

    def advice(self) -> Sequence[str]:
        """Return what is missing without being wrong: a way out, or a certificate that is good."""
        advice = advice_on(self._certificate, self._context.clock())
        if self._plan.smarthost is None:
            advice.append(
                f"{PATH}.smarthost: there is none, so replies by mail fail (no_smarthost); write "
                "your provider's, as in smtp.example.com:587"
            )
        return advice

    def health(self) -> Sequence[Ailment]:
        """Return the mailboxes that are not read, and whether the certificate has expired."""
        ailing = [
            Ailment(account=each.account, part="mailbox", reason=each.fault)
            for each in self._readers
            if each.fault
        ]
        if advice_on(self._certificate, self._context.clock()):
            ailing.append(Ailment(account="", part="certificate", reason="certificate_expired"))
        return ailing

    async def start(self) -> None:
        """Listen and read mailboxes, where this process has doors."""
        if not self._context.doors:
            return
        self._out.start()
        silence_library_log()
        porter = Porter(
            sessions=self._sessions,
            session=self._session,
            proxies=self._plan.proxies,
            certificate=self._certificate,
            refused=self._context.refused,
        )
        listening = Listening(self._plan.places, porter)
        await listening.start()
        self._listening = listening
        for reader in self._readers:
            self._context.spawn(f"imap {reader.name}", reader.run())

    async def stop(self) -> None:
        """Close the doors, give the mails under way their answer, close."""
        await self._out.stop()
        if self._listening is None:
            return
        await asyncio.gather(*(reader.stop() for reader in self._readers))
        await self._listening.stop()
        for session in tuple(self._sessions.open):
            session.retire()
        if self._sessions.count:
            try:
                await asyncio.wait_for(self._sessions.empty.wait(), _STOP_S)
            except TimeoutError:
                for session in tuple(self._sessions.open):
                    session.abort()
        self._listening = None

    async def send(self, outbound: Outbound) -> Sent:
        """Send one reply through the smarthost.

        Raises:
            Throttled, Retryable: the smarthost did not take it now.
            OutcomeUnknown: the smarthost fell silent after it had the mail.
            Permanent: it refused it, the address is dead, or there is no smarthost or no such
                account.
        """
        return await self._out.send(outbound)

    def _session(self, place: Place, peer: str) -> StrictSMTP:
        offers_starttls = self._certificate is not None and not place.implicit_tls
        terms = Terms(
            peer=peer,
            hostname=self._settings.hostname,
            bytes_max=self._settings.bytes_max,
            timeout_s=self._settings.timeout_s,
            logins=self._logins,
            refused=self._context.refused,
            starttls=self._certificate.context() if self._certificate and offers_starttls else None,
            implicit_tls=place.implicit_tls,
        )
        kind = StrictLMTP if place.speech is Speech.LMTP else StrictSMTP
        return kind(self._door, self._sessions, terms)

"""What aiosmtpd asks while a mail comes in, and what it is answered."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Final

from aiosmtpd.smtp import Envelope, Session

from maitred.connectors.email.headers import NO_VERDICT, verdict
from maitred.connectors.email.incoming import Judging
from maitred.connectors.email.listening import UNIX_PEER
from maitred.connectors.email.networks import Networks, inside
from maitred.connectors.email.protocol import TRY_AGAIN, StrictSMTP
from maitred.connectors.email.rates import Rate
from maitred.connectors.email.reading import BAD_LINE_END, NO_ROOM, TOO_BIG
from maitred.connectors.email.receiving import Mail, account_for, account_of, store
from maitred.connectors.email.sessions import Sessions
from maitred.connectors.email.settings import EmailSettings, Plan
from maitred.connectors.email.verifying import Peer, Verifier
from maitred.connectors.port import Context
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.limits import EMAIL_RECIPIENTS_MAX

REFUSED_RECIPIENTS_MAX: Final = 20
"""A peer that asks for more unknown addresses is guessing, and is sent away."""
RELAYS_KEPT: Final = 1_024
"""Peers of whom it is known by heart whether they are relays."""
_UNKNOWN_RECIPIENT: Final = "550 5.1.1 No such recipient here"
_BARE_LINE_END: Final = "bare_line_end"
"""Counted by a word of its own, because it may be an attack."""
_DISOWNED: Final = "550 5.7.1 Refused by the policy of the author's domain (DMARC)"


def is_relay(peer: str, relays: Networks) -> bool:
    """Tell whether an address alone makes a trusted relay."""
    return peer == UNIX_PEER or inside(peer, relays)


class Door:
    """The handler of all connections."""

    def __init__(
        self,
        settings: EmailSettings,
        plan: Plan,
        context: Context,
        sessions: Sessions,
        verifier: Verifier,
    ) -> None:
        self._settings = settings
        self._plan = plan
        self._context = context
        self._sessions = sessions
        self._verifier = verifier
        # A connection is asked about three times a mail.
        self._is_relay = lru_cache(maxsize=RELAYS_KEPT)(partial(is_relay, relays=plan.relays))
        self._mails = Rate(settings.peer_mails_per_minute_max, context.clock)
        self._recipients = Rate(settings.peer_recipients_per_minute_max, context.clock)

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self,
        server: StrictSMTP,
        session: Session,  # noqa: ARG002  (aiosmtpd hands it over)
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Begin a mail, unless what it announces is too much (RFC 1870, section 6.1)."""
        size = next((int(each[5:]) for each in options if each.startswith("SIZE=")), 0)
        if size > self._settings.bytes_max:
            self._context.refused("", "smtp_552")
            return TOO_BIG
        if not self._sessions.has_room(server.peer, size):
            self._context.refused("", "smtp_452")
            return NO_ROOM
        if not self._is_trusted(server) and not self._mails.take(server.peer):
            self._context.refused("", "too_many_mails")
            return "451 4.7.1 Too many mails in a minute, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self,
        server: StrictSMTP,
        session: Session,  # noqa: ARG002  (aiosmtpd hands it over)
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002  (aiosmtpd hands it over)
    ) -> str:
        """Take a recipient that an account has."""
        if not self._is_trusted(server) and not self._recipients.take(server.peer):
            self._context.refused("", "too_many_recipients")
            return "451 4.7.1 Too many recipients in a minute, try again later"
        if account_of(address, self._plan.recipients) is None:
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
        account = account_for(envelope.rcpt_tos, self._plan.recipients)
        reason = _BARE_LINE_END if answer == BAD_LINE_END else f"smtp_{answer[:3]}"
        self._context.refused(account, reason)

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self,
        server: StrictSMTP,
        session: Session,
        envelope: Envelope,
    ) -> str:
        """Store the mail, then answer."""
        account = account_for(envelope.rcpt_tos, self._plan.recipients)
        try:
            mail = await self._judged(account, server, session, envelope)
            if self._settings.dmarc_reject and mail.verdict.disowned:
                self._context.refused(account, "dmarc_reject")
                return _DISOWNED
            await store(mail, self._context)
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
        """Answer for a fault outside of the above, without naming it."""
        self._context.refused("", "internal")
        return TRY_AGAIN

    def _is_trusted(self, server: StrictSMTP) -> bool:
        return server.has_logged_in or self._is_relay(server.peer)

    async def _judged(
        self, account: str, server: StrictSMTP, session: Session, envelope: Envelope
    ) -> Mail:
        content = envelope.original_content or b""
        mail_from = envelope.mail_from or ""
        trusted = self._is_trusted(server)
        found, past_relays = NO_VERDICT, False
        if self._settings.verify is Judging.NONE:
            pass
        elif trusted and self._settings.authserv_id:
            found = verdict(content, self._settings.authserv_id)
        elif self._settings.verify is Judging.SELF:
            peer = Peer(server.peer, session.host_name or "", mail_from)
            found = await self._verifier.verify(content, peer)
        else:
            past_relays = bool(self._plan.relays or self._settings.logins)
        return Mail(
            content=content,
            account=account,
            mail_from=mail_from,
            recipients=tuple(dict.fromkeys(envelope.rcpt_tos)),
            verdict=found,
            past_relays=past_relays,
        )

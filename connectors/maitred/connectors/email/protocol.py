"""The SMTP server side: aiosmtpd with a strict reader and with bounds on what strangers hold."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import Final, cast

from aiosmtpd.smtp import SMTP

from maitred.connectors.email.reading import BAD_LINE_END, TOO_BIG, read_mail
from maitred.connectors.email.sessions import Held, Sessions
from maitred.connectors.email.submission_auth import FAILURES_PER_SESSION_MAX, Logins
from maitred.contracts.limits import EMAIL_LINE_BYTES_MAX

TRY_AGAIN: Final = "451 4.3.0 Try again later"
STOPPING: Final = "421 4.3.2 Closing, try again later"
TIMED_OUT: Final = "421 4.4.2 Timeout, closing"
"""RFC 5321 section 3.8: a server that closes by itself says 421 before."""

_COMMAND_BYTES_MAX: Final = 512
_LOCAL_PART_BYTES_MAX: Final = 64
"""RFC 5321 section 4.5.3.1.1."""
_PARAMETER_BYTES_MAX: Final = {"MAIL": 26 + 10}
"""What SIZE and SMTPUTF8 add to a command (RFC 1870 section 3, RFC 6531 section 3.4)."""
_ALWAYS_OFFERED: Final = ("8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES")
_BARE_CODE: Final = re.compile(rb"\A(?!220 (?!Ready))([245])(\d\d) (?!\d\.\d)")
"""An answer of the library's that has no enhanced code; the greeting (220) is to have none."""
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_PATH: Final = re.compile(
    rf"<({_ATOM}(?:\.{_ATOM})*+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*+)>(?: +([^ (].*))?\Z"
)
"""A path as nearly all are: a Dot-string at a Domain (RFC 5321 section 4.1.2), and parameters."""
_COMMANDS_MAX: Final = {
    "*": 10_000,
    **dict.fromkeys(
        ("AUTH", "EHLO", "EXPN", "HELO", "HELP", "LHLO", "NOOP", "STARTTLS", "VRFY"), 50
    ),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What one connection is held to."""

    peer: str
    """The address that it comes from, as its proxy says where it comes through one."""
    hostname: str
    bytes_max: int
    timeout_s: float
    logins: Logins
    refused: Callable[[str, str], None]
    starttls: SSLContext | None = None
    """What STARTTLS secures it with; without it, it is not offered."""
    implicit_tls: bool = False


class StrictSMTP(SMTP):
    """One connection. Subclassed since aiosmtpd takes its DATA reader from nowhere else."""

    protocol = "ESMTP"

    def __init__(self, handler: object, sessions: Sessions, terms: Terms) -> None:
        self.line_length_limit = EMAIL_LINE_BYTES_MAX
        super().__init__(
            handler,
            data_size_limit=None,  # the handler's MAIL compares SIZE, and counts what it refuses
            enable_SMTPUTF8=True,
            hostname=terms.hostname,
            ident=self.protocol,
            timeout=terms.timeout_s,
            tls_context=terms.starttls,
            auth_require_tls=not terms.implicit_tls,
            authenticator=terms.logins.authenticate,
            command_call_limit=_COMMANDS_MAX,
            loop=asyncio.get_running_loop(),
        )
        # The class shares one table among all connections and lets every EHLO widen it.
        self.command_size_limits = defaultdict(lambda: _COMMAND_BYTES_MAX)
        for command, more in _PARAMETER_BYTES_MAX.items():
            self.command_size_limits[command] += more
        self._sessions = sessions
        self._terms = terms
        self.has_left = False
        self._last_word = False
        self._failed_logins = 0
        self.busy = False
        self.refused_recipients = 0

    @property
    def peer(self) -> str:
        """The address that the connection comes from."""
        return self._terms.peer

    @property
    def is_secure(self) -> bool:
        """Tell whether nobody on the way reads what is said."""
        return self._terms.implicit_tls or (self.session is not None and bool(self.session.ssl))

    @property
    def has_logged_in(self) -> bool:
        """Tell whether the peer has shown a password of ours."""
        return self.session is not None and bool(self.session.authenticated)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or begin anew once TLS stands (RFC 3207 section 4.2)."""
        self._sessions.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Give back what the connection held; aiosmtpd calls it twice if TLS fails."""
        if not self.has_left:
            self.leave()
            super().connection_lost(error)

    def leave(self) -> None:
        """Give the connection's place to others."""
        self.has_left = True
        self._sessions.open.discard(self)
        self._sessions.leave(self.peer)

    async def push(self, status: str | bytes) -> None:
        """Answer with an enhanced code (RFC 2034), and close if this was the last word."""
        answer = status.encode() if isinstance(status, str) else status
        await super().push(_BARE_CODE.sub(_with_enhanced_code, answer))
        if self._last_word and self.transport is not None:
            self.transport.close()

    def hang_up(self) -> None:
        """Close after the next answer."""
        self._last_word = True

    def retire(self) -> None:
        """Close now, or after the mail under way has its answer."""
        self.hang_up()
        if not self.busy and self.transport is not None:
            _say_and_close(self.transport, STOPPING)

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.close()

    def _timeout_cb(self) -> None:
        if self.transport is not None:
            self._terms.refused("", "timeout")
            _say_and_close(self.transport, TIMED_OUT)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read a path; the library takes a fifth of a mail's time for the two of it."""
        plain = _PLAIN_PATH.match(arg)
        if plain and plain[1].index("@") <= _LOCAL_PART_BYTES_MAX:
            return plain[1], plain[2] or ""
        try:
            address, rest = super()._getaddr(arg)
            if address is not None:
                address.encode()
        except (IndexError, AttributeError, UnicodeEncodeError):
            # The first two are how the standard library's parser takes some broken addresses.
            return None, None
        return address, rest

    async def check_helo_needed(self, helo: str = "EHLO") -> bool:  # noqa: ARG002  (aiosmtpd's)
        """Refuse whoever has not said hello."""
        if self.session is not None and self.session.host_name:
            return False
        await self.push("503 5.5.1 Say hello first")
        return True

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802  (aiosmtpd's name)
        """Say what this connection offers, as it stands."""
        if not hostname:
            await self.push("501 5.5.4 Say who you are")
            return
        self._set_rset_state()  # type: ignore[no-untyped-call]  # the library's own
        if self.session is not None:
            self.session.extended_smtp = True
            self.session.host_name = hostname
        offers = [f"SIZE {self._terms.bytes_max}", *_ALWAYS_OFFERED]
        if self.tls_context is not None and not self.is_secure:
            offers.append("STARTTLS")
        if self._terms.logins and self.is_secure:
            offers.append("AUTH PLAIN LOGIN")
        await self._greet(self.hostname, *offers)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802  (aiosmtpd's name)
        """Greet who speaks as of old, and offer nothing."""
        if not hostname:
            await self.push("501 5.5.4 Say who you are")
            return
        self._set_rset_state()  # type: ignore[no-untyped-call]  # the library's own
        if self.session is not None:
            self.session.extended_smtp = False
            self.session.host_name = hostname
        await self._greet(self.hostname)

    async def _greet(self, *lines: str) -> None:
        """Answer a hello, the one answer without an enhanced code (RFC 2034 section 4)."""
        *first, last = lines
        greeting = "\r\n".join([*(f"250-{each}" for each in first), f"250 {last}"])
        await super().push(greeting.encode())

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802  (aiosmtpd's name)
        """Begin TLS (RFC 3207), and end what ends amid the handshake.

        asyncio's TLS tells its protocol of no connection that is lost before it stands, and lets
        who waits for the handshake go on.
        """
        await super().smtp_STARTTLS(arg)
        if self._original_transport is not None and not self.is_secure:
            self.connection_lost(None)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802  (aiosmtpd's name)
        """Let a relay log in (RFC 4954), under TLS only."""
        if not self._terms.logins:
            await self.push("502 5.5.1 Not offered")
        elif self.envelope is not None and self.envelope.mail_from:
            await self.push("503 5.5.1 Not within a mail")
        elif not self._terms.logins.may_try(self.peer):
            self.hang_up()
            self._terms.refused("", "too_many_logins")
            await self.push("421 4.7.0 Too many failed logins, try again later")
        else:
            mechanism, space, rest = (arg or "").partition(" ")
            await super().smtp_AUTH(f"{mechanism.upper()}{space}{rest}")
            if self.is_secure and not self.has_logged_in:
                await self._login_failed()

    async def _login_failed(self) -> None:
        self._failed_logins += 1
        self._terms.logins.failed(self.peer)
        self._terms.refused("", "login")
        if self._failed_logins >= FAILURES_PER_SESSION_MAX:
            self.hang_up()
            await self.push("421 4.7.0 Too many failed logins")

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: ARG002, N802  (aiosmtpd's name)
        """Tell nobody which addresses exist (RFC 5321 section 7.3)."""
        await self.push("252 2.5.0 Cannot verify, send the message")

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  (aiosmtpd's name)
        """Read a mail to its end and hand it to the handler's `handle_DATA`."""
        if await self.check_helo_needed():
            return
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Send RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no argument")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        recipients = len(self.envelope.rcpt_tos)
        status = await self._mail()
        self.envelope = self._create_envelope()
        await self.push(self._answers(status, recipients))

    def _answers(self, status: str, recipients: int) -> str:  # noqa: ARG002  (LMTP's needs it)
        """Return what a mail is answered."""
        return status

    async def _mail(self) -> str:
        """Read a mail and have it stored; return the answer."""
        held = Held(self._sessions, self.peer)
        try:
            fault = await read_mail(self._reader, held, self._terms.bytes_max, self._reset_timeout)
            if fault:
                if fault in {BAD_LINE_END, TOO_BIG}:
                    self.hang_up()
                await self._call_handler_hook("REFUSED", fault)
                return fault
            self.busy = True
            self._reset_timeout()
            if self.envelope is not None:
                self.envelope.content = self.envelope.original_content = held.take()
            return str(await self._call_handler_hook("DATA"))
        finally:
            self.busy = False
            held.release()


def _with_enhanced_code(found: re.Match[bytes]) -> bytes:
    # RFC 3463: what is not said more exactly is X.0.0, or X.5.0 if it is about the dialogue.
    subject = b"0" if found[1] == b"2" else b"5"
    return found[0] + found[1] + b"." + subject + b".0 "


def _say_and_close(transport: asyncio.BaseTransport, answer: str) -> None:
    # uvloop's transports have all methods of asyncio's, but are none of its classes.
    cast("asyncio.WriteTransport", transport).write(answer.encode() + b"\r\n")
    transport.close()


def silence_library_log() -> None:
    """Keep aiosmtpd from writing addresses, commands and, at its debug level, whole mails."""
    for name in ("mail.log", "mail.debug"):
        logging.getLogger(name).disabled = True

"""The SMTP server side: aiosmtpd with strict line ends and with bounds on what strangers hold.

A mail ends at CR LF . CR LF and nowhere else. A lone CR or LF inside a mail is how one message is
smuggled into another (CVE-2023-51764 and its kin), and RFC 5321 section 2.3.8 forbids both, so a
mail that holds one is read to its true end, refused whole, and the connection is closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

from aiosmtpd.smtp import SMTP

from maitred.contracts.limits import EMAIL_LINE_BYTES_MAX

BAD_LINE_END: Final = "550 5.6.0 Lines must end with CR LF"
LINE_TOO_LONG: Final = "500 5.5.2 Line too long"
TOO_BIG: Final = "552 5.3.4 Message too big"
NO_ROOM: Final = "452 4.3.1 Too much under way, try again later"
TRY_AGAIN: Final = "451 4.3.0 Try again later"
TOO_MANY_SESSIONS: Final = "421 4.3.2 Too many connections, try again later"
STOPPING: Final = "421 4.3.2 Closing, try again later"

_PROGRESS_BYTES: Final = 1024 * 1024
"""The time-out starts anew with every so many bytes of a mail."""
_COMMANDS_MAX: Final = {
    "*": 10_000,
    **dict.fromkeys(("AUTH", "EHLO", "EXPN", "HELO", "HELP", "NOOP", "STARTTLS", "VRFY"), 50),
}


@dataclass(slots=True)
class Sessions:
    """The connections that are open and the bytes they hold, each under a bound."""

    sessions_max: int
    per_peer_max: int
    bytes_max: int
    unbounded: Callable[[str], bool]
    """Peers that carry the mail of many, and so are not bounded one by one."""
    bytes_held: int = 0
    open: set[StrictSMTP] = field(default_factory=set)
    peers: Counter[str] = field(default_factory=Counter)
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    def room_for(self, peer: str) -> bool:
        """Tell whether one more connection of `peer` may open."""
        if len(self.open) >= self.sessions_max:
            return False
        return self.peers[peer] < self.per_peer_max or self.unbounded(peer)

    def add(self, session: StrictSMTP, peer: str) -> None:
        """Count a connection that opened."""
        self.open.add(session)
        self.peers[peer] += 1
        self.empty.clear()

    def remove(self, session: StrictSMTP, peer: str) -> None:
        """Forget a connection that closed."""
        self.open.discard(session)
        self.peers[peer] -= 1
        if not self.peers[peer]:
            del self.peers[peer]
        if not self.open:
            self.empty.set()


class StrictSMTP(SMTP):
    """One connection. Subclassed since aiosmtpd takes its DATA reader from nowhere else."""

    def __init__(
        self,
        handler: object,
        sessions: Sessions,
        *,
        hostname: str,
        bytes_max: int,
        timeout_s: float,
    ) -> None:
        self.line_length_limit = EMAIL_LINE_BYTES_MAX
        super().__init__(
            handler,
            data_size_limit=bytes_max,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="ESMTP",
            timeout=timeout_s,
            command_call_limit=_COMMANDS_MAX,
            loop=asyncio.get_running_loop(),
        )
        # The class shares one table among all connections and lets every EHLO widen it.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit)
        self._sessions = sessions
        self._bytes_max = bytes_max
        self._peer = ""
        self._admitted = False
        self._last_word = False
        self.busy = False
        self.refused_recipients = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the connection, or say 421 and close."""
        self._peer = peer_host(transport.get_extra_info("peername"))
        self._admitted = self._sessions.room_for(self._peer)
        if self._admitted:
            self._sessions.add(self, self._peer)
            super().connection_made(transport)
        else:
            _say_and_close(transport, TOO_MANY_SESSIONS)

    def connection_lost(self, error: Exception | None) -> None:
        """Give back what the connection held."""
        if self._admitted:
            self._sessions.remove(self, self._peer)
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Read nothing from whom we did not admit."""
        if self._admitted:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """End the connection with its peer's last byte."""
        return super().eof_received() if self._admitted else None

    async def push(self, status: str | bytes) -> None:
        """Answer, and close if this was the last word."""
        await super().push(status.encode() if isinstance(status, str) else status)
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

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        try:
            address, rest = super()._getaddr(arg)
            if address is not None:
                address.encode()
        except (IndexError, AttributeError, UnicodeEncodeError):
            # The first two are how the standard library's parser takes some broken addresses.
            return None, None
        return address, rest

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
        held = _Held(self._sessions)
        try:
            fault = await self._read_data(held)
            if fault:
                if fault in {BAD_LINE_END, TOO_BIG}:
                    self.hang_up()
                await self._call_handler_hook("REFUSED", fault)
                status = fault
            else:
                self.busy = True
                self.envelope.content = self.envelope.original_content = held.take()
                status = await self._call_handler_hook("DATA")
        finally:
            self.busy = False
            held.release()
        self.envelope = self._create_envelope()
        await self.push(status)

    async def _read_data(self, held: _Held) -> str:
        """Read up to the end of the mail; return the answer that refuses it, or nothing.

        A mail that is refused is read to its end all the same, since its peer listens only then
        (RFC 5321 section 4.2.5), but nothing of it is kept, and one that goes on for another
        `bytes_max` is cut off.
        """
        fault = ""
        read = marked = 0
        continued = False
        while True:
            try:
                line = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as error:
                line = await self._reader.read(error.consumed)
                fault = fault or LINE_TOO_LONG
            if line == b".\r\n" and not continued:
                return fault
            read += len(line)
            if read - marked >= _PROGRESS_BYTES:
                marked = read
                self._reset_timeout()
            inner = line.removesuffix(b"\r\n")
            continued = len(inner) == len(line)
            # A lone CR or LF outweighs every other fault: its connection must be closed.
            if b"\n" in inner or b"\r" in inner:
                fault = BAD_LINE_END
            fault = fault or self._fault_of(line, read, held)
            if fault:
                held.release()
            if read > 2 * self._bytes_max:
                return TOO_BIG

    def _fault_of(self, line: bytes, read: int, held: _Held) -> str:
        """Keep one line, or say why not."""
        if read > self._bytes_max:
            return TOO_BIG
        if len(line) > EMAIL_LINE_BYTES_MAX:
            return LINE_TOO_LONG
        # The first dot of a line is the sender's transparency (RFC 5321 section 4.5.2).
        return "" if held.add(line.removeprefix(b".")) else NO_ROOM


class _Held:
    """The lines of one mail, counted against what all connections may hold together."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lines: list[bytes] = []
        self._bytes = 0

    def add(self, line: bytes) -> bool:
        """Keep a line if there is room."""
        if self._sessions.bytes_held + len(line) > self._sessions.bytes_max:
            return False
        self._lines.append(line)
        self._bytes += len(line)
        self._sessions.bytes_held += len(line)
        return True

    def take(self) -> bytes:
        """Return the mail; it counts until `release`."""
        content = b"".join(self._lines)
        self._lines.clear()
        return content

    def release(self) -> None:
        """Give the room back."""
        self._sessions.bytes_held -= self._bytes
        self._bytes = 0
        self._lines.clear()


def _say_and_close(transport: asyncio.BaseTransport, answer: str) -> None:
    # uvloop's transports have all methods of asyncio's, but are none of its classes.
    cast("asyncio.WriteTransport", transport).write(answer.encode() + b"\r\n")
    transport.close()


def peer_host(peername: Any) -> str:  # noqa: ANN401  (a transport's extra info is untyped)
    """Return the address of a socket's peer, empty if it has none."""
    return str(peername[0]) if isinstance(peername, tuple) and peername else ""


def silence_library_log() -> None:
    """Keep aiosmtpd from writing addresses, commands and, at its debug level, whole mails."""
    logging.getLogger("mail.log").disabled = True

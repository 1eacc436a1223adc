"""A stand-in for the smarthost: a real SMTP server that keeps what the gateway sends by mail."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope

_CODE: Final = re.compile(r"\b[0-9]{6}\b")
_CODE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that left: whom it was for, and its words."""

    to: str
    text: str


@dataclass(slots=True)
class Smarthost:
    """Takes mail on a free local port; `mails` are in the order in which they came."""

    mails: list[Mail] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="smarthost.example"), "127.0.0.1", 0
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def handle_DATA(self, _server: object, _session: object, mail: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        """Take a mail."""
        text = message_from_bytes(mail.original_content or b"", policy=default).get_body(("plain",))
        words = text.get_content().strip() if text is not None else ""
        async with self._came:
            self.mails += [Mail(to, words) for to in mail.rcpt_tos]
            self._came.notify_all()
        return "250 OK"

    async def code_for(self, address: str) -> str:
        """Return the code of the first mail to an address that brings one.

        Raises:
            TimeoutError: none came.
        """
        async with asyncio.timeout(_CODE_SECONDS), self._came:
            await self._came.wait_for(lambda: bool(self._codes(address)))
            return self._codes(address)[0]

    def _codes(self, address: str) -> list[str]:
        mine = [each.text for each in self.mails if each.to == address]
        return [found[0] for text in mine if (found := _CODE.search(text))]

"""One connection to an IMAP server (RFC 3501), in the few words that reading a folder takes.

aioimaplib speaks the protocol. What it answers is looked at here and in `imap_access` alone.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aioimaplib import aioimaplib  # type: ignore[import-untyped]

from maitred.connectors.email.access_tokens import AccessTokens
from maitred.connectors.email.imap_access import (
    COMMAND_S,
    ImapFailed,
    learn_capabilities,
    secure,
    show_token,
)
from maitred.connectors.email.incoming import Mailbox
from maitred.connectors.email.networks import Encryption
from maitred.contracts.limits import BLOB_BYTES_MAX, MIB

IDLE_S: Final = 300.0
"""RFC 2177 section 3 allows 29 minutes; many networks forget a silent connection sooner."""
ANSWER_BYTES_MAX: Final = BLOB_BYTES_MAX
"""Of the answer to one command so much is held, and no more of one line than this:"""
LINE_BYTES_MAX: Final = 16 * MIB
"""The UIDs of two million mails."""
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_NUMBER: Final = re.compile(rb"\[(UIDVALIDITY|UIDNEXT) (\d{1,10})\]", re.IGNORECASE)
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d{1,12})", re.IGNORECASE)
_DAY: Final = re.compile(rb'INTERNALDATE "\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) ', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder as it was when it was opened: what its UIDs are worth, and the next one."""

    validity: int
    next_uid: int


@dataclass(frozen=True, slots=True)
class Found:
    """A mail in the folder: its size in bytes, and the day on which it arrived there."""

    size: int
    day: date | None


class ImapClient:
    """A connection; it must be made within a running loop, opened, and closed."""

    def __init__(self, mailbox: Mailbox) -> None:
        logging.getLogger(aioimaplib.__name__).disabled = True  # it would write mails
        self.lost = asyncio.Event()
        self._place = (mailbox.host, mailbox.port)
        self._starttls = mailbox.tls if mailbox.settings.tls is Encryption.STARTTLS else None
        self._client = aioimaplib.IMAP4(
            *self._place,
            timeout=COMMAND_S,
            conn_lost_cb=self._on_lost,
            ssl_context=None if self._starttls else mailbox.tls,
        )
        _bound(self._client.protocol)

    def _on_lost(self, error: Exception | None) -> None:  # noqa: ARG002  (aioimaplib hands it over)
        self.lost.set()

    async def open(self) -> None:
        """Connect, and secure the connection where STARTTLS is to do that (RFC 3501, 6.2.1).

        Raises:
            ImapFailed: `imap_starttls`, the server will not have it.
            OSError, TimeoutError: it is not there, or its certificate is not good.
        """
        await self._client.wait_hello_from_server()
        if self._starttls is not None:
            await secure(self._client.protocol, self._starttls, self._place[0])

    async def login(self, user: str, password: str) -> None:
        """Log in.

        Raises:
            ImapFailed: `imap_login`, the server does not let us in.
        """
        answer = await self._client.login(aioimaplib.quoted(user), password)
        if answer.result != "OK":
            raise ImapFailed("imap_login")
        await learn_capabilities(self._client.protocol)

    async def show_token(self, user: str, tokens: AccessTokens) -> None:
        """Log in with an access token.

        Raises:
            ImapFailed: `imap_no_oauth`, the server takes none; `imap_login`, not this one.
            TokenFailed: there is none to be had.
            StoreUnavailable: the store does not answer.
        """
        await show_token(self._client.protocol, user, tokens, self._place)

    async def select(self, folder: str) -> Selected:
        """Open a folder.

        Raises:
            ImapFailed: `imap_folder`, there is none, or it has no lasting UIDs.
        """
        answer = await self._client.select(aioimaplib.quoted(folder))
        found = {
            match[1].upper(): int(match[2])
            for line in _lines(answer)
            for match in _NUMBER.finditer(line)
        }
        if answer.result != "OK" or b"UIDVALIDITY" not in found:
            raise ImapFailed("imap_folder")
        next_uid = found.get(b"UIDNEXT")
        if next_uid is None:
            next_uid = max(await self.search(0, ""), default=0) + 1
        return Selected(found[b"UIDVALIDITY"], next_uid)

    async def search(self, above: int, more: str) -> list[int]:
        """Return the UIDs above one, in order, that also meet `more`, a search key of IMAP's.

        Raises:
            ImapFailed: `imap_search`.
        """
        criteria = (f"UID {above + 1}:*", *((more,) if more else ()))
        answer = await self._client.uid_search(*criteria, charset=None)
        if answer.result != "OK":
            raise ImapFailed("imap_search")
        words = b" ".join(_lines(answer)[:-1]).split()
        # `n:*` names the last mail even if it lies below n (RFC 3501 section 6.4.8).
        return sorted({int(each) for each in words if each.isdigit() and int(each) > above})

    async def look(self, uid: int) -> Found | None:
        """Return what a mail is, or nothing if it is gone."""
        text = b" ".join(_lines(await self._fetch(uid, "(RFC822.SIZE INTERNALDATE)")))
        size = _SIZE.search(text)
        return None if size is None else Found(int(size[1]), _day(text))

    async def read(self, uid: int, bytes_max: int) -> bytes | None:
        """Return a mail, or at most one byte more than `bytes_max` of it; nothing if it is gone.

        Reading it leaves no mark (`BODY.PEEK`).
        """
        answer = await self._fetch(uid, f"(BODY.PEEK[]<0.{bytes_max + 1}>)")
        # aioimaplib keeps literals as bytearrays among the lines.
        return next((bytes(each) for each in answer.lines if isinstance(each, bytearray)), None)

    async def mark_seen(self, uid: int) -> bool:
        """Mark a mail as read; tell whether the server did."""
        return await self._did("store", str(uid), r"+FLAGS.SILENT (\Seen)")

    async def move(self, uid: int, folder: str) -> bool:
        """Move a mail (RFC 6851), or copy and delete it; tell whether the server did."""
        target = aioimaplib.quoted(folder)
        if self._client.has_capability("MOVE"):
            return await self._did("move", str(uid), target)
        done = await self._did("copy", str(uid), target)
        done = done and await self._did("store", str(uid), r"+FLAGS.SILENT (\Deleted)")
        if done and self._client.has_capability("UIDPLUS"):
            return await self._did("expunge", str(uid))
        return done

    async def wait(self, poll_s: float) -> None:
        """Wait until the server says that something has changed, or until it is time to look."""
        if not self._client.has_capability("IDLE"):
            await asyncio.sleep(poll_s)
            return
        idle = await self._client.idle_start(timeout=IDLE_S)
        await self._client.wait_server_push()
        self._client.idle_done()
        async with asyncio.timeout(COMMAND_S):
            await idle

    async def close(self) -> None:
        """Leave without a word, and end what the library began."""
        client = self._client
        transport = client.protocol.transport
        if transport is not None:
            if client.has_pending_idle():
                client.idle_done()  # which also ends its timer
            transport.close()
        tasks = {*client.tasks, *client.protocol.tasks, client._client_task}  # noqa: SLF001  (the library ends none of its tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fetch(self, uid: int, what: str) -> Any:  # noqa: ANN401  (the library is untyped)
        answer = await self._client.uid("fetch", str(uid), what)
        if answer.result != "OK":
            raise ImapFailed("imap_fetch")
        return answer

    async def _did(self, *command: str) -> bool:
        async with asyncio.timeout(COMMAND_S):
            answer = await self._client.uid(*command)
        return bool(answer.result == "OK")


def _bound(protocol: Any) -> None:  # noqa: ANN401  (the library is untyped)
    """Let a connection end whose server says more than fits into memory: the library takes all."""
    take = protocol.data_received
    command, held = -1, 0

    def take_in_bounds(data: bytes) -> None:
        nonlocal command, held
        if command != protocol.tagnum:
            command, held = protocol.tagnum, 0
        held += len(data)
        if held > ANSWER_BYTES_MAX or len(protocol.incomplete_line) > LINE_BYTES_MAX:
            protocol.transport.abort()
            return
        take(data)

    protocol.data_received = take_in_bounds


def imap_day(day: date) -> str:
    """Write a day as IMAP does, in English whatever the machine speaks."""
    return f"{day.day}-{_MONTHS[3 * day.month - 3 : 3 * day.month]}-{day.year}"


def _day(text: bytes) -> date | None:
    found = _DAY.search(text)
    if found is None:
        return None
    try:
        month = _MONTHS.index(found[2].decode().capitalize()) // 3 + 1
        return date(int(found[3]), month, int(found[1]))
    except ValueError:
        return None


def _lines(answer: Any) -> Sequence[bytes]:  # noqa: ANN401  (the library is untyped)
    return [bytes(each) for each in answer.lines if isinstance(each, bytes)]

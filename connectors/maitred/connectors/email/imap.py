"""Mailboxes that are read by IMAP, for those who cannot move their MX record.

What has been read of a folder is one number, its last UID, and it moves only when the mails up to
it are stored: an outage of any length loses nothing. When a folder's UIDs become worthless (its
UIDVALIDITY has changed, RFC 3501 section 2.3.1.1), everything since two days before the last mail
is read again; what was stored before is known by its content, so it is not stored twice.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from maitred.connectors.email.access_tokens import AccessTokens, TokenFailed
from maitred.connectors.email.headers import NO_VERDICT, header_values, verdict
from maitred.connectors.email.imap_access import ImapFailed
from maitred.connectors.email.imap_client import ImapClient, Selected, imap_day
from maitred.connectors.email.incoming import AfterRead, FirstRead, Judging, Mailbox
from maitred.connectors.email.receiving import Mail, account_of, store
from maitred.connectors.email.settings import EmailSettings, Plan
from maitred.connectors.email.verifying import Peer, Verifier
from maitred.connectors.port import Context
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.ids import digest
from maitred.contracts.limits import EMAIL_RECIPIENTS_MAX

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 300.0
BATCH_MAX: Final = 20
"""Mails after which it is written down how far the reading has come."""
TRIES_MAX: Final = 5
"""How often a mail may fail for a reason nobody foresaw, before it no longer holds up others."""
OVERLAP: Final = timedelta(days=2)
_CANCEL_AGAIN_S: Final = 0.1
_ADDRESSED: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
_BETWEEN: Final = re.compile(r'[\s<>,;:"()]+')


class Position(msgspec.Struct, frozen=True):
    """How far a folder has been read, under which UIDVALIDITY.

    `only` is a search key that holds until the next UID at the time of opening is reached: what
    the first reading leaves out, or the overlap when the UIDs have changed. `day` is the last day
    on which a mail had arrived.
    """

    validity: int
    uid: int
    day: date
    only: str = ""


class MailboxReader:
    """Reads one folder for as long as it runs."""

    def __init__(
        self,
        mailbox: Mailbox,
        settings: EmailSettings,
        plan: Plan,
        context: Context,
        verifier: Verifier,
        tokens: AccessTokens | None = None,
    ) -> None:
        self._mailbox = mailbox
        self._settings = settings
        self._plan = plan
        self._context = context
        self._verifier = verifier
        self._tokens = tokens
        self._account = mailbox.settings.account
        self._memory_name = f"imap-{digest(mailbox.name, mailbox.folder)[:32]}"
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._wait_s = FIRST_WAIT_S
        self._failed = (0, 0)
        """The UID that failed last, and how often."""
        self.fault = ""
        """Why the folder is not read at present."""

    @property
    def account(self) -> str:
        """The account whose mails stand in the folder."""
        return self._account

    @property
    def name(self) -> str:
        """What the folder is called among us; never its user."""
        return f"{self._mailbox.name} {self._mailbox.folder}"

    async def run(self) -> None:
        """Read until `stop`; after a failure connect anew, later each time."""
        self._stopped.clear()
        try:
            while not self._stopping.is_set():
                await self._connection()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._wait_s)
                self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        finally:
            self._stopped.set()

    async def stop(self) -> None:
        """Stop reading; a mail under way is read again at the next start."""
        self._stopping.set()
        await self._stopped.wait()

    async def _connection(self) -> None:
        """Read through one connection, until it is lost, fails, or is to end."""
        client = ImapClient(self._mailbox)
        loop = asyncio.get_running_loop()
        reading = loop.create_task(self._read(client))
        ends = [loop.create_task(each.wait()) for each in (client.lost, self._stopping)]
        try:
            await asyncio.wait({reading, *ends}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, *ends):
                await _end(task)
            await client.close()
        if not self._stopping.is_set():
            failure = None if reading.cancelled() else reading.exception()
            self.fault = _reason(failure)
            self._context.refused(self._account, self.fault)

    async def _read(self, client: ImapClient) -> None:
        box = self._mailbox.settings
        await client.open()
        if self._tokens is not None:
            await client.show_token(box.user, self._tokens)
        elif box.password is not None:
            await client.login(box.user, box.password.reveal())
        selected = await client.select(self._mailbox.folder)
        self.fault = ""
        position = await self._begin(selected)
        while True:
            while uids := await client.search(position.uid, position.only):
                for start in range(0, len(uids), BATCH_MAX):
                    position = await self._take(client, position, uids[start : start + BATCH_MAX])
            if position.only:
                reached = max(position.uid, selected.next_uid - 1)
                position = msgspec.structs.replace(position, uid=reached, only="")
                await self._remember(position)
                continue
            self._wait_s = FIRST_WAIT_S
            await client.wait(box.poll_s)

    async def _begin(self, selected: Selected) -> Position:
        """Return how far the folder has been read."""
        kept = await self._context.memory.get(self._memory_name)
        if kept is not None:
            position = msgspec.json.decode(kept, type=Position)
            if position.validity == selected.validity:
                return position
            since = f"SINCE {imap_day(position.day - OVERLAP)}"
            position = Position(selected.validity, 0, position.day, since)
        else:
            first = self._mailbox.settings.first
            position = Position(
                validity=selected.validity,
                uid=selected.next_uid - 1 if first is FirstRead.NEW else 0,
                day=datetime.fromtimestamp(self._context.clock() / 1_000, UTC).date(),
                only="UNSEEN" if first is FirstRead.UNSEEN else "",
            )
        await self._remember(position)
        return position

    async def _remember(self, position: Position) -> None:
        await self._context.memory.put(self._memory_name, msgspec.json.encode(position))

    async def _take(self, client: ImapClient, position: Position, uids: list[int]) -> Position:
        """Store some mails, then write down that they are."""
        day = position.day
        for uid in uids:
            found = await client.look(uid)
            if found is None:
                continue
            day = max(day, found.day or day)
            if found.size > self._settings.bytes_max:
                self._context.refused(self._account, "imap_too_big")
            elif await self._one(client, uid):
                await self._mark(client, uid)
        position = msgspec.structs.replace(position, uid=uids[-1], day=day)
        await self._remember(position)
        return position

    async def _one(self, client: ImapClient, uid: int) -> bool:
        """Store a mail; tell whether it is. One that never can be stays as it is in its folder.

        Raises:
            StoreUnavailable: not now; nothing may be passed over.
        """
        content = await client.read(uid, self._settings.bytes_max)
        if content is None:
            return False
        if len(content) > self._settings.bytes_max:
            self._context.refused(self._account, "imap_too_big")
            return False
        try:
            await store(await self._mail(content), self._context)
        except StoreUnavailable:
            raise
        except Permanent as error:
            self._context.refused(self._account, error.code)
            return False
        except Exception:
            known, tries = self._failed
            self._failed = (uid, tries + 1 if known == uid else 1)
            if self._failed[1] < TRIES_MAX:
                raise
            self._context.refused(self._account, "internal")
            return False
        return True

    async def _mail(self, content: bytes) -> Mail:
        known = self._plan.recipients
        named = (
            address
            for field in _ADDRESSED
            for value in header_values(content, field)
            for address in _BETWEEN.split(value)
            if "@" in address
        )
        own = (each for each in named if account_of(each, known) == self._account)
        return_path = header_values(content, "Return-Path")[:1]
        mail_from = return_path[0].removeprefix("<").removesuffix(">") if return_path else "unknown"
        found, past_relays = NO_VERDICT, False
        if self._settings.verify is Judging.NONE:
            pass
        elif self._mailbox.settings.authserv_id:
            found = verdict(content, self._mailbox.settings.authserv_id)
        elif self._settings.verify is Judging.SELF:
            # Who brought it to the mailbox is not known, so only signatures can tell.
            found = await self._verifier.verify(content, Peer("", "", mail_from))
        else:
            past_relays = bool(self._plan.relays or self._settings.logins)
        return Mail(
            content=content,
            account=self._account,
            mail_from=mail_from,
            recipients=tuple(dict.fromkeys(own))[:EMAIL_RECIPIENTS_MAX],
            verdict=found,
            past_relays=past_relays,
        )

    async def _mark(self, client: ImapClient, uid: int) -> None:
        """Leave a stored mail as the settings want it."""
        match self._mailbox.settings.after:
            case AfterRead.SEEN:
                done = await client.mark_seen(uid)
            case AfterRead.MOVE:
                done = await client.move(uid, self._mailbox.settings.move_to)
            case AfterRead.KEEP:
                return
        if not done:
            self._context.refused(self._account, "imap_not_marked")


async def _end(task: asyncio.Task[Any]) -> None:
    """End a task; a `cancel` may be lost in an `asyncio.wait_for` that was just done (gh-86296)."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN_S)


def _reason(failure: BaseException | None) -> str:
    """Return a short stable word for why a connection ended."""
    match failure:
        case ImapFailed() | TokenFailed():
            return failure.reason
        case StoreUnavailable():
            return "store_unavailable"
        case None | TimeoutError() | OSError():
            return "imap_lost"
    return "imap"

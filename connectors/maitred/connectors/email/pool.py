"""Connections to the smarthost: a few, kept open for a while, each used for one mail at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from aiosmtplib import SMTP, SMTPException

from maitred.connectors.email.access_tokens import AccessTokens
from maitred.connectors.email.letter import Letter
from maitred.connectors.email.outgoing import Smarthost
from maitred.connectors.email.submission import ConnectionGone, is_alive, opened, submit
from maitred.contracts.errors import Permanent, Retryable

MAILS_PER_CONNECTION_MAX: Final = 100
"""Many servers end a connection after some number of mails, in the middle of the next."""
_GOODBYE_S: Final = 2.0


@dataclass(slots=True)
class _Connection:
    client: SMTP
    mails: int = 0
    idle_since: float = 0.0


class Pool:
    """Hands mails over, at most `connections_max` at a time.

    A connection is asked whether it is still there before the next mail is risked on it; one that
    ends all the same before it has the mail is replaced once. Those that nobody needs for `idle_s`
    are closed.
    """

    def __init__(
        self,
        smarthost: Smarthost,
        spawn: Callable[[str, Coroutine[Any, Any, None]], None],
        tokens: AccessTokens | None = None,
    ) -> None:
        self._smarthost = smarthost
        self._tokens = tokens
        self._spawn = spawn
        self._room = asyncio.Semaphore(smarthost.connections_max)
        self._idle: list[_Connection] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    async def hand_over(self, letter: Letter) -> None:
        """Return once the smarthost has taken a mail.

        Raises:
            Throttled, Retryable: certainly not sent.
            OutcomeUnknown: the smarthost had the mail and did not say what it did.
            Refused, Permanent: refused for good.
        """
        async with self._room:
            used = await self._reused()
            if used is not None:
                with contextlib.suppress(ConnectionGone):
                    await self._give(used, letter)
                    return
            try:
                client = await opened(self._smarthost, self._tokens)
                await self._give(_Connection(client), letter)
            except ConnectionGone as gone:
                raise gone.meaning from None

    async def close(self) -> None:
        """Close what is idle, and keep nothing any more."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_goodbye(each.client) for each in idle))

    async def _reused(self) -> _Connection | None:
        """Return the connection that was used last, if it is still good.

        If it is not, those that were idle for longer are not either.
        """
        if not self._idle:
            return None
        connection, alive = self._idle.pop(), False
        try:
            alive = await is_alive(connection.client)
        finally:
            if not alive:
                self._drop(connection)
        return connection if alive else None

    def _drop(self, gone: _Connection) -> None:
        """Close a connection, and all that are idle since before it was."""
        gone.client.close()
        for each in [each for each in self._idle if each.idle_since <= gone.idle_since]:
            self._idle.remove(each)
            each.client.close()

    async def _give(self, connection: _Connection, letter: Letter) -> None:
        """Hand a mail over, and keep the connection if the smarthost gave a plain answer."""
        keep = False
        try:
            await submit(connection.client, letter, self._smarthost)
            keep = True
        except (Permanent, Retryable):
            keep = True
            raise
        finally:
            connection.mails += 1
            if keep and connection.client.is_connected:
                self._keep(connection)
            else:
                connection.client.close()

    def _keep(self, connection: _Connection) -> None:
        if self._closed or connection.mails >= MAILS_PER_CONNECTION_MAX:
            self._spawn("smarthost goodbye", _goodbye(connection.client))
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(self._smarthost.idle_s, self._close_idle)

    def _close_idle(self) -> None:
        """Close what nobody needed for so long; the one used first stands first."""
        loop = asyncio.get_running_loop()
        since = loop.time() - self._smarthost.idle_s
        while self._idle and self._idle[0].idle_since <= since:
            self._spawn("smarthost goodbye", _goodbye(self._idle.pop(0).client))
        self._sweep = None
        if self._idle:
            due = self._idle[0].idle_since + self._smarthost.idle_s
            self._sweep = loop.call_at(due, self._close_idle)


async def _goodbye(client: SMTP) -> None:
    """Say QUIT; what is answered changes nothing about the mails that were taken."""
    try:
        with contextlib.suppress(SMTPException, OSError):
            await client.quit(timeout=_GOODBYE_S)
    finally:
        client.close()

"""Workspaces: who we are at Slack in each of them.

An app for one workspace has its token in the settings. Of an app that others install, each
workspace or organisation has its own, which is renewed where the app rotates tokens
(https://docs.slack.dev/authentication/using-token-rotation): two hours before it runs out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
from slack_sdk.errors import SlackClientError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from maitred.connectors.port import Context
from maitred.connectors.slack import web
from maitred.connectors.slack.installations import INSTALLATIONS_MAX, Installations
from maitred.connectors.slack.settings import SlackAccount
from maitred.contracts.errors import MaitredError, Permanent, Retryable, StoreUnavailable
from maitred.contracts.limits import MINUTE_MS, SECOND_MS

KEEP_MS: Final = MINUTE_MS
"""How long an installation is known before the memory is asked again: others may change it."""
RENEW_MINUTES: Final = 120
"""As early as slack-sdk does by itself; a token lives twelve hours."""


class Workspaces:
    """The workspaces of one account."""

    def __init__(self, name: str, account: SlackAccount, context: Context) -> None:
        self._account = account
        self._clock = context.clock
        self.installations = Installations(name, account, context.memory)
        self._session: aiohttp.ClientSession | None = None
        self._known: OrderedDict[str, tuple[int, Bot]] = OrderedDict()
        self._unsaved: dict[str, Bot] = {}
        self._lock = asyncio.Lock()

    def open(self, session: aiohttp.ClientSession) -> None:
        """Call Slack by this session from now on."""
        self._session = session

    async def client(self, team: str, organisation: str = "") -> AsyncWebClient:
        """Return a client that acts in a workspace; empty stands for the company's own.

        It acts by its organisation's installation where that is named.

        Raises:
            StoreUnavailable, Retryable: not now.
            Permanent: the app is not installed there (`not_installed`).
        """
        return web.client(self._account, self._session, await self.token(team, organisation))

    async def token(self, team: str, organisation: str = "") -> str:
        """Return the token of a workspace; see `client`."""
        team = team or self._account.team_id
        if self._account.is_installed_by_others:
            return (await self._bot(organisation or team)).bot_token
        if self._account.bot_token is None or team != self._account.team_id:
            raise Permanent("the Slack app is of another workspace", code="not_installed")
        return self._account.bot_token.reveal()

    async def tokens(self) -> AsyncIterator[str]:
        """Yield the tokens of all that have one; see `client`."""
        if not self._account.is_installed_by_others:
            yield await self.token("")
            return
        async for holder in self.installations.holders():
            with contextlib.suppress(Permanent):
                yield await self.token(holder)

    async def leave(self, holder: str, at_s: float) -> bool:
        """Forget who took the app away at `at_s`, unless he installed it since; tell if he had it.

        Of an app for one workspace nothing is forgotten: its token stands in the settings.

        Raises:
            StoreUnavailable: the store did not confirm in time.
        """
        if not self._account.is_installed_by_others:
            return holder in {"", self._account.team_id}
        async with self._lock:
            kept = await self.installations.of(holder)
            # Slack tells again for an hour if it was not answered, and admins change their minds.
            left = kept is not None and at_s >= int(kept.installed_at)
            if left:
                await self.installations.delete(holder)
            self._unsaved.pop(holder, None)
            self.forget(holder)
            return left

    def forget(self, holder: str) -> None:
        """Ask the memory anew about a workspace or an organisation."""
        self._known.pop(holder, None)

    async def _bot(self, holder: str) -> Bot:
        known = self._known.get(holder)
        if known is not None and self._clock() < known[0]:
            self._known.move_to_end(holder)
            return known[1]
        async with self._lock:
            bot = self._unsaved.get(holder) or await self.installations.of(holder)
            if bot is None:
                raise Permanent("no workspace of ours", code="not_installed")
            bot = await self._renewed(holder, bot)
            await self._save(holder)
            self._known[holder] = (self._clock() + KEEP_MS, bot)
            self._known.move_to_end(holder)
            if len(self._known) > INSTALLATIONS_MAX:
                self._known.popitem(last=False)
            return bot

    async def _renewed(self, holder: str, bot: Bot) -> Bot:
        """Return a bot with a token that still lives for a while.

        Raises:
            Retryable, Permanent: its token has run out, and Slack gave no other.
        """
        if not bot.bot_refresh_token:
            return bot
        secret = self._account.client_secret
        rotator = AsyncTokenRotator(
            client_id=self._account.client_id,
            client_secret=secret.reveal() if secret else "",
            client=web.client(self._account, self._session),
        )
        error: MaitredError
        try:
            fresh = await rotator.perform_bot_token_rotation(
                bot=bot, minutes_before_expiration=RENEW_MINUTES
            )
        except SlackTokenRotationError as failed:
            # A refresh token serves once: another process may have been faster.
            now = await self.installations.of(holder)
            if now is not None and now.bot_token != bot.bot_token:
                return now
            error = web.worth_repeating(web.error_of(failed.api_error, self._clock()))
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
            error = Retryable(f"{web.PEER} gave no new token")
        except (ValueError, LookupError, AttributeError, TypeError):
            error = Retryable(f"{web.PEER} gave no readable token")
        else:
            if fresh is not None:
                self._unsaved[holder] = fresh
            return fresh or bot
        if (bot.bot_token_expires_at or 0) * SECOND_MS > self._clock():
            return bot
        raise error

    async def _save(self, holder: str) -> None:
        """Save a new token; while the store is away this process is the only one to know it."""
        if (fresh := self._unsaved.get(holder)) is None:
            return
        try:
            await self.installations.async_save_bot(fresh)
        except StoreUnavailable:
            return
        del self._unsaved[holder]

"""Installations: who took the app, and the tokens that they gave it.

Each is of a workspace or of a whole organisation (Enterprise Grid), its *holder*, and stands in the
channel's memory, sealed, in an entry of its own. Slack's own library hands them over by its
interface for such stores (docs.slack.dev/tools/python-slack-sdk/oauth).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from slack_bolt.error import BoltError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from maitred.connectors.port import Memory
from maitred.connectors.slack import web
from maitred.connectors.slack.settings import SlackAccount
from maitred.contracts.ids import digest

INSTALLATIONS_MAX: Final = 1_000
"""Of one app."""
NOT_WELCOME: Final = "not_welcome"
NO_BOT: Final = "no_bot"
NO_HOLDER: Final = "no_holder"
TOO_MANY: Final = "too_many_workspaces"


class NotInstalled(BoltError):
    """The installation is not kept; `token` is to be given back to Slack."""

    def __init__(self, reason: str, token: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.token = token


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One entry; times are UTC seconds, as Slack gives them. An organisation's has no team."""

    team: str
    organisation: str = ""
    app: str
    token: str
    bot: str
    user: str
    scopes: tuple[str, ...]
    refresh_token: str
    expires_at: int
    installed_at: float


class Installations(AsyncInstallationStore):
    """The installations of one account."""

    def __init__(self, name: str, account: SlackAccount, memory: Memory) -> None:
        self._account = account
        self._memory = memory
        self._prefix = f"bot-{digest('slack', name, length=16)}-"

    @property
    def logger(self) -> logging.Logger:
        """The library's log, which says nothing."""
        return web.silent()

    async def async_save(self, installation: Installation) -> None:
        """Keep what a workspace, or an organisation, gave at its installation.

        Raises:
            NotInstalled: it may not install the app, or gave it no bot.
            StoreUnavailable: the store did not confirm in time.
        """
        token = installation.bot_token or ""
        holder = holder_of(installation)
        if not holder:
            raise NotInstalled(NO_HOLDER, token)
        if not token:
            raise NotInstalled(NO_BOT, token)
        if not self._account.is_welcome(holder, installation.enterprise_id or ""):
            raise NotInstalled(NOT_WELCOME, token)
        names = await self._names()
        if len(names) >= INSTALLATIONS_MAX and self._name(holder) not in names:
            raise NotInstalled(TOO_MANY, token)
        await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a holder's bot in place of what was kept of it.

        Raises:
            StoreUnavailable: the store did not confirm in time.
        """
        for_all = bool(bot.is_enterprise_install)
        kept = _Kept(
            team="" if for_all else bot.team_id or "",
            organisation=(bot.enterprise_id or "") if for_all else "",
            app=bot.app_id or "",
            token=bot.bot_token,
            bot=bot.bot_id or "",
            user=bot.bot_user_id or "",
            scopes=tuple(bot.bot_scopes),
            refresh_token=bot.bot_refresh_token or "",
            expires_at=bot.bot_token_expires_at or 0,
            installed_at=bot.installed_at,
        )
        await self._memory.put(self._name(holder_of(bot)), msgspec.json.encode(kept))

    async def of(self, holder: str) -> Bot | None:
        """Return the bot of a holder, None if it has not installed the app.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        return await self._read(self._name(holder))

    async def delete(self, holder: str) -> None:
        """Keep nothing of a holder.

        Raises:
            StoreUnavailable: the store did not confirm in time.
        """
        await self._memory.delete(self._name(holder))

    async def holders(self) -> AsyncIterator[str]:
        """Yield everybody who has installed the app.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        for name in sorted(await self._names()):
            if (bot := await self._read(name)) is not None:
                yield holder_of(bot)

    async def _read(self, name: str) -> Bot | None:
        data = await self._memory.get(name)
        if data is None:
            return None
        kept = msgspec.json.decode(data, type=_Kept)
        return Bot(
            app_id=kept.app or None,
            team_id=kept.team or None,
            enterprise_id=kept.organisation or None,
            is_enterprise_install=bool(kept.organisation),
            bot_token=kept.token,
            bot_id=kept.bot,
            bot_user_id=kept.user,
            bot_scopes=kept.scopes,
            bot_refresh_token=kept.refresh_token or None,
            bot_token_expires_at=kept.expires_at or None,
            installed_at=kept.installed_at,
        )

    async def _names(self) -> set[str]:
        names = await self._memory.names()
        return {name for name in names if name.startswith(self._prefix)}

    def _name(self, holder: str) -> str:
        return self._prefix + digest(holder, length=32)


def holder_of(given: Installation | Bot) -> str:
    """Return the organisation that installed the app for all of its workspaces, else the one."""
    return (given.enterprise_id if given.is_enterprise_install else given.team_id) or ""

"""Slack: the Events API and Socket Mode in, the Web API out, in one workspace or in many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

import aiohttp
import msgspec
from aiohttp import web

from maitred.connectors.abilities import Ailment
from maitred.connectors.port import Capabilities, Context, Route
from maitred.connectors.slack import files
from maitred.connectors.slack.door import EventDoor
from maitred.connectors.slack.installing import Installing
from maitred.connectors.slack.sender import TEXT_CHARACTERS_MAX, Sender
from maitred.connectors.slack.settings import SlackAccount, SlackSettings, check
from maitred.connectors.slack.socket_mode import SocketMode
from maitred.connectors.slack.taking import CHANNEL, Taking
from maitred.connectors.slack.workspaces import Workspaces
from maitred.contracts.errors import Permanent, Retryable
from maitred.contracts.message import Attachment
from maitred.contracts.outbound import Outbound, Sent

SEND_TIMEOUT_S = 15.0
CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class _App:
    """One account with its ways in: `socket` and `installing` where the settings ask for them."""

    account: SlackAccount
    workspaces: Workspaces
    door: EventDoor | None
    socket: SocketMode | None
    installing: Installing | None


class SlackConnector:
    """The channel `slack`; `POST /v1/webhooks/slack/{account}` is its door."""

    channel: ClassVar[str] = CHANNEL
    settings_type: ClassVar[type[msgspec.Struct]] = SlackSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=True,
        text_characters_max=TEXT_CHARACTERS_MAX,
        resend_is_safe=False,
        files_max=files.FILES_MAX,
        file_bytes_max=files.FILE_BYTES_MAX,
        edits=True,
    )

    def __init__(self, settings: SlackSettings, context: Context) -> None:
        """Check the settings, and make what each account needs.

        Raises:
            ConfigurationError: an account lacks what it is proven or installed by.
        """
        check(settings)
        self._context = context
        self._apps = {
            name: _app(name, account, context) for name, account in settings.accounts.items()
        }
        self._session: aiohttp.ClientSession | None = None
        self._senders: dict[str, Sender] = {}

    def routes(self) -> Sequence[Route]:
        """Return the webhook's route, and the two by which workspaces install an app."""
        return (
            Route("POST", "/v1/webhooks/slack/{account}", self._receive),
            Route("GET", "/v1/slack/{account}/install", self._install),
            Route("GET", "/v1/slack/{account}/oauth_redirect", self._installed),
        )

    def health(self) -> Sequence[Ailment]:
        """Return the accounts whose Socket Mode has no connection."""
        return [
            Ailment(account=name, part="socket", reason=app.socket.fault)
            for name, app in self._apps.items()
            if app.socket is not None and app.socket.fault
        ]

    async def start(self) -> None:
        """Open the session to the Web API, and Socket Mode; Slack itself need not be there."""
        timeout = aiohttp.ClientTimeout(total=SEND_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        session = aiohttp.ClientSession(timeout=timeout)
        self._session = session
        for name, app in self._apps.items():
            app.workspaces.open(session)
            self._senders[name] = Sender(app.account, self._context, app.workspaces, session)
            if app.installing is not None:
                app.installing.open(session)
            if app.socket is not None and self._context.doors:
                self._context.spawn(f"slack.socket.{name}", app.socket.run(session))

    async def stop(self) -> None:
        """Close the connections; a send that is under way fails as retryable."""
        self._senders = {}
        for app in self._apps.values():
            if app.socket is not None:
                await app.socket.stop()
        if self._session is not None:
            await self._session.close()

    async def send(self, outbound: Outbound) -> Sent:
        """Post one reply, or change one; see `Sender.send`."""
        return await self._sender(outbound).send(outbound)

    async def find(self, outbound: Outbound, since: int) -> Sent | None:
        """Return what a reply was posted as, if it was; see `Sender.find`."""
        return await self._sender(outbound).find(outbound, since)

    async def fetch(self, account: str, attachment: Attachment) -> bytes:
        """Return a file of a message from Slack; see `files.fetch`."""
        app = self._app_of(account)
        return await files.fetch(app.account, app.workspaces, attachment, self._context.clock)

    def _sender(self, outbound: Outbound) -> Sender:
        self._app_of(outbound.to.account)
        sender = self._senders.get(outbound.to.account)
        if sender is None:
            raise Retryable("the Slack channel is not running")
        return sender

    def _app_of(self, account: str) -> _App:
        app = self._apps.get(account)
        if app is None:
            raise Permanent("no such Slack account", code="unknown_account")
        return app

    async def _receive(self, request: web.Request) -> web.Response:
        app = self._apps.get(request.match_info["account"])
        return await self._by(app.door.receive if app and app.door else None, request)

    async def _install(self, request: web.Request) -> web.Response:
        app = self._apps.get(request.match_info["account"])
        return await self._by(app.installing.begin if app and app.installing else None, request)

    async def _installed(self, request: web.Request) -> web.Response:
        app = self._apps.get(request.match_info["account"])
        return await self._by(app.installing.end if app and app.installing else None, request)

    async def _by(
        self,
        handle: Callable[[web.Request], Awaitable[web.Response]] | None,
        request: web.Request,
    ) -> web.Response:
        """Let a door answer; one that there is not is like an account that there is not."""
        if handle is None:
            self._context.refused("unknown", "unknown_account")
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return await handle(request)


def _app(name: str, account: SlackAccount, context: Context) -> _App:
    workspaces = Workspaces(name, account, context)
    taking = Taking(name, account, context, workspaces)
    by_others = account.is_installed_by_others
    return _App(
        account=account,
        workspaces=workspaces,
        door=EventDoor(name, account, context, taking) if account.proofs else None,
        socket=SocketMode(name, account, context, taking) if account.app_token else None,
        installing=Installing(name, account, context, workspaces) if by_others else None,
    )

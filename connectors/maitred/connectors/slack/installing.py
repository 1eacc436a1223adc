"""Installing: a workspace takes the app by itself (OAuth 2.0, by slack-bolt's own flow).

Source: https://docs.slack.dev/authentication/installing-with-oauth. Whoever is refused gives
Slack's token back at once.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp import web as http
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from yarl import URL

from maitred.connectors.port import Context
from maitred.connectors.slack import web
from maitred.connectors.slack.installations import NotInstalled, holder_of
from maitred.connectors.slack.settings import SlackAccount
from maitred.connectors.slack.states import STATE_AGE_MS, States
from maitred.connectors.slack.workspaces import Workspaces
from maitred.contracts.errors import MaitredError, StoreUnavailable
from maitred.contracts.limits import SECOND_MS

SCOPES: Final = (
    "app_mentions:read",
    "channels:history",
    "chat:write",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "mpim:history",
    "reactions:read",
    "users:read",
    "users:read.email",
)
CUSTOMIZE: Final = "chat:write.customize"
CALLBACK_TIMEOUT_S: Final = 15.0
RETRY_AFTER_S: Final = 5
AT_ONCE_MAX: Final = 8
"""Browsers that one gateway serves at a time: each may cost a call of Slack and a write."""
_COOKIE_CHARACTERS_MAX: Final = 8_192
_DONE: Final = "The app is installed. You can close this page and write to it in Slack.\n"
_NOT_DONE: Final = "The app was not installed. Begin again, or ask whoever runs it.\n"
_NOT_WELCOME: Final = "The app is not offered to this workspace. Ask whoever runs it.\n"
_LATER: Final = "The app could not be installed just now. Begin again in a minute.\n"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Type": "text/plain; charset=utf-8",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Installing:
    """The two pages by which one account is installed."""

    def __init__(
        self, name: str, account: SlackAccount, context: Context, workspaces: Workspaces
    ) -> None:
        self._name = name
        self._account = account
        self._context = context
        self._workspaces = workspaces
        self._room = asyncio.Semaphore(AT_ONCE_MAX)
        self._flow: AsyncOAuthFlow | None = None

    def open(self, session: aiohttp.ClientSession) -> None:
        """Call Slack by this session from now on."""
        account, name, context = self._account, self._name, self._context
        secret = account.client_secret.reveal() if account.client_secret else ""
        base = f"{context.public_url}/v1/slack/{name}" if context.public_url else ""
        origin = URL(account.api_url).origin() if account.api_url else URL("https://slack.com")
        self._flow = AsyncOAuthFlow(
            client=web.client(account, session),
            logger=web.silent(),
            settings=AsyncOAuthSettings(
                client_id=account.client_id,
                client_secret=secret,
                scopes=[*SCOPES, CUSTOMIZE] if account.agent_names else SCOPES,
                user_scopes=(),
                redirect_uri=f"{base}/oauth_redirect" if base else None,
                install_page_rendering_enabled=False,
                callback_options=AsyncCallbackOptions(success=self._succeed, failure=self._fail),
                authorization_url=str(origin / "oauth/v2/authorize"),
                installation_store=self._workspaces.installations,
                state_store=States(name, secret, context.memory, context.clock),
                state_expiration_seconds=STATE_AGE_MS // SECOND_MS,
                logger=web.silent(),
            ),
        )

    async def begin(self, request: http.Request) -> http.Response:
        """Lead a browser to Slack, with a state that it must bring back."""
        return await self._answer(request, callback=False)

    async def end(self, request: http.Request) -> http.Response:
        """Take the code that a browser brings from Slack, and keep what Slack gives for it."""
        return await self._answer(request, callback=True)

    async def _answer(self, request: http.Request, *, callback: bool) -> http.Response:
        if self._flow is None or self._room.locked():
            return self._later()
        cookie = request.headers.get("Cookie", "")[:_COOKIE_CHARACTERS_MAX]
        # The flow would write a `team` of the browser's into Slack's address as it is.
        query = request.rel_url.raw_query_string if callback else ""
        asked = AsyncBoltRequest(body="", query=query, headers={"cookie": cookie})
        handle = self._flow.handle_callback if callback else self._flow.handle_installation
        try:
            async with self._room, asyncio.timeout(CALLBACK_TIMEOUT_S):
                return await to_aiohttp_response(await handle(asked))
        except StoreUnavailable:
            self._context.refused(self._name, "store_unavailable")
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
            self._context.refused(self._name, "slack_unavailable")
        except (ValueError, LookupError, AttributeError, TypeError):
            # An answer that is no answer of Slack's, such as a proxy's page with status 200.
            self._context.refused(self._name, "slack_unreadable")
        return self._later()

    def _later(self) -> http.Response:
        return http.Response(
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            text=_LATER,
            headers={**_HEADERS, "Retry-After": str(RETRY_AFTER_S)},
        )

    async def _succeed(self, args: AsyncSuccessArgs) -> BoltResponse:
        self._workspaces.forget(holder_of(args.installation))
        return self._page(HTTPStatus.OK, _DONE)

    async def _fail(self, args: AsyncFailureArgs) -> BoltResponse:
        """Answer without details: what went wrong is counted."""
        if isinstance(args.error, NotInstalled):
            self._context.refused(self._name, args.error.reason)
            await self._give_back(args.error.token)
            return self._page(HTTPStatus.FORBIDDEN, _NOT_WELCOME)
        self._context.refused(self._name, "not_installed")
        return self._page(HTTPStatus.BAD_REQUEST, _NOT_DONE)

    async def _give_back(self, token: str) -> None:
        """Revoke a token, so that the app does not stay where it was refused."""
        if self._flow is None or not token:
            return
        try:
            await web.ask(self._flow.client.auth_revoke(token=token), self._context.clock)
        except MaitredError:
            self._context.refused(self._name, "token_not_revoked")

    def _page(self, status: HTTPStatus, text: str) -> BoltResponse:
        utils = self._flow.settings.state_utils if self._flow else None
        gone = {"Set-Cookie": utils.build_set_cookie_for_deletion()} if utils else {}
        return BoltResponse(status=status, body=text, headers={**_HEADERS, **gone})

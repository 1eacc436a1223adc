"""Slack: the Events API in, through slack-bolt; the Web API out, through slack-sdk.

Slack's page on events: https://docs.slack.dev/apis/events-api. It wants an answer within three
seconds, and sends an event again up to three times when it gets none.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar, Final

import aiohttp
import msgspec
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from maitred.connectors.media import Source, fetch
from maitred.connectors.port import Capabilities, Context, Route
from maitred.connectors.slack import send as slack_send
from maitred.connectors.slack.event import (
    TEAM_FACT,
    SlackEvent,
    read_envelope,
    read_event,
)
from maitred.connectors.slack.profile import Profile, SlackProfiles
from maitred.contracts.errors import (
    BadPayload,
    ConfigurationError,
    Permanent,
    Retryable,
    StoreUnavailable,
)
from maitred.contracts.identifiers import Level, Observed, slack_identifier
from maitred.contracts.inbound import Evidence, Inbound, Verification
from maitred.contracts.limits import SECOND_MS, WEBHOOK_BYTES_MAX
from maitred.contracts.message import Attachment
from maitred.contracts.outbound import Outbound, Sent
from maitred.contracts.secret import Secret

ANSWER_TIMEOUT_MS: Final = 2_500
"""The whole of a request: body, profile and store. Slack gives up after three seconds."""
SEND_TIMEOUT_S: Final = 15.0
RETRY_AFTER_S: Final = 2
HEADER_CHARACTERS_MAX: Final = 100
_TIMESTAMP: Final = re.compile(r"[0-9]{1,15}")
_FILE_HOSTS: Final = re.compile(r"files\.slack(?:-gov)?\.com")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")


class SlackAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Slack app in one workspace.

    `team_id` is the company's own workspace. `bot_user_id` is the app's own user; without it the
    app's messages are known by their app id. `api_url` stands in for https://slack.com/api/.
    """

    signing_secret: Secret
    bot_token: Secret
    team_id: str
    bot_user_id: str = ""
    api_url: str = ""


class SlackSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Slack apps by the name that stands in their webhook's path."""

    accounts: dict[str, SlackAccount] = {}


class _OwnFault(Exception):
    """Our own code failed on a message: the HTTP application answers 500, and Slack repeats it."""


class SlackConnector:
    """The channel `slack`; `POST /v1/webhooks/slack/{account}` is its door."""

    channel: ClassVar[str] = "slack"
    settings_type: ClassVar[type[msgspec.Struct]] = SlackSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        threads=True, text_characters_max=slack_send.TEXT_CHARACTERS_MAX, resend_is_safe=False
    )

    def __init__(self, settings: SlackSettings, context: Context) -> None:
        """Check the settings and make one Bolt app an account.

        Raises:
            ConfigurationError: an account lacks its secret, token or workspace.
        """
        faults = [
            f"channels.slack.accounts.{name}.{fault}"
            for name, account in settings.accounts.items()
            for fault in _faults(account)
        ]
        if faults:
            raise ConfigurationError(*faults)
        self._context = context
        self._accounts = settings.accounts
        self._apps = {name: self._app(name, settings.accounts[name]) for name in settings.accounts}
        self._session: aiohttp.ClientSession | None = None
        self._clients: dict[str, AsyncWebClient] = {}
        self._profiles: dict[str, SlackProfiles] = {}

    def routes(self) -> Sequence[Route]:
        """Return the webhook's route."""
        return (Route("POST", "/v1/webhooks/slack/{account}", self._receive),)

    async def start(self) -> None:
        """Open the session to the Web API; Slack itself need not be there."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SEND_TIMEOUT_S))
        for name, account in self._accounts.items():
            client = AsyncWebClient(
                token=account.bot_token.reveal(),
                base_url=account.api_url or AsyncWebClient.BASE_URL,
                session=self._session,
                logger=_silent(),
                # The library would repeat a post whose answer was lost; delivery decides that.
                retry_handlers=[],
            )
            self._clients[name] = client
            self._profiles[name] = SlackProfiles(
                client, own_team=account.team_id, clock=self._context.clock
            )

    async def stop(self) -> None:
        """Close the session; a send that is under way fails as retryable."""
        self._clients = {}
        if self._session is not None:
            await self._session.close()

    async def send(self, outbound: Outbound) -> Sent:
        """Post one reply; `outbound.to.extra["channel"]` and `outbound.to.thread` say where.

        Raises:
            Throttled, Retryable, Permanent: as `slack_send.post`.
        """
        account = self._accounts.get(outbound.to.account)
        if account is None:
            raise Permanent("no such Slack account", code="unknown_account")
        client = self._clients.get(outbound.to.account)
        if client is None:
            raise Retryable("the Slack channel is not running")
        return await slack_send.post(client, outbound, team=account.team_id)

    async def fetch(self, account: str, attachment: Attachment) -> bytes:
        """Return a file of a message from Slack; the app needs the scope `files:read`.

        Raises:
            Throttled, Retryable: as `maitred.connectors.media.fetch`.
            Permanent: as there, the account is not configured (`unknown_account`), or Slack shows
                its sign-in page instead of the file (`forbidden`).
        """
        known = self._accounts.get(account)
        if known is None:
            raise Permanent("no such Slack account", code="unknown_account")
        source = Source(
            peer="Slack",
            authorization=f"Bearer {known.bot_token.reveal()}",
            hosts=_FILE_HOSTS,
            stand_in=known.api_url,
        )
        data = await fetch(attachment.remote, source)
        if _is_page(data) and not attachment.content_type.startswith("text/"):
            raise Permanent("Slack does not let the app read its files", code="forbidden")
        return data

    def _app(self, name: str, account: SlackAccount) -> AsyncApp:
        """Make the Bolt app that proves a request and hands each event to `_take`.

        It answers after its listener has returned (`process_before_response`), so 200 means
        stored. It needs nothing of Slack to come up: `authorize` says what `auth.test` would.
        """

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=account.team_id)

        async def listen(request: AsyncBoltRequest) -> BoltResponse:
            try:
                return await self._take(name, request)
            except (Permanent, StoreUnavailable, TimeoutError):
                raise
            except Exception as error:
                raise _OwnFault from error

        async def fail(error: Exception) -> None:
            # Bolt would log the error with the request's text; ours goes to the HTTP app.
            raise error

        app = AsyncApp(
            name=self.channel,
            logger=_silent(),
            signing_secret=account.signing_secret.reveal(),
            authorize=authorize,
            process_before_response=True,
            # Answered before the signature is checked, and of no use to the Events API.
            ssl_check_enabled=False,
            # `read_event` knows more of our own messages than Bolt does.
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.event(re.compile(""))(listen)
        app.error(fail)
        return app

    async def _receive(self, request: web.Request) -> web.Response:
        name = request.match_info["account"]
        if name not in self._apps:
            return self._refuse("unknown", HTTPStatus.NOT_FOUND, "unknown_account")
        if request.content_type != "application/json":
            return self._refuse(name, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type")
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_MS / SECOND_MS):
                body = await request.clone(client_max_size=WEBHOOK_BYTES_MAX).read()
                answer = await self._apps[name].async_dispatch(_bolt_request(body, request))
        except web.HTTPRequestEntityTooLarge:
            refusal = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        except Permanent as error:
            refusal = (HTTPStatus.BAD_REQUEST, error.code)
        except (TimeoutError, StoreUnavailable):
            refusal = (HTTPStatus.SERVICE_UNAVAILABLE, "store_unavailable")
        except (AttributeError, TypeError, LookupError, ValueError):
            # Bolt's own code tripped over the request's shape; nothing of it was a message.
            refusal = (HTTPStatus.BAD_REQUEST, "malformed_event")
        else:
            if answer.status == HTTPStatus.UNAUTHORIZED:
                self._context.refused(name, "bad_signature")
            elif answer.status >= HTTPStatus.BAD_REQUEST:
                self._context.refused(name, "unknown_request")
            return await to_aiohttp_response(answer)
        return self._refuse(name, *refusal)

    def _refuse(self, name: str, status: HTTPStatus, reason: str) -> web.Response:
        self._context.refused(name, reason)
        headers = {}
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(RETRY_AFTER_S)
        elif status == HTTPStatus.BAD_REQUEST:
            headers["X-Slack-No-Retry"] = "1"
        return web.Response(status=status, headers=headers)

    async def _take(self, name: str, request: AsyncBoltRequest) -> BoltResponse:
        """Store one proven event, or acknowledge one that is nobody's message."""
        account = self._accounts[name]
        body = request.raw_body.encode()
        event = read_event(body, own_team=account.team_id, bot_user_id=account.bot_user_id)
        if event is not None:
            profile = await self._profile(name, event)
            inbound = self._inbound(name, event, profile, request.headers)
            await self._context.accept(inbound, body)
        return BoltResponse(status=HTTPStatus.OK, body="")

    async def _profile(self, name: str, event: SlackEvent) -> Profile:
        profiles = self._profiles.get(name)
        if profiles is None or event.by_bot:
            return Profile()
        return await profiles.find(event.team, event.user)

    def _inbound(
        self,
        name: str,
        event: SlackEvent,
        profile: Profile,
        headers: Mapping[str, Sequence[str]],
    ) -> Inbound:
        facts = {"event": event.kind, "event_id": event.event_id, TEAM_FACT: event.home}
        for fact, header in (
            ("retry", "x-slack-retry-num"),
            ("retry_reason", "x-slack-retry-reason"),
        ):
            if header in headers:
                facts[fact] = headers[header][0]
        if event.by_bot:
            facts["bot"] = "1"
        return self._context.inbound(
            channel=self.channel,
            account=name,
            provider_id=event.provider_id,
            sender=Observed(
                identifier=slack_identifier(event.team, event.user), level=Level.AUTHENTICATED
            ),
            content_type=headers["content-type"][0],
            recipients=(event.channel,),
            evidence=Evidence(
                verification=Verification.SIGNATURE,
                observed=(profile.email,) if profile.email else (),
                facts=facts,
                name=profile.name,
            ),
        )


def _bolt_request(body: bytes, request: web.Request) -> AsyncBoltRequest:
    """Make Bolt's request of what Bolt can read.

    Bolt reads the body before it proves it, and fails on shapes that it does not expect: those
    are refused here. Only Slack's own headers go through, and those in which Bolt's check of the
    signature would raise count as absent.

    Raises:
        BadPayload: the body is no JSON that Slack sends.
    """
    read_envelope(body)
    headers = {
        name: value.encode("ascii", "replace").decode("ascii")
        for name in ("content-type", "x-slack-retry-num", "x-slack-retry-reason")
        if (value := request.headers.get(name, "")[:HEADER_CHARACTERS_MAX])
    }
    for name, pattern in (
        ("x-slack-request-timestamp", _TIMESTAMP),
        ("x-slack-signature", _SIGNATURE),
    ):
        value = request.headers.get(name, "")
        if pattern.fullmatch(value):
            headers[name] = value
    try:
        return AsyncBoltRequest(body=body.decode(), headers=dict(headers))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        raise BadPayload("not a request that Slack sends", code="malformed_event") from None


def _is_page(data: bytes) -> bool:
    return data[:64].lstrip()[:14].lower() == b"<!doctype html"


def _faults(account: SlackAccount) -> list[str]:
    """Return what is wrong with an account, each fault beginning with the setting's name."""
    faults = []
    if not account.signing_secret.reveal().strip():
        faults.append("signing_secret: write the app's signing secret, as env:NAME or file:PATH")
    if not account.bot_token.reveal().strip():
        faults.append("bot_token: write the app's bot token (xoxb-...), as env:NAME or file:PATH")
    if not account.team_id:
        faults.append("team_id: write the workspace's id, which begins with T")
    if account.api_url and not account.api_url.startswith(("https://", "http://")):
        faults.append("api_url: write an address that begins with https:// (or http:// for tests)")
    return faults


def _silent() -> logging.Logger:
    """Return a logger that says nothing: the libraries log bodies, which are customers' words."""
    logger = logging.getLogger(f"{__name__}.silent")
    logger.setLevel(logging.CRITICAL + 1)
    return logger

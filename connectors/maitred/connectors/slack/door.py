"""The door by HTTP: events that Slack posts and signs, proven and dispatched by slack-bolt.

Slack's page on events: https://docs.slack.dev/apis/events-api. It wants an answer within three
seconds, and sends an event again up to three times when it gets none.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from aiohttp import web as http
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from maitred.connectors.port import Context
from maitred.connectors.slack import web
from maitred.connectors.slack.event import read_envelope
from maitred.connectors.slack.settings import SlackAccount
from maitred.connectors.slack.taking import CHANNEL, Taking
from maitred.contracts.errors import BadPayload, Permanent, StoreUnavailable
from maitred.contracts.inbound import Verification
from maitred.contracts.limits import SECOND_MS, WEBHOOK_BYTES_MAX

ANSWER_TIMEOUT_MS = 2_500
"""The whole of an event: body, profile and store. Slack gives up after three seconds."""
RETRY_AFTER_S: Final = 2
HEADER_CHARACTERS_MAX: Final = 100
_TIMESTAMP: Final = re.compile(r"[0-9]{1,15}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")


class _OwnFault(Exception):
    """Our own code failed on a message: the HTTP application answers 500, and Slack repeats it."""


class EventDoor:
    """`POST /v1/webhooks/slack/{account}`, for one account."""

    def __init__(self, name: str, account: SlackAccount, context: Context, taking: Taking) -> None:
        self._name = name
        self._context = context
        self._taking = taking
        self._apps = [self._app(account.team_id, secret) for secret in account.proofs]

    async def receive(self, request: http.Request) -> http.Response:
        """Answer 200 behind the store, and whatever else is true of a request in HTTP's words."""
        if request.content_type != "application/json":
            return self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type")
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_MS / SECOND_MS):
                body = await request.clone(client_max_size=WEBHOOK_BYTES_MAX).read()
                answer = await self._dispatch(body, request)
        except http.HTTPRequestEntityTooLarge:
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
                self._context.refused(self._name, "bad_signature")
            elif answer.status >= HTTPStatus.BAD_REQUEST:
                self._context.refused(self._name, "unknown_request")
            return await to_aiohttp_response(answer)
        return self._refuse(*refusal)

    async def _dispatch(self, body: bytes, request: http.Request) -> BoltResponse:
        """Let the app answer whose secret signed the request; any of them says that none did."""
        answer = BoltResponse(status=HTTPStatus.UNAUTHORIZED, body="")
        for app in self._apps:
            answer = await app.async_dispatch(_bolt_request(body, request))
            if answer.status != HTTPStatus.UNAUTHORIZED:
                break
        return answer

    def _app(self, team: str, secret: str) -> AsyncApp:
        """Make the Bolt app that proves a request and hands each event on.

        It answers after its listener has returned (`process_before_response`), so 200 means
        stored. It needs nothing of Slack to come up: `authorize` says what `auth.test` would.
        """

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=team)

        async def listen(request: AsyncBoltRequest) -> BoltResponse:
            try:
                await self._taking.take(
                    request.raw_body.encode(),
                    verification=Verification.SIGNATURE,
                    content_type=request.headers["content-type"][0],
                    facts=_retry(request.headers),
                )
            except (Permanent, StoreUnavailable, TimeoutError):
                raise
            except Exception as error:
                raise _OwnFault from error
            return BoltResponse(status=HTTPStatus.OK, body="")

        async def fail(error: Exception) -> None:
            # Bolt would log the error with the request's text; ours goes to the HTTP app.
            raise error

        app = AsyncApp(
            name=CHANNEL,
            logger=web.silent(),
            signing_secret=secret,
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

    def _refuse(self, status: HTTPStatus, reason: str) -> http.Response:
        self._context.refused(self._name, reason)
        headers = {}
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(RETRY_AFTER_S)
        elif status == HTTPStatus.BAD_REQUEST:
            headers["X-Slack-No-Retry"] = "1"
        return http.Response(status=status, headers=headers)


def _retry(headers: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what Slack says of a request that it makes again."""
    names = (("retry", "x-slack-retry-num"), ("retry_reason", "x-slack-retry-reason"))
    return {fact: headers[header][0] for fact, header in names if header in headers}


def _bolt_request(body: bytes, request: http.Request) -> AsyncBoltRequest:
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

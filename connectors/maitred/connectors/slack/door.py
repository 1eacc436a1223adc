"""The door by HTTP: events that Slack posts and signs.

Slack's pages: on events https://docs.slack.dev/apis/events-api, on their signature
https://docs.slack.dev/authentication/verifying-requests-from-slack. It wants an answer within three
seconds, and sends an event again up to three times when it gets none.

The signature is proven by Slack's own SDK. The rest of an event needs nothing of slack-bolt, whose
dispatch costs more than everything else on the way (`docs/performance.md`, "Doors").
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from maitred.connectors.body import read_body
from maitred.connectors.port import Context
from maitred.connectors.slack.event import read_envelope
from maitred.connectors.slack.settings import SlackAccount
from maitred.connectors.slack.taking import Taking
from maitred.contracts.errors import BadPayload, Permanent, StoreUnavailable
from maitred.contracts.inbound import Verification
from maitred.contracts.limits import SECOND_MS

ANSWER_TIMEOUT_MS = 2_500
"""The whole of an event: body, profile and store. Slack gives up after three seconds."""
RETRY_AFTER_S: Final = 2
HEADER_CHARACTERS_MAX: Final = 100
_TIMESTAMP: Final = re.compile(r"[0-9]{1,15}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")
_RETRIES: Final = (("retry", "X-Slack-Retry-Num"), ("retry_reason", "X-Slack-Retry-Reason"))
_KNOWN: Final = frozenset({"event_callback", "app_rate_limited"})


class _Challenge(msgspec.Struct, frozen=True):
    """What Slack asks of a new address (https://docs.slack.dev/reference/events/url_verification)."""

    challenge: str


class EventDoor:
    """`POST /v1/webhooks/slack/{account}`, for one account."""

    def __init__(self, name: str, account: SlackAccount, context: Context, taking: Taking) -> None:
        self._name = name
        self._context = context
        self._taking = taking
        self._verifiers = [SignatureVerifier(secret) for secret in account.proofs]

    async def receive(self, request: web.Request) -> web.Response:
        """Answer 200 behind the store, and whatever else is true of a request in HTTP's words."""
        if request.content_type != "application/json":
            return self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type")
        timeout_s = ANSWER_TIMEOUT_MS / SECOND_MS
        try:
            async with asyncio.timeout(timeout_s):
                return await self._answer(request, await read_body(request, timeout_s=timeout_s))
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
        except Permanent as error:
            return self._refuse(HTTPStatus.BAD_REQUEST, error.code)
        except (TimeoutError, StoreUnavailable):
            return self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "store_unavailable")

    async def _answer(self, request: web.Request, body: bytes) -> web.Response:
        if not self._is_signed(request.headers, body):
            return self._refuse(HTTPStatus.UNAUTHORIZED, "bad_signature")
        envelope = read_envelope(body)
        if envelope.type == "url_verification":
            return web.json_response({"challenge": _challenge(body)})
        if envelope.type not in _KNOWN:
            return self._refuse(HTTPStatus.NOT_FOUND, "unknown_request")
        await self._taking.take(
            body,
            envelope,
            verification=Verification.SIGNATURE,
            content_type=request.headers["Content-Type"],
            facts=_retry(request.headers),
        )
        return web.Response()

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether one of the account's secrets signed a request within five minutes.

        Raises:
            BadPayload: the body is no text, so it is nothing that Slack signs.
        """
        at, signature = (
            headers.get("X-Slack-Request-Timestamp", ""),
            headers.get("X-Slack-Signature", ""),
        )
        if not _TIMESTAMP.fullmatch(at) or not _SIGNATURE.fullmatch(signature):
            return False
        try:
            return any(each.is_valid(body, at, signature) for each in self._verifiers)
        except UnicodeDecodeError:
            raise BadPayload("not a request of the Events API", code="malformed_event") from None

    def _refuse(self, status: HTTPStatus, reason: str) -> web.Response:
        self._context.refused(self._name, reason)
        headers = {}
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(RETRY_AFTER_S)
        elif status == HTTPStatus.BAD_REQUEST:
            headers["X-Slack-No-Retry"] = "1"
        return web.Response(status=status, headers=headers)


def _challenge(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Challenge).challenge
    except msgspec.ValidationError:
        raise BadPayload("a challenge without one", code="malformed_event") from None


def _retry(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what Slack says of a request that it makes again."""
    return {
        fact: headers[header][:HEADER_CHARACTERS_MAX]
        for fact, header in _RETRIES
        if header in headers
    }

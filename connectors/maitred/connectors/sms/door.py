"""The door for Twilio: what it posts is read within bounds, and its signature is proven.

Twilio's pages on webhooks: https://www.twilio.com/docs/usage/webhooks/messaging-webhooks, and on
their signature: https://www.twilio.com/docs/usage/security#validating-requests.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import (  # type: ignore[import-untyped]  # the wheel has no types
    RequestValidator,
)

from maitred.connectors.body import read_body
from maitred.connectors.port import Context
from maitred.connectors.sms.settings import SmsAccount
from maitred.contracts.errors import Permanent, StoreUnavailable

BODY_TIMEOUT_S: Final = 10.0
"""How long a request may take to bring its body; Twilio gives up after 15 s itself."""
RETRY_AFTER_S: Final = 2
FORM_FIELDS_MAX: Final = 200
FORM: Final = "application/x-www-form-urlencoded"


class Refused(Exception):
    """What we answer instead of 200, and the word under which it is counted."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Proven:
    """A request that comes from Twilio: for which account, as received and as a form."""

    account: str
    body: bytes
    form: MultiDict[str]


Take = Callable[[web.Request, Proven], Awaitable[web.Response]]


class Door:
    """Takes the requests of all accounts."""

    def __init__(self, accounts: Mapping[str, SmsAccount], context: Context) -> None:
        self._accounts = accounts
        self._context = context
        self._validators = {
            name: [RequestValidator(token) for token in account.tokens()]
            for name, account in accounts.items()
        }

    def base(self, name: str) -> str:
        """Return the address under which Twilio reaches us, without a slash at its end."""
        return (self._accounts[name].public_url or self._context.public_url).rstrip("/")

    async def answer(self, request: web.Request, take: Take) -> web.Response:
        """Have a request taken, once it is proven, or refuse it in HTTP's own words."""
        name = request.match_info["account"]
        if name not in self._accounts:
            self._context.refused("unknown", "unknown_account")
            return web.Response(status=HTTPStatus.NOT_FOUND)
        try:
            return await take(request, await self._prove(name, request))
        except Refused as refused:
            self._context.refused(name, refused.reason)
            return web.Response(status=refused.status)
        except StoreUnavailable:
            self._context.refused(name, "store_unavailable")
            return web.Response(
                status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER_S)}
            )
        except Permanent as error:
            self._context.refused(name, error.code)
            return web.Response(status=HTTPStatus.BAD_REQUEST)

    async def _prove(self, name: str, request: web.Request) -> Proven:
        if request.content_type != FORM:
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type")
        body = await _read(request)
        form = _form(body)
        signature = request.headers.get("X-Twilio-Signature", "")
        base = self.base(name) or f"{request.scheme}://{request.host}"
        # Path and query exactly as they came.
        if not self._is_signed(name, base + request.raw_path, form, signature):
            raise Refused(HTTPStatus.FORBIDDEN, "bad_signature")
        if form.get("AccountSid") != self._accounts[name].account_sid:
            raise Refused(HTTPStatus.FORBIDDEN, "other_account_sid")
        return Proven(name, body, form)

    def _is_signed(self, name: str, url: str, form: MultiDict[str], signature: str) -> bool:
        validators = self._validators[name]
        given = signature.encode()
        if any(
            hmac.compare_digest(each.compute_signature(url, form).encode(), given)
            for each in validators
        ):
            return True
        # The library also tries the URL with and without its port, at three times the price.
        try:
            return any(each.validate(url, form, signature) for each in validators)
        except ValueError:
            # A Host header that is no host makes no URL that Twilio could have signed.
            return False


async def _read(request: web.Request) -> bytes:
    """Read a body within the bounds of a webhook, whatever the application's own bound is."""
    try:
        return await read_body(request, timeout_s=BODY_TIMEOUT_S)
    except web.HTTPRequestEntityTooLarge:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large") from None
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "slow_body") from None


def _form(body: bytes) -> MultiDict[str]:
    try:
        return MultiDict(
            parse_qsl(
                body.decode(),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=FORM_FIELDS_MAX,
            )
        )
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "malformed_form") from None

"""Access tokens: asked for at a provider's token endpoint, kept until they expire."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from maitred.connectors.email.oauth import EmailOAuth
from maitred.connectors.port import Context
from maitred.contracts.errors import Unreachable
from maitred.contracts.limits import KIB, SECOND_MS

ASK_S_MAX: Final = 15.0
ANSWER_BYTES_MAX: Final = 64 * KIB
LEFT_S_MIN: Final = 60
"""A token that is used is to be good for so long: logging in takes a while, and clocks differ."""
DEFAULT_LIFE_S: Final = 300
"""For a token of which the provider does not say how long it is good (RFC 6749, section 5.1)."""
_LIFE_S_MAX: Final = 86_400
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,16384}={0,4}")
"""RFC 6750, section 2.1: nothing that could end a line or a field of what it is put into."""
_REFUSALS: Final = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)
"""RFC 6749, section 5.2."""


class TokenFailed(Unreachable):
    """No token can be had for now; `reason` is a short stable word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"access token: {reason}")
        self.reason = reason


class _Granted(msgspec.Struct, frozen=True):
    """A token (RFC 6749, section 5.1), and perhaps the refresh token to ask with next time."""

    access_token: str
    expires_in: int = DEFAULT_LIFE_S
    refresh_token: str = ""


class _Refused(msgspec.Struct, frozen=True):
    error: str = ""


class AccessTokens:
    """The tokens of one `[channels.email.oauth.<name>]`, for all who log in with them.

    A provider may hand out a new refresh token with any answer, and forget the old one some time
    later, so the newest is kept in the channel's memory.
    """

    def __init__(self, settings: EmailOAuth, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._asking = asyncio.Lock()
        self._token = ""
        self._good_until = 0
        first = settings.refresh_token.reveal() if settings.refresh_token else ""
        self._refresh_token = ""
        self._first_refresh_token = first
        # Of another consent, another client or another provider nothing is remembered.
        of_whom = f"{settings.token_url} {settings.client_id} {first}"
        self._memory_name = f"oauth-{context.keys.thread('refresh token', of_whom)}"

    async def get(self) -> str:
        """Return a token that is good for a minute at least; who waits for one shares it.

        Raises:
            TokenFailed: the provider gives none, or is not there.
            StoreUnavailable: the store does not answer.
        """
        async with self._asking:
            if not self._token or self._context.clock() >= self._good_until:
                granted = await self._ask()
                life_s = min(granted.expires_in, _LIFE_S_MAX) - LEFT_S_MIN
                self._token = granted.access_token
                self._good_until = self._context.clock() + life_s * SECOND_MS
            return self._token

    def refused(self, token: str) -> None:
        """Forget a token that a server did not take: the next one is asked for anew."""
        if token == self._token:
            self._token = ""

    async def _ask(self) -> _Granted:
        form = await self._form()
        try:
            granted = await self._post(form)
        except TokenFailed:
            # Another process may have been given a newer one.
            self._refresh_token = ""
            raise
        newer = granted.refresh_token
        if self._refresh_token and newer and newer != self._refresh_token:
            self._refresh_token = newer
            await self._context.memory.put(self._memory_name, newer.encode())
        return granted

    async def _form(self) -> dict[str, str]:
        """Return what is asked (RFC 6749, sections 2.3.1, 4.4.2 and 6)."""
        given = self._settings
        form = {"client_id": given.client_id}
        if given.client_secret is not None:
            form["client_secret"] = given.client_secret.reveal()
        if given.scope:
            form["scope"] = given.scope
        if not self._first_refresh_token:
            return {"grant_type": "client_credentials", **form}
        if not self._refresh_token:
            kept = await self._context.memory.get(self._memory_name)
            self._refresh_token = kept.decode() if kept else self._first_refresh_token
        return {"grant_type": "refresh_token", "refresh_token": self._refresh_token, **form}

    async def _post(self, form: dict[str, str]) -> _Granted:
        timeout = aiohttp.ClientTimeout(total=ASK_S_MAX)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http,
                http.post(self._settings.token_url, data=form, allow_redirects=False) as answer,
            ):
                status, body = answer.status, await _bounded(answer.content)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise TokenFailed("oauth_unreachable") from None
        if status == HTTPStatus.OK:
            return _granted(body)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise TokenFailed("oauth_unavailable")
        raise TokenFailed(_refusal(body))


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for piece in content.iter_any():
        body += piece
        if len(body) > ANSWER_BYTES_MAX:
            raise TokenFailed("oauth_bad_answer")
    return bytes(body)


def _granted(body: bytes) -> _Granted:
    try:
        # Some providers write the seconds as a string.
        granted = msgspec.json.decode(body, type=_Granted, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise TokenFailed("oauth_bad_answer") from None
    if not _TOKEN.fullmatch(granted.access_token):
        raise TokenFailed("oauth_bad_answer")
    return granted


def _refusal(body: bytes) -> str:
    """Return a reason of the RFC's own; whatever else a provider writes is for nobody's log."""
    try:
        error = msgspec.json.decode(body, type=_Refused).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = ""
    return f"oauth_{error}" if error in _REFUSALS else "oauth_refused"

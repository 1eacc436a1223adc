"""Media that go out: Twilio fetches them from an address of ours, for a while.

The address cannot be guessed: what it names is encrypted and signed in it (Fernet,
https://github.com/fernet/spec), under a key that follows from the account's auth token, with the
time of its making. Twilio asks by HEAD and by GET, and goes by the `Content-Type`:
twilio.com/docs/messaging/guides/accepted-mime-types.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

import msgspec
from aiohttp import hdrs, web
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from maitred.connectors.port import Context, Route
from maitred.connectors.sms.settings import SmsAccount
from maitred.contracts.errors import Permanent, Retryable
from maitred.contracts.limits import SECOND_MS
from maitred.contracts.outbound import OutboundFile

LINK_AGE_S: Final = 12 * 3_600
"""A message may wait ten hours at Twilio before its files are fetched."""
LINK_CHARACTERS_MAX: Final = 2_000
SERVED_AT_ONCE_MAX: Final = 8
"""Files that are held in memory at a time; whoever comes besides waits for his turn."""
SERVE_TIMEOUT_S: Final = 60.0
"""For the turn, the file and its way out together."""
RETRY_AFTER_S: Final = 5

_PATH: Final = "/v1/files/sms/{account}/{link}"
_PURPOSE: Final = b"maitred sms file v1"
_TYPE: Final = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}(?:; ?[\w-]{1,50}=[\w-]{1,50})?", re.ASCII)
_STEM_CHARACTERS_MAX: Final = 15
_EXTENSION_CHARACTERS_MAX: Final = 5


class MediaDoor:
    """Makes addresses of files, and serves what they name."""

    def __init__(self, accounts: Mapping[str, SmsAccount], context: Context) -> None:
        self._context = context
        self._keys = {name: _keys(name, account) for name, account in accounts.items()}
        self._turns = asyncio.Semaphore(SERVED_AT_ONCE_MAX)

    def routes(self) -> Sequence[Route]:
        """Return the routes that Twilio asks at."""
        return (Route("GET", _PATH, self._give), Route("HEAD", _PATH, self._give))

    def address(self, base: str, account: str, file: OutboundFile) -> str:
        """Return an address at which a file can be fetched from now on, for a while.

        Raises:
            Permanent: nobody can reach us, since no public address is known (`no_public_url`).
        """
        if not base:
            raise Permanent("files need a public_url to be fetched from", code="no_public_url")
        plain = msgspec.structs.replace(file, name=_plain(file.name))
        now_s = self._context.clock() // SECOND_MS
        link = self._keys[account].encrypt_at_time(msgspec.json.encode(plain), now_s).decode()
        return base + _PATH.format(account=quote(account, safe=""), link=link)

    async def _give(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["account"]
        file = self._open(name, request.match_info["link"])
        if file is None:
            known = name in self._keys
            self._context.refused(name if known else "unknown", "bad_link")
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if request.method == hdrs.METH_HEAD:
            return web.Response(
                headers={**_headers(file), hdrs.CONTENT_LENGTH: str(file.blob.size)}
            )
        response = web.StreamResponse(headers=_headers(file))
        try:
            async with asyncio.timeout(SERVE_TIMEOUT_S), self._turns:
                data = await self._context.files(file.blob)
                response.content_length = len(data)
                await response.prepare(request)
                await response.write(data)
                await response.write_eof()
        except Permanent as error:
            self._context.refused(name, error.code)
            return web.Response(status=HTTPStatus.NOT_FOUND)
        except (Retryable, TimeoutError):
            self._context.refused(name, "file_not_served")
            if response.prepared:
                # Half of it is out: only an end of the connection tells that it is not whole.
                if request.transport is not None:
                    request.transport.abort()
                return response
            return web.Response(
                status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER_S)}
            )
        return response

    def _open(self, account: str, link: str) -> OutboundFile | None:
        keys = self._keys.get(account)
        if keys is None or len(link) > LINK_CHARACTERS_MAX:
            return None
        now_s = self._context.clock() // SECOND_MS
        try:
            opened = keys.decrypt_at_time(link.encode(), LINK_AGE_S, now_s)
            return msgspec.json.decode(opened, type=OutboundFile)
        except (InvalidToken, ValueError):
            return None


def _keys(name: str, account: SmsAccount) -> MultiFernet:
    """Return the keys of an account, one a token: a link outlives a change of the token."""
    purpose = b"\0".join((_PURPOSE, name.encode()))
    made = (hmac.digest(token.encode(), purpose, "sha256") for token in account.tokens())
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in made])


def _headers(file: OutboundFile) -> dict[str, str]:
    known = _TYPE.fullmatch(file.content_type)
    return {
        hdrs.CONTENT_TYPE: file.content_type if known else "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: f'inline; filename="{file.name}"',
        # Twilio needs the real type, so nothing of it may run as a page of ours.
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        hdrs.CACHE_CONTROL: "private, no-store",
    }


def _plain(name: str) -> str:
    """Return a file's name as Twilio asks for it: short, without spaces and signs."""
    path = PurePosixPath(re.sub(r"\s+", "_", name))
    extension = re.sub(r"[^A-Za-z0-9]", "", path.suffix)[:_EXTENSION_CHARACTERS_MAX]
    stem = re.sub(r"[^A-Za-z0-9_-]", "", path.stem)[:_STEM_CHARACTERS_MAX] or "file"
    return f"{stem}.{extension}" if extension else stem

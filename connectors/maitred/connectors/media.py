"""Media: files that a provider keeps, fetched when somebody asks for them.

Their addresses come in messages, so they are a stranger's word: nothing but HTTPS is spoken, no
address inside our network is reached, directly or by a redirect (OWASP, Server-Side Request
Forgery Prevention), what is read is bounded in bytes and time, and the provider's credentials go
to the provider alone. No error names the address.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from maitred.connectors.public_address import PublicSockets
from maitred.connectors.retry_after import retry_after_ms
from maitred.contracts.errors import MaitredError, Permanent, Retryable, error_of_status
from maitred.contracts.limits import BLOB_BYTES_MAX

REDIRECTS_MAX: Final = 3
FETCH_TIMEOUT_S: Final = 60.0
"""For the whole of one file, redirects included."""

_CHUNK_BYTES: Final = 64 * 1024
_REDIRECTS: Final = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_ENCODED: Final = re.compile("[!-~]+")
"""What may stand in a request line as it is: signed addresses must not be written anew."""
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
"""A name as DNS has it, or an address; yarl takes the brackets of IPv6 off."""


@dataclass(frozen=True, slots=True)
class Source:
    """A provider that keeps files, and what opens them.

    `hosts` matches its own host names, the only ones that are sent `authorization` (the whole
    header, empty for none). `stand_in` is the configured address of something that stands in for
    the provider: its origin may be reached by HTTP and inside our network, and counts as the
    provider's own. `clock` gives UTC milliseconds.
    """

    peer: str
    authorization: str
    hosts: re.Pattern[str]
    clock: Callable[[], int]
    stand_in: str = ""

    def __repr__(self) -> str:
        """Keep the secret out of logs."""
        return f"Source(peer={self.peer!r})"

    def is_stand_in(self, url: URL) -> bool:
        """Tell whether an address is at the configured stand-in."""
        return bool(self.stand_in) and url.origin() == URL(self.stand_in).origin()

    def is_own(self, url: URL) -> bool:
        """Tell whether an address is at the provider itself, and nobody in between can read it."""
        if self.is_stand_in(url):
            return True
        return url.scheme == "https" and bool(self.hosts.fullmatch(url.host or ""))


async def fetch(
    address: str,
    source: Source,
    *,
    bytes_max: int = BLOB_BYTES_MAX,
    timeout_s: float = FETCH_TIMEOUT_S,
) -> bytes:
    """Return the file at `address`, of at most `bytes_max` bytes.

    Raises:
        Throttled: the provider asks to wait.
        Retryable: it could not be reached, failed, or broke off.
        Permanent: the file is not there (`http_404` and the like), is too large (`too_large`), or
            its address is none that may be fetched (`bad_address`, `private_address`,
            `too_many_redirects`).
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _follow(_url(address), source, bytes_max)
    except TimeoutError:
        raise Retryable(f"{source.peer} did not send the file in time") from None
    except (ssl.SSLError, aiohttp.ClientSSLError):
        raise Retryable(f"{source.peer} could not be reached securely") from None
    except (aiohttp.InvalidURL, ValueError):
        raise _bad_address(source) from None
    except (aiohttp.ClientError, OSError):
        raise Retryable(f"{source.peer} broke off or could not be reached") from None


async def _follow(url: URL, source: Source, bytes_max: int) -> bytes:
    credentials = True
    for _ in range(REDIRECTS_MAX + 1):
        _check(url, source)
        # Who was once led elsewhere is a stranger, even where he is led back.
        credentials = credentials and source.is_own(url)
        found = await _ask(url, source, bytes_max, credentials=credentials)
        if isinstance(found, bytes):
            return found
        url = url.join(found)
    raise Permanent("a file behind too many redirects", code="too_many_redirects")


async def _ask(url: URL, source: Source, bytes_max: int, *, credentials: bool) -> bytes | URL:
    """Return the file, or where it is said to be."""
    guard = None if source.is_stand_in(url) else PublicSockets()
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "maitred"}
    if credentials and source.authorization:
        headers["Authorization"] = source.authorization
    # A connector for each address: no connection is shared between those that may lead inside
    # and those that may not, and none outlives its use.
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=guard, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(),
    ) as session:
        try:
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status in _REDIRECTS:
                    return _url(response.headers.get("Location", ""))
                if response.status != HTTPStatus.OK:
                    raise _refusal(response, source)
                return await _read(response, source, bytes_max)
        except aiohttp.ClientConnectorError:
            if guard is not None and guard.refused:
                raise Permanent(
                    "the address of a file leads into a network that is not public",
                    code="private_address",
                ) from None
            raise


async def _read(response: aiohttp.ClientResponse, source: Source, bytes_max: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        # It was asked for as it is; unpacked, it could be of any size.
        raise Permanent(f"{source.peer} sends the file packed", code="packed")
    too_large = Permanent(f"the file has more than {bytes_max} bytes", code="too_large")
    if (response.content_length or 0) > bytes_max:
        raise too_large
    data = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        data += chunk
        if len(data) > bytes_max:
            raise too_large
    return bytes(data)


def _url(text: str) -> URL:
    return URL(text, encoded=bool(_ENCODED.fullmatch(text)))


def _check(url: URL, source: Source) -> None:
    """Refuse what is no plain HTTPS address; where it leads is seen when it is connected to."""
    if not url.absolute or url.user or url.password or not _HOST.fullmatch(url.raw_host or ""):
        raise _bad_address(source)
    if url.scheme != "https" and not source.is_stand_in(url):
        raise _bad_address(source)


def _bad_address(source: Source) -> Permanent:
    return Permanent(f"not an address at which {source.peer} keeps files", code="bad_address")


def _refusal(response: aiohttp.ClientResponse, source: Source) -> MaitredError:
    wait_ms = retry_after_ms(response.headers.get("Retry-After", ""), source.clock())
    return error_of_status(response.status, peer=source.peer, retry_after_ms=wait_ms)

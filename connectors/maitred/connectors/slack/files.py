"""Files, both ways: fetched from Slack with the app's token, and uploaded to it.

An upload has three steps, of which only the last one is seen (docs.slack.dev, Working with files):
Slack is asked for an address, the bytes go there, and the files are shared.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from maitred.connectors import media
from maitred.connectors.port import Files
from maitred.connectors.slack import web
from maitred.connectors.slack.finding import Spot
from maitred.connectors.slack.settings import SlackAccount
from maitred.connectors.slack.workspaces import Workspaces
from maitred.contracts.errors import Permanent, Retryable, error_of_status
from maitred.contracts.limits import CHAT_FILE_BYTES_MAX, REPLY_FILES_MAX
from maitred.contracts.message import Attachment
from maitred.contracts.outbound import OutboundFile

FILES_MAX: Final = REPLY_FILES_MAX
FILE_BYTES_MAX: Final = CHAT_FILE_BYTES_MAX
"""Slack takes 1 GB; ours are in memory while they go out."""
UPLOAD_TIMEOUT_S: Final = 60.0
WORKSPACES_TRIED_MAX: Final = 10
_HOSTS: Final = re.compile(r"files\.slack(?:-gov)?\.com")
_OWNER: Final = re.compile(r"/files-(?:pri|tmb)/([TE][A-Z0-9]{1,20})-")
_BY_ID: Final = re.compile(r"https://slack\.com/api/files\.info\?file=(F[A-Z0-9]{1,20})")
"""What the decoder writes where a message tells only a file's id."""
_MAY_BE_ANOTHERS: Final = frozenset(
    {
        *("forbidden", "not_installed", "http_401", "http_403", "http_404"),
        *("access_denied", "file_not_found", "not_visible", "token_revoked", "account_inactive"),
    }
)
"""Refusals of a workspace that do not speak for the others."""


async def fetch(
    account: SlackAccount,
    workspaces: Workspaces,
    attachment: Attachment,
    clock: Callable[[], int],
) -> bytes:
    """Return a file of a message; the app needs the scope `files:read`.

    A file's address names the workspace that it was uploaded in. In a channel that companies
    share that may be none of those that installed the app: then they are asked in turn.

    Raises:
        Throttled, Retryable: as `maitred.connectors.media.fetch`.
        Permanent: as there, the app is not installed (`not_installed`), or Slack shows its
            sign-in page instead of the file (`forbidden`).
    """
    refused = Permanent("no workspace has the file", code="not_installed")
    async for token in _tokens(account, workspaces, attachment.remote):
        try:
            address = await _address(account, token, attachment.remote, clock)
            return await _fetch(account, token, attachment, address, clock)
        except Permanent as error:
            if error.code not in _MAY_BE_ANOTHERS:
                raise
            refused = error
    raise refused


async def _tokens(account: SlackAccount, workspaces: Workspaces, remote: str) -> AsyncIterator[str]:
    """Yield the tokens that may open a file, that of its owner first."""
    first = ""
    owner = _OWNER.search(remote) if account.is_installed_by_others else None
    if owner is not None:
        with contextlib.suppress(Permanent):
            first = await workspaces.token(owner[1])
            yield first
    tried = 0
    async for token in workspaces.tokens():
        if token != first and tried < WORKSPACES_TRIED_MAX:
            tried += 1
            yield token


async def _address(account: SlackAccount, token: str, remote: str, clock: Callable[[], int]) -> str:
    """Return where a file is; Slack is asked for one of which a message tells only the id."""
    by_id = _BY_ID.fullmatch(remote)
    if by_id is None:
        return remote
    answer = await web.ask(web.client(account, None, token).files_info(file=by_id[1]), clock)
    file = answer.get("file")
    found = file.get("url_private_download") if isinstance(file, dict) else None
    if not isinstance(found, str):
        raise Permanent("Slack shows no file", code="file_not_found")
    return found


async def _fetch(
    account: SlackAccount,
    token: str,
    attachment: Attachment,
    address: str,
    clock: Callable[[], int],
) -> bytes:
    source = media.Source(web.PEER, f"Bearer {token}", _HOSTS, clock, account.api_url)
    data = await media.fetch(address, source)
    if _is_page(data) and not attachment.content_type.startswith("text/"):
        raise Permanent("Slack does not let the app read its files", code="forbidden")
    return data


def _is_page(data: bytes) -> bool:
    return data[:64].lstrip()[:14].lower() == b"<!doctype html"


class Uploads:
    """Files on their way out, by the client of one workspace; nobody sees them until `share`."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        clock: Callable[[], int],
        *,
        stand_in: str = "",
    ) -> None:
        self._client = client
        self._session = session
        self._clock = clock
        self._stand_in = stand_in

    async def put(self, files: Sequence[OutboundFile], read: Files) -> list[dict[str, str | None]]:
        """Return the ids by which uploaded files are shared; the scope is `files:write`.

        Raises:
            Throttled, Retryable: not now; nobody has seen anything.
            Permanent: a file is gone, or Slack refused it.
        """
        return [await self._put(file, await read(file.blob)) for file in files]

    async def share(
        self, ids: list[dict[str, str | None]], spot: Spot, persona: Mapping[str, Any]
    ) -> None:
        """Show uploaded files.

        Raises:
            Throttled, Retryable, Permanent, OutcomeUnknown: as `web.do`.
        """
        await web.do(
            self._client.files_completeUploadExternal(
                files=ids,
                channel_id=spot.channel,
                thread_ts=spot.thread or None,
                **persona,
            ),
            self._clock,
        )

    async def _put(self, file: OutboundFile, data: bytes) -> dict[str, str | None]:
        name = file.name or "file"
        given = await web.ask(
            self._client.files_getUploadURLExternal(filename=name, length=len(data)), self._clock
        )
        try:
            url, file_id = URL(str(given["upload_url"])), str(given["file_id"])
            if url.scheme != "https" and not self._is_stand_in(url):
                raise Retryable(f"{web.PEER} gave no address to upload to")
            async with self._session.post(
                url,
                data=data,
                headers={"Content-Type": "application/octet-stream"},
                timeout=aiohttp.ClientTimeout(total=UPLOAD_TIMEOUT_S),
                allow_redirects=False,
                proxy=self._client.proxy,
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError):
            raise Retryable(f"{web.PEER} did not take a file") from None
        if status != HTTPStatus.OK:
            raise error_of_status(status, peer=web.PEER)
        return {"id": file_id, "title": name}

    def _is_stand_in(self, url: URL) -> bool:
        return bool(self._stand_in) and url.origin() == URL(self._stand_in).origin()

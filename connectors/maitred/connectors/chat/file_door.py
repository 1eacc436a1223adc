"""Files over HTTP: messages that bring some, and those that agents sent, for who they are for."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from maitred.connectors.bucket import Bucket, Buckets
from maitred.connectors.chat.frames import Ack, Fault, NotTaken, write
from maitred.connectors.chat.handles import FileHandles
from maitred.connectors.chat.origins import may_open, preflight, shared_with
from maitred.connectors.chat.places import Places, UploadPace
from maitred.connectors.chat.presence import Presence
from maitred.connectors.chat.session import Session
from maitred.connectors.chat.settings import ChatAccount, ChatSettings
from maitred.connectors.chat.sign_in import BAD_IDENTITY, SignedIn, signed_in
from maitred.connectors.chat.sources import Sources
from maitred.connectors.chat.token import visitor_of
from maitred.connectors.chat.upload import CONTENT_TYPE, Upload, form_of, read_upload
from maitred.connectors.chat.verify import Verifier
from maitred.connectors.port import Context, Route
from maitred.contracts.errors import BadPayload, Permanent, Retryable
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.limits import (
    CHAT_UPLOAD_BYTES_MAX,
    CHAT_UPLOADS_AT_ONCE_MAX,
    CHAT_UPLOADS_PER_SOURCE_MAX,
    CHAT_UPLOADS_PER_VISITOR_MAX,
    CHAT_VISITOR_FILE_BYTES_PER_HOUR_MAX,
    HOUR_MS,
    PUBLISH_TIMEOUT_MS,
    SECOND_MS,
)
from maitred.contracts.proofs import Proof

_PATH: Final = "/v1/chat/{account}/files"
_STATUS: Final = {
    "bad_frame": 400,
    "unknown_type": 400,
    "refused": 400,
    "bad_token": 401,
    "not_offered": 403,
    "not_found": 404,
    "too_slow": 408,
    "no_length": 411,
    "too_large": 413,
    "too_long": 413,
    "too_many_files": 413,
    "type_not_taken": 415,
    "slow_down": 429,
    "try_again": 503,
}


@dataclass(slots=True)
class _Request:
    """Where the visitor sits who makes a request: he proved what his session did before."""

    proofs: tuple[Proof, ...] = ()


class FileDoor:
    """Takes and gives files of all chat accounts."""

    def __init__(
        self, settings: ChatSettings, presence: Presence, context: Context, sources: Sources
    ) -> None:
        self._settings = settings
        self._presence = presence
        self._context = context
        self._sources = sources
        self._uploads = Places(
            per_visitor=CHAT_UPLOADS_PER_VISITOR_MAX, per_source=CHAT_UPLOADS_PER_SOURCE_MAX
        )
        # The store, not the visitor, says how long one of these is held.
        self._downloads = Places(
            per_visitor=CHAT_UPLOADS_AT_ONCE_MAX, per_source=CHAT_UPLOADS_AT_ONCE_MAX
        )
        self._by_account = Buckets[str](HOUR_MS)
        self._by_visitor = Buckets[IdentifierKey](HOUR_MS)

    def routes(self) -> Sequence[Route]:
        """Return the routes, with what browsers ask before they use them from another page."""
        return (
            Route("POST", _PATH, self._post),
            Route("OPTIONS", _PATH, self._options),
            Route("GET", f"{_PATH}/{{handle}}", self._get),
            Route("OPTIONS", f"{_PATH}/{{handle}}", self._options),
        )

    async def _options(self, request: web.Request) -> web.StreamResponse:
        self._account(request)
        return preflight(request, "GET, POST")

    async def _post(self, request: web.Request) -> web.StreamResponse:
        name, account = self._account(request)
        try:
            visitor = self._visitor(name, request)
            with self._uploads.one(self._key(visitor), self._sources.of(request)):
                ack = await self._take(name, account, visitor, request)
        except NotTaken as refusal:
            return self._refusal(name, refusal.fault, request)
        return _answer(ack, 200, request)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        name, _ = self._account(request)
        try:
            visitor = self._visitor(name, request)
            with self._downloads.one(self._key(visitor), self._sources.of(request)):
                return await self._give(name, visitor, request)
        except NotTaken as refusal:
            return self._refusal(name, refusal.fault, request)

    async def _take(
        self, name: str, account: ChatAccount, visitor: str, request: web.Request
    ) -> Ack:
        """Store a message with its files.

        Raises:
            NotTaken: it is not stored.
        """
        place = _Request()
        plain = Session(visitor, place, self._context.keys)
        length = self._measure(name, account, plain.key, request.content_length)
        upload = await _read(request, account, length)
        who = self._signed_in(name, account, upload.identity)
        try:
            verifier = Verifier(name, account, self._context, self._sources)
            place.proofs = await verifier.proofs_of(plain)
            return await self._store(name, Session(visitor, place, self._context.keys, who), upload)
        except Retryable:
            fault = Fault(code="try_again", id=upload.frame.id, retry_after_ms=PUBLISH_TIMEOUT_MS)
        except Permanent:
            fault = Fault(code="refused", id=upload.frame.id)
        raise NotTaken(fault)

    async def _store(self, name: str, session: Session, upload: Upload) -> Ack:
        inbound = self._context.inbound(
            channel="chat",
            account=name,
            provider_id=f"{session.visitor}:{upload.frame.id}",
            sender=session.sender,
            content_type=CONTENT_TYPE,
            evidence=session.evidence(self._context.clock(), upload.frame),
        )
        receipt = await self._context.accept(inbound, upload.body())
        return Ack(id=upload.frame.id, message=receipt.id, duplicate=receipt.duplicate)

    async def _give(self, name: str, visitor: str, request: web.Request) -> web.Response:
        """Return a file that an agent sent to the visitor.

        Raises:
            NotTaken: it is none of his, or is gone, or not now.
        """
        self._hold_back(self._presence.bucket(self._key(visitor)), 1)
        handles = FileHandles(self._settings.secret, name, visitor)
        file = handles.open(request.match_info["handle"])
        if file is None:
            raise NotTaken(Fault(code="not_found"))
        try:
            data = await self._context.files(file.blob)
        except Retryable:
            fault = Fault(code="try_again", retry_after_ms=PUBLISH_TIMEOUT_MS)
            raise NotTaken(fault) from None
        except Permanent:
            raise NotTaken(Fault(code="not_found")) from None
        return web.Response(
            body=data,
            # Never of the type that it says it has: nothing of it may run as a page of ours.
            content_type="application/octet-stream",
            headers={
                **shared_with(request),
                hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{quote(file.name)}",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
                hdrs.CACHE_CONTROL: "private, no-store",
            },
        )

    def _account(self, request: web.Request) -> tuple[str, ChatAccount]:
        name = request.match_info["account"]
        account = self._settings.accounts.get(name)
        if account is None:
            self._context.refused("unknown", "unknown_account")
            raise web.HTTPNotFound
        if not may_open(account, self._context.public_url, request):
            self._context.refused(name, "origin")
            raise web.HTTPForbidden
        return name, account

    def _visitor(self, name: str, request: web.Request) -> str:
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        known = scheme.lower() == "bearer"
        now = self._context.clock()
        visitor = visitor_of(self._settings.secret, name, token, now=now) if known else None
        if visitor is None:
            raise NotTaken(Fault(code="bad_token"))
        return visitor

    def _key(self, visitor: str) -> IdentifierKey:
        return Session(visitor, _Request(), self._context.keys).key

    def _signed_in(self, name: str, account: ChatAccount, identity: str | None) -> SignedIn | None:
        """Return who the site says sits there; a word that is not good counts for nothing."""
        if identity is None:
            return None
        now = self._context.clock()
        try:
            return signed_in(identity, account.identity_secrets, name, now=now)
        except BadPayload:
            self._context.refused(name, BAD_IDENTITY)
            return None

    def _measure(
        self, name: str, account: ChatAccount, key: IdentifierKey, length: int | None
    ) -> int:
        """See that a request may come in, before any of it is read; return how long it is.

        Raises:
            NotTaken: it may not, or not yet.
        """
        if not account.files_max:
            raise NotTaken(Fault(code="not_offered"))
        if length is None:
            raise NotTaken(Fault(code="no_length"))
        if length > CHAT_UPLOAD_BYTES_MAX:
            raise NotTaken(Fault(code="too_large"))
        now = self._context.clock()
        self._hold_back(self._presence.bucket(key), 1)
        one = self._by_visitor.of(key, now, CHAT_VISITOR_FILE_BYTES_PER_HOUR_MAX)
        everybody = self._by_account.of(name, now, account.file_bytes_per_hour)
        self._hold_back(one, length)
        self._hold_back(everybody, length)
        return length

    def _hold_back(self, bucket: Bucket, amount: float) -> None:
        if wait_ms := bucket.take(self._context.clock(), amount):
            raise NotTaken(Fault(code="slow_down", retry_after_ms=wait_ms))

    def _refusal(self, name: str, fault: Fault, request: web.Request) -> web.Response:
        self._context.refused(name, fault.code)
        answer = _answer(fault, _STATUS[fault.code], request)
        if fault.retry_after_ms:
            seconds = math.ceil(fault.retry_after_ms / SECOND_MS)
            answer.headers[hdrs.RETRY_AFTER] = str(seconds)
        return answer


async def _read(request: web.Request, account: ChatAccount, length: int) -> Upload:
    """Read an upload, for as long as it keeps its pace.

    Raises:
        NotTaken: it is none, or too slow.
    """
    now = asyncio.get_running_loop().time
    pace = UploadPace(started=now(), length=length)
    try:
        async with asyncio.timeout_at(pace.due(now())) as limit:

            def heard(count: int) -> None:
                pace.received += count
                limit.reschedule(pace.due(now()))

            return await read_upload(form_of(request), account, heard)
    except TimeoutError:
        raise NotTaken(Fault(code="too_slow")) from None
    except (AssertionError, KeyError, ValueError):
        # The library's way to say that the request is no form at all.
        raise NotTaken(Fault(code="bad_frame")) from None


def _answer(frame: Ack | Fault, status: int, request: web.Request) -> web.Response:
    return web.Response(
        text=write(frame),
        status=status,
        content_type="application/json",
        headers={
            **shared_with(request),
            hdrs.CACHE_CONTROL: "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )

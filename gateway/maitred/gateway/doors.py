"""Doors: what connectors are given, and the HTTP application that they share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog
from aiohttp import hdrs, web

from maitred.connectors.port import Connector, Receipt, Reply
from maitred.contracts import limits
from maitred.contracts.errors import Permanent, StoreUnavailable
from maitred.contracts.events import (
    accepted_traceparent,
    headers,
    new_traceparent,
    trace_id,
)
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import BlobRef, Inbound
from maitred.contracts.outbound import Outbound, Report
from maitred.contracts.subjects import JOURNAL
from maitred.gateway import clock
from maitred.gateway.backbone import Backbone
from maitred.gateway.bus import blobs
from maitred.gateway.bus.history import read_log
from maitred.gateway.bus.pull import Pull, Received
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.metrics import Metrics

log = structlog.get_logger(__name__)
_RESUMED_REPLIES_MAX: Final = 500
"""Replies handed to a chat visitor who comes back; older ones stay in the journal."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message that is on disk, and how long that took."""

    inbound: Inbound
    duplicate: bool
    took_ms: int
    trace: str


class Store:
    """Stores raw messages durably; connectors call it as `Context.accept`."""

    def __init__(self, backbone: Backbone, metrics: Metrics) -> None:
        self._backbone = backbone
        self._metrics = metrics
        self._closed = False
        self._taken: list[_Taken] = []

    def close(self) -> None:
        """Store nothing from now on: the doors answer that they cannot, in their own words."""
        self._closed = True

    async def __call__(self, inbound: Inbound, body: bytes, traceparent: str = "") -> Receipt:
        """Return once the message is on disk.

        Raises:
            StoreUnavailable: the store did not confirm in time.
            Permanent: it is beyond every limit.
        """
        if self._closed:
            raise StoreUnavailable("the gateway is stopping")
        started = clock.monotonic_ms()
        if len(body) > limits.BODY_INLINE_BYTES_MAX:
            if len(body) > limits.BLOB_BYTES_MAX:
                raise Permanent("a message beyond the limit of a blob", code="too_large")
            sha256, size, _ = await blobs.put(
                self._backbone.publisher, self._backbone.subjects, inbound.sender_key, body
            )
            blob = BlobRef(owner=inbound.sender_key, sha256=sha256, size=size)
            stored = msgspec.structs.replace(inbound, body=None, blob=blob)
        else:
            stored = msgspec.structs.replace(inbound, body=body, blob=None)
        trace = accepted_traceparent(traceparent) or new_traceparent(inbound.id)
        duplicate = await self._backbone.gatherer.store(
            self._backbone.subjects.inbound(inbound.channel, inbound.sender_key),
            msgspec.json.encode(stored),
            msg_id=inbound.id,
            headers=headers(
                event_id=inbound.id, kind="inbound/1", at=inbound.received_at, traceparent=trace
            ),
        )
        took = clock.monotonic_ms() - started
        if not self._taken:
            asyncio.get_running_loop().call_soon(self._tell)
        self._taken.append(_Taken(inbound, duplicate, took, trace))
        return Receipt(inbound.id, duplicate)

    def _tell(self) -> None:
        """Count and log what was taken lately: what came together costs less told together."""
        taken, self._taken = self._taken, []
        for each in taken:
            channel, account = each.inbound.channel, each.inbound.account
            self._metrics.accepted(
                channel, account, seconds=each.took_ms / 1000, duplicate=each.duplicate
            )
            log.info(
                "accepted",
                channel=channel,
                account=account,
                message=each.inbound.id,
                duplicate=each.duplicate,
                trace=trace_id(each.trace),
            )


class Reporting:
    """Stores what is said later of replies; connectors call it as `Context.report`."""

    def __init__(self, backbone: Backbone, keeping: Keeping) -> None:
        self._backbone = backbone
        self._keeping = keeping

    async def __call__(self, report: Report) -> None:
        """Return once the report is on disk; the same one again is harmless.

        Raises:
            StoreUnavailable: the store did not confirm in time.
        """
        subject = self._backbone.subjects.report(report.channel, report.outbound)
        # With the account, so that nobody else's report makes a genuine one a repetition.
        said = f"{report.state.value}:{report.error}"
        name = f"report:{report.outbound}:{report.channel}:{report.account}:{said}"
        await self._backbone.publisher.publish(
            subject,
            msgspec.json.encode(report),
            msg_id=name,
            stream=JOURNAL,
            ttl_ms=self._keeping.entry_ttl_ms(subject),
            headers=headers(event_id=name, kind="report/1", at=report.at),
        )


class HouseFiles:
    """Reads files that go out; connectors call it as `Context.files`."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone

    async def __call__(self, blob: BlobRef) -> bytes:
        """Return the bytes.

        Raises:
            Permanent: they are gone (`blob_missing`) or are others (`blob_corrupt`).
            StoreUnavailable: the store does not answer.
        """
        return await blobs.get(
            self._backbone.connection,
            self._backbone.subjects,
            blob.owner,
            blob.sha256,
            blob.size,
        )


class JournalOutbox:
    """Replies as they stand in the journal, for channels whose customers fetch them.

    `after` is where the journal stood before any door was open: who follows starts there, and
    goes on where he stopped, so that no reply falls between a reading and a following.
    """

    def __init__(self, backbone: Backbone, *, after: int) -> None:
        self._backbone = backbone
        self._start = after
        self._seen: dict[str, int] = {}

    async def since(self, channel: str, endpoint: IdentifierKey, after: int) -> Sequence[Reply]:
        """Return the replies to one endpoint behind sequence `after`, oldest first.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        found = await read_log(
            self._backbone.connection,
            JOURNAL,
            f"{self._backbone.subjects.root}.outbound.{channel}.*.{endpoint}",
            after=after,
            limit=_RESUMED_REPLIES_MAX,
        )
        return [Reply(each.seq, msgspec.json.decode(each.data, type=Outbound)) for each in found]

    async def follow(self, channel: str) -> AsyncIterator[Reply]:
        """Yield every reply of a channel since the doors were opened, or where it stopped."""
        pull = Pull(
            self._backbone.connection,
            JOURNAL,
            [f"{self._backbone.subjects.root}.outbound.{channel}.>"],
            after=self._seen.get(channel, self._start),
            name=f"outbox-{channel}",
        )
        try:
            async for received in pull.batches():
                for item in received:
                    self._seen[channel] = item.stream_seq
                    if (reply := _reply(item)) is not None:
                        yield reply
        finally:
            await pull.close()


def _reply(item: Received) -> Reply | None:
    try:
        return Reply(item.stream_seq, msgspec.json.decode(item.data, type=Outbound))
    except msgspec.MsgspecError:
        log.warning("bad_outbound", sequence=item.stream_seq)
        return None


def application(connectors: Sequence[Connector]) -> web.Application:
    """Return the public HTTP application: every connector's routes, and nothing else."""
    app = web.Application(
        client_max_size=limits.WEBHOOK_BYTES_MAX,
        middlewares=[_guarded],
    )
    for connector in connectors:
        for route in connector.routes():
            app.router.add_route(route.method, route.path, route.handler)
    return app


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what is packed, and turn a fault of ours into a bare 500.

    No body is taken in a content coding (RFC 9110, section 15.5.16), and nobody outside learns
    what we know.
    """
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
        raise web.HTTPUnsupportedMediaType(headers={hdrs.ACCEPT_ENCODING: "identity"})
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except ConnectionResetError:
        raise
    except Exception as error:
        log.exception("door_failed", route=_route(request), kind=type(error).__name__)
        return web.Response(status=500)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"

"""Idle: what a connector is given where it is made and examined, yet opens no door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, NoReturn

from maitred.connectors.port import Context, Receipt, Reply
from maitred.contracts.errors import StoreUnavailable
from maitred.contracts.identifiers import Keys
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.inbound import BlobRef, Inbound
from maitred.contracts.outbound import Report
from maitred.gateway import clock


def idle_context(keys: Keys) -> Context:
    """Return a context in which nothing can be stored, read or begun."""
    return Context(
        tenant=keys.tenant,
        keys=keys,
        accept=_accept,
        report=_report,
        files=_file,
        memory=_NoMemory(),
        outbox=_NoOutbox(),
        clock=clock.now_ms,
        spawn=_spawn,
        refused=lambda _account, _reason: None,
        doors=False,
    )


async def _accept(inbound: Inbound, body: bytes, traceparent: str = "") -> Receipt:
    del inbound, body, traceparent
    _idle()


async def _report(report: Report) -> None:
    del report
    _idle()


async def _file(blob: BlobRef) -> bytes:
    del blob
    _idle()


def _spawn(name: str, work: Coroutine[Any, Any, None]) -> None:
    del name
    work.close()
    _idle()


class _NoMemory:
    async def get(self, name: str) -> bytes | None:
        del name
        _idle()

    async def put(self, name: str, value: bytes) -> None:
        del name, value
        _idle()

    async def delete(self, name: str) -> None:
        del name
        _idle()

    async def names(self) -> Sequence[str]:
        _idle()


class _NoOutbox:
    async def since(self, channel: str, endpoint: IdentifierKey, after: int) -> Sequence[Reply]:
        del channel, endpoint, after
        _idle()

    def follow(self, channel: str) -> AsyncIterator[Reply]:
        del channel
        _idle()


def _idle() -> NoReturn:
    raise StoreUnavailable("a connector that is only examined has no house around it")

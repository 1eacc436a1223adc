"""Proving: codes that go out to a claimed address and come back through the session they are for.

Connectors call it as `Context.proofs`. What a request and an answer come to is decided in
`maitred.identity.proofs.codes`; here it is committed, in one batch with the message that brings
the code.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import msgspec
import structlog

from maitred.contracts import limits
from maitred.contracts.errors import Permanent, Retryable, StoreUnavailable, Throttled
from maitred.contracts.ids import IdentifierKey
from maitred.contracts.proofs import CodeAnswer, CodeRequest, Proof, ProofDoc
from maitred.contracts.subjects import JOURNAL
from maitred.contracts.view import View
from maitred.gateway import clock
from maitred.gateway.bus.connection import Connection
from maitred.gateway.bus.reads import get_last
from maitred.gateway.journal.effects import Entry
from maitred.gateway.journal.keeping import Keeping
from maitred.gateway.journal.transaction import Decision, transact
from maitred.identity.customers.components import Tools
from maitred.identity.proofs import codes

log = structlog.get_logger(__name__)
T = TypeVar("T")
_BUSY: Final = "busy"


class Proving:
    """Sends codes and takes them back, on the journal that all gateways share."""

    def __init__(
        self,
        connection: Connection,
        tools: Tools,
        keeping: Keeping,
        *,
        now: Callable[[], int] = clock.now_ms,
    ) -> None:
        self._connection = connection
        self._tools = tools
        self._keeping = keeping
        self._now = now
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._enough: dict[str, int] = {}
        """Until when a house is known to have sent enough, in UTC milliseconds."""

    async def ask(self, request: CodeRequest) -> None:
        """Send a code, unless the session or the address had enough of them.

        Raises:
            Throttled: the house has sent `codes_max` lately, whatever gateway was asked.
            Retryable: the store does not answer, or others write there; ask again.
        """
        now, code = self._now(), new_code()

        def step(view: View) -> Decision[int]:
            asked = codes.ask(request, code, view, self._tools, now)
            sent = asked.outbound
            if sent is None:
                return Decision(answer=asked.wait_ms, documents=asked.documents)
            where = self._tools.subjects.outbound(sent.to.channel, sent.conversation, sent.to.key)
            entry = Entry(where, sent, f"outbound:{sent.id}", ttl_ms=limits.CODE_AGE_MS)
            return Decision(answer=0, documents=asked.documents, entries=(entry,))

        wait_ms = self._enough.get(request.house, 0) - now
        if wait_ms <= 0:
            # All of a house write into one document: who waits here loses no race for it.
            async with _soon(), self._turns[request.house]:
                wait_ms = await self._transact(step, now)
        if wait_ms > 0:
            self._enough[request.house] = now + wait_ms
            raise Throttled("the house sends no more codes for now", after_ms=wait_ms)
        log.info("code_asked", channel=request.channel, account=request.account)

    async def answer(self, given: CodeAnswer) -> Proof | None:
        """Return what a code proves, or nothing.

        Raises:
            Retryable: the store does not answer, or others write there; bring it again.
        """
        now = self._now()

        def step(view: View) -> Decision[Proof | None]:
            answered = codes.answer(given, view, self._tools, now)
            return Decision(answer=answered.proof, documents=answered.documents)

        return await self._transact(step, now)

    async def of(self, session: IdentifierKey) -> Sequence[Proof]:
        """Return what a session proved.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        subject = self._tools.subjects.proof(session)
        async with _soon():
            stored = await get_last(self._connection, JOURNAL, subject, leader=True)
        if stored is None:
            return ()
        return msgspec.json.decode(stored.data, type=ProofDoc).proofs

    async def _transact(self, step: Callable[[View], Decision[T]], now: int) -> T:
        try:
            async with _soon():
                return await transact(self._connection, self._keeping, step, now)
        except Permanent as error:
            if error.code != _BUSY:
                raise
            raise Retryable("others write of this session or address") from None


@asynccontextmanager
async def _soon() -> AsyncIterator[None]:
    """Hold whoever waits at a door no longer than any sender is held.

    Raises:
        StoreUnavailable: it took longer; what was written is unknown.
    """
    try:
        async with asyncio.timeout(limits.PUBLISH_TIMEOUT_MS / limits.SECOND_MS):
            yield
    except TimeoutError:
        raise StoreUnavailable("the store did not answer in time") from None


def new_code() -> str:
    """Return a code that nobody can guess, each as likely as any other."""
    return f"{secrets.randbelow(10**limits.CODE_DIGITS):0{limits.CODE_DIGITS}d}"
